"""Staff pages ask the data base as often for many rows as for few."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fulfillment.facts import Scan, TrackingUpdate
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
    OrderLine,
    ScanProfile,
    Shipment,
    ShipmentException,
    ShipmentLine,
    ShipmentNumber,
    SilenceStatistics,
    StoreRun,
    StoreSync,
    StoreWrite,
    TrackingPoll,
)
from fulfillment.services.shipments import apply_update
from fulfillment.statuses import ShipmentStatus
from notifications.models import Held, Message
from parcelwise.keys import make_key
from parcelwise.models import Decision, Heartbeat, ModelVersion, Problem, WebhookDelivery, WebhookEndpoint, WebhookEvent
from parcelwise.panels import reference
from parcelwise.privacy.requests import Whom, request_export
from returns.models import ReturnLabel, ReturnPolicy, ReturnRequest
from returns.services.requests import Item, open_return
from tests.factories import a_contact, a_courier_with, a_shipment, an_order

pytestmark = pytest.mark.django_db

MODELS = [
    model
    for model in admin.site._registry
    if model._meta.app_label.startswith("parcelwise") and model._meta.app_label != "parcelwise_analytics"
]


@pytest.fixture
def ben(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ben"))
    return client


def a_story(number: int) -> Shipment:
    """An order with a row in every table that staff can look at."""
    now = timezone.now()
    order = an_order()
    shipment = a_shipment(order)
    scan = Scan(now - timedelta(days=1), ShipmentStatus.DELIVERED, "Left at the door")
    apply_update(shipment, TrackingUpdate(shipment.tracking_number, (scan,)), forecast=False)
    decision = Decision.objects.create(kind="arrival", subject=reference(shipment), version="lanes@1")
    forecast = Forecast.objects.create(
        shipment=shipment, moment="scan", p10=now, p50=now, p90=now, version="lanes@1", decision=decision
    )
    DelayEpisode.objects.create(shipment=shipment, forecast=forecast)
    exception = ShipmentException.objects.create(shipment=shipment, kind="disputed", episode="1", since=now)
    exception.notes.create(words="Called.")
    ShipmentNumber.objects.create(shipment=shipment, carrier="usps", number=f"94{number}", role="last_mile")
    Shipment.objects.filter(pk=shipment.pk).update(consignment=Consignment.objects.create(store=order.store))
    SilenceStatistics.objects.create(part="cell", key=f"{number}", through=now)
    LaneStatistics.objects.create(
        store=order.store, leg="purchase", level="store", parcels=1, histogram={}, through=now
    )
    TrackingPoll.objects.create(shipment=shipment)
    StoreSync.objects.create(store=order.store, external_id=order.external_id)
    StoreRun.objects.create(store=order.store, kind=StoreRun.Kind.CHANGES)
    StoreWrite.objects.create(store=order.store, order=order, kind="tracking", key=f"w{number}")
    InboxEvent.objects.create(store=order.store, delivery_key=f"d{number}", topic=f"t{number}", body=b"{}")
    ImportRun.objects.create(store=order.store, mapping="shop.toml")
    ApiAccess.objects.create(key=make_key(f"k{number}", ["orders:read"])[0], audience="store", store=order.store)
    account = CarrierAccount.objects.create(store=order.store, carrier="ups")
    CarrierCalls.objects.create(account=account, hour=now, asked=number)
    ScanProfile.objects.create(carrier=f"c{number}", scans=1, shapes={}, through=now)
    CarrierCode.objects.create(carrier="ups", code=f"c{number}", words="Quarkified")
    a_courier_with(shipment, a_contact(name=f"Mia {number}"), f"{number}")
    ReturnPolicy.objects.create(store=order.store)
    open_return(order, [Item(order.lines.get().pk, 1, "too_small")], actor="customer")
    about = reference(order)
    Message.objects.create(key=f"m{number}", contact=order.contact, notice="delivered", about=about)
    Held.objects.create(key=f"h{number}", contact=order.contact, notice="delivered", about=about, why="too old")
    Problem.objects.note("carrier", f"p{number}", "UPS does not answer.", subject=about)
    Heartbeat.objects.create(name=f"worker {number}", beat_at=now)
    endpoint = WebhookEndpoint.objects.create(name=f"e{number}", url="https://hooks.example/", is_active=False)
    event = WebhookEvent.objects.create(kind="order.recorded", key=f"w{number}", subject=about, body="{}", state="done")
    WebhookDelivery.objects.create(event=event, endpoint=endpoint, state="dead")
    ModelVersion.objects.create(name="arrival", version=f"{number}")
    request_export(Whom((order.customer.contact_id,)), reference="asked")
    return shipment


def queries(ben: Client, url: str) -> list[str]:
    ben.get(url)  # what is kept in memory from now on
    with CaptureQueriesContext(connection) as asked:
        assert ben.get(url).status_code == 200
    return [query["sql"] for query in asked]


@pytest.fixture
def few_and_many(ben: Client) -> dict[type[Model], tuple[int, int]]:
    """Queries of each list with two and with seven rows of everything."""
    counts: list[dict[type[Model], int]] = []
    made = 0
    for wanted in (2, 7):
        for number in range(made, wanted):
            a_story(number)
        made = wanted
        urls = {
            model: reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in MODELS
        }
        counts.append({model: len(queries(ben, url)) for model, url in urls.items()})
    return {model: (counts[0][model], counts[1][model]) for model in MODELS}


def test_a_list_needs_the_same_queries_for_many_rows(few_and_many: dict[type[Model], tuple[int, int]]) -> None:
    assert len(MODELS) > 18
    assert all(model._default_manager.count() >= 7 for model in MODELS)
    more = {model._meta.label: counts for model, counts in few_and_many.items() if counts[0] != counts[1]}
    assert more == {}


def test_a_list_needs_few_queries(few_and_many: dict[type[Model], tuple[int, int]]) -> None:
    """Two are for who asks; the rest are the rows, their number, and what the filters offer."""
    assert {model._meta.label: many for model, (_few, many) in few_and_many.items() if many > 9} == {}


def test_a_parcels_page_needs_the_same_queries_for_many_contents(ben: Client) -> None:
    shipment = a_story(1)
    url = reverse("admin:parcelwise_fulfillment_shipment_change", args=[shipment.pk])
    few = queries(ben, url)
    for number in range(5):
        line = OrderLine.objects.create(order=shipment.order, external_id=f"x{number}", title="Hat", quantity=1)
        ShipmentLine.objects.create(shipment=shipment, order_line=line, quantity=1)
        scan = Scan(timezone.now() - timedelta(hours=number), ShipmentStatus.IN_TRANSIT, f"Scan {number}")
        apply_update(shipment, TrackingUpdate("1Z", (scan,)), forecast=False)
    assert len(queries(ben, url)) == len(few)


def test_a_returns_page_needs_the_same_queries_for_many_lines(ben: Client) -> None:
    order = an_order(promised_on=date.today())
    parcel = a_shipment(order)
    for number in range(4):
        line = OrderLine.objects.create(order=order, external_id=f"x{number}", title="Hat", quantity=1)
        ShipmentLine.objects.create(shipment=parcel, order_line=line, quantity=1)
    scan = Scan(timezone.now() - timedelta(days=1), ShipmentStatus.DELIVERED, "Left at the door")
    apply_update(parcel, TrackingUpdate("1Z", (scan,)), forecast=False)
    lines = [line.pk for line in order.lines.all()]
    one = open_return(order, [Item(lines[0], 1, "too_small")], actor="customer")
    many = open_return(order, [Item(line, 1, "too_small") for line in lines[1:]], actor="customer")
    page = "admin:parcelwise_returns_returnrequest_change"
    assert ReturnRequest.objects.count() == 2
    assert ReturnLabel.objects.count() == 2
    few = queries(ben, reverse(page, args=[one.pk]))
    assert len(queries(ben, reverse(page, args=[many.pk]))) == len(few)
