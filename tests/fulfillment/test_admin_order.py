"""What staff read on an order's page of returns in the store, and of orders without parcels."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from fulfillment.models import Order, ShipmentNumber, StoreReturn
from fulfillment.stores.reason_words import reason_words
from tests.factories import a_shipment, an_order
from tests.fulfillment.test_pages import scan

pytestmark = pytest.mark.django_db

UNPACKED = "Nothing is packed yet"


@pytest.fixture
def ben(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ben"))
    return client


def page(ben: Client, order: Order) -> str:
    answer = ben.get(reverse("admin:parcelwise_fulfillment_order_change", args=[order.pk]))
    assert answer.status_code == 200
    return str(answer.content.decode())


def a_return(order: Order, reason: str, **columns: Any) -> StoreReturn:
    found = StoreReturn.objects.create(order=order, external_id="r1", name="#1-R1", **{"status": "open", **columns})
    found.lines.create(external_id="l1", order_line=order.lines.get(), quantity=1, reason=reason)
    return found


@pytest.mark.parametrize("reason", ["SIZE_TOO_SMALL", "too-small"])
def test_why_something_goes_back_is_said_in_words_and_the_stores_own_word_is_kept(ben, reason):
    a_return(order := an_order(), reason)
    assert f'1 × Wool socks (<span title="{reason}">too small</span>)' in page(ben, order)


def test_a_reason_that_no_table_knows_is_shown_as_it_is(ben):
    a_return(order := an_order(), "SHEDS_<HAIR>", status="declined", decline_reason="final_sale")
    said = page(ben, order)
    assert '(<span title="SHEDS_&lt;HAIR&gt;">SHEDS &lt;HAIR&gt;</span>)' in said
    assert 'declined (<span title="final_sale">final sale, not taken back</span>)' in said
    assert reason_words("") == ""


def test_an_order_without_a_parcel_says_why(ben):
    assert UNPACKED in page(ben, an_order())
    cancelled, closed = page(ben, an_order(status="cancelled")), page(ben, an_order(status="closed"))
    assert "cancelled this order before anything was packed" in cancelled
    assert "closed this order without a parcel" in closed
    assert UNPACKED not in cancelled + closed


def test_a_cancelled_order_whose_parcel_has_left_says_that_it_is_followed(ben):
    order = a_shipment(an_order(status="cancelled"), status="in_transit").order
    assert "followed until it arrives" in page(ben, order)


def test_a_delivery_to_the_next_carrier_is_called_a_hand_over(ben):
    parcel = a_shipment(carrier="fedex", tracking_number="771234567890", status="in_transit")
    scan(parcel, 5, status="delivered", description="Delivered to post office", location="Leipzig, DE")
    hand_over = "hand-over to the next carrier, no delivery to the customer"
    assert hand_over in page(ben, parcel.order)
    number = {"carrier": "usps", "number": "9400111899223100001014", "role": "last_mile", "is_followed": True}
    parcel.last_mile = ShipmentNumber.objects.create(shipment=parcel, **number)
    parcel.save()
    scan(parcel, 2, status="out_for_delivery", leg=parcel.last_mile)
    scan(parcel, 1, status="delivered", description="Delivered, front door")
    said = page(ben, parcel.order)
    assert said.count(hand_over) == 1
    assert "repeats what the carrier says that brings it" in said
    assert '<li class="pw-delivered">' not in said


def test_a_delivery_to_the_customer_is_called_nothing_else(ben):
    parcel = a_shipment(status="delivered")
    scan(parcel, 1, status="delivered", description="Delivered, front door")
    said = page(ben, parcel.order)
    assert '<li class="pw-delivered">' in said
    assert "hand-over" not in said and "repeats" not in said
