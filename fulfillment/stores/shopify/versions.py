"""Versions of the Admin API: one each quarter, supported for a year from its first day."""

from __future__ import annotations

import re
from datetime import date

#: What is asked for when a store has no version of its own.
DEFAULT = "2026-07"
#: Versions against whose published schemas every document of ours is tested.
TESTED = ("2026-01", "2026-04", "2026-07", "2026-10")
#: Days before its end from which a version in use is a matter for staff.
WARN_DAYS = 45

_VERSION = re.compile(r"(20\d\d)-(01|04|07|10)")


def is_version(text: str) -> bool:
    """Whether ``text`` names a version of the calendar."""
    return _VERSION.fullmatch(text) is not None


def supported_until(version: str) -> date:
    """The first day on which ``version`` is not served any more. ValueError for what is no version."""
    found = _VERSION.fullmatch(version)
    if not found:
        raise ValueError(f"“{version}” is no version of Shopify's API; it is written like {DEFAULT}")
    return date(int(found.group(1)) + 1, int(found.group(2)), 1)


def days_left(version: str, today: date) -> int:
    """Days for which ``version`` is still served; zero or less when it is not."""
    return (supported_until(version) - today).days


def ending(version: str, today: date) -> str:
    """A sentence for staff when ``version`` ends soon or has ended; empty while all is well."""
    left = days_left(version, today)
    if left > WARN_DAYS:
        return ""
    until = supported_until(version)
    if left <= 0:
        return (
            f"Version {version} of Shopify's API has not been served since {until:%d %B %Y}; "
            "Shopify answers in an older or newer one."
        )
    return f"Version {version} of Shopify's API is served until {until:%d %B %Y}, {left} more days."
