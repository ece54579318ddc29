"""Staff add a parcel to an order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fulfillment.facts import ParcelData, Scan, TrackingUpdate
from fulfillment.models import Order, Shipment
from fulfillment.services.shipments import apply_update, record_parcel
from fulfillment.services.telling_stores import left_over
from fulfillment.statuses import ShipmentStatus
from tests.factories import MUNICH, an_order

pytestmark = pytest.mark.django_db

NUMBER = "1Z 999AA1 0123456784"


@pytest.fixture
def as_ben() -> Client:
    return staff("view_order", "add_shipment")


def staff(*names: str) -> Client:
    user = User.objects.create_user(f"ben-{len(names)}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=names, content_type__app_label__contains="ful"))
    client = Client()
    client.force_login(user)
    return client


def address(order: Order) -> str:
    return reverse("admin:parcelwise_fulfillment_order_add_parcel", args=[order.pk])


def filled(order: Order, **columns):
    return {"carrier": "ups", "tracking_number": NUMBER, f"line-{order.lines.get().pk}": 1, **columns}


def test_a_parcel_is_added_with_what_is_inside_and_stands_in_the_orders_story(as_ben):
    order = an_order(pieces=3)
    page = as_ben.post(address(order), filled(order), follow=True)
    parcel = order.shipments.get()
    assert (parcel.tracking_number, parcel.carrier, parcel.lines.get().quantity) == ("1Z999AA10123456784", "ups", 1)
    assert "1Z999AA10123456784" in page.content.decode()
    assert "Add a parcel" in page.content.decode(), "two pieces are left"


def test_a_parcel_that_its_store_then_states_by_itself_was_packed_once(as_ben):
    order = an_order(pieces=1)
    as_ben.post(address(order), filled(order))
    parcel = order.shipments.get()
    stated = ParcelData(
        external_id="gid://shopify/Fulfillment/7",
        carrier="ups",
        tracking_number=parcel.tracking_number,
        announced_at=timezone.now() + timedelta(seconds=4),
        handed_over_at=timezone.now() + timedelta(minutes=5),
    )
    for _round in range(2):
        record_parcel(order, stated)
    assert order.shipments.get().pk == parcel.pk
    assert sorted(parcel.events.values_list("code", flat=True)) == ["handed_over", "packed"]


def test_a_parcel_that_was_added_here_can_be_taken_back_and_added_again(as_ben):
    order = an_order(pieces=1)
    as_ben.post(address(order), filled(order))
    page = taken_back(staff("view_order", "add_shipment", "view_shipment"), order)
    assert "1 parcel is taken back." in page
    assert order.shipments.get().status == ShipmentStatus.CANCELLED
    assert left_over(order) == {order.lines.get().external_id: 1}
    as_ben.post(address(order), filled(order))
    assert sorted(order.shipments.values_list("status", flat=True)) == ["cancelled", "pending"]


def test_a_parcel_that_the_store_or_a_carrier_has_is_not_taken_back(as_ben):
    ben = staff("view_order", "add_shipment", "view_shipment")
    order = an_order(pieces=1)
    record_parcel(order, ParcelData(external_id="gid://shopify/Fulfillment/7", carrier="ups", tracking_number=NUMBER))
    assert "in its own books" in taken_back(ben, order)
    scanned = an_order(pieces=1)
    as_ben.post(address(scanned), filled(scanned))
    on_its_way = Scan(timezone.now(), ShipmentStatus.IN_TRANSIT, "Arrival scan")
    apply_update(scanned.shipments.get(), TrackingUpdate(NUMBER, (on_its_way,)))
    assert "A carrier has this parcel already." in taken_back(ben, scanned)
    assert not Shipment.objects.filter(status=ShipmentStatus.CANCELLED).exists()


def test_who_may_only_look_takes_nothing_back(as_ben):
    order = an_order(pieces=1)
    as_ben.post(address(order), filled(order))
    taken_back(staff("view_order", "view_shipment", "view_store"), order)
    assert order.shipments.get().status == ShipmentStatus.PENDING


def taken_back(client: Client, order: Order) -> str:
    posted = {"action": "take_back", "_selected_action": [order.shipments.get().pk]}
    answer = client.post(reverse("admin:parcelwise_fulfillment_shipment_changelist"), posted, follow=True)
    return answer.content.decode()


def test_nothing_more_can_be_packed_than_is_left(as_ben):
    order = an_order(pieces=1)
    line = f"line-{order.lines.get().pk}"
    assert "less than or equal to 1" in as_ben.post(address(order), filled(order, **{line: 2})).content.decode()
    as_ben.post(address(order), filled(order))
    assert as_ben.get(address(order)).status_code == 403
    assert Shipment.objects.count() == 1


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("tracking_number", "<script>", "letters and digits"),
        ("tracking_number", "", "This field is required"),
        ("carrier", "U P S!", "valid “slug”"),
    ],
)
def test_nonsense_is_refused_with_a_reason_and_what_was_typed_stays(as_ben, column, value, words):
    order = an_order()
    page = as_ben.post(address(order), filled(order, **{column: value})).content.decode()
    assert words in page.replace("&lt;", "<")
    assert "value=" in page
    assert not Shipment.objects.exists()


def test_an_empty_parcel_is_refused(as_ben):
    order = an_order()
    page = as_ben.post(address(order), filled(order, **{f"line-{order.lines.get().pk}": 0})).content.decode()
    assert "at least one piece" in page


def test_who_may_only_look_adds_no_parcel():
    order, client = an_order(), staff("view_order")
    assert client.get(address(order)).status_code == client.post(address(order), filled(order)).status_code == 403
    shown = client.get(reverse("admin:parcelwise_fulfillment_order_change", args=[order.pk])).content.decode()
    assert "Add a parcel" not in shown


def test_a_cancelled_order_gets_no_parcel(as_ben):
    assert as_ben.get(address(an_order(status="cancelled"))).status_code == 403


def test_an_order_that_is_not_there_is_not_found(as_ben):
    assert as_ben.get(reverse("admin:parcelwise_fulfillment_order_add_parcel", args=[10**9])).status_code == 404


# Without a carrier


def test_a_carrier_that_is_left_out_is_read_from_a_number_that_only_one_has_and_staff_are_told(as_ben):
    order = an_order()
    page = as_ben.post(address(order), filled(order, carrier=""), follow=True).content.decode()
    assert order.shipments.get().carrier == "ups"
    assert "Its carrier was read from the number: UPS; 1Z and 16 letters or digits; the check digit is right" in page


def test_a_number_that_several_carriers_may_have_is_asked_about_and_names_them(as_ben):
    order = an_order(ship_to=MUNICH.as_json())
    page = as_ben.post(address(order), filled(order, carrier="", tracking_number="14 0913 3131 5307")).content.decode()
    assert "it may be one of dhl (DHL eCommerce), dpd (DPD parcel)." in page
    assert "14 0913 3131 5307" in page, "what was typed stays"
    page = as_ben.post(address(order), filled(order, carrier="", tracking_number="ABC")).content.decode()
    assert "No carrier that is known here has such numbers" in page
    assert not Shipment.objects.exists()


def test_a_carrier_that_staff_name_holds_whatever_the_number_looks_like(as_ben):
    order = an_order()
    as_ben.post(address(order), filled(order, carrier="gls"))
    assert order.shipments.get().carrier == "gls"
