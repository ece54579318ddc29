"""The description of the API for programs: OpenAPI 3, made by drf-spectacular from the code that answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.settings import patched_settings
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema

Act = TypeVar("Act", bound=Callable[..., Any])

#: Marks a schema that is one of several, by who asks; told apart by nothing in it, so it is ``anyOf``.
BY_AUDIENCE = "ByAudience"

PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `type` is one of those in the documentation; further members say more.",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "example": "urn:parcelwise:problem:invalid"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string", "description": "Also in the header X-Request-ID."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {
                    "field": {"type": "string", "example": "lines.0.quantity"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
SETTINGS: dict[str, Any] = {
    "TITLE": "Parcelwise",
    "VERSION": "1.0.0",
    "DESCRIPTION": "Orders, parcels and returns after the checkout. The guide is docs/api.md.",
    "OAS_VERSION": "3.0.3",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "SCHEMA_PATH_PREFIX": "/",
    "SERVERS": [{"url": "/api/v1"}],
    "POSTPROCESSING_HOOKS": [
        "parcelwise.api.schema.add_problems",
        "parcelwise.api.schema.say_any_of",
        "parcelwise.api.schema.leave_expanded_out",
    ],
}


class Described(AutoSchema):
    """What the views know already: filters, expansion, repeated writes, and one schema for each audience."""

    def get_tags(self) -> list[str]:
        return [str(getattr(self.view, "tag", "") or self.path.strip("/").split("/")[0])]

    def get_override_parameters(self) -> list[Any]:
        told: list[Any] = list(super().get_override_parameters())
        expandable = getattr(self.view, "expandable", {})
        if expandable and getattr(self.view, "action", "") in ("list", "retrieve"):
            words = "; ".join(f"`{name}`: {says}" for name, says in expandable.items())
            parameter = OpenApiParameter("expand", str, description=f"Separated by commas. {words}.")
            told.append(parameter)
        if self.method == "POST":
            words = "The same request under the same key happens once, and gets the first answer again."
            told.append(OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, description=words))
        if getattr(self.view, "action", "") == "retrieve":
            words = "`ETag` of the last answer; 304 when it still holds."
            told.append(OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description=words))
        return told

    def get_description(self) -> str:
        """With what the caller needs."""
        need = self.view.need() if hasattr(self.view, "need") else None
        act = getattr(self.view, self.view.action or "", None)
        told = self.view.describes.get(self.view.action) or getattr(act, "told", "")
        if need is None:
            return told
        asked = "staff" in need.audiences and need.permission
        staff = f" Staff need the permission `{need.permission}`." if asked else ""
        return f"{told}\n\nFor: {', '.join(sorted(need.audiences))}. Scope `{need.scope}`.{staff}"

    def get_response_serializers(self) -> Any:
        seen = getattr(self.view, "serializers", {})
        if getattr(self.view, "action", "") not in ("list", "retrieve") or not seen:
            return super().get_response_serializers()
        return by_audience(type(self.view))

    def get_request_serializer(self) -> Any:
        return None if self.method == "GET" else super().get_request_serializer()


def describe(*, description: str, **words: Any) -> Callable[[Act], Act]:
    """``extend_schema`` for the acts of our views: it would take the project's own schema class for theirs."""

    def decorated(act: Act) -> Act:
        act.kwargs = {"schema": Described, **getattr(act, "kwargs", {})}  # type: ignore[attr-defined]
        act.told = description  # type: ignore[attr-defined]
        found: Act = extend_schema(**words)(act)
        return found

    return decorated


def by_audience(resource: Any) -> Any:
    """What the audiences of ``resource`` get of one record."""
    kinds = list(dict.fromkeys(resource.serializers.values()))
    if len(kinds) == 1:
        return kinds[0]()
    return PolymorphicProxySerializer(
        component_name=f"{resource.__name__}{BY_AUDIENCE}",
        serializers=kinds,
        resource_type_field_name=None,
    )


class KeyScheme(OpenApiAuthenticationExtension):
    target_class = "parcelwise.api.auth.KeyAuthentication"
    match_subclasses = True
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "pwk_…", "description": "An API key."}


class LoginScheme(OpenApiAuthenticationExtension):
    target_class = "parcelwise.api.auth.LoginAuthentication"
    match_subclasses = True
    name = "login"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        told = "The login of a browser on the same site. Writes need the header X-CSRFToken."
        return {"type": "apiKey", "in": "cookie", "name": "sessionid", "description": told}


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Every operation may answer with a problem."""
    components = result["components"]
    components["schemas"]["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components.setdefault("responses", {})["Problem"] = {"description": "What is wrong, and where.", "content": content}
    for operation in operations(result):
        operation["responses"]["4XX"] = {"$ref": "#/components/responses/Problem"}
    return result


def say_any_of(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """What a store sees is a part of what staff see, so more than one schema may fit."""
    for name, schema in result["components"]["schemas"].items():
        if name.endswith(BY_AUDIENCE) and "oneOf" in schema:
            schema["anyOf"] = schema.pop("oneOf")
    return result


def leave_expanded_out(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """What comes with ``expand`` alone is not required. Its description begins with that."""
    for schema in result["components"]["schemas"].values():
        expanded = [
            name
            for name, field in schema.get("properties", {}).items()
            if field.get("description", "").startswith("With `expand=")
        ]
        if expanded:
            schema["required"] = [name for name in schema["required"] if name not in expanded]
    return result


def operations(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in schema["paths"].values():
        for method, operation in path.items():
            if method in ("get", "post", "put", "patch", "delete"):
                yield operation


def make_schema(urlconf: str, server: str = "/api/v1") -> dict[str, Any]:
    """The OpenAPI document of the addresses in ``urlconf``, which answer under ``server``."""
    with patched_settings({**SETTINGS, "SERVERS": [{"url": server}]}):
        found: dict[str, Any] = SchemaGenerator(urlconf=urlconf).get_schema(request=None, public=True)
    return found


#: It is the same until the next start.
known_schema = lru_cache(maxsize=8)(make_schema)
