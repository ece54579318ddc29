"""A ping as phones and trackers send it. Pure: JSON in, a fix or the reason why not out."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fulfillment.carriers.gps.points import Fix

#: Letters that a ping's own id may have.
LONGEST_ID = 60


@dataclass(frozen=True, slots=True)
class Ping:
    """A fix and the key by which its device's second sending of it is known."""

    key: str
    fix: Fix


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What of it cannot be read. ``id`` is what the sender called it, if that could be read."""

    why: str
    id: str = ""


def read_ping(said: Any) -> Ping | Unreadable:
    """``{"id": "a1", "at": "2026-11-23T14:05:00Z", "lat": 53.55, "lon": 9.99, "accuracy": 12}``.

    ``at`` is ISO 8601 with an offset, or milliseconds since 1970. ``latitude`` and ``longitude`` are understood too.
    ``id`` may be left out: then a device has one ping at a moment.
    """
    if not isinstance(said, dict):
        return Unreadable("not_an_object")
    id_ = _id(said.get("id"))
    if id_ is None:
        return Unreadable("bad_id")
    at = _moment(said.get("at"))
    latitude, longitude = _number(said, "lat", "latitude"), _number(said, "lon", "longitude")
    accuracy = 0.0 if said.get("accuracy") is None else _number(said, "accuracy")
    if at is None:
        return Unreadable("bad_time", id_)
    if latitude is None or longitude is None:
        return Unreadable("bad_place", id_)
    if accuracy is None:
        return Unreadable("bad_accuracy", id_)
    return Ping(f"i:{id_}" if id_ else f"t:{at.isoformat()}", Fix(at, latitude, longitude, accuracy))


def _id(said: Any) -> str | None:
    """What the sender calls the ping; empty when it has no name, None when it has one that cannot be kept."""
    if said is None:
        return ""
    if isinstance(said, bool) or not isinstance(said, str | int):
        return None
    name = str(said)
    return name if name.isprintable() and len(name) <= LONGEST_ID else None


def _moment(said: Any) -> datetime | None:
    try:
        if isinstance(said, str):
            at = datetime.fromisoformat(said)
            return at.astimezone(UTC) if at.tzinfo else None
        if isinstance(said, int | float) and not isinstance(said, bool):
            return datetime.fromtimestamp(said / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        pass
    return None


def _number(said: dict[Any, Any], *names: str) -> float | None:
    value = next((said[name] for name in names if said.get(name) is not None), None)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
