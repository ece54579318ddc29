"""What all mutations share: user errors instead of exceptions, and effects that happen once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import StringValueNode, VariableNode

from fulfillment.testing.shopify_twin.graph.wiring import Resolver
from fulfillment.testing.shopify_twin.resolvers.call import Call
from fulfillment.testing.shopify_twin.world.refusals import Refused

Given = Mapping[str, Any]
Effect = Callable[[Call, Given], dict[str, Any]]


def mutation(name: str, effect: Effect, errors: str = "user_errors") -> Resolver:
    """``effect`` returns the payload without errors; ``Refused`` becomes one of them."""

    def run(call: Call, given: Given) -> dict[str, Any]:
        try:
            return {**effect(call, given), "user_errors": [], errors: []}
        except Refused as refused:
            told = {"field": refused.field, "message": refused.message, "code": refused.code}
            return {"user_errors": [told], errors: [told]}
        except ValueError as error:
            told = {"field": None, "message": str(error), "code": "INVALID"}
            return {"user_errors": [told], errors: [told]}

    def resolve(_: Any, info: Any, **given: Any) -> Any:
        call: Call = info.context
        return call.once.run(name, _key(info), call.version, given, lambda: run(call, given))

    return resolve


def _key(info: Any) -> str | None:
    for directive in info.field_nodes[0].directives or ():
        if directive.name.value == "idempotent":
            value = directive.arguments[0].value
            if isinstance(value, VariableNode):
                found = info.variable_values
                values = getattr(found, "coerced", found)
                return str(values.get(value.name.value, ""))
            return value.value if isinstance(value, StringValueNode) else ""
    return None
