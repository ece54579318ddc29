"""What a bulk query may look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    OperationDefinitionNode,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

from fulfillment.testing.shopify_twin.world.refusals import Refused

#: How many connections, and how deep they may stand in each other below the first.
CONNECTIONS, DEPTH = 5, 2


class Limits:
    def __init__(self, schema: GraphQLSchema, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self.schema, self.fragments, self.connections = schema, fragments, 0

    def check(self, operation: OperationDefinitionNode, chosen: Sequence[FieldNode]) -> None:
        if len(chosen) != 1:
            raise Refused("Bulk queries must select exactly one field at the top level.", "query")
        if chosen[0].name.value in ("node", "nodes"):
            raise Refused("Bulk queries cannot start with node or nodes.", "query")
        self._walk(self.schema.query_type, operation.selection_set.selections, depth=0, in_list=False)
        if not self.connections:
            raise Refused("Bulk queries must contain at least one connection.", "query")
        query = self.schema.query_type
        root = query and get_named_type(query.fields[chosen[0].name.value].type)
        if root is None or not root.name.endswith("Connection"):
            raise Refused("The twin runs bulk queries over connections of the top level only.", "query")
        if self.connections > CONNECTIONS:
            raise Refused(f"Bulk queries cannot contain more than {CONNECTIONS} connections.", "query")

    def _walk(self, kind: Any, selections: Sequence[Any], *, depth: int, in_list: bool) -> None:
        for node in selections:
            if not isinstance(node, FieldNode):
                body = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
                wanted = self.schema.get_type(body.type_condition.name.value) if body.type_condition else kind
                self._walk(wanted, body.selection_set.selections, depth=depth, in_list=in_list)
            elif node.selection_set is not None:
                self._field(kind, node, depth=depth, in_list=in_list)

    def _field(self, kind: Any, node: FieldNode, *, depth: int, in_list: bool) -> None:
        assert node.selection_set is not None
        field = kind.fields[node.name.value]
        named = get_named_type(field.type)
        if named.name.endswith("Connection"):
            self.connections += 1
            depth += 1
            if depth > DEPTH + 1:
                raise Refused(f"Connections cannot be nested more than {DEPTH} levels deep.", "query")
            if in_list:
                raise Refused("Queries that contain a connection field within a list field are not supported.", "query")
        inner = field.type.of_type if is_non_null_type(field.type) else field.type
        is_plain_list = is_list_type(inner) and node.name.value not in ("edges", "nodes")
        self._walk(named, node.selection_set.selections, depth=depth, in_list=in_list or is_plain_list)
