from __future__ import annotations

import random

import pytest

from demo.run import courier as demo
from demo.run.courier import SimulatedCourier
from fulfillment.models import CourierPosition, ProofOfDelivery, TrackingEvent
from fulfillment.services.courier_events import GPS
from parcelwise.testing import run_jobs


@pytest.mark.django_db(transaction=True)
def test_the_simulated_phone_brings_its_parcels_through_the_real_api(live_server, monkeypatch):
    monkeypatch.setattr(demo, "STRIDE", 400.0)
    monkeypatch.setattr(demo, "STOPS", 3)
    monkeypatch.setattr(demo, "WAITING", 2)
    phone = SimulatedCourier(live_server.url, random.Random(1))
    steps = phone.one_run()
    assert next(steps) == 2.0, "the worker has not recorded the orders yet"
    run_jobs()
    assert all(pause > 0 for pause in steps)
    assert CourierPosition.objects.count() == phone.sent > 6
    events = TrackingEvent.objects.filter(source=GPS)
    assert events.filter(status="delivered").count() == ProofOfDelivery.objects.count() == 3
    assert events.filter(code__startswith="gps-departed").exists()
