"""How values of the platform's scalars are written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLError, GraphQLSchema


def date_time(value: Any) -> str:
    """UTC in whole seconds, with a ``Z``."""
    if isinstance(value, str):
        return value
    moment = value if value.tzinfo is UTC else value.astimezone(UTC)
    return f"{moment.isoformat()[:19]}Z"


def read_date_time(value: Any) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise GraphQLError(f"Invalid timestamp '{value}': must be ISO 8601") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_decimal(value: Any) -> str:
    text = str(value)
    if isinstance(value, bool) or not text.removeprefix("-").replace(".", "", 1).isdigit():
        raise GraphQLError(f"invalid decimal '{value}'")
    return text


def equip(schema: GraphQLSchema) -> None:
    """Give the scalars their ways to write and read."""
    writers: dict[str, Any] = {"DateTime": date_time, "UnsignedInt64": str, "URL": str, "Decimal": str, "Money": str}
    readers: dict[str, Any] = {"DateTime": read_date_time, "Decimal": read_decimal, "Money": read_decimal}
    for name, writer in writers.items():
        _set(schema.type_map[name], writer, "serialize", "coerce_output_value")
    for name, reader in readers.items():
        _set(schema.type_map[name], reader, "parse_value", "coerce_input_value")


def _set(scalar: Any, function: Any, *names: str) -> None:
    # graphql-core 3.3 calls by the second name what 3.2 knows by the first.
    for name in names:
        setattr(scalar, name, function)
