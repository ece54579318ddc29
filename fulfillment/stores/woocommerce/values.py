"""Reading single values as WooCommerce and its plugins write them. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from parcelwise.money import to_minor

Json = Mapping[str, Any]


def text(value: Any) -> str:
    """Plain text: a number is written out, HTML's entities are resolved, what is neither is nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return unescape(str(value)).strip()


def fields(value: Any) -> Json:
    """An object. PHP writes an empty one as ``[]``."""
    return value if isinstance(value, dict) else {}


def rows(value: Any) -> list[Json]:
    """A list of objects. PHP writes one with gaps in its numbering as an object."""
    entries = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [entry for entry in entries if isinstance(entry, dict)]


def money(value: Any, currency: str) -> int:
    """Minor units of an amount that is written as text; none is 0. ValueError for what is no amount."""
    if value is None or value == "":
        return 0
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return to_minor(str(value), currency)
    raise ValueError(f"“{value}” is not an amount of money")


def count(value: Any) -> int:
    """Whole pieces: plugins sell by the half metre, and half a piece is a piece to be sent.

    OverflowError for a number that no machine holds.
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        return 0
    return math.ceil(abs(number)) if math.isfinite(number) else 0


def moment(value: Any) -> datetime | None:
    """A time of a ``_gmt`` field: UTC, written without saying so."""
    if not isinstance(value, str) or not value or value.startswith("0000"):
        return None
    try:
        read = datetime.fromisoformat(value)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def required_moment(record: Json, name: str) -> datetime:
    """ValueError when the record has no such time."""
    found = moment(record.get(name))
    if found is None:
        raise ValueError(f"it has no {name}")
    return found


def site_moment(value: Any, offset: timedelta) -> datetime | None:
    """A time in the site's zone, which is ``offset`` ahead of UTC."""
    found = moment(value)
    return found - offset if found else None


def from_seconds(value: Any) -> datetime | None:
    """Seconds since 1970, as a number or as text."""
    try:
        return datetime.fromtimestamp(int(str(value)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def metas(record: Json) -> dict[str, Any]:
    """The record's meta data by key; of a key that is there more than once, the first counts."""
    found: dict[str, Any] = {}
    for entry in rows(record.get("meta_data")):
        key = entry.get("key")
        if isinstance(key, str):
            found.setdefault(key, entry.get("value"))
    return found
