from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.carriers.gps.eta import ENOUGH_RUNS, Errors, arrivals, bin_of, bucket, told_window
from fulfillment.carriers.gps.speeds import USUAL_SERVICE, USUAL_SPEED, Moved, Profile, hour_of_week
from tests.fulfillment.gps.conftest import DEPOT, FIRST, SECOND, moved

MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=ZoneInfo("Europe/Berlin"))
RUSH = 24 * 0 + 17


def test_before_anything_is_known_it_is_what_is_usual():
    profile = Profile()
    assert profile.speed(RUSH) == USUAL_SPEED
    assert profile.service == USUAL_SERVICE
    assert profile.drive(DEPOT, moved(DEPOT, 4200), MONDAY_NOON) == pytest.approx(1000, rel=0.01)


def test_an_hour_that_was_seen_often_has_its_own_speed_and_lends_some_of_it_to_its_like():
    profile = Profile({RUSH: Moved(400, 200_000, 100_000)})
    assert profile.speed(RUSH) == pytest.approx(2.0, abs=0.1)
    assert 2.0 < profile.speed(RUSH + 24) < 2.5, "Tuesday, as Monday"
    assert profile.speed(RUSH) < profile.speed(24 * 5 + 17) < USUAL_SPEED


def test_one_leg_says_little():
    profile = Profile({RUSH: Moved(1, 100, 600)})
    assert profile.speed(RUSH) > 2.5


@given(st.dictionaries(st.integers(0, 167), st.builds(Moved, st.just(1), st.floats(1, 1e6), st.floats(1, 1e5))))
def test_speeds_lie_between_what_was_seen_and_what_is_usual(hours):
    seen = [USUAL_SPEED, *(moved.metres / moved.seconds for moved in hours.values())]
    for hour in (0, 17, 100):
        assert min(seen) - 1e-9 <= Profile(hours).speed(hour) <= max(seen) + 1e-9


def test_a_drive_over_the_hour_has_both_speeds():
    slow = Profile({RUSH: Moved(10_000, 1_000_000, 1_000_000)})
    at = datetime(2026, 11, 23, 16, 50, tzinfo=ZoneInfo("Europe/Berlin"))
    fast_part = slow.speed(16) * 600
    way = moved(DEPOT, fast_part + slow.speed(RUSH) * 300)
    assert slow.drive(DEPOT, way, at) == pytest.approx(900, rel=0.01)


def test_each_stop_before_takes_its_time():
    times = arrivals(DEPOT, MONDAY_NOON, [FIRST, SECOND], Profile())
    assert (times[0] - MONDAY_NOON).total_seconds() == pytest.approx(3000 / USUAL_SPEED, rel=0.01)
    between = (times[1] - times[0]).total_seconds()
    assert between == pytest.approx(2500 / USUAL_SPEED + USUAL_SERVICE, rel=0.01)
    assert arrivals(DEPOT, MONDAY_NOON, [FIRST], Profile(), busy=60, legs=[100])[0] == MONDAY_NOON + timedelta(
        seconds=160
    )


def test_the_window_of_a_slow_town_is_wider_above():
    errors = Errors({bin_of(100, ratio): 100.0 for ratio in (90, 100, 120, 160)})
    low, high = errors.window(1000)
    assert 800 < low < 1000 < high
    assert high - 1000 > 1000 - low


@given(st.lists(st.floats(100, 9000), min_size=40, max_size=200))
def test_windows_hold_as_often_as_they_say_where_nothing_changes(actual):
    errors = Errors()
    for value in actual:
        errors = errors.after([(1000.0, value)])
    low, high = errors.window(1000)
    inside = sum(low <= value <= high for value in actual) / len(actual)
    assert inside >= 0.78


def test_a_window_is_told_only_after_it_was_seen_to_hold():
    errors = Errors()
    now = datetime(2026, 11, 23, 12, 3, tzinfo=UTC)
    for number in range(30):
        told = told_window(now, now + timedelta(minutes=30), errors)
        assert (told is None) == (errors.runs < ENOUGH_RUNS or errors.told < 50)
        errors = errors.after([(1000.0, 900.0 + (number * 37 + each * 50) % 200) for each in range(5)])
    first, last = told
    assert first.minute % 5 == 0 and last.minute % 5 == 0
    assert first <= now + timedelta(minutes=30) <= last


def test_windows_that_did_not_hold_are_not_told():
    wild = Errors({0: 200.0}, told=300, held=200, runs=50)
    assert told_window(MONDAY_NOON, MONDAY_NOON + timedelta(minutes=30), wild) is None


def test_a_window_of_hours_is_no_help_and_not_told():
    wide = Errors({-48: 50.0, 48: 50.0}, told=300, held=300, runs=50)
    assert told_window(MONDAY_NOON, MONDAY_NOON + timedelta(minutes=60), wide) is None


def test_hours_of_the_week_begin_on_monday():
    assert hour_of_week(MONDAY_NOON) == 12
    assert hour_of_week(MONDAY_NOON - timedelta(days=1)) == 6 * 24 + 12
    assert [bucket(number) for number in (0, 1, 2, 3, 4, 7, 8, 50)] == [
        "0",
        "1",
        "2-3",
        "2-3",
        "4-7",
        "4-7",
        "8+",
        "8+",
    ]


@pytest.mark.parametrize("hours", [n / 4 for n in range(-8, 9)])
@pytest.mark.parametrize("change", [datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)])
def test_an_arrival_is_as_far_off_when_clocks_are_changed_as_on_any_day(change, hours):
    now = (change + timedelta(hours=hours)).astimezone(ZoneInfo("Europe/Berlin"))
    said = arrivals(DEPOT, now, [FIRST, SECOND], Profile(), busy=60.0, legs=[600.0, 900.0])
    seconds = [(at.astimezone(UTC) - now.astimezone(UTC)).total_seconds() for at in said]
    assert seconds == [660.0, 1560.0 + USUAL_SERVICE]
    errors = Errors({-1: 300, 0: 300, 1: 300}, 800, 660, ENOUGH_RUNS)
    first, last = (at.astimezone(UTC) for at in told_window(now, said[1], errors))
    assert now.astimezone(UTC) < first <= said[1].astimezone(UTC) <= last < now.astimezone(UTC) + timedelta(hours=1)
