"""Curves of waiting: pure, no data base."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.ml import baseline
from fulfillment.ml.baseline import BINS, EDGES, HORIZON, Curve, Tally, chain, estimate, norm, on_delivery_day


def tally(*arrived: float, waiting: tuple[float, ...] = (), times: int = 1) -> Tally:
    made = Tally()
    for days in arrived * times:
        made.add(days, 1.0, arrived=True)
    for days in waiting * times:
        made.add(days, 1.0, arrived=False)
    return made


durations = st.floats(min_value=0, max_value=120, allow_nan=False)
tallies = st.builds(lambda came, out: tally(*came, waiting=tuple(out)), st.lists(durations), st.lists(durations))


def test_edges_rise_from_zero_to_the_horizon():
    assert EDGES[0] == 0
    assert EDGES[-1] == HORIZON == 90
    assert all(left < right for left, right in pairwise(EDGES))
    assert len(EDGES) == BINS + 1
    assert 10.0 in EDGES and 9.75 in EDGES and 10.5 in EDGES


def test_without_parcels_a_group_is_its_parent():
    parent = norm("handover", True)
    assert estimate(Tally(), parent).waiting == pytest.approx(parent.waiting)


def test_with_very_many_parcels_a_group_is_itself():
    parent = estimate(tally(20.1, 25.1, 30.1))
    alone = estimate(tally(2.1, 3.1, 3.2, 5.1))
    mixed = estimate(tally(2.1, 3.1, 3.2, 5.1, times=100_000), parent)
    assert mixed.waiting == pytest.approx(alone.waiting, abs=0.001)


def test_with_as_many_parcels_as_are_borrowed_it_is_halfway():
    parent = estimate(tally(30.1))
    own = tally(2.1, times=int(baseline.SHRINK))
    assert estimate(own, parent).still_out(10) == pytest.approx(0.5)


def test_a_parcel_still_out_counts_as_longer_not_as_absent():
    with_open = estimate(tally(2.1, 2.1, 9.1, waiting=(8.0, 8.0, 8.0)))
    without = estimate(tally(2.1, 2.1, 9.1))
    assert with_open.still_out(5) == pytest.approx(4 / 6)
    assert with_open.still_out(5) > without.still_out(5)


def test_only_parcels_that_are_out_leave_nothing_to_predict():
    curve = estimate(tally(waiting=(3.0, 4.0)))
    assert curve.quantile(0.1) == HORIZON


def test_nothing_is_said_of_a_parcel_out_longer_than_any_other():
    curve = estimate(tally(2.1, 3.1))
    assert curve.quantile(0.5, elapsed=50) is None
    assert curve.missed(60, elapsed=50) is None


def test_the_chain_goes_from_general_knowledge_to_the_narrowest_group():
    prior = norm("purchase", True)
    assert chain([], None) is None
    assert chain([], prior) is prior
    store, lane = tally(10.1, times=500), tally(4.1, times=300)
    store_wide, on_the_lane = chain([store], prior), chain([store, lane], prior)
    assert store_wide.quantile(0.5) == pytest.approx(10.1, abs=0.3)
    assert on_the_lane.quantile(0.5) == pytest.approx(4.1, abs=0.3)


def test_what_is_usual_goes_through_its_two_figures():
    for (leg, domestic), (half, nine_in_ten) in baseline.NORMS.items():
        curve = norm(leg, domestic)
        assert curve.still_out(half) == pytest.approx(0.5, abs=0.1)
        assert curve.quantile(0.9) == pytest.approx(nine_in_ten, abs=0.35)


def test_a_carriers_estimate_puts_seven_in_ten_on_its_day():
    curve = baseline.of_estimate(3.0)
    assert curve.still_out(3) - curve.still_out(4) == pytest.approx(0.7)
    assert 3 <= curve.quantile(0.5) <= 4
    assert curve.still_out(8) == 0


def test_a_tally_survives_being_stored():
    before = tally(0.1, 2.2, 88, 400, waiting=(1.0, 95))
    after = Tally.from_json(before.parcels, before.as_json())
    assert after == before


def week(*shares: int) -> Tally:
    made = Tally()
    for weekday, parcels in enumerate(shares):
        for _ in range(parcels):
            made.add(2.0, 1.0, arrived=True, weekday=weekday)
    return made


def test_a_weekday_without_deliveries_is_quiet_once_there_are_enough_to_tell():
    assert week(40, 40, 40, 40, 40, 10, 1).quiet_weekdays == {6}
    assert week(20, 20, 20, 20, 10, 5, 0).quiet_weekdays == frozenset()
    assert Tally.from_json(211, week(40, 40, 40, 40, 40, 10, 1).as_json()).quiet_weekdays == {6}


def test_what_falls_on_a_quiet_day_comes_with_the_first_moment_of_the_next():
    berlin = ZoneInfo("Europe/Berlin")
    sunday = datetime(2025, 12, 7, 15, tzinfo=UTC)
    monday = datetime(2025, 12, 7, 23, tzinfo=UTC)
    assert on_delivery_day(sunday, {6}, berlin) == monday
    assert on_delivery_day(sunday, {6, 0}, berlin) == monday + timedelta(days=1)
    assert on_delivery_day(monday, {6}, berlin) == monday
    assert on_delivery_day(sunday, {5}, berlin) == sunday


@given(st.datetimes(timezones=st.just(UTC)), st.timedeltas(timedelta(0), timedelta(days=9)), st.sets(st.integers(0, 6)))
def test_moving_to_delivery_days_keeps_the_order(moment, gap, quiet):
    if moment.year in (1, 9999):
        return
    zone = ZoneInfo("America/Sao_Paulo")
    assert moment <= on_delivery_day(moment, quiet, zone) <= on_delivery_day(moment + gap, quiet, zone)


def test_old_parcels_count_less():
    assert baseline.weight(0) == 1
    assert baseline.weight(baseline.HALF_LIFE) == pytest.approx(0.5)


@given(tallies, tallies)
def test_a_curve_falls_from_one_and_stays_a_share(own, parents):
    curve = estimate(own, estimate(parents))
    assert curve.waiting[0] == 1
    assert all(0 <= right <= left <= 1 for left, right in pairwise(curve.waiting))


@given(tallies, st.floats(min_value=0, max_value=85))
def test_quantiles_are_ordered_and_lie_ahead(own, elapsed):
    curve = estimate(own, norm("handover", True))
    found = [curve.quantile(share, elapsed) for share in (0.1, 0.5, 0.9)]
    if None in found:
        assert curve.still_out(elapsed) == 0
        return
    assert elapsed <= found[0] <= found[1] <= found[2] <= HORIZON


@given(tallies, st.floats(0, 80), st.floats(0, 80), st.floats(0, 60))
def test_a_later_promise_is_missed_less_often(own, one, other, elapsed):
    curve = estimate(own, norm("purchase", False))
    sooner, later = sorted((one, other))
    if curve.still_out(elapsed) > 0:
        assert curve.missed(sooner, elapsed) >= curve.missed(later, elapsed) - 1e-12


@given(tallies, st.floats(0, 80), st.floats(0, 80), st.floats(0, 80))
def test_the_longer_it_takes_the_likelier_it_is_late(own, promise, one, other):
    curve = estimate(own, norm("purchase", True))
    before, after = sorted((one, other))
    if curve.still_out(after) > 0:
        assert curve.missed(promise, before) <= curve.missed(promise, after) + 1e-12


@given(tallies, st.floats(0.01, 0.99), st.floats(0, 60))
def test_the_quantile_is_the_inverse_of_the_share_arrived(own, share, elapsed):
    curve: Curve = estimate(own, norm("handover", False))
    days = curve.quantile(share, elapsed)
    if days is not None and days < HORIZON:
        assert curve.missed(days, elapsed) == pytest.approx(1 - share, abs=1e-6) or days == elapsed
