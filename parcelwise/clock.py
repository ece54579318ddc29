"""Days and zones. A moment is always aware; a day belongs to a zone that is named."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta, tzinfo
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


def midnight(day: date, zone: tzinfo) -> datetime:
    """The moment at which ``day`` begins in ``zone``, in UTC: differences in a zone are those of its wall clock."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def working_hours(since: datetime, until: datetime, zone: tzinfo, quiet: Collection[int]) -> float:
    """Hours from ``since`` to ``until`` without those that lie on weekdays in ``quiet`` (Monday is 0) in ``zone``.

    Where every weekday is quiet, every one counts.
    """
    since, until = since.astimezone(UTC), until.astimezone(UTC)
    total = (until - since).total_seconds() / 3600
    if total <= 0 or not quiet or len(quiet) > 6:
        return max(total, 0.0)
    day = since.astimezone(zone).date()
    last = until.astimezone(zone).date()
    while day <= last:
        if day.weekday() in quiet:
            begin, end = max(midnight(day, zone), since), min(midnight(day + timedelta(days=1), zone), until)
            total -= max((end - begin).total_seconds(), 0.0) / 3600
        day += timedelta(days=1)
    return max(total, 0.0)


def after_working_hours(since: datetime, hours: float, zone: tzinfo, quiet: Collection[int]) -> datetime:
    """The moment (UTC) at which ``hours`` have passed since ``since``, not counting weekdays in ``quiet``."""
    if len(quiet) > 6:
        quiet = ()
    at, left = since.astimezone(UTC), timedelta(hours=hours)
    day = since.astimezone(zone).date()
    while True:
        day += timedelta(days=1)
        end = midnight(day, zone)
        if (day - timedelta(days=1)).weekday() not in quiet:
            if at + left <= end:
                return at + left
            left -= end - at
        at = end


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
