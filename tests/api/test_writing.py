"""What programs state: orders, parcels, scans, and work on exceptions."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from fulfillment.api.resources.orders import EXAMPLE
from fulfillment.models import Order, Shipment, ShipmentException, Store, TrackingEvent
from tests.api.conftest import VIEW, Program, of_staff, of_store
from tests.factories import a_shipment, a_store, an_order

pytestmark = pytest.mark.django_db


def an_order_stated(**changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(EXAMPLE.value), **changes}


@pytest.fixture
def store(db: None) -> Store:
    return a_store(kind="api")


@pytest.fixture
def till(store: Store) -> Program:
    return of_store(store)


def test_a_store_states_an_order_and_changes_it(till: Program, store: Store):
    made = till.post("/orders/", an_order_stated())
    assert made.status_code == 201, made.content
    order = Order.objects.get(store=store)
    assert made["Location"].endswith(f"/api/v1/orders/{order.uuid}/")
    assert (order.total, order.lines.get().unit_price, order.currency) == (9980, 4990, "EUR")
    assert order.contact.email == "ana@example.com"
    parcel = order.shipments.get()
    assert (parcel.carrier, parcel.tracking_number, parcel.lines.get().quantity) == ("ups", "1Z999AA10123456784", 2)
    again = till.post("/orders/", an_order_stated(number="NL-4711a"))
    assert again.status_code == 200
    order.refresh_from_db()
    assert order.number == "NL-4711a"
    assert Shipment.objects.count() == 1


def test_an_older_statement_does_not_undo_a_newer_one(till: Program, store: Store):
    till.post("/orders/", an_order_stated(number="new", updated_at="2026-11-20T12:00:00Z"))
    answer = till.post("/orders/", an_order_stated(number="old", updated_at="2026-11-20T11:00:00Z"))
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:parcelwise:problem:older")
    assert Order.objects.get(store=store).number == "new"


def test_what_is_wrong_with_an_order_is_said_place_by_place(till: Program):
    stated = an_order_stated(total={"amount": "99.8001", "currency": "EUR"}, placed_at="2026-11-20T09:30:00", colour=1)
    stated["lines"][0]["quantity"] = -1
    answer = till.post("/orders/", stated)
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert {each["field"] for each in answer.json()["errors"]} == {"colour"}
    del stated["colour"]
    told = {each["field"]: each["message"] for each in till.post("/orders/", stated).json()["errors"]}
    assert set(told) == {"total", "placed_at", "lines.0.quantity"}
    assert "zone" in told["placed_at"]
    assert Order.objects.count() == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"total": {"amount": "1.00", "currency": "USD"}},
        {"total": {"amount": 1.5, "currency": "EUR"}},
        {"total": "1.00"},
        {"lines": []},
        {"lines": [{"id": "1", "title": "a", "quantity": 1}, {"id": "1", "title": "b", "quantity": 1}]},
        {"parcels": [{"id": "p", "contents": {"nobody": 1}}]},
        {"currency": "eur"},
        {"ship_to": {"country": "Germany"}},
        {"number": "a\x00b"},
        {"number": {"a": 1}},
        {"promised_on": "tomorrow"},
        {"customer": {"id": "c", "user_id": 1}},
    ],
    ids=str,
)
def test_an_order_that_cannot_be_is_refused_whole(till: Program, wrong: dict[str, Any]):
    answer = till.post("/orders/", an_order_stated(**wrong))
    assert (answer.status_code, bool(answer.json()["errors"])) == (422, True), answer.content
    assert Order.objects.count() == 0


@pytest.mark.parametrize("when", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_date_from_which_no_window_can_be_reckoned_is_refused(till: Program, store: Store, when: str):
    parcel = {**EXAMPLE.value["parcels"][0], "handed_over_at": when}
    wrong = (
        an_order_stated(placed_at=when),
        an_order_stated(promised_on=when[:10]),
        an_order_stated(parcels=[parcel]),
    )
    assert [till.post("/orders/", each).status_code for each in wrong] == [422] * 3
    assert not Order.objects.exists()


def test_a_field_that_there_is_not_names_the_one_that_was_meant(till: Program):
    answer = till.post("/orders/", an_order_stated(payment_state="paid"))
    assert "payment_status" in answer.json()["errors"][0]["message"]


def test_nothing_can_be_set_but_what_is_offered(till: Program, store: Store):
    other = a_store()
    for name, value in {"store": str(other.uuid), "id": str(other.uuid), "is_history": True, "uuid": "1"}.items():
        assert till.post("/orders/", an_order_stated(**{name: value})).status_code == 422, name
    assert Order.objects.count() == 0


def test_orders_of_a_platform_are_stated_by_the_platform(db):
    answer = of_store(a_store(kind="shopify")).post("/orders/", an_order_stated())
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:parcelwise:problem:platform-store")


def test_a_parcel_is_added_and_the_same_number_again_is_the_same_parcel(till: Program, store: Store):
    order = an_order(store)
    stated = {"order": str(order.uuid), "tracking_number": "1z 999aa1 0123456784"}
    made = till.post("/shipments/", stated)
    assert made.status_code == 201, made.content
    assert (made.json()["carrier"], made.json()["tracking_number"]) == ("ups", "1Z999AA10123456784")
    again = till.post("/shipments/", stated)
    assert (again.status_code, again.json()["id"]) == (200, made.json()["id"])
    full = till.post("/shipments/", {"order": str(order.uuid), "tracking_number": "1Z999AA10987654321"})
    assert (full.status_code, full.json()["type"]) == (409, "urn:parcelwise:problem:all-packed")


def test_a_number_that_proves_too_little_gets_the_candidates(till: Program, store: Store):
    order = an_order(store)
    answer = till.post("/shipments/", {"order": str(order.uuid), "tracking_number": "123456789012"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "carrier"
    assert [each["carrier"] for each in answer.json()["candidates"]] == ["fedex"]
    assert Shipment.objects.count() == 0
    named = {"order": str(order.uuid), "tracking_number": "123456789012", "carrier": "fedex"}
    assert till.post("/shipments/", named).status_code == 201


def test_more_pieces_than_there_are_do_not_go_into_a_parcel(till: Program, store: Store):
    order = an_order(store, pieces=2)
    stated = {"order": str(order.uuid), "tracking_number": "1Z999AA10123456784", "contents": {"1": 3}}
    assert till.post("/shipments/", stated).status_code == 422
    assert till.post("/shipments/", {**stated, "contents": {"1": 1}}).status_code == 201


def test_stated_scans_move_the_parcel_once_however_often_they_come(till: Program, store: Store):
    parcel = a_shipment(an_order(store))
    at = timezone.now() - timedelta(hours=5)
    events = [
        {"occurred_at": at.isoformat(), "status": "picked_up", "description": "Fetched", "location": "Hamburg"},
        {"occurred_at": (at + timedelta(hours=4)).isoformat(), "status": "out_for_delivery"},
        {"occurred_at": "2031-01-01T00:00:00Z", "status": "delivered"},
    ]
    path = f"/shipments/{parcel.uuid}/events/"
    told = till.post(path, {"events": events}).json()
    assert told == {"recorded": 2, "known": 0, "refused": 1, "status": "out_for_delivery"}
    assert till.post(path, {"events": events[:2] * 2}).json()["known"] == 4
    assert TrackingEvent.objects.filter(shipment=parcel).count() == 2
    for wrong in ({"status": "teleported"}, {"occurred_at": "yesterday"}, {"code": "store-event:1"}, {"latitude": 1}):
        assert till.post(path, {"events": [{**events[0], **wrong}]}).status_code == 422, wrong
    assert till.post(path, {"events": []}).status_code == 422
    assert till.post(path, {"events": events * 50}).status_code == 422


def test_staff_work_on_an_exception(store: Store):
    now = timezone.now()
    row = ShipmentException.objects.create(
        shipment=a_shipment(an_order(store)), kind="disputed", episode="1", since=now, why="nobody saw it"
    )
    User.objects.create_user("dora", is_staff=True)
    User.objects.create_user("eve")
    ben = of_staff(*VIEW, "parcelwise_fulfillment.change_shipmentexception")
    path = f"/exceptions/{row.uuid}"
    assert ben.post(f"{path}/assign/", {"owner": "eve"}).status_code == 422
    assert ben.post(f"{path}/assign/", {"owner": "dora"}).json()["owner"] == "dora"
    assert ben.post(f"{path}/assign/", {"owner": None}).json()["owner"] is None
    assert ben.post(f"{path}/notes/", {"words": "Called"}).json()["notes"][-1]["words"] == "Called"
    done = ben.post(f"{path}/resolve/", {"resolution": "sorted_out", "note": "found"})
    assert (done.json()["resolution"], bool(done.json()["closed_at"])) == ("sorted_out", True)
    assert ben.post(f"{path}/resolve/", {"resolution": "other"}).status_code == 409
    assert ben.get("/exceptions/", {"open": "true"}).json()["results"] == []
    assert of_staff(*VIEW).post(f"{path}/notes/", {"words": "x"}).status_code == 403
    assert of_store(store).post(f"{path}/notes/", {"words": "x"}).status_code == 403


def test_a_number_is_recognised(till: Program):
    told = till.get("/carriers/recognise/", {"number": "1Z999AA10123456784"}).json()
    assert (told["candidates"][0]["carrier"], told["candidates"][0]["confidence"]) == ("ups", "checked")
    assert till.get("/carriers/recognise/").status_code == 400
