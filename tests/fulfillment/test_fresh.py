"""Pages that keep themselves fresh: 304 until something changes, through the same doors as the page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from fulfillment.access import link_to, shared_link
from fulfillment.models import DelayEpisode, Order, Shipment, TrackingPoll
from fulfillment.services import disputes, sharing
from parcelwise import links
from parcelwise.changes import move
from returns.models import ReturnRequest, ReturnStatus
from tests.factories import a_contact, a_shipment, an_order
from tests.fulfillment.test_pages import forecast, scan
from tests.fulfillment.test_proxy import a_shop, an_order_of, visit
from tests.markup import Page

pytestmark = pytest.mark.django_db
BASE = "http://127.0.0.1:8000"


@pytest.fixture
def order(ana: Any, time_machine: Any) -> Order:
    time_machine.move_to("2026-11-23T10:01:00+00:00", tick=False)
    order = an_order(contact=a_contact(user=ana))
    parcel = a_shipment(order, status="in_transit")
    forecast(parcel)
    scan(parcel)
    TrackingPoll.objects.create(shipment=parcel, last_asked_at=timezone.now())
    return order


def fresh_of(response: Any) -> tuple[str, str]:
    """Where the page asks, and with which name."""
    [live] = [each for each in Page(response).all("div") if each.attributes.get("id") == "live"]
    return live.attributes["data-live"], live.attributes["data-name"]


def asked(client: Any, address: str, name: str) -> Any:
    return client.get(address, headers={"If-None-Match": name})


DOORS = {
    "login": lambda order: reverse("account:order", args=[order.uuid]),
    "link": lambda order: link_to(order).removeprefix(BASE),
    "shared": lambda order: shared_link(sharing.share(order)).removeprefix(BASE),
}


@pytest.mark.parametrize(("door", "queries"), [("login", 3), ("link", 1), ("shared", 1)])
def test_nothing_new_costs_one_query_beside_the_login(as_ana, client, order, door, queries, django_assert_num_queries):
    who = as_ana if door == "login" else client
    address, name = fresh_of(who.get(DOORS[door](order)))
    with django_assert_num_queries(queries):
        response = asked(who, address, name)
    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == name
    assert response["Cache-Control"] == "private, no-store"


def it_moves(order: Order) -> None:
    order.shipments.update(status="out_for_delivery")


def a_scan_comes(order: Order) -> None:
    scan(order.shipments.get(), 0)


def it_is_asked_about(order: Order) -> None:
    TrackingPoll.objects.update(last_asked_at=timezone.now() + timedelta(minutes=1))


def the_window_changes(order: Order) -> None:
    parcel = order.shipments.get()
    parcel.forecasts.update(is_current=False)
    forecast(parcel, 3, 6)


def it_is_late(order: Order) -> None:
    parcel = order.shipments.get()
    DelayEpisode.objects.create(shipment=parcel, forecast=parcel.forecasts.get())


def a_parcel_is_added(order: Order) -> None:
    a_shipment(order)


def it_is_cancelled(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(status="cancelled")


def it_is_disputed(order: Order) -> None:
    order.shipments.update(status="delivered")
    disputes.say_missing(order.shipments.get())


def the_carrier_names_a_day(order: Order) -> None:
    order.shipments.update(carrier_estimate="2026-12-01")


def they_speak_german(order: Order) -> None:
    order.contact.language = "de"
    order.contact.save()


def a_return_is_asked_for(order: Order) -> None:
    ReturnRequest.objects.create(order=order, number="RMA-1")


def a_return_moves(order: Order) -> None:
    request = ReturnRequest.objects.get()
    assert move(request, ReturnStatus.APPROVED, at=timezone.now())


CHANGES = [it_moves, a_return_is_asked_for, a_scan_comes, it_is_asked_about, the_window_changes, it_is_late,
           a_parcel_is_added, it_is_cancelled, it_is_disputed, the_carrier_names_a_day, they_speak_german]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_the_page_changes_its_name(client, order, change):
    page = DOORS["link"](order)
    address, name = fresh_of(client.get(page))
    change(order)
    response = asked(client, address, name)
    assert response.status_code == 200
    assert response["ETag"] != name
    assert fresh_of(client.get(page))[1] == response["ETag"]
    assert asked(client, address, response["ETag"]).status_code == 304


def test_a_step_of_a_return_shows_at_once(client, order):
    a_return_is_asked_for(order)
    address, name = fresh_of(client.get(DOORS["link"](order)))
    assert asked(client, address, name).status_code == 304
    a_return_moves(order)
    assert "Approved" in asked(client, address, name).content.decode()


def test_the_answer_is_the_part_that_changes_and_says_what_to_read_out(client, order):
    address, name = fresh_of(client.get(DOORS["link"](order)))
    it_moves(order)
    scan(order.shipments.get(), 0, status="out_for_delivery")
    body = asked(client, address, name).content.decode()
    assert "<html" not in body
    assert 'data-say="Out for delivery. Out for delivery today"' in body


def test_after_a_while_words_about_days_are_made_anew(client, order, time_machine):
    address, name = fresh_of(client.get(DOORS["link"](order)))
    time_machine.move_to("2026-11-23T10:11:00+00:00", tick=False)
    assert asked(client, address, name).status_code == 200


def test_nobody_else_is_told_whether_something_is_new(client, as_cleo, order):
    address, name = fresh_of(client.get(DOORS["link"](order)))
    by_login = reverse("account:now", args=[order.uuid])
    for who, where in (
        (as_cleo, by_login),
        (client, by_login),
        (client, address.replace(str(order.uuid)[:8], "0" * 8)),
    ):
        response = asked(who, where, name)
        assert response.status_code == 404
        assert response["Cache-Control"] == "private, no-store"
    shared, name = fresh_of(client.get(DOORS["shared"](order)))
    sharing.withdraw(order)
    assert asked(client, shared, name).status_code == 404


@pytest.mark.parametrize(
    ("status", "every"), [("out_for_delivery", "30"), ("in_transit", "60"), ("pending", "300"), ("delivered", "0")]
)
def test_who_waits_for_the_driver_asks_most_often_and_in_the_end_nobody_does(client, order, status, every):
    Shipment.objects.update(status=status)
    [live] = [each for each in Page(client.get(DOORS["link"](order))).all("div") if "data-every" in each.attributes]
    assert live.attributes["data-every"] == every


# Under the shop's own domain


def test_under_the_shops_domain_the_page_asks_there():
    store = a_shop()
    order = an_order_of(store, "gid://shopify/Customer/4711")
    a_shipment(order, status="in_transit")
    rest = f"link/{links.sign('order', str(order.uuid))}/"
    page = visit(store, rest)
    address, name = fresh_of(page)
    assert address == f"/apps/parcels/{rest}now/" or address.endswith(f"/{rest}now/")
    assert "http" not in address
    [script] = Page(page).all("script")
    assert script.attributes["src"] == f"{BASE}/static/parcelwise/fulfillment/track.js"
    first = visit(store, f"{rest}now/")
    assert first.status_code == 200
    assert first["ETag"] == name
    other = a_shop(platform_id="other.myshopify.com")
    assert visit(other, f"{rest}now/", shop="other.myshopify.com").status_code == 404
    own = f"orders/{order.uuid}/now/"
    assert visit(store, own, customer="4711").status_code == 200
    assert visit(store, own, customer="42").status_code == 404
