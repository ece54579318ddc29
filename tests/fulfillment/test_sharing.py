"""The link that customers share: the way of the parcels, and no word about a person."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.access import link_to, shared_link
from fulfillment.facts import Address
from fulfillment.fresh import AT_MOST
from fulfillment.models import Order, ShipmentNumber
from fulfillment.pages.shared import private_words, town_of
from fulfillment.queries import page_state
from fulfillment.services import sharing
from parcelwise import links
from tests.factories import a_contact, a_shipment, an_order
from tests.fulfillment.test_pages import AWKWARD, forecast, scan
from tests.markup import Page, assert_accessible, assert_strict

pytestmark = pytest.mark.django_db
BASE = "http://127.0.0.1:8000"


@pytest.fixture
def order(ana: Any) -> Order:
    return an_order(contact=a_contact(user=ana))


def seen(order: Order, client: Any, **how: Any) -> Any:
    return client.get(shared_link(order).removeprefix(BASE), **how)


def share_page(order: Order) -> str:
    return reverse("account:share", args=[order.uuid])


def test_ana_makes_a_link_and_withdraws_it(as_ana, client, order):
    assert "Make a link" in as_ana.get(share_page(order)).content.decode()
    assert as_ana.post(share_page(order)).status_code == 302
    order.refresh_from_db()
    page = Page(as_ana.get(share_page(order)))
    link = page.field("withdraw") and next(each for each in page.all("input") if each.attributes.get("id") == "link")
    path = link.attributes["value"].removeprefix(BASE)
    assert client.get(path).status_code == 200
    as_ana.post(share_page(order), {"withdraw": "1"})
    assert client.get(path).status_code == 404
    as_ana.post(share_page(order))
    assert client.get(path).status_code == 404  # a new one is another one


def test_asked_twice_it_stays_the_same(as_ana, order):
    first = sharing.share(order).share_id
    as_ana.post(share_page(order))
    order.refresh_from_db()
    assert order.share_id == first


def test_only_whose_order_it_is_shares_it(as_cleo, client, order):
    assert as_cleo.post(share_page(order)).status_code == 404
    assert client.post(share_page(order)).status_code == 302  # to the login
    order.refresh_from_db()
    assert order.share_id is None
    by_link = f"{link_to(order).removeprefix(BASE)}share/"
    assert client.post(by_link).status_code == 302
    order.refresh_from_db()
    assert order.share_id


def test_a_link_to_share_opens_nothing_else_and_nothing_else_opens_it(client, order):
    sharing.share(order)
    token = shared_link(order).rstrip("/").rpartition("/")[2]
    assert str(order.uuid) not in token
    for name in ("order_by_link", "now_by_link", "share_by_link"):
        assert client.get(reverse(f"account:{name}", args=[token])).status_code == 404
    others = [links.sign("order", str(order.uuid)), links.sign("shared", uuid4().hex), links.sign("shared", "x"), "x"]
    for other in others:
        assert client.get(reverse("account:shared", args=[other])).status_code == 404
        assert client.get(reverse("account:shared_now", args=[other])).status_code == 404


def test_nobody_is_told_the_address_of_the_page_and_nobody_finds_it(client, order):
    response = seen(sharing.share(order), client)
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("make", AWKWARD)
def test_awkward_orders_have_accessible_pages_to_share(client, order, make):
    make(order)
    page = Page(seen(sharing.share(order), client))
    assert_accessible(page)
    assert_strict(page)
    assert not page.all("form")


PEOPLE = {
    "name": "Anahita Souzović", "email": "ana.souzovic@example.com", "phone": "+49 151 23456789",
    "street": "Lindwurmstraße 129b", "postcode": "80337", "number": "NL-SECRET-1", "sku": "Knitted llama",
    "tracking": "1Z999AA10123456784", "courier": "Mika Driver", "signed": "Vera Neighbour",
}  # fmt: skip
SHAPES = ("{}", "Signed by {}", "Left with {}", "Left with {}, München", "Front door, {}", "{} (HH)", "München, {}, DE")


def test_no_word_about_a_person_is_on_the_shared_page(client, ana):
    contact = a_contact(user=ana, name=PEOPLE["name"], email=PEOPLE["email"], phone=PEOPLE["phone"])
    address = Address(PEOPLE["name"], (PEOPLE["street"],), "München", "BY", PEOPLE["postcode"], "DE")
    order = an_order(contact=contact, number=PEOPLE["number"], ship_to=address.as_json())
    order.lines.update(title=PEOPLE["sku"], unit_price=123456)
    receipt = {"signed_by": PEOPLE["signed"], "left_at": PEOPLE["street"], "collect_at": PEOPLE["street"]}
    columns = {
        "tracking_number": PEOPLE["tracking"],
        "receipt": receipt,
        "tracking_url": f"https://u/{PEOPLE['tracking']}",
    }
    told = [("delivered", ""), ("ready_for_pickup", ""), ("delivery_failed", "consignee_not_home"),
            ("on_hold", "carrier_parcel_lost"), ("in_transit", "consignee_incorrect_address"),
            ("out_for_delivery", "")]  # fmt: skip
    for status, reason in told:
        parcel = a_shipment(order, status=status, reason=reason, delivered_on=date.today(), **columns)
        forecast(parcel)
        hours = 0
        for shape in SHAPES:
            for what in ("name", "street", "postcode", "email", "phone", "number"):
                hours += 1
                words = shape.format(PEOPLE[what])
                where = {"latitude": 48.1, "longitude": 11.5}
                scan(parcel, hours, description=words, location=words, status=status, reason=reason, **where)
        scan(parcel, hours + 1, status="picked_up", location="Hamburg, HH, DE", description=PEOPLE["courier"])
    body = seen(sharing.share(order), client).content.decode()
    assert "Hamburg" in body  # it does say where they were
    pieces = {piece for text in PEOPLE.values() for piece in (text, *text.split()) if len(piece) > 3}
    assert [piece for piece in sorted(pieces) if piece.casefold() in body.casefold()] == []
    assert not [word for word in ("1,234.56", "48.1", "11.5", str(order.uuid)) if word in body]
    assert "Nobody was at home" not in body


@given(st.text(min_size=2, max_size=30), st.sampled_from(SHAPES))
def test_whatever_stands_at_the_door_is_no_town(words, shape):
    private = frozenset(word for word in words.casefold().split() if word.isalnum() and len(word) > 1)
    town = town_of(shape.format(words), private)
    assert not private & set(town.casefold().split())


@pytest.mark.parametrize(
    ("location", "town"),
    [
        ("München, BY, DE", "München"), ("Frankfurt am Main, DE", "Frankfurt am Main"), ("", ""), ("12345", ""),
        ("Speicherstadt 4, Hamburg", "Hamburg"), ("ana@example.com", ""), ("DE", ""), ("תל אביב", "תל אביב"),
    ],
)  # fmt: skip
def test_towns_are_towns(location, town):
    assert town_of(location, frozenset({"lindwurmstraße", "souza"})) == town


def test_an_order_without_a_parcel_says_that_it_follows(client, order):
    page = Page(seen(sharing.share(order), client))
    assert page.h1 == "Not sent yet"


def test_an_erased_order_is_shared_no_more(client, order):
    from fulfillment.services.forgetting import _forget_orders

    path = shared_link(sharing.share(order)).removeprefix(BASE)
    _forget_orders(Order.objects.filter(pk=order.pk))
    assert client.get(path).status_code == 404


def test_the_viewers_language_is_spoken_and_not_the_customers(client, order):
    order.contact.language = "de"
    order.contact.save()
    at = timezone.now() - timedelta(days=1)
    a_shipment(order, status="delivered", delivered_at=at, delivered_on=at.date())
    response = seen(sharing.share(order), client, headers={"Accept-Language": "en"})
    assert Page(response).h1.startswith("Delivered")
    assert Page(seen(order, client, headers={"Accept-Language": "de"})).h1.startswith("Zugestellt")


@pytest.mark.parametrize("status", ["delivered", "ready_for_pickup", "delivery_failed", "out_for_delivery"])
def test_near_the_door_no_place_is_told_but_the_buyers_own_town(client, order, status):
    parcel = a_shipment(order, status=status)
    scan(parcel, 1, status=status, location="Kiosk Vierlande, Bergedorf, DE", description="Left with a neighbour")
    scan(parcel, 0.5, status="unknown", location="Familie Petersen", description="Signed by Petersen")
    scan(parcel, 30, status="in_transit", location="Leipzig, DE")
    body = seen(sharing.share(order), client).content.decode()
    assert "Leipzig" in body
    assert not [word for word in ("Kiosk", "Vierlande", "Bergedorf", "Petersen", "neighbour") if word in body]


def test_the_buyers_own_town_is_told_at_the_door(client, order):
    city = order.destination.city
    scan(a_shipment(order, status="delivered"), 1, status="delivered", location=f"Kiosk Petersen, {city.upper()}, DE")
    body = seen(sharing.share(order), client).content.decode()
    assert city in body
    assert "Petersen" not in body


@pytest.mark.parametrize("written", ["MUELLER", "Muller", "Mu\u0308ller", "Lindwurmstrasse", "SOUZOVIC"])
def test_a_name_is_one_however_carriers_write_its_letters(written):
    address = Address("Jörg Müller", ("Lindwurmstraße 129b",), "München", "BY", "80337", "DE")
    contact = a_contact(name="Anahita Souzović")
    private = private_words(an_order(contact=contact, ship_to=address.as_json()))
    assert town_of(written, private) == ""
    assert town_of("Muenchen", private) == "Muenchen"


def test_a_hand_over_is_no_delivery_on_the_shared_page(client, order):
    parcel = a_shipment(order, carrier="fedex", tracking_number="771234567890", status="in_transit")
    number = {"carrier": "usps", "number": "9400111899223100001014", "role": "last_mile", "is_followed": True}
    parcel.last_mile = ShipmentNumber.objects.create(shipment=parcel, **number)
    parcel.save()
    scan(parcel, 5, status="delivered", description="Delivered to post office", location="Leipzig, DE")
    path = shared_link(sharing.share(order)).removeprefix(BASE)
    [view] = client.get(path).context["view"].parcels
    [entry] = view.days[0].entries
    assert (entry.words, entry.place) == ("On its way", "Leipzig")


def test_nobody_can_try_what_the_name_of_a_page_hides(client, order):
    path = f"{shared_link(sharing.share(order)).removeprefix(BASE)}now/"
    name = client.get(path)["ETag"]
    told = (page_state(Order.objects.all()), int(timezone.now().timestamp()) // AT_MOST, "en")
    assert hashlib.sha256(repr(told).encode()).hexdigest()[:24] not in name
    assert client.get(path, headers={"If-None-Match": name}).status_code == 304
