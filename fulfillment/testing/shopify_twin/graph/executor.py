"""One call of the GraphQL API: read, checked, priced, executed, answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    execute_sync,
    get_operation_ast,
    parse,
    type_from_ast,
    validate,
    visit,
)
from graphql.execution.values import get_variable_values

from fulfillment.testing.shopify_twin.graph import answers
from fulfillment.testing.shopify_twin.graph.bucket import Bucket
from fulfillment.testing.shopify_twin.graph.cost import Costs
from fulfillment.testing.shopify_twin.graph.deprecated import DeprecatedUse
from fulfillment.testing.shopify_twin.graph.rules import RULES

#: Most points that one query may ask for.
DEAREST = 1000


@dataclass(frozen=True, slots=True)
class Outcome:
    body: dict[str, Any]
    #: Names of deprecated fields in the call.
    deprecated: tuple[str, ...] = ()
    throttled: bool = False
    #: Seconds after which there will be enough points.
    wait: float = 0.0


class Executor:
    """Executes against ``schema``, drawing from ``bucket`` by ``now``."""

    def __init__(
        self, schema: GraphQLSchema, bucket: Bucket, now: Callable[[], datetime], *, most: int = DEAREST
    ) -> None:
        self.schema, self.bucket, self.now, self.most = schema, bucket, now, most
        self._checked = lru_cache(maxsize=512)(self._check)

    def run(self, query: str, variables: Mapping[str, Any], name: str | None, context: Any) -> Outcome:
        document, errors, deprecated = self._checked(query)
        if errors or document is None:
            return Outcome({"errors": errors})
        operation = get_operation_ast(document, name)
        if operation is None:
            return Outcome({"errors": [{"message": f"No operation named {name!r}" if name else "No operation given"}]})
        wrong = self._wrong_variables(operation, variables)
        if wrong:
            return Outcome({"errors": wrong})
        costs = Costs(self.schema, document, self._defaults(operation, variables))
        requested = costs.requested(operation)
        if requested > self.most:
            return Outcome({"errors": [answers.too_dear(requested, self.most)]})
        if not self.bucket.draw(requested, self.now()):
            cost = self._cost(requested, None)
            return Outcome(
                {"errors": [answers.throttled()], "extensions": {"cost": cost}},
                throttled=True,
                wait=self.bucket.wait(requested, self.now()),
            )
        result = execute_sync(self.schema, document, None, context, dict(variables), name)
        actual = min(requested, costs.actual(operation, result.data))
        self.bucket.give_back(requested - actual)
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body["errors"] = [answers.formatted(error) for error in result.errors]
        body["extensions"] = {"cost": self._cost(requested, actual), **getattr(context, "extensions", {})}
        return Outcome(body, deprecated)

    def _check(self, query: str) -> tuple[DocumentNode | None, list[dict[str, Any]], tuple[str, ...]]:
        try:
            document = parse(query)
        except GraphQLError as error:
            place = error.locations[0] if error.locations else None
            where = f" at [{place.line}, {place.column}]" if place else ""
            words = error.message.removeprefix("Syntax Error: ").rstrip(".")
            return None, [{**answers.formatted(error), "message": f"syntax error, {words}{where}"}], ()
        errors = validate(self.schema, document, RULES)
        if errors:
            return None, [answers.formatted(error) for error in errors], ()
        uses = DeprecatedUse(self.schema)
        visit(document, uses.visitor)
        return document, [], tuple(uses.found)

    def _wrong_variables(
        self, operation: OperationDefinitionNode, variables: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        errors = []
        for definition in operation.variable_definitions or ():
            read = get_variable_values(self.schema, [definition], dict(variables))
            if isinstance(read, list):
                name = definition.variable.name.value
                kind = type_from_ast(self.schema, definition.type)
                why = read[0].message
                errors.append(answers.invalid_variable(name, str(kind), variables.get(name), why))
        return errors

    def _defaults(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        read = get_variable_values(self.schema, list(operation.variable_definitions or ()), dict(variables))
        values = getattr(read, "coerced", read)
        return values if isinstance(values, Mapping) else variables

    def _cost(self, requested: int, actual: int | None) -> dict[str, Any]:
        status = self.bucket.status(self.now())
        return {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}
