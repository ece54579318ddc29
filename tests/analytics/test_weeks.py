from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from analytics.weeks import Period, monday_of, number_of, sunday_of


def test_a_week_over_new_year_belongs_to_the_year_of_its_thursday() -> None:
    assert number_of(date(2024, 12, 30)) == "2025-W01"
    assert number_of(date(2027, 1, 3)) == "2026-W53"
    assert monday_of(date(2025, 1, 1)) == date(2024, 12, 30)
    assert sunday_of(date(2024, 12, 31)) == date(2025, 1, 5)


def test_a_period_ends_with_the_week_of_its_last_day() -> None:
    period = Period.up_to(date(2026, 1, 1), 2)
    assert (period.first, period.last) == (date(2025, 12, 22), date(2026, 1, 4))
    assert (period.before.first, period.before.last) == (date(2025, 12, 8), date(2025, 12, 21))
    assert date(2026, 1, 4) in period
    assert date(2026, 1, 5) not in period


def test_one_day_spans_its_week() -> None:
    assert Period.spanning(date(2026, 11, 22), date(2026, 11, 22)) == Period(date(2026, 11, 16), 1)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(0, 3000))
def test_a_span_holds_its_ends_and_wastes_no_week(start: date, length: int) -> None:
    end = start + timedelta(days=length)
    period = Period.spanning(start, end)
    assert start in period
    assert end in period
    assert len(period.mondays) == period.count
    assert period.mondays[-1] == monday_of(end)
