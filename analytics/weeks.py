"""Weeks: Monday to Sunday, numbered as in ISO 8601, of days that already belong to a zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

WEEK = timedelta(days=7)


def monday_of(day: date) -> date:
    """The Monday that begins the week of ``day``."""
    return day - timedelta(days=day.weekday())


def sunday_of(day: date) -> date:
    """The Sunday that ends the week of ``day``."""
    return monday_of(day) + timedelta(days=6)


def number_of(day: date) -> str:
    """The week's ISO 8601 name, ``2026-W01``; its year is that of the week's Thursday."""
    year, week, _weekday = day.isocalendar()
    return f"{year}-W{week:02d}"


@dataclass(frozen=True, slots=True)
class Period:
    """``count`` whole weeks from the Monday ``first``."""

    first: date
    count: int

    @classmethod
    def up_to(cls, day: date, count: int) -> Period:
        """The ``count`` weeks that end with the week of ``day``."""
        return cls(monday_of(day) - WEEK * (count - 1), count)

    @classmethod
    def spanning(cls, start: date, end: date) -> Period:
        """Every week that has a day in ``start`` .. ``end``."""
        first = monday_of(start)
        return cls(first, (monday_of(end) - first).days // 7 + 1)

    @property
    def last(self) -> date:
        """The Sunday that ends the period."""
        return self.first + WEEK * self.count - timedelta(days=1)

    @property
    def before(self) -> Period:
        """As many weeks, right before."""
        return Period(self.first - WEEK * self.count, self.count)

    @property
    def mondays(self) -> list[date]:
        return [self.first + WEEK * number for number in range(self.count)]

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last
