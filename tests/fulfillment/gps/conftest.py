"""Mia brings two parcels from Hamburg's Speicherstadt."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from fulfillment.carriers.gps.points import Point
from fulfillment.models import Courier, CourierRun, Shipment
from fulfillment.services import courier_runs, couriers
from fulfillment.services.courier_runs import OURS
from tests.factories import a_contact, a_shipment, a_store, an_order

DEPOT = Point(53.5436, 9.9886)


def moved(point: Point, north: float = 0.0, east: float = 0.0) -> Point:
    """``point`` moved by metres."""
    return Point(
        point.latitude + north / 111_195, point.longitude + east / (111_195 * math.cos(math.radians(point.latitude)))
    )


FIRST, SECOND = moved(DEPOT, 3000), moved(DEPOT, 3000, 2500)


def ping(at: datetime, point: Point, id: str | None = None, **more: Any) -> dict[str, Any]:
    said = {"at": at.isoformat(), "lat": point.latitude, "lon": point.longitude, "accuracy": 8, **more}
    return said if id is None else {**said, "id": id}


def drive(start: datetime, stops: list[Point], *, speed: float = 8.0, wait: int = 180, every: int = 15) -> list[dict]:
    """Pings of a drive from the depot over ``stops``, where the courier waits each time."""
    pings, at, here = [], start, DEPOT
    for stop in stops:
        north, east = (stop.latitude - here.latitude) * 111_195, (stop.longitude - here.longitude) * 111_195
        east *= math.cos(math.radians(here.latitude))
        seconds = math.hypot(north, east) / speed
        for step in range(0, int(seconds), every):
            share = step / seconds
            pings.append(ping(at + timedelta(seconds=step), moved(here, north * share, east * share)))
        at += timedelta(seconds=seconds)
        pings += [ping(at + timedelta(seconds=step), stop) for step in range(0, wait, every)]
        at, here = at + timedelta(seconds=wait), stop
    return pings


@pytest.fixture
def mia(db: None) -> Courier:
    return Courier.objects.create(contact=a_contact(name="Mia Voss", email="mia@example.com"))


def a_local_parcel(store: Any = None, **columns: Any) -> Shipment:
    return a_shipment(an_order(store), carrier="", tracking_number="", **columns)


@pytest.fixture
def tour(mia: Courier) -> SimpleNamespace:
    """A run with two stops, under way for an hour; the key of Mia's phone."""
    store, now = a_store(), timezone.now().replace(microsecond=0)
    parcels = [a_local_parcel(store) for _ in range(2)]
    stops = [courier_runs.assign(parcel, mia, now.date()) for parcel in parcels]
    for stop, place in zip(stops, (FIRST, SECOND), strict=True):
        stop.latitude, stop.longitude = place.latitude, place.longitude
        stop.save()
    run = CourierRun.objects.get()
    run.latitude, run.longitude = DEPOT.latitude, DEPOT.longitude
    run.save()
    began = now - timedelta(hours=1)
    courier_runs.start(run, began)
    device, key = couriers.issue_key(mia, "phone", "ben")
    assert parcels[0].carrier == OURS
    return SimpleNamespace(run=run, stops=stops, parcels=parcels, device=device, key=key, began=began, now=now)
