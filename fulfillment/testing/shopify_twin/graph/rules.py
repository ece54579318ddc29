"""Errors of a document against the schema, in the platform's words and shape instead of graphql-core's."""

from __future__ import annotations

from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    specified_rules,
)
from graphql.validation import ASTValidationRule, ValidationRule
from graphql.validation.rules.fields_on_correct_type import FieldsOnCorrectTypeRule
from graphql.validation.rules.known_argument_names import KnownArgumentNamesRule
from graphql.validation.rules.provided_required_arguments import ProvidedRequiredArgumentsRule
from graphql.validation.rules.scalar_leafs import ScalarLeafsRule

OURS = (FieldsOnCorrectTypeRule, KnownArgumentNamesRule, ProvidedRequiredArgumentsRule, ScalarLeafsRule)


def path_to(ancestors: list[Any], node: Any) -> list[str | int]:
    """Where a node stands, such as ``["query GetOrder", "order", "nmae"]``."""
    path: list[str | int] = []
    for step in [*ancestors, node]:
        if isinstance(step, OperationDefinitionNode):
            path.append(f"{step.operation.value} {step.name.value}" if step.name else step.operation.value)
        elif isinstance(step, FragmentDefinitionNode):
            path.append(f"fragment {step.name.value}")
        elif isinstance(step, InlineFragmentNode) and step.type_condition:
            path.append(f"... on {step.type_condition.name.value}")
        elif isinstance(step, FieldNode):
            path.append((step.alias or step.name).value)
    return path


class FieldRule(ValidationRule):
    """Fields exist, take the arguments they are given, are given those they need, and have selections or none."""

    def enter_field(self, node: FieldNode, _key: Any, _parent: Any, _path: Any, ancestors: list[Any]) -> None:
        parent = self.context.get_parent_type()
        if parent is None:
            return
        field, name = self.context.get_field_def(), node.name.value
        path = path_to(ancestors, node)
        if field is None:
            words = f"Field '{name}' doesn't exist on type '{parent.name}'"
            self._say(words, node, path, code="undefinedField", typeName=parent.name, fieldName=name)
            return
        for argument in node.arguments or ():
            if argument.name.value not in field.args:
                words = f"Field '{name}' doesn't accept argument '{argument.name.value}'"
                more = {"name": name, "typeName": "Field", "argumentName": argument.name.value}
                self._say(words, argument, [*path, argument.name.value], code="argumentNotAccepted", **more)
        given = {argument.name.value for argument in node.arguments or ()}
        missing = [key for key, argument in field.args.items() if is_required_argument(argument) and key not in given]
        if missing:
            names = ", ".join(missing)
            words = f"Field '{name}' is missing required arguments: {names}"
            more = {"className": "Field", "name": name, "arguments": names}
            self._say(words, node, path, code="missingRequiredArguments", **more)
        self._leaf(node, field.type, path)

    def _leaf(self, node: FieldNode, kind: Any, path: list[str | int]) -> None:
        name, named = node.name.value, get_named_type(kind)
        more = {"code": "selectionMismatch", "nodeName": f"field '{name}'", "typeName": str(named)}
        if is_leaf_type(named) and node.selection_set is not None:
            inner = ", ".join(
                f"'{entry.name.value}'" for entry in node.selection_set.selections if hasattr(entry, "name")
            )
            words = f"Selections can't be made on scalars (field '{name}' returns {named} but has selections [{inner}])"
            self._say(words, node, path, **more)
        elif not is_leaf_type(named) and node.selection_set is None:
            words = f"Field must have selections (field '{name}' returns {named} but has no selections. "
            self._say(f"{words}Did you mean '{name} {{ ... }}'?)", node, path, **more)

    def _say(self, words: str, node: Any, path: list[str | int], **extensions: Any) -> None:
        self.report_error(GraphQLError(words, node, path=path, extensions=extensions))


RULES: list[type[ASTValidationRule]] = [*(rule for rule in specified_rules if rule not in OURS), FieldRule]
