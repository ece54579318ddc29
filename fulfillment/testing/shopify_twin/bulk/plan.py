"""A bulk query, checked against the platform's rules for them and compiled to plain functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_argument_values,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    parse,
    validate,
)
from graphql.error import GraphQLError

from fulfillment.testing.shopify_twin.bulk.limits import Limits
from fulfillment.testing.shopify_twin.graph.names import snake
from fulfillment.testing.shopify_twin.graph.pages import LARGEST
from fulfillment.testing.shopify_twin.graph.rules import RULES
from fulfillment.testing.shopify_twin.graph.scalars import date_time
from fulfillment.testing.shopify_twin.graph.wiring import Resolver
from fulfillment.testing.shopify_twin.world.refusals import Refused

Read = Callable[[Any], Any]
#: Types whose objects are mappings; see the resolvers that make them.
MAPPINGS = ("SuggestedRefund", "ShippingRefund", "SuggestedOrderTransaction", "ReturnableFulfillmentLineItem")
WRITERS: dict[str, Read] = {"DateTime": date_time, "UnsignedInt64": str}


@dataclass(slots=True)
class Shape:
    """How an object is written: its fields, and the connections whose entries get lines of their own."""

    fields: list[tuple[str, Read]] = field(default_factory=list)
    children: list[tuple[Read, Shape]] = field(default_factory=list)
    #: For an interface or union: the shape of each type that it can be.
    kinds: dict[str, Shape] = field(default_factory=dict)

    def of(self, thing: Any) -> Shape:
        return self.kinds.get(thing.type_name, self) if self.kinds else self

    def write(self, thing: Any) -> dict[str, Any]:
        return {key: read(thing) for key, read in self.of(thing).fields}


@dataclass(frozen=True, slots=True)
class Plan:
    """``root`` is the connection asked for, ``given`` its arguments, ``shape`` that of its nodes."""

    root: str
    given: dict[str, Any]
    shape: Shape


class Compiler:
    """``resolvers`` are those of fields that are more than an attribute; ``info`` is what they are called with."""

    def __init__(self, schema: GraphQLSchema, resolvers: Mapping[tuple[str, str], Resolver], info: Any) -> None:
        self.schema, self.resolvers, self.info = schema, resolvers, info
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        #: Scopes are asked for by field.
        self.used: set[tuple[str, str]] = set()

    def compile(self, query: str) -> Plan:
        """Raises ``Refused`` for what cannot be a bulk query."""
        document = self._read(query)
        self.fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
        if len(operations) != 1 or operations[0].operation is not OperationType.QUERY:
            raise Refused("Bulk queries must contain exactly one query operation.", "query")
        if operations[0].variable_definitions:
            raise Refused("Bulk queries cannot have variables.", "query")
        root = self.schema.query_type
        assert root is not None
        chosen = [node for node in operations[0].selection_set.selections if isinstance(node, FieldNode)]
        Limits(self.schema, self.fragments).check(operations[0], chosen)
        definition = root.fields[chosen[0].name.value]
        given = get_argument_values(definition, chosen[0])
        self.used.add((root.name, chosen[0].name.value))
        return Plan(chosen[0].name.value, given, self._entries(get_named_type(definition.type), chosen[0]))

    def _read(self, query: str) -> DocumentNode:
        try:
            document = parse(query)
        except GraphQLError as error:
            raise Refused(f"Invalid bulk query: {error.message}", "query") from error
        errors = validate(self.schema, document, RULES)
        if errors:
            raise Refused(f"Invalid bulk query: {errors[0].message}", "query")
        return document

    def _entries(self, connection: Any, node: FieldNode) -> Shape:
        """The shape of a connection's nodes, whether they are asked for by ``nodes`` or ``edges``."""
        shape = Shape()
        for entry in self._flat(node.selection_set):
            if entry.name.value == "nodes":
                self._select(shape, get_named_type(connection.fields["nodes"].type), entry.selection_set)
            elif entry.name.value == "edges":
                edge = get_named_type(connection.fields["edges"].type)
                for inner in self._flat(entry.selection_set):
                    if inner.name.value == "node":
                        self._select(shape, get_named_type(edge.fields["node"].type), inner.selection_set)
        return shape

    def _select(self, shape: Shape, kind: Any, selections: SelectionSetNode | None) -> None:
        if is_abstract_type(kind):
            for member in self.schema.get_possible_types(kind):
                self._select(shape.kinds.setdefault(member.name, Shape()), member, selections)
            return
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                self._field(shape, kind, node)
                continue
            body: Any = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
            wanted = self.schema.get_type(body.type_condition.name.value) if body.type_condition else kind
            if wanted is kind or (is_abstract_type(wanted) and self.schema.is_sub_type(wanted, kind)):
                self._select(shape, kind, body.selection_set)

    def _flat(self, selections: SelectionSetNode | None) -> Iterator[FieldNode]:
        for node in selections.selections if selections else ():
            if isinstance(node, FieldNode):
                yield node
            else:
                body: Any = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
                yield from self._flat(body.selection_set)

    def _field(self, shape: Shape, kind: Any, node: FieldNode) -> None:
        name, key = node.name.value, (node.alias or node.name).value
        if name == "__typename":
            shape.fields.append((key, lambda _: kind.name))
            return
        definition = kind.fields[name]
        self.used.add((kind.name, name))
        given = get_argument_values(definition, node)
        named = get_named_type(definition.type)
        if named.name.endswith("Connection"):
            shape.children.append((self._list(kind.name, name, given), self._entries(named, node)))
            return
        read = self._reader(kind.name, name, given)
        inner = Shape()
        if not is_leaf_type(named):
            self._select(inner, named, node.selection_set)
        shape.fields.append((key, _written(read, definition.type, named, inner)))

    def _reader(self, kind: str, name: str, given: dict[str, Any]) -> Read:
        resolver = self.resolvers.get((kind, name))
        if resolver is not None:
            return lambda thing: resolver(thing, self.info, **given)
        plain = attrgetter("gid" if name == "id" else snake(name))
        if given.get("first") is not None:
            return lambda thing: plain(thing)[: given["first"]]
        return (lambda thing: thing.get(snake(name))) if kind in MAPPINGS else plain

    def _list(self, kind: str, name: str, given: dict[str, Any]) -> Read:
        """All entries of a connection, however many are asked for: a bulk query has no pages."""
        resolver = self.resolvers.get((kind, name))
        if resolver is None:
            plain = attrgetter(snake(name))
            return (lambda thing: plain(thing)[::-1]) if given.get("reverse") else plain
        return lambda thing: list(self.all_pages(resolver, thing, given))

    def all_pages(self, resolver: Resolver, thing: Any, given: Mapping[str, Any]) -> Iterator[Any]:
        rest = {name: value for name, value in given.items() if name not in ("first", "last", "after", "before")}
        page = resolver(thing, self.info, **rest, first=LARGEST)
        while True:
            yield from page.nodes
            if not page.page_info.has_next_page:
                return
            page = resolver(thing, self.info, **rest, first=LARGEST, after=page.page_info.end_cursor)


def _written(read: Read, kind: Any, named: Any, inner: Shape) -> Read:
    if is_leaf_type(named):
        scalar = WRITERS.get(named.name)
        if scalar is None:
            return read

        def leaf(thing: Any) -> Any:
            value = read(thing)
            return None if value is None else scalar(value)

        return leaf
    if is_list_type(kind.of_type if is_non_null_type(kind) else kind):
        return lambda thing: [inner.write(entry) for entry in read(thing) or ()]

    def one(thing: Any) -> Any:
        value = read(thing)
        return None if value is None else inner.write(value)

    return one
