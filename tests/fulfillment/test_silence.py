"""Silence as a signal: curves of waits, the budget, and what the schedule learns."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fulfillment.facts import Scan, TrackingUpdate
from fulfillment.ml.silence import DEFAULT_HOURS, Listener, Scores, allowed, learn
from fulfillment.ml.waits import QUIET_DEFAULT, Cell, Curves, Spot, Stretch, Tail, Wait
from fulfillment.models import SilenceStatistics
from fulfillment.services import silence
from fulfillment.services.shipments import apply_update
from parcelwise.clock import after_working_hours, working_hours
from tests.factories import a_shipment, a_store, an_order, utc

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2025, 3, 3, 8, tzinfo=UTC)
SUNDAYS = frozenset({6})


def spot(**changes: Any) -> Spot:
    return Spot(**{"status": "in_transit", "near": False, "carrier": "ups", "service": "standard", "abroad": False,
                   "code": "AR", **changes})  # fmt: skip


def a_wait(hours: float, where: Spot | None = None, since: datetime = MONDAY) -> Wait:
    return Wait(where or spot(), since, since + timedelta(hours=hours), BERLIN)


def parcels(count: int, longest: float = 10.0, seed: int = 1, **changes: Any) -> list[list[Wait]]:
    """Parcels of three waits each, of up to ``longest`` hours, over some weeks of working days."""
    dice = random.Random(seed)
    start = [MONDAY + timedelta(days=7 * (number % 20) + dice.randint(0, 2)) for number in range(count)]
    return [
        [a_wait(dice.uniform(1, longest), spot(**changes), begin + timedelta(hours=14 * leg)) for leg in range(3)]
        for begin in start
    ]


class TestClock:
    def test_sundays_do_not_count(self):
        saturday = datetime(2025, 3, 8, 20, tzinfo=BERLIN)
        assert working_hours(saturday, saturday + timedelta(hours=36), BERLIN, SUNDAYS) == 12
        assert after_working_hours(saturday, 12, BERLIN, SUNDAYS) == saturday + timedelta(hours=36)

    def test_the_day_of_the_change_to_summer_time_has_23_hours(self):
        saturday = datetime(2025, 3, 29, 0, tzinfo=BERLIN)
        monday = datetime(2025, 3, 31, 0, tzinfo=BERLIN)
        assert working_hours(saturday, monday, BERLIN, SUNDAYS) == 24
        assert working_hours(saturday, monday, BERLIN, ()) == 47

    def test_a_week_without_a_working_day_is_a_week_in_which_every_day_counts(self):
        assert working_hours(MONDAY, MONDAY + timedelta(days=1), BERLIN, range(7)) == 24


class TestCurves:
    def test_the_longer_the_silence_the_rarer(self):
        curves = Curves.of(wait for parcel in parcels(300) for wait in parcel)
        chances = [curves.chance(spot(), hours) for hours in (1, 3, 6, 9, 12, 24, 48)]
        assert chances == sorted(chances, reverse=True)
        assert chances[0] > 0.9
        assert chances[-1] < 0.001

    def test_patience_is_where_the_chance_is_reached(self):
        curves = Curves.of(wait for parcel in parcels(300) for wait in parcel)
        hours = curves.patience(spot(), 0.01)
        assert curves.chance(spot(), hours) <= 0.01 < curves.chance(spot(), hours / 1.1)

    def test_a_code_seen_a_few_times_has_the_tail_of_its_stage_at_its_own_pace(self):
        slow = [wait for parcel in parcels(5, 40, code="CUSTOMS") for wait in parcel]
        curves = Curves.of([*(wait for parcel in parcels(300) for wait in parcel), *slow])
        usual, rare = curves.patience(spot(), 0.001), curves.patience(spot(code="CUSTOMS"), 0.001)
        assert usual < rare < 15 * usual

    def test_a_stage_that_was_never_seen_has_no_chance(self):
        curves = Curves.of([a_wait(3)])
        assert curves.chance(spot(status="on_hold"), 5) is None
        assert curves.patience(spot(status="on_hold"), 0.01) is None

    def test_a_carrier_that_never_scans_on_weekends_is_learned(self):
        curves = Curves.of(wait for parcel in parcels(50) for wait in parcel)
        assert {5, 6} <= set(curves.quiet_of(spot()))
        assert curves.quiet_of(spot(carrier="dhl")) == QUIET_DEFAULT

    def test_beyond_the_longest_wait_the_chance_goes_on_falling(self):
        tail = Tail(Cell(10, {0: 9, 5: 1}))
        assert tail.share(0) > tail.share(5) > tail.share(6) > tail.share(40) > 0


class TestBudget:
    def test_the_line_keeps_the_budget_on_parcels_that_were_not_seen(self):
        """Of twenty draws at most a few may be over it: it is kept with a certainty of 90 %."""
        over = 0
        for seed in range(20):
            listener = learn(parcels(1200, seed=seed), 0.01)
            fresh = parcels(1200, seed=1000 + seed)
            alarmed = sum(any(w.until > listener.alarm_at(w.spot, w.since, BERLIN) for w in parcel) for parcel in fresh)
            over += alarmed > 0.01 * 1200
        assert over <= 4

    def test_a_smaller_budget_is_more_patient(self):
        known = parcels(3000)
        assert learn(known, 0.005).patience(spot()) >= learn(known, 0.05).patience(spot())

    def test_few_parcels_promise_nothing_and_the_shipped_hours_hold(self):
        listener = learn(parcels(100), 0.005)
        assert not listener.has_learned
        assert listener.patience(spot()) == DEFAULT_HOURS["in_transit"]
        assert listener.rarity(spot(), MONDAY, MONDAY + timedelta(days=3), BERLIN) is None

    @pytest.mark.parametrize(("count", "share", "most"), [(100, 0.005, None), (460, 0.005, 0), (1000, 0.01, 5)])
    def test_how_many_may_have_had_an_alarm(self, count, share, most):
        """The most k of which a binomial says with 90 % that the true share is within the budget."""
        assert allowed(count, share) == most

    @pytest.mark.parametrize("budget", [0, 1, -1, 2])
    def test_a_budget_that_is_no_share_raises_no_alarm_from_curves(self, budget):
        assert Scores(5000, (0.1, 0.2)).line(budget) is None


class TestStretch:
    def test_a_carrier_that_is_slow_just_now_is_given_more_time(self):
        usual = [wait for parcel in parcels(300) for wait in parcel]
        curves = Curves.of(usual)
        later = MONDAY + timedelta(weeks=30)
        slow = [a_wait(20, since=later + timedelta(minutes=number)) for number in range(40)]
        stretch = Stretch.of(slow, curves)
        day = later.date()
        assert stretch.at(spot(), day) == 1
        assert stretch.at(spot(), day + timedelta(days=2)) > 2
        assert stretch.at(spot(), day + timedelta(days=9)) == 1
        scores = Scores(3000, tuple(number / 1000 for number in range(1, 300)))
        calm, patient = Listener(curves, scores, 0.01), Listener(curves, scores, 0.01, stretch)
        since = later + timedelta(days=2)
        assert patient.alarm_at(spot(), since, BERLIN) > calm.alarm_at(spot(), since, BERLIN)

    def test_what_happens_later_is_not_known_today(self):
        curves = Curves.of(wait for parcel in parcels(300) for wait in parcel)
        wait = a_wait(30, since=MONDAY + timedelta(weeks=30))
        assert all(day > wait.until.astimezone(BERLIN).date() for _key, day in Stretch.of([wait], curves).factors)


NOW = utc(2025, 12, 1, 12)


@pytest.mark.django_db
class TestLearning:
    def arrived(self, count: int, *, before: datetime = NOW - timedelta(days=20), last: str = "delivered") -> None:
        store, dice = a_store(), random.Random(3)
        for number in range(count):
            at = before - timedelta(days=number % 60, hours=dice.uniform(0, 9))
            parcel = a_shipment(an_order(store, placed_at=at - timedelta(days=1), promised_on=None))
            scans = [
                Scan(at, "picked_up", "1"),
                Scan(at + timedelta(hours=dice.uniform(2, 6)), "in_transit", "2", "AR"),
            ]
            scans.append(Scan(scans[1].occurred_at + timedelta(hours=dice.uniform(5, 12)), last, "3"))
            told = TrackingUpdate(parcel.tracking_number, tuple(scans))
            apply_update(parcel, told, announce=False, forecast=False)

    def test_a_shop_learns_from_its_own_scans(self):
        self.arrived(30)
        assert silence.refresh_silence(NOW) == 30
        listener = silence.listener()
        assert listener.scores.parcels == 30
        assert 4 < listener.curves.patience(spot(service="", code="AR"), 0.05) < 24

    def test_what_is_stored_is_what_was_learned(self):
        self.arrived(30)
        silence.refresh_silence(NOW)
        stored = silence.listener()
        rows = SilenceStatistics.objects.filter(part="cell")
        assert {row.key: row.count for row in rows} == {key: cell.waits for key, cell in stored.curves.cells.items()}
        assert "in_transit|ups||home|AR" in stored.curves.cells

    def test_lost_and_young_parcels_and_what_stores_state_teach_nothing(self):
        self.arrived(3, last="in_transit")
        self.arrived(3, before=NOW - timedelta(days=2))
        assert silence.refresh_silence(NOW) == 0
        assert SilenceStatistics.objects.count() == 0

    def test_learning_again_replaces_what_was_learned(self):
        self.arrived(5)
        silence.refresh_silence(NOW)
        before = SilenceStatistics.objects.count()
        silence.refresh_silence(NOW + timedelta(hours=1))
        assert SilenceStatistics.objects.count() == before

    def test_reading_what_is_known_is_one_query(self, django_assert_num_queries):
        self.arrived(10)
        silence.refresh_silence(NOW)
        with django_assert_num_queries(1):
            silence.listener()
