"""The query of a call as PHP reads it, and the parameters of WordPress's lists."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from fulfillment.testing.woocommerce_twin.errors import invalid_parameter

Parameters = dict[str, "str | list[str]"]
#: What ``rest_parse_date`` takes. A plus that was not encoded arrives as a space and does not fit.
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:?\d\d)?)?", re.IGNORECASE)


def php_parameters(pairs: Iterable[tuple[str, str]]) -> Parameters:
    """Of a name that comes twice the last value counts; ``name[]`` and ``name[3]`` make a list."""
    read: Parameters = {}
    for name, value in pairs:
        base, bracket, _ = name.partition("[")
        if not bracket:
            read[name] = value
            continue
        known = read.get(base)
        read[base] = [*known, value] if isinstance(known, list) else [value]
    return read


def text(parameters: Parameters, name: str, default: str = "") -> str:
    value = parameters.get(name, default)
    return value[-1] if isinstance(value, list) else value


def words(parameters: Parameters, name: str) -> list[str]:
    """A list, given as ``a,b`` or as ``name[]=a&name[]=b``."""
    value = parameters.get(name, "")
    entries = value if isinstance(value, list) else value.split(",")
    return [entry.strip() for entry in entries if entry.strip()]


def numbers(parameters: Parameters, name: str) -> list[int]:
    entries = words(parameters, name)
    for index, entry in enumerate(entries):
        if not entry.isdigit():
            raise invalid_parameter(name, f"{name}[{index}] is not of type integer.")
    return [int(entry) for entry in entries]


def number(parameters: Parameters, name: str, default: int, low: int, high: int | None = None) -> int:
    value = text(parameters, name, str(default))
    if not value.lstrip("-").isdigit():
        raise invalid_parameter(name, f"{name} is not of type integer.")
    if high is not None and not low <= int(value) <= high:
        raise invalid_parameter(name, f"{name} must be between {low} (inclusive) and {high} (inclusive)")
    if int(value) < low:
        raise invalid_parameter(name, f"{name} must be greater than or equal to {low}")
    return int(value)


def choice(parameters: Parameters, name: str, default: str, known: Iterable[str]) -> str:
    value = text(parameters, name, default)
    if value not in known:
        raise invalid_parameter(name, f"{name} is not one of {', '.join(known)}.")
    return value


def flag(parameters: Parameters, name: str, default: bool = False) -> bool:
    value = text(parameters, name, "true" if default else "false").lower()
    if value not in ("true", "false", "1", "0", ""):
        raise invalid_parameter(name, f"{name} is not of type boolean.")
    return value in ("true", "1")


def moment(parameters: Parameters, name: str, zone: ZoneInfo) -> datetime | None:
    """A bound of a date query, without an offset, in the *site's* zone.

    An offset is turned into the site's zone first, also where the bound is then held against the GMT column: with
    ``dates_are_gmt`` an instant must be sent without its ``Z``, or it is wrong by the site's offset.
    """
    value = text(parameters, name)
    if not value:
        return None
    if not DATE_TIME.fullmatch(value):
        raise invalid_parameter(name, "Invalid date.")
    read = datetime.fromisoformat(value.upper())
    return read.astimezone(zone).replace(tzinfo=None) if read.tzinfo else read
