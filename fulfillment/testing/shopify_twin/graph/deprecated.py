"""Which deprecated fields and arguments a document uses."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLSchema, TypeInfo, TypeInfoVisitor, Visitor


class DeprecatedUse(Visitor):
    def __init__(self, schema: GraphQLSchema) -> None:
        super().__init__()
        self.types, self.found = TypeInfo(schema), list[str]()

    @property
    def visitor(self) -> TypeInfoVisitor:
        return TypeInfoVisitor(self.types, self)

    def enter_field(self, *_: Any) -> None:
        field, parent = self.types.get_field_def(), self.types.get_parent_type()
        if field is not None and parent is not None and field.deprecation_reason:
            self.found.append(f"{parent.name}.{field.ast_node.name.value if field.ast_node else ''}")
