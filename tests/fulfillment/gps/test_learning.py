from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from fulfillment.models import CourierPosition, CourierRun, RunStop, SpeedStatistics
from fulfillment.services import courier_eta, courier_learning, courier_runs, positions
from fulfillment.services.courier_runs import Proof
from fulfillment.tasks import forget_positions, tend_runs
from tests.fulfillment.gps.conftest import DEPOT, FIRST, SECOND, drive, moved, ping

pytestmark = pytest.mark.django_db


@pytest.fixture
def over(tour):
    """The run, driven at 8 m/s with three minutes at each door, and over for an hour."""
    CourierRun.objects.update(started_at=tour.now - timedelta(hours=3))
    tour.began = tour.now - timedelta(hours=3)
    positions.take(tour.device, drive(tour.began, [FIRST, SECOND]))
    for stop in tour.stops:
        stop.refresh_from_db()
        courier_runs.deliver(stop, Proof(name="Bo"), stop.arrived_at + timedelta(minutes=2))
    courier_runs.end(tour.run, tour.now - timedelta(hours=1))
    return tour


def test_a_run_that_is_over_teaches_how_fast_it_went_and_how_long_doors_took(over):
    assert courier_learning.learn_all() == 1
    known = courier_eta.known_of(over.run.store_id)
    all_ = known.profile.all
    assert all_.count == 2
    assert all_.metres / all_.seconds == pytest.approx(8.0, rel=0.1)
    assert known.profile.stops == 2
    assert known.profile.service_seconds / 2 == pytest.approx(165, abs=30)
    assert any(key.startswith("own:") for key in known.errors)


def test_a_run_is_learned_from_once_and_not_before_what_was_buffered_can_have_come(over):
    CourierRun.objects.update(ended_at=timezone.now() - timedelta(minutes=5))
    assert courier_learning.learn_all() == 0
    CourierRun.objects.update(ended_at=timezone.now() - timedelta(minutes=45))
    assert courier_learning.learn_all() == 1
    before = list(SpeedStatistics.objects.order_by("pk").values())
    assert courier_learning.learn_all() == 0
    assert not courier_learning.learn(over.run)
    assert list(SpeedStatistics.objects.order_by("pk").values()) == before


def test_what_is_learned_stays_when_the_positions_are_gone_and_names_nobody(over):
    tend_runs()
    CourierPosition.objects.update(at=timezone.now() - timedelta(days=2))
    assert forget_positions() > 50
    assert not CourierPosition.objects.exists()
    assert SpeedStatistics.objects.count() >= 3
    said = str(list(SpeedStatistics.objects.values()))
    assert "Mia" not in said
    assert str(FIRST.latitude)[:8] not in said


def test_the_next_stop_is_expected_by_the_shops_own_speed(tour):
    at = tour.now - timedelta(seconds=50)
    positions.take(tour.device, [ping(at + timedelta(seconds=10 * n), moved(DEPOT, 10 * n)) for n in range(6)])
    stops = list(tour.run.stops.all())
    fix = courier_eta.last_fix(tour.run, tour.now)
    told = courier_eta.expected(tour.run, stops, fix, courier_eta.known_of(tour.run.store_id), tour.now)
    assert [each.before for each in told.values()] == [0, 1]
    first = (told[stops[0].pk].arrival - tour.now).total_seconds()
    assert first == pytest.approx(2950 / 4.2, rel=0.02)


def test_a_stop_whose_door_nobody_knows_ends_what_can_be_expected(tour):
    RunStop.objects.filter(pk=tour.stops[0].pk).update(latitude=None)
    positions.take(tour.device, [ping(tour.now - timedelta(seconds=20 * n), DEPOT) for n in range(3)])
    fix = courier_eta.last_fix(tour.run, tour.now)
    known = courier_eta.known_of(tour.run.store_id)
    assert courier_eta.expected(tour.run, list(tour.run.stops.all()), fix, known, tour.now) == {}


def test_a_run_that_nobody_ended_ends_by_itself(tour):
    CourierRun.objects.update(started_at=timezone.now() - timedelta(hours=17))
    tend_runs()
    tour.run.refresh_from_db()
    assert tour.run.state == CourierRun.State.DONE
    tour.parcels[0].refresh_from_db()
    assert tour.parcels[0].status == "in_transit", "it is back at the shop"
