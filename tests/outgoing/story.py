"""One order's life in which every kind of event happens, through the services that a shop uses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django.utils import timezone

from fulfillment.facts import Address, CustomerData, LineData, OrderData, ParcelData, Scan, TrackingUpdate
from fulfillment.models import Forecast, Order, Store
from fulfillment.services import delays, exceptions
from fulfillment.services.forecasts import make_forecast
from fulfillment.services.orders import record_order
from fulfillment.services.shipments import apply_update
from fulfillment.statuses import ShipmentStatus
from parcelwise.changes import announce_pending
from parcelwise.testing import run_jobs
from returns.services import requests
from returns.services.requests import Item, open_return

#: After everything that exists already: an endpoint hears nothing of what was before it.
START = (datetime.now(UTC) + timedelta(days=1)).replace(hour=9, minute=30, second=0, microsecond=0)
HOME = Address("Ana Souza", ("Lindwurmstraße 12",), "München", "BY", "80337", "DE")


def statement(**changes: Any) -> OrderData:
    facts: dict[str, Any] = {
        "external_id": "5001",
        "number": "NL-5001",
        "placed_at": START,
        "currency": "EUR",
        "customer": CustomerData("c1", "Ana Souza", "ana@example.com", "+49 151 23456789", "de"),
        "ship_to": HOME,
        "lines": (LineData("l1", "Wool socks", 2, sku="NL-SOCK-01", unit_price=1990),),
        "parcels": (ParcelData("p1", "ups", tracking_number="1Z999AA10123456784", announced_at=START),),
        "promised_on": (START + timedelta(days=3)).date(),
        "total": 3980,
        "updated_at": START,
        "raw": {"note": "ring twice, says Ana"},
    }
    return OrderData(**{**facts, **changes})


def live(store: Store) -> Order:
    """From the purchase to the closed return; messages are sent as workers would."""
    with time_machine.travel(START, tick=True) as clock:
        order = record_order(store, statement())
        parcel = order.shipments.get()
        make_forecast(parcel)
        work()
        clock.shift(timedelta(days=1))
        record_order(store, replace(statement(), promised_on=(START + timedelta(days=4)).date(), updated_at=now()))
        _scan(parcel, ShipmentStatus.PICKED_UP, "Collected")
        _scan(parcel, ShipmentStatus.IN_TRANSIT, "Departed")
        _delay(parcel)
        clock.shift(timedelta(days=1))
        _scan(parcel, ShipmentStatus.OUT_FOR_DELIVERY, "Out for delivery")
        clock.shift(timedelta(hours=5))
        _scan(parcel, ShipmentStatus.DELIVERED, "Left with Ana Souza")
        clock.shift(timedelta(days=1))
        exceptions.dispute(parcel, "ben", "Ana Souza called: nothing there")
        work()
        exceptions.resolve([parcel.exceptions.get().pk], "arrived", "ben")
        work()
        opened = open_return(
            order, [Item(order.lines.get().pk, 1, "other", "Call Ana at +49 151 23456789")], actor="ana"
        )
        work()
        requests.receive(opened, at=now(), actor="ben")
        requests.close(opened, at=now(), actor="ben", why="Paid back to Ana")
        work()
    return order


def now() -> datetime:
    return timezone.now()


def work() -> None:
    announce_pending(older_than=0)
    run_jobs()


def _scan(parcel: Any, status: ShipmentStatus, words: str) -> None:
    apply_update(parcel, TrackingUpdate(parcel.tracking_number, (Scan(now(), status, words, location="München"),)))
    parcel.refresh_from_db()
    work()


def _delay(parcel: Any) -> None:
    """A forecaster that expects it to be late."""
    current = parcel.forecasts.filter(is_current=True).first()
    Forecast.objects.filter(shipment=parcel).update(is_current=False)
    late = Forecast.objects.create(
        shipment=parcel, made_at=now(), moment="scan", p10=now() + timedelta(days=3), p50=now() + timedelta(days=4),
        p90=now() + timedelta(days=5), p_late=0.81, promised_on=parcel.promised_on or parcel.order.promised_on,
        version="story@1",
    )  # fmt: skip
    delays.watch([late], {parcel.pk: current} if current else {}, announce=True)
    work()
