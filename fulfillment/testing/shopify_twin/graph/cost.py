"""What a query costs: asked for by its ``first`` and ``last``, and in fact by what was found.

Objects cost a point, scalars none, a connection two and what its entries cost, a mutation ten. The platform publishes
these weights but not the whole formula, so a client should read the figures and not compute them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)

MUTATION, CONNECTION, OBJECT = 10, 2, 1


class Costs:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self.schema, self.variables = schema, variables
        self.fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }

    def requested(self, operation: OperationDefinitionNode) -> int:
        root = self._root(operation)
        base = MUTATION if operation.operation is OperationType.MUTATION else 0
        return base + self._selection(root, operation.selection_set)

    def actual(self, operation: OperationDefinitionNode, data: Any) -> int:
        base = MUTATION if operation.operation is OperationType.MUTATION else 0
        return base + (self._found(self._root(operation), operation.selection_set, data) if data else 0)

    def _root(self, operation: OperationDefinitionNode) -> Any:
        return self.schema.get_root_type(operation.operation)

    def _selection(self, parent: Any, selections: SelectionSetNode) -> int:
        plain, branches = 0, [0]
        for node in selections.selections:
            if isinstance(node, FieldNode):
                plain += self._field(parent, node)
            else:
                branches.append(self._fragment(parent, node))
        # Of fragments on different types only one can apply, and it may be the dearest.
        return plain + (max(branches) if is_abstract_type(parent) else sum(branches))

    def _fragment(self, parent: Any, node: Any) -> int:
        if isinstance(node, FragmentSpreadNode):
            node = self.fragments[node.name.value]
        assert isinstance(node, InlineFragmentNode | FragmentDefinitionNode)
        kind = self.schema.get_type(node.type_condition.name.value) if node.type_condition else parent
        return self._selection(kind, node.selection_set)

    def _field(self, parent: Any, node: FieldNode) -> int:
        field = getattr(parent, "fields", {}).get(node.name.value)
        if field is None or node.selection_set is None:
            return 0
        kind = get_named_type(field.type)
        if is_leaf_type(kind):
            return 0
        inner = self._selection(kind, node.selection_set)
        if kind.name.endswith("Connection"):
            return CONNECTION + self._sized(node) * max(1, inner)
        if kind.name == "PageInfo" or kind.name.endswith("Edge"):
            return inner
        return self._sized(node, usual=1) * (OBJECT + inner)

    def _sized(self, node: FieldNode, usual: int = 0) -> int:
        for argument in node.arguments or ():
            if argument.name.value in ("first", "last", "ids"):
                return self._count(argument.value)
        return usual

    def _count(self, value: Any) -> int:
        if isinstance(value, VariableNode):
            found = self.variables.get(value.name.value)
            return found if isinstance(found, int) else len(found or ())
        return int(value.value) if isinstance(value, IntValueNode) else len(getattr(value, "values", ()))

    def _found(self, parent: Any, selections: SelectionSetNode, data: Any) -> int:
        if isinstance(data, list):
            return sum(self._found(parent, selections, entry) for entry in data)
        if not isinstance(data, dict):
            return 0
        total = 0
        for node in selections.selections:
            if isinstance(node, FragmentSpreadNode | InlineFragmentNode):
                body = self.fragments[node.name.value] if isinstance(node, FragmentSpreadNode) else node
                total += self._found(parent, body.selection_set, data)
            elif isinstance(node, FieldNode) and node.selection_set is not None:
                total += self._found_in(node, node.selection_set, data.get((node.alias or node.name).value))
        return total

    def _found_in(self, node: FieldNode, selections: SelectionSetNode, value: Any) -> int:
        if value is None or node.name.value == "pageInfo":
            return 0
        if isinstance(value, dict) and ("edges" in value or "nodes" in value):
            return CONNECTION + self._found(None, selections, value)
        own = 0 if node.name.value == "edges" else len(value) if isinstance(value, list) else OBJECT
        return own + self._found(None, selections, value)
