"""Joins the schema to Python objects: attributes by name, pages for connections, slices for lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

from fulfillment.testing.shopify_twin.graph.names import snake
from fulfillment.testing.shopify_twin.graph.pages import Page, cut
from fulfillment.testing.shopify_twin.graph.scalars import equip

Resolver = Callable[..., Any]
Guard = Callable[[str, str, Resolver], Resolver]
PAGING = ("first", "after", "last", "before", "reverse")


def wire(
    schema: GraphQLSchema,
    resolvers: Mapping[tuple[str, str], Resolver],
    guard: Callable[[str, str, Resolver], Resolver],
) -> GraphQLSchema:
    """Give every field its resolver: one of ``resolvers`` by (type, field), else the attribute of that name.

    ``guard`` may wrap it, to ask for a scope.
    """
    equip(schema)
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            kind.resolve_type = _name_of
        elif isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for name, field in kind.fields.items():
                resolver = resolvers.get((kind.name, name)) or _plain(field, name)
                field.resolve = guard(kind.name, name, resolver)
    return schema


def _name_of(value: Any, *_: Any) -> str:
    return str(value.type_name)


def _plain(field: Any, name: str) -> Resolver:
    if name == "id":
        return lambda thing, _info: thing.gid
    attribute = snake(name)
    if get_named_type(field.type).name.endswith("Connection"):
        return lambda thing, _info, **given: paged(getattr(thing, attribute), given)
    kind = field.type.of_type if is_non_null_type(field.type) else field.type
    if is_list_type(kind) and "first" in field.args:
        return lambda thing, _info, first=None, **_: getattr(thing, attribute)[:first]
    return lambda thing, _info, **_: read(thing, attribute)


def read(thing: Any, attribute: str) -> Any:
    """An attribute, or an entry of a mapping."""
    return thing.get(attribute) if isinstance(thing, dict) else getattr(thing, attribute)


def paged(things: Any, given: Mapping[str, Any]) -> Page:
    return things if isinstance(things, Page) else cut(things, **{key: given[key] for key in PAGING if key in given})
