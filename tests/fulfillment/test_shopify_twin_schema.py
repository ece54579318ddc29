"""The twin's SDL is a true part of the schemas that Shopify publishes, version by version."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    Undefined,
    is_required_input_field,
    print_schema,
)

from fulfillment.testing.shopify_twin.graph import versions
from tests.fulfillment.shopify import needs_published, published_schema

pytestmark = needs_published
OURS = {"since"}


@pytest.mark.parametrize("version", versions.SUPPORTED)
def test_every_line_is_published(version: str) -> None:
    assert _strangers(versions.schema(version), published_schema(version)) == []


def test_a_field_is_hidden_from_versions_before_it_came() -> None:
    before, after = versions.schema("2026-04"), versions.schema("2026-07")
    assert "cartToken" not in before.type_map["Order"].fields
    assert "cartToken" in after.type_map["Order"].fields
    assert "cartToken" not in published_schema("2026-04").type_map["Order"].fields


@pytest.mark.parametrize(("older", "newer"), list(zip(versions.SUPPORTED, versions.SUPPORTED[1:], strict=False)))
def test_what_is_marked_was_really_missing_before(older: str, newer: str) -> None:
    theirs = published_schema(older)
    for name, kind in versions.schema(newer).type_map.items():
        known = versions.schema(older).type_map.get(name)
        if known is None:
            assert name not in theirs.type_map, f"{name} is hidden from {older} without need"
        for part in (_members(kind) - _members(known)) if known is not None else ():
            assert part not in _members(theirs.type_map[name]), f"{name}.{part} is hidden from {older} without need"


def test_a_wrong_line_would_be_found() -> None:
    sdl = versions.sdl()
    assert "  name: String!\n" in sdl
    wrong = [
        sdl.replace("displayFinancialStatus: OrderDisplayFinancialStatus\n", "displayFinancialStatus: String\n"),
        sdl.replace("  updatedAt: DateTime!\n", "  updatedAt: DateTime\n", 1),
        sdl.replace("  orderId: ID!\n", "  orderId: ID\n  madeUp: Int\n", 1),
        sdl.replace("PARTIALLY_REFUNDED", "PARTLY_REFUNDED"),
    ]
    for text in wrong:
        assert text != sdl
        assert _strangers(versions.read(text, "2026-07"), published_schema("2026-07"))


def test_nothing_of_the_published_words_is_in_ours() -> None:
    sentences = [line for line in versions.sdl().splitlines() if line.strip().startswith(('"', "'"))]
    assert sentences == []
    assert "descriptions" not in print_schema(versions.schema("2026-07"))


def _members(kind: Any) -> set[str]:
    return set(getattr(kind, "fields", None) or getattr(kind, "values", None) or ())


def _strangers(ours: GraphQLSchema, theirs: GraphQLSchema) -> list[str]:
    odd: list[str] = []
    for name, kind in ours.type_map.items():
        if name.startswith("__"):
            continue
        other = theirs.type_map.get(name)
        if type(other) is not type(kind):
            odd.append(f"{name} is {type(kind).__name__}, published {type(other).__name__}")
            continue
        odd += _compare(name, kind, other)
    known = {directive.name: directive for directive in theirs.directives}
    for directive in ours.directives:
        if directive.name in OURS:
            continue
        other_directive = known.get(directive.name)
        if other_directive is None and directive.name not in ("oneOf", "specifiedBy"):
            odd.append(f"@{directive.name} is not published")
        elif other_directive is not None and directive.name == "idempotent":
            odd += _arguments("@idempotent", directive.args, other_directive.args)
    return odd


def _compare(name: str, kind: Any, other: Any) -> list[str]:
    if isinstance(kind, GraphQLEnumType):
        return [f"{name}.{value} is not published" for value in kind.values if value not in other.values]
    if isinstance(kind, GraphQLUnionType):
        members = {member.name for member in other.types}
        return [f"{name} does not contain {member.name}" for member in kind.types if member.name not in members]
    odd = []
    if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
        known = {one.name for one in other.interfaces}
        odd += [f"{name} does not implement {one.name}" for one in kind.interfaces if one.name not in known]
    for field, definition in getattr(kind, "fields", {}).items():
        published = other.fields.get(field)
        if published is None:
            odd.append(f"{name}.{field} is not published")
            continue
        if str(definition.type) != str(published.type):
            odd.append(f"{name}.{field} is {definition.type}, published {published.type}")
        if bool(definition.deprecation_reason) != bool(published.deprecation_reason):
            odd.append(f"{name}.{field} is deprecated in one of both only")
        odd += _arguments(f"{name}.{field}", getattr(definition, "args", {}), getattr(published, "args", {}))
    if isinstance(kind, GraphQLInputObjectType):
        needed = {field for field, entry in other.fields.items() if is_required_input_field(entry)}
        odd += [f"{name}.{field} is required but not there" for field in needed - set(kind.fields)]
        odd += [f"{name} is oneOf in one of both only"] * (_one_of(kind) != _one_of(other))
    return odd


def _one_of(kind: Any) -> bool:
    return bool(getattr(kind, "is_one_of", False))


def _arguments(where: str, ours: Any, theirs: Any) -> list[str]:
    odd = [f"{where}({name}) is not published" for name in ours if name not in theirs]
    for name in ours.keys() & theirs.keys():
        if str(ours[name].type) != str(theirs[name].type):
            odd.append(f"{where}({name}) is {ours[name].type}, published {theirs[name].type}")
        if (ours[name].default_value is Undefined) != (theirs[name].default_value is Undefined):
            odd.append(f"{where}({name}) has a default in one of both only")
    needed = [
        name for name, entry in theirs.items() if str(entry.type).endswith("!") and entry.default_value is Undefined
    ]
    return odd + [f"{where}({name}) is required but not there" for name in needed if name not in ours]
