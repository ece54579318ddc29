"""Windows for people."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from fulfillment.windows import Window, window_of

TODAY = date(2025, 12, 1)


def window(first: date, last: date) -> Window:
    return Window(first, last, first)


@pytest.mark.parametrize(
    ("first", "last", "english", "german"),
    [
        (date(2025, 12, 4), date(2025, 12, 6), "Thu 4 – Sat 6 Dec", "Do 4. – Sa 6. Dez."),
        (date(2025, 12, 4), date(2025, 12, 4), "Thu 4 Dec", "Do 4. Dez."),
        (date(2025, 12, 30), date(2026, 1, 2), "Tue 30 Dec – Fri 2 Jan 2026", "Di 30. Dez. – Fr 2. Jan. 2026"),
        (date(2025, 11, 28), date(2025, 12, 2), "Fri 28 Nov – Tue 2 Dec", "Fr 28. Nov. – Di 2. Dez."),
        (date(2024, 12, 4), date(2024, 12, 6), "Wed 4 – Fri 6 Dec 2024", "Mi 4. – Fr 6. Dez. 2024"),
        (date(2024, 12, 30), date(2025, 1, 2), "Mon 30 Dec 2024 – Thu 2 Jan", "Mo 30. Dez. 2024 – Do 2. Jan."),
        (date(2025, 12, 1), date(2025, 12, 1), "today", "heute"),
        (date(2025, 12, 2), date(2025, 12, 2), "tomorrow", "morgen"),
        (date(2025, 12, 1), date(2025, 12, 2), "today or tomorrow", "heute oder morgen"),
        (date(2025, 12, 1), date(2025, 12, 4), "today – Thu 4 Dec", "heute – Do 4. Dez."),
        (date(2025, 12, 2), date(2025, 12, 4), "tomorrow – Thu 4 Dec", "morgen – Do 4. Dez."),
    ],
)
def test_a_window_speaks_of_days(first, last, english, german):
    with translation.override("en"):
        assert window(first, last).words(TODAY) == english
    with translation.override("de"):
        assert window(first, last).words(TODAY) == german


def test_days_are_days_where_the_shop_is():
    late_evening = datetime(2025, 12, 3, 23, 30, tzinfo=UTC)
    noon, next_noon = datetime(2025, 12, 5, 12, tzinfo=UTC), datetime(2025, 12, 6, 12, tzinfo=UTC)
    berlin = window_of(late_evening, noon, next_noon, ZoneInfo("Europe/Berlin"))
    assert (berlin.first, berlin.likely, berlin.last) == (date(2025, 12, 4), date(2025, 12, 5), date(2025, 12, 6))
    assert window_of(late_evening, noon, next_noon, ZoneInfo("America/Sao_Paulo")).first == date(2025, 12, 3)


def test_the_hour_that_daylight_saving_adds_belongs_to_its_day():
    zone = ZoneInfo("Europe/Berlin")
    last_minute = datetime(2025, 10, 26, 22, 59, tzinfo=UTC)  # 23:59 in Berlin, on the day of 25 hours
    assert window_of(last_minute, last_minute, last_minute, zone).last == date(2025, 10, 26)


def test_a_window_of_weeks_is_not_told_to_customers():
    day = date(2026, 11, 23)
    assert Window(day, day + timedelta(days=21), day).is_telling
    assert not Window(day, day + timedelta(days=22), day).is_telling
