"""How a PHP site writes money, times and JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo


def dumps(content: Any) -> bytes:
    """JSON as PHP writes it: no spaces, slashes and everything beyond ASCII escaped."""
    return json.dumps(content, separators=(",", ":")).replace("/", "\\/").encode()


def money(cents: int) -> str:
    """``-4990`` -> ``"-49.90"``."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def cents(amount: Any) -> int:
    """``"49.90"``, ``"49.9"`` or ``49.9`` -> ``4990``. Raises ``ValueError``."""
    units, _, fraction = f"{float(amount):.2f}".partition(".")
    return int(units + fraction)


def unit_price(total: int, quantity: int) -> int | float:
    """A number, whole where it can be; the site does not round it."""
    price = total / 100 / quantity if quantity else 0
    return int(price) if price == int(price) else price


def site_time(moment: datetime | None, zone: ZoneInfo) -> str | None:
    """In the site's zone, to the second, without an offset."""
    return None if moment is None else moment.astimezone(zone).replace(tzinfo=None).isoformat(timespec="seconds")


def gmt(moment: datetime | None) -> str | None:
    """In UTC, to the second, without a ``Z``."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
