"""One of everything, all of it Ana's."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from fulfillment.models import (
    ApiAccess,
    CarrierAccount,
    CarrierCalls,
    CarrierCode,
    Consignment,
    DelayEpisode,
    Forecast,
    ImportRun,
    InboxEvent,
    LaneStatistics,
    Order,
    ScanProfile,
    ShipmentException,
    ShipmentNumber,
    SilenceStatistics,
    StoreRun,
    StoreSync,
    StoreWrite,
    TrackingEvent,
    TrackingPoll,
)
from notifications.models import Held, Message
from parcelwise.keys import make_key
from parcelwise.models import (
    Heartbeat,
    ModelVersion,
    Problem,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from parcelwise.panels import reference
from parcelwise.privacy.requests import Whom, request_export
from returns.models import ReturnPolicy
from returns.services.labels import label_for
from returns.services.requests import Item, open_return
from tests.factories import a_contact, a_courier_with, a_shipment, an_order

#: Stands in everything that is Ana's, so that any page that shows anything of it has this word in it.
HERS = "Anaconda"


def an_order_of(user: User, word: str) -> Order:
    """A delivered order of ``user`` with ``word`` in all that can be read of it."""
    now = timezone.now()
    order = an_order(contact=a_contact(user=user, name=word, email=f"{word.lower()}@example.com"), number=f"NL-{word}")
    order.lines.update(title=f"Socks of {word}")
    parcel = a_shipment(order, status="delivered", handed_over_at=now, delivered_at=now, delivered_on=now.date())
    event = {"occurred_at": now, "status": "delivered", "description": f"Left with {word}"}
    TrackingEvent.objects.create(shipment=parcel, fingerprint=word, **event)
    return order


@pytest.fixture
def world(ana: User) -> SimpleNamespace:
    """Ana's order with all that hangs on it; ``records`` has one of each model that staff can look at."""
    order = an_order_of(ana, HERS)
    parcel, now = order.shipments.get(), timezone.now()
    opened = open_return(order, [Item(order.lines.get().pk, 1, "other", f"{HERS} says")], actor="customer")
    label = label_for(opened, "a4")
    about = reference(order)
    forecast = Forecast.objects.create(shipment=parcel, moment="scan", p10=now, p50=now, p90=now, version="test")
    words = {"key": HERS, "contact": order.contact, "notice": "delivered", "about": about}
    message = Message.objects.create(**words, subject=f"Dear {HERS}", text=HERS, html=f"<p>{HERS}</p>", state="dead")
    exception = ShipmentException.objects.create(shipment=parcel, kind="disputed", episode="1", since=now, why=HERS)
    exception.notes.create(words=f"{HERS} called")
    endpoint = WebhookEndpoint.objects.create(name=f"Desk of {HERS}", url="https://hooks.example/", is_active=False)
    event = WebhookEvent.objects.create(
        kind="order.recorded", key=HERS, subject=about, body=json.dumps({"said": HERS}), state="dead"
    )
    records = [
        order.store,
        order,
        order.customer,
        order.contact,
        parcel,
        parcel.events.get(),
        TrackingPoll.objects.create(shipment=parcel, state="dead"),
        forecast,
        DelayEpisode.objects.create(shipment=parcel, forecast=forecast, opened_at=now),
        LaneStatistics.objects.create(
            store=order.store, leg="total", level="lane", key=HERS, parcels=1, through=now, histogram={}
        ),
        exception,
        ShipmentNumber.objects.create(shipment=parcel, carrier="usps", number=HERS, role="last_mile"),
        Consignment.objects.create(store=order.store, joined_by=HERS),
        SilenceStatistics.objects.create(part="cell", key=HERS, through=now),
        StoreSync.objects.create(store=order.store, external_id=HERS, state="dead"),
        StoreRun.objects.create(store=order.store, kind="changes", doing=f"reading {HERS}", state="dead"),
        StoreWrite.objects.create(
            store=order.store, order=order, kind="refund", key=HERS, payload={"note": HERS}, state="dead"
        ),
        InboxEvent.objects.create(
            store=order.store, delivery_key=HERS, topic="orders/updated", body=HERS.encode(), state="dead"
        ),
        ImportRun.objects.create(store=order.store, mapping=HERS),
        CarrierCode.objects.create(carrier="ups", code="ZQ", words=f"Left with {HERS}"),
        CarrierCalls.objects.create(account=CarrierAccount.objects.create(carrier=HERS.lower()), hour=now),
        ScanProfile.objects.create(carrier=HERS.lower(), scans=1, shapes={HERS: {}}, through=now),
        *a_courier_with(parcel, order.contact, HERS),
        ApiAccess.objects.create(key=make_key(HERS, ["orders:read"])[0], audience="store", store=order.store),
        CarrierAccount.objects.create(carrier="ups", credentials={"client_secret": f"{HERS}-secret"}),
        opened,
        label,
        ReturnPolicy.objects.create(store=order.store),
        message,
        Held.objects.create(**{**words, "key": "2", "why": f"{HERS} is away"}),
        opened.decision,
        Problem.objects.note("carrier", "1", f"{HERS} lost a parcel", subject=about),
        ModelVersion.objects.create(name="arrival", version=HERS),
        Heartbeat.objects.create(name=HERS, beat_at=now),
        endpoint,
        event,
        WebhookDelivery.objects.create(
            event=event, endpoint=endpoint, state="dead", tries=[{"at": now.isoformat(), "ms": 1, "answer": HERS}]
        ),
        request_export(Whom((order.customer.contact_id,)), reference="asked", subject=HERS),
    ]
    return SimpleNamespace(order=order, opened=opened, label=label, message=message, records=records)
