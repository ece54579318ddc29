"""Staff say how a parcel stands to others: numbers, one box, sent again. All is logged and can be undone."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from fulfillment.models import Shipment
from fulfillment.services.orders import record_order
from fulfillment.statuses import Reason, ShipmentStatus
from tests.factories import a_shipment, a_store, an_order
from tests.fulfillment.test_consignments import NUMBER, stated, two

pytestmark = pytest.mark.django_db

USPS = "9400111899223100001014"


@pytest.fixture
def ben(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ben"))
    return client


def page(shipment: Shipment) -> str:
    return reverse("admin:parcelwise_fulfillment_shipment_related", args=[shipment.pk])


def do(ben: Client, shipment: Shipment, what: str, **told: Any) -> str:
    return ben.post(page(shipment), {"do": what, **told}, follow=True).content.decode()


def test_staff_add_a_number_and_take_it_out_again(ben: Client) -> None:
    shipment = a_shipment(carrier="ups", tracking_number=NUMBER)
    told = do(ben, shipment, "add", carrier="", number="9400 1118 9922 3100 0010 14", role="last_mile")
    leg = shipment.numbers.get()
    assert (leg.carrier, leg.number, leg.source) == ("usps", USPS, "staff")
    assert "is a number of this parcel" in told
    assert LogEntry.objects.count() == 2
    for name, term in (("order", USPS), ("shipment", USPS)):
        found = ben.get(reverse(f"admin:parcelwise_fulfillment_{name}_changelist"), {"q": term}).content.decode()
        assert shipment.order.number in found
    story = ben.get(reverse("admin:parcelwise_fulfillment_order_change", args=[shipment.order_id])).content.decode()
    assert f"Last mile: USPS {USPS}" in story
    do(ben, shipment, "remove", which=str(leg.pk))
    assert shipment.numbers.count() == 0


@pytest.mark.parametrize("number", [NUMBER, "so what?", ""])
def test_what_is_no_further_number_is_refused_in_words(ben: Client, number: str) -> None:
    shipment = a_shipment(carrier="ups", tracking_number=NUMBER)
    told = do(ben, shipment, "add", carrier="usps", number=number, role="last_mile")
    assert shipment.numbers.count() == 0 and LogEntry.objects.count() == 0
    assert "error" in told


def test_staff_part_a_box_and_join_it_again(ben: Client) -> None:
    one, other = two()
    assert "#1002" in ben.get(page(one)).content.decode()
    do(ben, one, "part")
    assert set(Shipment.objects.values_list("consignment", flat=True)) == {None}
    do(ben, one, "join", which=str(other.pk))
    one.refresh_from_db()
    assert one.consignment and one.consignment.joined_by == "ben"


def test_a_parcel_of_another_shop_cannot_be_joined(ben: Client) -> None:
    one = record_order(a_store(), stated("1001")).shipments.get()
    other = record_order(a_store(), stated("1002")).shipments.get()
    do(ben, one, "join", which=str(other.pk))
    assert Shipment.objects.exclude(consignment=None).count() == 0


def test_staff_send_a_lost_parcel_again_and_give_it_its_number_later(ben: Client) -> None:
    order = an_order(pieces=2)
    lost = a_shipment(order, status=ShipmentStatus.DELIVERY_FAILED, reason=Reason.CARRIER_PARCEL_LOST)
    do(ben, lost, "again", **{f"line-{order.lines.get().pk}": "2"})
    fresh = order.shipments.get(replaces=lost)
    assert fresh.tracking_number == ""
    do(ben, fresh, "add", carrier="ups", number=NUMBER, role="own")
    fresh.refresh_from_db()
    assert (fresh.carrier, fresh.tracking_number, fresh.replaces) == ("ups", NUMBER, lost)
    story = ben.get(reverse("admin:parcelwise_fulfillment_order_change", args=[order.pk])).content.decode()
    assert "Sent again for" in story and "it replaces one that was lost" in story


def test_who_may_only_look_may_not_relate(client: Client) -> None:
    shipment = a_shipment()
    user = User.objects.create_user("carl", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_shipment"))
    client.force_login(user)
    assert client.get(page(shipment)).status_code == 403
    assert client.post(page(shipment), {"do": "part"}).status_code == 403
