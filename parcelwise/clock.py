"""Days and zones. A moment is always aware; a day belongs to a zone that is named."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone
from django.utils.formats import date_format


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar day of an aware ``moment`` in ``zone``."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone has no day")
    return moment.astimezone(zone).date()


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment after ``day`` in ``zone`` (daylight saving respected)."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)


def days_between(start: datetime, end: datetime) -> float:
    """Days of 24 hours from ``start`` to ``end``; negative when ``end`` is earlier."""
    return (end - start).total_seconds() / 86_400


def is_zone(name: str) -> bool:
    """Whether ``name`` is an IANA time zone."""
    return name in _zones()


@cache
def _zones() -> frozenset[str]:
    """Read from the disk once: it takes 20 ms, and a page of orders asks for each."""
    return frozenset(available_timezones())


def say(day: date, today: date | None = None) -> str:
    """``day`` for people, in the active language: ``Thu 4 Dec``, with the year when it is another than today's."""
    this_year = (today or timezone.localdate()).year
    return date_format(day, "D j M" if day.year == this_year else "D j M Y")
