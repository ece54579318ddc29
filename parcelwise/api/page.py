"""An OpenAPI document as a page shows it: operations by tag, with their parameters, bodies and answers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

_CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter or a field."""

    name: str
    kind: str
    words: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    method: str
    path: str
    words: list[str]
    parameters: list[Row]
    body: str
    example: str
    answers: list[tuple[str, list[str]]]


@dataclass(frozen=True, slots=True)
class Schema:
    name: str
    words: str
    rows: list[Row]
    #: Names of those that it may be.
    variants: list[str]


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    version: str
    words: str
    server: str
    tags: list[tuple[str, list[Operation]]]
    schemas: list[Schema]


def described(schema: dict[str, Any]) -> Page:
    tags: dict[str, list[Operation]] = {}
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            tags.setdefault(operation["tags"][0], []).append(_operation(path, method, operation))
    parts = schema["components"]["schemas"]
    shown = [
        Schema(
            name, marked(part.get("description", "")), _fields(part), [_name(each) for each in part.get("anyOf", ())]
        )
        for name, part in sorted(parts.items())
    ]
    info = schema["info"]
    words = marked(info.get("description", ""))
    return Page(info["title"], info["version"], words, schema["servers"][0]["url"], sorted(tags.items()), shown)


def _operation(path: str, method: str, operation: dict[str, Any]) -> Operation:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    examples = [each["value"] for each in content.get("examples", {}).values()]
    return Operation(
        operation["operationId"],
        method.upper(),
        path,
        [marked(line) for line in operation.get("description", "").split("\n") if line],
        [
            Row(f"{each['name']} ({each['in']})", kind_of(each["schema"]), marked(each.get("description", "")),
                each.get("required", False))
            for each in operation.get("parameters", ())
        ],
        _name(content.get("schema", {})),
        json.dumps(examples[0], indent=2, ensure_ascii=False) if examples else "",
        [(status, _answers(answer)) for status, answer in operation["responses"].items() if status != "4XX"],
    )  # fmt: skip


def _answers(answer: dict[str, Any]) -> list[str]:
    return [name for content in answer.get("content", {}).values() if (name := _name(content["schema"]))]


def _fields(schema: dict[str, Any]) -> list[Row]:
    required = schema.get("required", ())
    return [
        Row(name, kind_of(field), marked(field.get("description", "")), name in required)
        for name, field in schema.get("properties", {}).items()
    ]


def marked(text: str) -> SafeString:
    """``text`` with what stands in backticks as code."""
    return mark_safe(_CODE.sub(r"<code>\1</code>", escape(text)))


def kind_of(schema: dict[str, Any]) -> str:
    """A schema in few words: ``string (date-time) or null``, ``list of Line``."""
    if schema.get("type") == "array":
        return f"list of {kind_of(schema['items'])}"
    for joint in ("anyOf", "oneOf", "allOf"):
        if joint in schema:
            told = " or ".join(dict.fromkeys(kind_of(each) for each in schema[joint]))
            return f"{told} or null" if schema.get("nullable") else told
    if "$ref" in schema:
        return _name(schema)
    told = str(schema.get("type", "anything"))
    if "enum" in schema:
        told = ", ".join(repr(each) if each == "" else str(each) for each in schema["enum"] if each is not None)
    elif "format" in schema:
        told = f"{told} ({schema['format']})"
    return f"{told} or null" if schema.get("nullable") else told


def _name(schema: dict[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]
