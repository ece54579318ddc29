from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.carriers.gps.fences import LINK, Fences, arrived_at, departed_at, earlier, near_at
from fulfillment.carriers.gps.fixes import why_not, without_jumps
from fulfillment.carriers.gps.points import Fix, Point, metres
from tests.fulfillment.gps.conftest import DEPOT, FIRST, moved

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
FENCES = Fences()


def fix(seconds: float, point: Point, accuracy: float = 5.0) -> Fix:
    return Fix(NOON + timedelta(seconds=seconds), point.latitude, point.longitude, accuracy)


#: Fixes around the stop and the depot, at any time of two hours.
FIXES = st.lists(
    st.builds(
        lambda seconds, north, east, accuracy: fix(seconds, moved(FIRST, north, east), accuracy),
        st.integers(0, 7200),
        st.integers(-3500, 900),
        st.integers(-900, 900),
        st.sampled_from([3.0, 20.0, 100.0]),
    ),
    max_size=25,
)


def found(fixes: list[Fix]) -> tuple[datetime | None, ...]:
    return departed_at(DEPOT, fixes, FENCES), near_at(FIRST, fixes, FENCES), arrived_at(FIRST, fixes, FENCES)


@given(FIXES, st.randoms())
def test_any_order_and_duplication_of_pings_gives_the_same_events(fixes, chance):
    mixed = [*fixes, *chance.sample(fixes, len(fixes) // 2)]
    chance.shuffle(mixed)
    assert found(mixed) == found(fixes)


@given(FIXES, FIXES)
def test_more_pings_never_take_an_event_away_or_make_it_later(some, more):
    for before, after in zip(found(some), found([*some, *more]), strict=True):
        assert before is None or (after is not None and after <= before)


@given(FIXES, st.lists(st.integers(0, 25), max_size=6))
def test_looking_only_around_new_pings_finds_what_looking_at_all_does(fixes, cuts):
    """What the service does: each batch is looked at together with the minutes around it."""
    known: list[Fix] = []
    events: tuple[datetime | None, ...] = (None, None, None)
    for begin, end in zip([0, *sorted(cuts)], [*sorted(cuts), len(fixes)], strict=True):
        batch = fixes[begin:end]
        if not batch:
            continue
        known += batch
        since = min(each.at for each in batch) - timedelta(seconds=LINK)
        until = max(each.at for each in batch) + timedelta(seconds=LINK)
        around = [each for each in known if since <= each.at <= until]
        events = tuple(earlier(*pair) for pair in zip(events, found(around), strict=True))
    assert events == found(fixes)


def test_who_drives_past_has_not_arrived():
    past = [fix(step, moved(FIRST, 0, -200 + 10 * step)) for step in range(0, 41, 4)]
    assert near_at(FIRST, past, FENCES) == NOON
    assert arrived_at(FIRST, past, FENCES) is None


def test_who_stays_has_arrived_when_they_came():
    stay = [fix(step, moved(FIRST, 10)) for step in range(100, 200, 10)]
    assert arrived_at(FIRST, stay, FENCES) == NOON + timedelta(seconds=100)


def test_one_jump_is_no_arrival():
    assert found([fix(0, DEPOT), fix(10, FIRST), fix(20, DEPOT)])[1:] == (None, None)


@pytest.mark.parametrize(
    ("position", "why"),
    [
        (fix(0, Point(0.0, 0.0)), "null_island"),
        (fix(0, Point(0.01, -0.02)), "null_island"),
        (fix(0, Point(91, 10)), "not_on_earth"),
        (fix(0, Point(float("nan"), 10)), "no_number"),
        (fix(0, FIRST, 5000), "inaccurate"),
        (fix(0, FIRST, -1), "inaccurate"),
        (fix(600, FIRST), "future"),
        (fix(60, FIRST), ""),
        (fix(-86_400, FIRST), ""),
    ],
)
def test_what_cannot_be_true_is_refused_with_a_word(position, why):
    assert why_not(position, NOON) == why


def test_a_jump_is_left_out_of_the_way():
    way = [fix(0, DEPOT), fix(10, moved(DEPOT, 80)), fix(20, moved(DEPOT, 90_000)), fix(30, moved(DEPOT, 240))]
    assert without_jumps(reversed(way)) == [way[0], way[1], way[3]]
    assert without_jumps(way[:3]) == way[:2]


def test_a_courier_that_was_offline_has_not_jumped():
    way = [fix(0, DEPOT), fix(10, moved(DEPOT, 80)), fix(3610, moved(DEPOT, 60_000)), fix(3620, moved(DEPOT, 60_080))]
    assert without_jumps(way) == way


def test_a_degree_of_latitude_is_111_kilometres():
    assert metres(Point(48, 11), Point(49, 11)) == pytest.approx(111_195, rel=1e-4)
