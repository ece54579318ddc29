"""“It says delivered, but I do not have it”: help first, then one exception, and a way back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fulfillment.access import link_to
from fulfillment.models import Order, Shipment, ShipmentException
from fulfillment.services import disputes, exceptions
from fulfillment.trouble import Resolution
from tests.factories import a_contact, a_shipment, an_order
from tests.markup import Page, assert_accessible, assert_strict

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(ana: Any) -> Order:
    return an_order(contact=a_contact(user=ana))


@pytest.fixture
def parcel(order: Order) -> Shipment:
    at = timezone.now() - timedelta(hours=3)
    receipt = {"signed_by": "A. SOUZA", "left_at": "Front Door"}
    return a_shipment(order, status="delivered", delivered_at=at, delivered_on=at.date(), receipt=receipt)


def address(parcel: Shipment) -> str:
    return reverse("account:missing", args=[parcel.order.uuid, parcel.uuid])


def by_link(parcel: Shipment) -> str:
    return f"{link_to(parcel.order).removeprefix('http://127.0.0.1:8000')}parcels/{parcel.uuid}/missing/"


def row() -> ShipmentException:
    return ShipmentException.objects.get()


def test_the_page_helps_before_it_asks(as_ana, parcel):
    page = Page(as_ana.get(address(parcel)))
    assert page.h1 == "It says delivered, but it is not here"
    for words in ("“Front Door”", "A. SOUZA", "neighbours", "Wait until the evening of"):
        assert words in page.text
    assert_accessible(page)
    assert_strict(page)


def test_nobody_is_asked_to_wait_for_what_was_delivered_long_ago(as_ana, parcel):
    at = timezone.now() - timedelta(days=5)
    Shipment.objects.filter(pk=parcel.pk).update(delivered_at=at, delivered_on=at.date())
    assert "Wait until" not in Page(as_ana.get(address(parcel))).text


@pytest.mark.parametrize("door", [address, by_link])
def test_through_both_doors_staff_hear_of_it_once_with_the_customers_words(ana, as_ana, client, parcel, door):
    who = as_ana if door is address else client
    for words in ("Nothing at the door", "Nothing at the door", "", "Asked the whole house"):
        assert who.post(door(parcel), {"words": words}).status_code == 302
    assert row().opened_by == "customer"
    assert [note.words for note in row().notes.all()] == ["Nothing at the door", "Asked the whole house"]
    page = Page(who.get(door(parcel)))
    assert page.h1 == "We are looking for your parcel"
    assert "a…@example.com" in page.text
    assert_accessible(page)


def test_the_order_page_says_that_we_are_looking(as_ana, parcel):
    assert "It is not here" in Page(as_ana.get(reverse("account:order", args=[parcel.order.uuid]))).text
    disputes.say_missing(parcel)
    assert (
        "You told us that it is not here." in Page(as_ana.get(reverse("account:order", args=[parcel.order.uuid]))).text
    )


def test_i_found_it_closes_it_and_it_can_be_lost_again(as_ana, parcel):
    as_ana.post(address(parcel), {"words": "gone"})
    as_ana.post(address(parcel), {"found": "1"})
    as_ana.post(address(parcel), {"found": "1"})
    assert (row().resolution, row().closed_by) == (Resolution.ARRIVED, "customer")
    assert Page(as_ana.get(address(parcel))).h1 == "Good that it is there"
    as_ana.post(address(parcel))
    assert row().closed_at is None


def test_found_without_having_missed_it_does_nothing(as_ana, parcel):
    assert as_ana.post(address(parcel), {"found": "1"}).status_code == 302
    assert not ShipmentException.objects.exists()


def test_what_staff_have_settled_the_customer_does_not_open_again(as_ana, parcel):
    as_ana.post(address(parcel), {"words": "gone"})
    exceptions.resolve([row().pk], Resolution.REPLACED, "ben")
    page = Page(as_ana.get(address(parcel)))
    assert page.h1 == "We have dealt with it"
    assert "Sent again" in page.text
    as_ana.post(address(parcel), {"words": "still gone"})
    assert row().closed_at


def test_nobody_floods_the_queue(as_ana, parcel):
    for number in range(disputes.MOST_NOTES + 10):
        as_ana.post(address(parcel), {"words": f"message {number} " + "x" * 5000})
    assert row().notes.count() == disputes.MOST_NOTES
    assert max(len(note.words) for note in row().notes.all()) <= 2000
    assert "We have your messages." in Page(as_ana.get(address(parcel))).text


def test_back_and_forth_comes_to_an_end(as_ana, parcel):
    for _ in range(20):
        as_ana.post(address(parcel))
        as_ana.post(address(parcel), {"found": "1"})
    assert row().notes.count() <= 2 * disputes.MOST_NOTES + 2


def test_notes_for_staff_are_in_their_language(as_ana, parcel):
    parcel.order.contact.language = "de"
    parcel.order.contact.save()
    as_ana.post(address(parcel), {"words": "nichts da"})
    as_ana.post(address(parcel), {"found": "1"})
    assert "Resolved: It is there after all." in [note.words for note in row().notes.all()]
    assert row().why.startswith("The carrier says delivered")


def test_cleo_and_strangers_say_nothing_about_it(as_cleo, client, parcel):
    assert as_cleo.get(address(parcel)).status_code == 404
    assert as_cleo.post(address(parcel), {"words": "x"}).status_code == 404
    assert client.post(address(parcel)).status_code == 302
    foreign = a_shipment(an_order(), status="delivered")
    assert client.post(by_link(parcel).replace(str(parcel.uuid), str(foreign.uuid))).status_code == 404
    assert client.get(by_link(parcel).replace(str(parcel.uuid), str(uuid4()))).status_code == 404
    assert not ShipmentException.objects.exists()


@pytest.mark.parametrize(("columns", "status"), [({"status": "in_transit"}, 302), ({"direction": "back"}, 404)])
def test_only_what_counts_as_delivered_to_the_customer_can_be_missing(as_ana, parcel, columns, status):
    Shipment.objects.filter(pk=parcel.pk).update(**columns)
    assert as_ana.post(address(parcel), {"words": "x"}).status_code == status
    assert not ShipmentException.objects.exists()


def test_a_forged_form_is_refused(ana, parcel):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ana)
    assert strict.post(address(parcel), {"words": "x"}).status_code == 403
    assert strict.post(by_link(parcel), {"words": "x"}).status_code == 403
    assert not ShipmentException.objects.exists()


def test_words_that_no_data_base_takes_or_that_turn_a_page_round_are_taken_without_them(as_ana, parcel):
    words = "no\x00thing\r\nis \u202ehere\u202c \x1b[31m"
    assert as_ana.post(address(parcel), {"words": words}).status_code == 302
    [note] = row().notes.filter(words__contains="thing")
    assert "no\ufffdthing\nis here [31m" in note.words
    assert as_ana.get(address(parcel)).status_code == 200
