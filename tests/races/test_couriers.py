"""A phone that sends twice, thumbs that tap twice, two people at the desk: several at once on one run."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fulfillment.models import CourierDevice, CourierPosition, CourierRun, ProofOfDelivery, RunStop, TrackingEvent
from fulfillment.services import courier_runs, couriers, positions
from fulfillment.services.courier_runs import Proof
from parcelwise.errors import GiveUp
from tests.factories import a_store
from tests.fulfillment.gps.conftest import FIRST, SECOND, a_local_parcel, drive, mia, ping, tour  # noqa: F401

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("shared_database")]


def at_once(*works: Callable[[], Any]) -> list[Any]:
    gate = Barrier(len(works))

    def one(work: Callable[[], Any]) -> Any:
        try:
            connection.ensure_connection()
            gate.wait(30)
            return work()
        except GiveUp as refusal:
            return str(refusal)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def events() -> list[str]:
    return sorted(TrackingEvent.objects.filter(source="gps").values_list("code", flat=True))


def test_a_batch_that_is_sent_four_times_at_once_is_there_once_with_its_events(tour):  # noqa: F811
    sent = drive(tour.began, [FIRST, SECOND], every=20)

    def send() -> Any:
        headers = {"Authorization": f"Bearer {tour.key}"}
        body = json.dumps({"positions": sent})
        return Client().post(reverse("parcelwise_gps:positions"), body, "application/json", headers=headers).json()

    for answer in at_once(send, send, send, send):
        assert {each["status"] for each in answer["results"]} <= {"accepted", "duplicate"}
    assert CourierPosition.objects.count() == len(sent)
    stops = [stop.pk for stop in tour.stops]
    names = ("arrived", "departed", "loaded", "near")
    assert events() == sorted(f"gps-{name}-{stop}" for name in names for stop in stops)
    assert all(stop.near_at and stop.arrived_at and stop.near_at < stop.arrived_at for stop in RunStop.objects.all())


def test_halves_of_a_drive_that_come_at_once_give_what_the_whole_gives(tour):  # noqa: F811
    sent = drive(tour.began, [FIRST, SECOND], every=20)
    parts = [sent[number::4] for number in range(4)]
    at_once(*(lambda part=part: positions.take(tour.device, part, tour.now) for part in parts))
    positions.look_again(tour.began)  # what nobody could see alone while all were at it
    positions.look(CourierRun.objects.get(), positions.fixes_of(CourierPosition.objects.all()))
    seen = list(RunStop.objects.values_list("near_at", "arrived_at"))
    whole = list(TrackingEvent.objects.filter(source="gps").order_by("code").values_list("code", "occurred_at"))
    positions.look(CourierRun.objects.get(), positions.fixes_of(CourierPosition.objects.all()))
    assert list(RunStop.objects.values_list("near_at", "arrived_at")) == seen
    assert list(TrackingEvent.objects.filter(source="gps").order_by("code").values_list("code", "occurred_at")) == whole
    assert CourierPosition.objects.count() == len(sent)


def test_a_run_is_started_once_and_a_courier_has_one_under_way(mia):  # noqa: F811
    one, other = (courier_runs.assign(a_local_parcel(a_store()), mia, timezone.now().date()).run for _ in range(2))

    def start(pk: int) -> Callable[[], Any]:
        return lambda: courier_runs.start(CourierRun.objects.get(pk=pk))

    told = at_once(start(one.pk), start(one.pk), start(other.pk), start(other.pk))
    assert told.count(True) == 1
    assert CourierRun.objects.filter(state="under_way").count() == 1
    assert len(events()) == 1


def test_a_stop_is_delivered_once_with_one_proof(tour):  # noqa: F811
    def deliver() -> bool:
        stop = RunStop.objects.select_related("run", "shipment__order__store").get(pk=tour.stops[0].pk)
        return courier_runs.deliver(stop, Proof(name="Bo Brandt"))

    def nobody() -> bool:
        stop = RunStop.objects.select_related("run", "shipment__order__store").get(pk=tour.stops[0].pk)
        return courier_runs.not_home(stop)

    told = at_once(deliver, deliver, deliver, nobody)
    assert told[:3].count(True) == 1
    assert RunStop.objects.get(pk=tour.stops[0].pk).state == "delivered"
    assert ProofOfDelivery.objects.count() == 1
    tour.parcels[0].refresh_from_db()
    assert tour.parcels[0].status == "delivered"


def test_a_run_that_ends_while_positions_come_gives_each_parcel_one_story(tour):  # noqa: F811
    sent = [ping(tour.now, FIRST, "a")]
    works = [lambda: positions.take(tour.device, sent), lambda: courier_runs.end(CourierRun.objects.get())]
    at_once(*works, *works)
    assert CourierRun.objects.get().state == "done"
    assert len([code for code in events() if code.startswith("gps-taken-back")]) == 2


@pytest.mark.parametrize("_round", range(4))
def test_parcels_that_several_people_assign_at_once_are_on_one_run(mia, _round):  # noqa: F811
    store, day = a_store(), timezone.now().date()
    parcels = [a_local_parcel(store) for _ in range(4)]
    at_once(*(lambda parcel=parcel: courier_runs.assign(parcel, mia, day) for parcel in parcels))
    assert CourierRun.objects.count() == 1
    assert sorted(RunStop.objects.values_list("position", flat=True)) == [1, 2, 3, 4]


@pytest.mark.parametrize("_round", range(4))
def test_a_parcel_assigned_while_the_run_starts_is_with_the_courier_all_the_same(mia, _round):  # noqa: F811
    store, day = a_store(), timezone.now().date()
    run = courier_runs.assign(a_local_parcel(store), mia, day).run
    late = a_local_parcel(store)
    at_once(lambda: courier_runs.start(run), lambda: courier_runs.assign(late, mia, day))
    late.refresh_from_db()
    assert late.status == "out_for_delivery"


def test_a_flood_gets_no_more_than_its_minute(tour, settings):  # noqa: F811
    settings.PARCELWISE = {**settings.PARCELWISE, "GPS": {"PINGS_PER_MINUTE": 100}}
    now = timezone.now()

    def ask() -> float | None:
        return couriers.take_allowance(CourierDevice.objects.get(pk=tour.device.pk), 30, now)

    assert at_once(*[ask] * 8).count(None) == 3
