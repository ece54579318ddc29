"""Days and zones. A moment is always aware; a day belongs to a zone that is named."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone
from django.utils.formats import date_format, get_format


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


def day_pattern(*, weekday: str = "D", month: str = "M", year: bool = False) -> str:
    """How the active language writes a day, for ``date_format``: ``Thu 4 Dec`` in English, ``Do 4. Dez.`` in German.

    ``weekday`` and ``month`` are D or l and M or F (short or in full); an empty one is left out.
    """
    # German, Danish, Czech … write the day as an ordinal and shorten with a dot: their own month-day format tells.
    ordinal = "j." in get_format("MONTH_DAY_FORMAT")
    if ordinal and month == "M":
        month = "N"
    return " ".join(filter(None, (weekday, "j." if ordinal else "j", month, "Y" if year else "")))


def say(day: date, today: date | None = None) -> str:
    """``day`` for people, in the active language: ``Thu 4 Dec``, with the year when it is another than today's."""
    return date_format(day, day_pattern(year=day.year != (today or timezone.localdate()).year))
