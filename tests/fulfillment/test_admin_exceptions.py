"""The queue of exceptions as staff use it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fulfillment.models import ShipmentException
from tests.factories import a_shipment, an_order

pytestmark = pytest.mark.django_db

LIST = "/admin/parcelwise_fulfillment/shipmentexception/"


@pytest.fixture
def ben(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ben"))
    return client


def trouble(kind: str = "silent", **columns: Any) -> ShipmentException:
    since = timezone.now() - timedelta(days=2)
    words = {"kind": kind, "episode": "1", "why": f"It is {kind}.", "since": since, **columns}
    return ShipmentException.objects.create(**{"shipment": words.pop("shipment", None) or a_shipment(), **words})


def act(client: Client, action: str, *rows: ShipmentException, **said: Any) -> str:
    chosen = {"action": action, "_selected_action": [row.pk for row in rows], **said}
    return client.post(f"{LIST}?queue=all", chosen, follow=True).content.decode()


def undo(client: Client) -> str:
    return client.post(f"{LIST}undo/", follow=True).content.decode()


def again(row: ShipmentException) -> ShipmentException:
    row.refresh_from_db()
    return row


def test_the_queue_shows_what_waits_with_the_most_urgent_first(ben):
    trouble("late", severity=1)
    trouble("damaged", severity=3)
    trouble("loop", closed_at=timezone.now())
    trouble("address", snoozed_until=timezone.now() + timedelta(days=1))
    page = ben.get(LIST).content.decode()
    assert page.index("It is damaged.") < page.index("It is late.")
    assert "It is loop." not in page
    assert "It is address." not in page


def test_filters_say_how_many_are_behind_them(ben):
    trouble("late", severity=1)
    trouble("damaged", owner=User.objects.get(username="ben"))
    trouble("loop", closed_at=timezone.now())
    page = ben.get(LIST).content.decode()
    for words in ("Waiting (2)", "Mine (1)", "Nobody&#x27;s (1)", "Closed (1)", "Snoozed (0)", "Damaged (1)"):
        assert words in page or words.replace("&#x27;", "'") in page, words
    assert "It is late." not in ben.get(f"{LIST}?queue=mine").content.decode()
    assert "It is loop." in ben.get(f"{LIST}?queue=closed").content.decode()
    assert "It is damaged." in ben.get(f"{LIST}?kind=damaged&severity=2").content.decode()


def test_many_are_taken_at_once_and_given_back(ben):
    rows = [trouble(), trouble("late")]
    assert "2 exceptions changed." in act(ben, "assign_to_me", *rows)
    assert {again(row).owner.username for row in rows} == {"ben"}
    assert "2 are as they were." in undo(ben)
    assert {again(row).owner for row in rows} == {None}


def test_resolving_asks_for_a_reason(ben):
    row = trouble()
    assert "Choose a reason." in act(ben, "resolve", row, resolution="")
    assert again(row).closed_at is None
    act(ben, "resolve", row, resolution="replaced", note="by express")
    assert (again(row).resolution, row.closed_by) == ("replaced", "ben")
    assert row.notes.get().words == "Resolved: Sent again. by express"


def test_a_reason_that_there_is_not_resolves_nothing(ben):
    row = trouble()
    act(ben, "resolve", row, resolution="moved_on")
    act(ben, "resolve", row, resolution="nonsense")
    assert again(row).closed_at is None


def test_snoozed_ones_come_back(ben):
    row = trouble()
    act(ben, "snooze", row, days="3")
    assert timedelta(days=2.9) < again(row).snoozed_until - timezone.now() < timedelta(days=3.1)
    ShipmentException.objects.update(snoozed_until=timezone.now() - timedelta(minutes=1))
    assert "It is silent." in ben.get(LIST).content.decode()


def test_a_closed_one_is_reopened(ben):
    row = trouble(closed_at=timezone.now(), resolution="other", closed_by="cleo")
    assert "1 exception changed." in act(ben, "reopen", row)
    assert (again(row).closed_at, row.resolution) == (None, "")


def test_the_button_that_undoes_stands_in_the_message(ben):
    page = act(ben, "assign_to_me", trouble())
    assert re.search(r'<form method="post" action="/admin/parcelwise_fulfillment/shipmentexception/undo/"', page)
    assert "csrfmiddlewaretoken" in page


def test_an_undo_works_once(ben):
    act(ben, "assign_to_me", trouble())
    undo(ben)
    assert "0 are as they were." in undo(ben)


def test_the_page_of_one_says_what_to_do_and_takes_notes(ben):
    row = trouble("address")
    page = ben.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "Ask the customer for the right address" in page
    ben.post(f"{LIST}{row.pk}/act/", {"act": "note", "note": "<b>called</b>"})
    page = ben.get(f"{LIST}{row.pk}/change/").content.decode()
    assert "&lt;b&gt;called&lt;/b&gt;" in page
    ben.post(f"{LIST}{row.pk}/act/", {"act": "resolve", "resolution": "address_mended"})
    assert again(row).resolution == "address_mended"


def test_the_orders_page_shows_its_exceptions(ben):
    row = trouble()
    page = ben.get(reverse("admin:parcelwise_fulfillment_order_change", args=[row.shipment.order_id])).content.decode()
    assert "It is silent." in page
    assert f"{LIST}{row.pk}/change/" in page


def test_staff_state_that_a_delivered_parcel_did_not_arrive(ben):
    there, under_way = a_shipment(status="delivered", delivered_at=timezone.now()), a_shipment(status="in_transit")
    chosen = {"action": "dispute", "_selected_action": [there.pk, under_way.pk]}
    page = ben.post("/admin/parcelwise_fulfillment/shipment/", chosen, follow=True).content.decode()
    assert "1 parcel is disputed." in page
    assert "Only a parcel that counts as delivered" in page
    assert ShipmentException.objects.get().shipment == there


def test_who_may_look_may_not_act(client):
    cleo, row = User.objects.create_user("cleo", is_staff=True), trouble()
    cleo.user_permissions.add(Permission.objects.get(codename="view_shipmentexception"))
    client.force_login(cleo)
    assert "Assign to me" not in client.get(LIST).content.decode()
    assert client.post(f"{LIST}{row.pk}/act/", {"act": "assign"}).status_code == 403
    assert client.post(f"{LIST}undo/").status_code == 403
    act(client, "resolve", row, resolution="other")
    assert again(row).owner is None
    assert row.closed_at is None


def test_nothing_happens_by_following_a_link(ben):
    row = trouble()
    assert ben.get(f"{LIST}{row.pk}/act/?act=assign").status_code == 403
    assert ben.get(f"{LIST}undo/").status_code == 403


def test_a_number_finds_its_exception(ben):
    row = trouble(shipment=a_shipment(an_order(number="NL-77")))
    trouble("late")
    for words in ("NL-77", row.shipment.tracking_number):
        page = ben.get(LIST, {"q": words}).content.decode()
        assert "It is silent." in page
        assert "It is late." not in page
