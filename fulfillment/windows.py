"""Arrival windows for people: days instead of moments, in the words of the active language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from parcelwise.clock import day_of, day_pattern


@dataclass(frozen=True, slots=True)
class Window:
    """The days on which a parcel may arrive, in the store's zone: eight in ten do, half by ``likely``."""

    first: date
    last: date
    likely: date

    @property
    def is_telling(self) -> bool:
        """Whether the window is narrow enough to be told to customers; staff see every window."""
        return self.last - self.first <= TOO_WIDE

    def words(self, today: date | None = None) -> str:
        """``Thu 4 – Sat 6 Dec``, ``today``, ``tomorrow``; with the year only where it is not this one."""
        today = today or timezone.localdate()
        if self.first == self.last:
            return _near(self.first, today) or _say(self.first, today)
        if (self.first, self.last) == (today, today + timedelta(days=1)):
            return _("today or tomorrow")
        one_month = (self.first.year, self.first.month) == (self.last.year, self.last.month)
        first = _near(self.first, today) or _say(self.first, today, month=not one_month, before=self.last)
        return f"{first} – {_say(self.last, today)}"

    def __str__(self) -> str:
        return self.words()


#: A window that is wider says nothing that helps a customer.
TOO_WIDE = timedelta(days=21)


def window_of(p10: datetime, p50: datetime, p90: datetime, zone: ZoneInfo) -> Window:
    """The window of three quantiles, by their days in ``zone``."""
    return Window(day_of(p10, zone), day_of(p90, zone), day_of(p50, zone))


def _near(day: date, today: date) -> str:
    if day == today:
        return _("today")
    if day == today + timedelta(days=1):
        return _("tomorrow")
    return ""


def _say(day: date, today: date, *, month: bool = True, before: date | None = None) -> str:
    """``Thu 4 Dec``; the year where it is neither this one nor that of the day the range ends with (``before``)."""
    year = month and day.year != today.year and (before is None or day.year != before.year)
    return date_format(day, day_pattern(month="M" if month else "", year=year))
