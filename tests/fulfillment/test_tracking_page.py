"""The tracking page beyond its answer: what to do, proof, numbers, places, what is sent again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from fulfillment.access import link_to, shared_link
from fulfillment.carriers.readers.aftership import AfterShipReader
from fulfillment.carriers.readers.dhl import DHLReader
from fulfillment.carriers.readers.easypost import EasyPostReader
from fulfillment.carriers.readers.fedex import FedExReader
from fulfillment.carriers.readers.ups import UPSReader
from fulfillment.facts import Receipt, Scan, TrackingUpdate
from fulfillment.models import Courier, CourierRun, Order, ProofOfDelivery, RunStop, Shipment, ShipmentNumber
from fulfillment.pages.courier_view import CourierView
from fulfillment.services import sharing
from fulfillment.services.shipments import apply_update
from tests.factories import a_contact, a_shipment, an_order
from tests.fulfillment.test_pages import forecast, scan
from tests.markup import Page, assert_accessible, assert_strict

pytestmark = pytest.mark.django_db

CARRIERS_PAGE = "https://www.ups.com/track?tracknum=1"


@pytest.fixture
def order(ana: Any) -> Order:
    return an_order(contact=a_contact(user=ana))


def page_of(order: Order, client: Any) -> Page:
    return Page(client.get(reverse("account:order", args=[order.uuid])))


def buttons(page: Page) -> dict[str, str]:
    return {a.text: a.attributes["href"] for a in page.all("a") if "button" in a.attributes.get("class", "")}


# What to do now


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"status": "ready_for_pickup"}, "Take the parcel's number and an identity card with you."),
        ({"status": "delivery_failed", "reason": "consignee_not_home"}, "Look for a card of UPS"),
        ({"status": "on_hold", "reason": "customs_duties_unpaid"}, "Pay what is due at UPS."),
        ({"status": "on_hold", "reason": "customs_documentation"}, "Send UPS the papers that are missing"),
        ({"status": "in_transit", "reason": "consignee_incorrect_address"}, "Compare the address on this page"),
        ({"status": "out_for_delivery"}, "Nobody at home?"),
    ],
)
def test_what_to_do_now_follows_from_where_it_is_and_why(as_ana, order, columns, words):
    scan(a_shipment(order, tracking_url=CARRIERS_PAGE, **columns), 0, status=columns["status"])
    page = page_of(order, as_ana)
    assert "What to do now" in page.text
    assert words in page.text
    assert "Go to UPS" in buttons(page) or "Write to us" in page.text


@pytest.mark.parametrize("columns", [{"status": "in_transit"}, {"status": "pending"}, {"status": "cancelled"}])
def test_where_waiting_is_all_there_is_nobody_is_told_to_do_something(as_ana, order, columns):
    a_shipment(order, **columns)
    assert "What to do now" not in page_of(order, as_ana).text


def test_a_parcel_at_a_pickup_point_says_where_and_until_when(as_ana, order):
    until = timezone.localdate() + timedelta(days=4)
    receipt = {"collect_at": "Kiosk Lindner", "collect_until": str(until)}
    scan(a_shipment(order, status="ready_for_pickup", receipt=receipt), location="München, BY, DE")
    text = page_of(order, as_ana).text
    assert "It waits for you at: Kiosk Lindner" in text
    assert f"Collect it at Kiosk Lindner by {until:%A} {until.day}" in text


def test_a_day_that_is_over_is_not_said_to_be_the_last(as_ana, order):
    gone = str(timezone.localdate() - timedelta(days=1))
    a_shipment(order, status="ready_for_pickup", receipt={"collect_at": "Kiosk", "collect_until": gone})
    assert "UPS knows until when it is kept." in page_of(order, as_ana).text


# The window


@pytest.mark.parametrize("status", ["on_hold", "ready_for_pickup", "return_to_sender", "delivered"])
def test_no_days_are_marked_where_no_day_is_told(as_ana, order, status):
    forecast(a_shipment(order, status=status))
    assert not [each for each in page_of(order, as_ana).all("ol") if each.attributes.get("class") == "strip"]


# Times


def test_a_time_that_may_be_off_says_about(as_ana, order):
    parcel = a_shipment(order, status="in_transit")
    scan(parcel, 2, zone="inferred", uncertain_minutes=60)
    scan(parcel, 3, zone="date", local_time="2026-11-01")
    scan(parcel, 4, zone="given")
    times = [each.text for each in page_of(order, as_ana).all("time")]
    assert len(times) == 2  # of a day nobody names an hour
    assert sum(time.startswith("about ") for time in times) == 1


# Proof


RECEIPT = {"signed_by": "A. SOUZA", "left_at": "Front Door", "proof_url": "https://www.dhl.com/pod/1"}


def test_the_proof_is_shown_with_a_delivery_and_not_before(as_ana, order):
    parcel = a_shipment(order, status="out_for_delivery", receipt=RECEIPT)
    assert "A. SOUZA" not in page_of(order, as_ana).text
    Shipment.objects.filter(pk=parcel.pk).update(status="delivered", delivered_on=date.today())
    page = page_of(order, as_ana)
    assert [each.text for each in page.all("dd")] == ["A. SOUZA", "Front Door"]
    assert RECEIPT["proof_url"] in [a.attributes["href"] for a in page.all("a")]


def test_a_proof_leads_to_the_web_and_nowhere_else(as_ana, order):
    a_shipment(order, status="delivered", receipt={"proof_url": "javascript:alert(1)", "signed_by": "<b>x"})
    page = page_of(order, as_ana)
    assert "<b>x" in page.text
    assert_strict(page)


PARTS = [
    (EasyPostReader(), {"signed_by": "John Tester"}, Receipt(signed_by="John Tester")),
    (EasyPostReader(), {"signed_by": None}, Receipt()),
    (AfterShipReader(), {"signed_by": "D Johnson", "pickup_location": "Kiosk"},
     Receipt("D Johnson", collect_at="Kiosk")),
    (
        DHLReader(),
        {"shipments": [{"details": {"proofOfDelivery": {"documentUrl": "https://d", "signed": {"name": "Ana"}}}}]},
        Receipt("Ana", proof_url="https://d"),
    ),
    (DHLReader(), {"shipments": [{}]}, Receipt()),
    (FedExReader(), {"trackResults": [{"deliveryDetails": {"receivedByName": "ASOUZA"}}]}, Receipt("ASOUZA")),
    (
        UPSReader(),
        {"trackResponse": {"shipment": [{"package": [{
            "deliveryInformation": {"receivedBy": "SOUZA", "location": "Front Door"},
            "accessPointInformation": {"pickupByDate": "20261130"},
        }]}]}},
        Receipt("SOUZA", "Front Door", collect_until=date(2026, 11, 30)),
    ),
    (UPSReader(), {"trackResponse": {"shipment": [{"package": [{"deliveryInformation": {"receivedBy": {}}}]}]}},
     Receipt()),
    (UPSReader(), {"nonsense": 1}, Receipt()),
]  # fmt: skip


@pytest.mark.parametrize(("reader", "part", "receipt"), PARTS)
def test_readers_take_what_a_carrier_says_of_the_receipt(reader, part, receipt):
    assert reader._receipt(part, "1") == receipt
    assert Receipt.from_json(receipt.as_json()) == receipt


def test_what_a_carrier_does_not_repeat_stays_known(order):
    parcel = a_shipment(order, status="in_transit")
    arrived = Scan(timezone.now(), "delivered", "Delivered")
    apply_update(parcel, TrackingUpdate(parcel.tracking_number, (arrived,), receipt=Receipt(signed_by="A. SOUZA")))
    apply_update(parcel, TrackingUpdate(parcel.tracking_number, (arrived,), receipt=Receipt(left_at="Porch")))
    parcel.refresh_from_db()
    assert parcel.receipt == {"signed_by": "A. SOUZA", "left_at": "Porch"}


# Numbers, legs, parcels that are sent again


def test_the_number_can_be_copied_and_its_button_waits_for_the_script(as_ana, order):
    parcel = a_shipment(order)
    [button] = [each for each in page_of(order, as_ana).all("button") if "data-copy" in each.attributes]
    assert button.attributes["data-copy"] == parcel.tracking_number
    assert "hidden" in button.attributes


def test_after_the_hand_over_the_page_speaks_of_who_delivers(as_ana, order):
    parcel = a_shipment(order, carrier="ups", status="in_transit")
    last = ShipmentNumber.objects.create(
        shipment=parcel, carrier="usps", number="9400100000000000000001", role="last_mile"
    )
    Shipment.objects.filter(pk=parcel.pk).update(last_mile=last)
    page = page_of(order, as_ana)
    assert "USPS 9400100000000000000001" in page.text
    assert f"Before that: UPS {parcel.tracking_number}" in page.text
    assert "https://tools.usps.com/go/TrackConfirmAction?tLabels=9400100000000000000001" in [
        a.attributes["href"] for a in page.all("a")
    ]


def test_a_lost_parcel_that_was_sent_again_is_not_the_answer_any_more(as_ana, order):
    lost = a_shipment(order, status="on_hold", reason="carrier_parcel_lost")
    again = a_shipment(order, status="in_transit", replaces=lost)
    forecast(again)
    page = page_of(order, as_ana)
    assert page.h1.startswith("Arriving ")
    assert "We have sent its contents again, in parcel 2." in page.text
    assert "It brings what was in parcel 1." in page.text
    assert_accessible(page)


def test_one_line_says_where_everything_is(as_ana, order):
    a_shipment(order, status="delivered", delivered_on=date.today())
    a_shipment(order, status="out_for_delivery")
    [lead] = [each.text for each in page_of(order, as_ana).all("p") if each.attributes.get("class") == "lead"]
    assert lead == "The other is out for delivery with UPS."


# The map


def test_places_with_a_position_are_on_a_map_and_others_make_none(as_ana, order):
    parcel = a_shipment(order, status="in_transit")
    scan(parcel, 3)
    assert not page_of(order, as_ana).all("figure")
    scan(parcel, 2, latitude=53.55, longitude=9.99, location="Hamburg, DE")
    scan(parcel, 1, latitude=48.14, longitude=11.58, location="München, DE")
    page = page_of(order, as_ana)
    [drawn] = [each for each in page.all("svg") if each.attributes.get("role") == "img"]
    assert drawn.attributes["aria-label"] == "Map: Hamburg, München"
    assert_accessible(page)


# Whose language, on paper, with pictures


def test_the_page_speaks_the_customers_language_and_not_the_browsers(client, order):
    order.contact.language = "de"
    order.contact.save()
    a_shipment(order, status="delivered", delivered_on=date.today())
    path = link_to(order).removeprefix("http://127.0.0.1:8000")
    response = client.get(path, headers={"Accept-Language": "en"})
    assert response["Content-Language"] == "de"
    page = Page(response)
    assert page.all("html")[0].attributes["lang"] == "de"
    assert "Zugestellt" in page.h1
    client.cookies["django_language"] = "en"
    assert Page(client.get(path)).h1.startswith("Delivered")


def test_the_list_speaks_the_same_language_as_the_order(as_ana, order):
    order.contact.language = "de"
    order.contact.save()
    page = Page(as_ana.get(reverse("account:orders"), headers={"Accept-Language": "en"}))
    assert page.h1 == "Ihre Bestellungen"


def test_pictures_are_the_shops_own_and_a_function_that_fails_costs_only_them(as_ana, order, settings):
    a_shipment(order, status="in_transit")
    assert not thumbs(page_of(order, as_ana))
    settings.PARCELWISE = {**settings.PARCELWISE, "FULFILLMENT": {"PICTURES": f"{__name__}.pictures"}}
    [picture] = thumbs(page_of(order, as_ana))
    assert picture.attributes["src"].startswith("/media/")
    settings.PARCELWISE = {**settings.PARCELWISE, "FULFILLMENT": {"PICTURES": f"{__name__}.broken"}}
    assert not thumbs(page_of(order, as_ana))


def thumbs(page: Page) -> list[Any]:
    return [each for each in page.all("img") if each.attributes.get("class") == "thumb"]


def pictures(lines: Any) -> dict[int, str]:
    return {line.pk: f"/media/{line.sku}.jpg" for line in lines}


def broken(lines: Any) -> dict[int, str]:
    raise RuntimeError("no shelf")


# Own couriers


def test_what_our_courier_took_down_is_shown_to_whose_parcel_it_is_alone(as_ana, as_cleo, client, order):
    parcel = a_shipment(order, status="delivered", delivered_on=date.today())
    at = timezone.now()
    photo = ProofOfDelivery.objects.create(
        shipment=parcel, kind="photo", taken_at=at, place="Porch", image=b"\xff\xd8\xff", media_type="image/jpeg"
    )
    ProofOfDelivery.objects.create(shipment=parcel, kind="name", taken_at=at, words="Vera Neighbour")
    page = page_of(order, as_ana)
    [picture] = [each for each in page.all("img") if each.attributes.get("class") == "taken"]
    assert picture.attributes["alt"] == "Photo of the delivery"
    assert {"Vera Neighbour", "Porch"} == {each.text for each in page.all("dd")}
    answer = as_ana.get(picture.attributes["src"])
    assert (answer["Content-Type"], answer.content) == ("image/jpeg", b"\xff\xd8\xff")
    assert answer["Cache-Control"] == "private, no-store"
    assert as_cleo.get(picture.attributes["src"]).status_code == 404
    assert client.get(picture.attributes["src"]).status_code == 302
    shared = client.get(shared_link(sharing.share(order)).removeprefix("http://127.0.0.1:8000")).content.decode()
    assert not [word for word in ("Vera", "Porch", str(photo.uuid), 'class="taken"') if word in shared]
    assert_accessible(page)


def test_the_courier_is_on_the_customers_page_and_not_on_the_shared_one(as_ana, client, order, monkeypatch):
    a_shipment(order, status="out_for_delivery")
    here = CourierView("Expected between 14:20 and 14:50", "2 stops before yours.", "14:05")
    monkeypatch.setattr("fulfillment.pages.courier.courier_view", lambda *_: here)
    run_under_way(order.shipments.get())
    text = page_of(order, as_ana).text
    assert "Expected between 14:20 and 14:50" in text
    assert "2 stops before yours." in text
    shared = client.get(shared_link(sharing.share(order)).removeprefix("http://127.0.0.1:8000")).content.decode()
    assert "14:20" not in shared
    assert "stops before" not in shared


def run_under_way(parcel: Shipment) -> None:
    courier = Courier.objects.create(contact=a_contact(name="Mika", email="mika@example.com"))
    run = CourierRun.objects.create(
        store=parcel.order.store, courier=courier, day=timezone.localdate(), state=CourierRun.State.UNDER_WAY
    )
    RunStop.objects.create(run=run, shipment=parcel, position=1)
