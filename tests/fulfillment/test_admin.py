"""Staff pages: the lists find what staff paste, and the order page tells the whole story to those who may read it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from fulfillment.facts import Scan, TrackingUpdate
from fulfillment.models import CarrierAccount, Order
from fulfillment.services.shipments import apply_update
from fulfillment.statuses import ShipmentStatus
from parcelwise.models import Problem
from parcelwise.panels import reference
from tests.factories import a_contact, a_shipment, an_order

pytestmark = pytest.mark.django_db

LIST = "admin:parcelwise_fulfillment_order_changelist"


@pytest.fixture
def ben(client):
    user = get_user_model().objects.create_superuser("ben", password="ben")
    client.force_login(user)
    return client


def page_of(order: Order) -> str:
    return reverse("admin:parcelwise_fulfillment_order_change", args=[order.pk])


def test_every_list_and_its_filters_answer(ben):
    a_shipment()
    for model in ("store", "carrieraccount", "customer", "order", "shipment", "trackingevent", "trackingpoll",
                  "forecast", "delayepisode", "lanestatistics", "storesync", "importrun"):  # fmt: skip
        assert ben.get(reverse(f"admin:parcelwise_fulfillment_{model}_changelist")).status_code == 200, model
    for value in ("unpacked", "moving", "risk", "overdue", "trouble", "delivered"):
        assert ben.get(reverse(LIST), {"standing": value}).status_code == 200, value
    for value in ("overdue", "late", "kept"):
        url = reverse("admin:parcelwise_fulfillment_shipment_changelist")
        assert ben.get(url, {"promise": value}).status_code == 200, value


@pytest.mark.parametrize(
    "pasted", ["NL-77", "1Z999AA10123456784", "1Z 999 AA1 01 2345 6784", "ana@example.com", "Ana Souza"]
)
def test_an_order_is_found_by_what_people_paste(ben, pasted):
    order = an_order(number="NL-77")
    a_shipment(order, tracking_number="1Z999AA10123456784")
    other = an_order(number="NL-78", contact=a_contact(name="Cleo Lind", email="cleo@example.com"))
    answer = ben.get(reverse(LIST), {"q": pasted}).content.decode()
    assert order.number in answer
    assert other.number not in answer


def test_parcels_whose_promise_has_passed_are_filtered(ben):
    today = timezone.localdate()
    late = an_order(number="NL-1", promised_on=today - timedelta(days=1))
    a_shipment(late, status=ShipmentStatus.IN_TRANSIT)
    fine = an_order(number="NL-2", promised_on=today)
    a_shipment(fine, status=ShipmentStatus.IN_TRANSIT)
    answer = ben.get(reverse(LIST), {"standing": "overdue"}).content.decode()
    assert "NL-1" in answer
    assert "NL-2" not in answer


def test_an_order_with_one_parcel_still_on_its_way_is_not_delivered(ben):
    order = an_order(number="NL-1")
    a_shipment(order, status=ShipmentStatus.DELIVERED)
    a_shipment(order, status=ShipmentStatus.IN_TRANSIT)
    assert "NL-1" not in ben.get(reverse(LIST), {"standing": "delivered"}).content.decode()


def test_the_order_page_tells_the_story(ben):
    order = an_order()
    shipment = a_shipment(order)
    scan = Scan(timezone.now() - timedelta(hours=3), ShipmentStatus.IN_TRANSIT, "Left Kassel", code="DP")
    apply_update(shipment, TrackingUpdate("1Z", (scan,)))
    Problem.objects.note("carrier", "x", "UPS does not answer.", subject=reference(order))
    answer = ben.get(page_of(order)).content.decode()
    for words in (
        "Ana Souza",
        "Wool socks",
        "49.90 EUR",
        shipment.tracking_number,
        "Left Kassel",
        "UPS does not answer",
    ):
        assert words in answer


def test_the_order_page_needs_the_same_queries_for_many_parcels(ben, django_assert_max_num_queries):
    order = an_order()
    for _ in range(2):
        a_shipment(order)
    ben.get(page_of(order))
    with django_assert_max_num_queries(40) as few:
        ben.get(page_of(order))
    for _ in range(5):
        a_shipment(order)
    with django_assert_max_num_queries(len(few)):
        ben.get(page_of(order))


def test_scripts_in_a_customers_name_or_a_carriers_words_are_inert(ben):
    script = "<script>alert(1)</script>"
    order = an_order(contact=a_contact(name=script))
    shipment = a_shipment(order)
    apply_update(shipment, TrackingUpdate("1Z", (Scan(timezone.now(), ShipmentStatus.IN_TRANSIT, script),)))
    assert script not in ben.get(page_of(order)).content.decode()
    assert script not in ben.get(reverse(LIST)).content.decode()


def test_staff_without_the_permission_see_nothing(client):
    order = an_order()
    dora = get_user_model().objects.create_user("dora", password="dora", is_staff=True)
    client.force_login(dora)
    assert client.get(page_of(order)).status_code == 403
    assert client.get(reverse(LIST)).status_code == 403
    dora.user_permissions.add(
        Permission.objects.get(codename="view_order", content_type__app_label=order._meta.app_label)
    )
    assert client.get(page_of(order)).status_code == 200


def test_credentials_go_in_and_never_come_out(ben):
    account = CarrierAccount.objects.create(carrier="ups", credentials={"client_secret": "hush-hush"})
    url = reverse("admin:parcelwise_fulfillment_carrieraccount_change", args=[account.pk])
    assert "hush-hush" not in ben.get(url).content.decode()
    form = {"carrier": "ups", "gateway": "karrio", "store": "", "server_url": "", "is_active": "on"}
    assert ben.post(url, {**form, "new_credentials": ""}).status_code == 302
    account.refresh_from_db()
    assert account.credentials == {"client_secret": "hush-hush"}
    assert "not JSON" in ben.post(url, {**form, "new_credentials": "nonsense"}).content.decode()
    assert ben.post(url, {**form, "new_credentials": '{"client_secret": "new"}'}).status_code == 302
    account.refresh_from_db()
    assert account.credentials == {"client_secret": "new"}
