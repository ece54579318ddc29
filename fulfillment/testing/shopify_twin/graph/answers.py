"""The bodies of errors as the platform words them."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLError

RATE_LIMITS = "https://shopify.dev/api/usage/rate-limits"
SCOPES = "https://shopify.dev/api/usage/access-scopes"

UNAUTHORIZED = {"errors": "[API] Invalid API key or access token (unrecognized login or wrong password)"}
NOT_FOUND = {"errors": "Not Found"}


def access_denied(name: str, scope: str) -> GraphQLError:
    needed = f"`{scope}` access scope."
    return GraphQLError(
        f"Access denied for {name} field. Required access: {needed}",
        extensions={"code": "ACCESS_DENIED", "documentation": SCOPES, "requiredAccess": needed},
    )


def throttled() -> dict[str, Any]:
    return {"message": "Throttled", "extensions": {"code": "THROTTLED", "documentation": RATE_LIMITS}}


def too_dear(cost: int, most: int) -> dict[str, Any]:
    return {
        "message": f"Query cost is {cost}, which exceeds the single query max cost limit ({most}).",
        "extensions": {"code": "MAX_COST_EXCEEDED", "cost": cost, "maxCost": most, "documentation": RATE_LIMITS},
    }


def invalid_variable(name: str, kind: str, value: Any, why: str) -> dict[str, Any]:
    problems = [{"path": [], "explanation": why}]
    return {
        "message": f"Variable ${name} of type {kind} was provided invalid value",
        "extensions": {"code": "INVALID_VARIABLE", "value": value, "problems": problems},
    }


def formatted(error: GraphQLError) -> dict[str, Any]:
    """As JSON, with the keys in the platform's order."""
    told: dict[str, Any] = {"message": error.message}
    if error.locations:
        told["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        told["path"] = list(error.path)
    if error.extensions:
        told["extensions"] = dict(error.extensions)
    return told
