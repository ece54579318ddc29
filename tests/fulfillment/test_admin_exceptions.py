"""The queue of exceptions as staff use it."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fulfillment.models import ShipmentException, TrackingPoll
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


class TestWork:
    def test_chips_say_how_many_and_lead_there(self, ben):
        trouble("late", severity=1, owner=User.objects.get(username="ben"))
        trouble("damaged", severity=3)
        page = ben.get(LIST).content.decode()
        chips = page[page.index("pw-chips") : page.index("</nav>", page.index("pw-chips"))]
        for words in ("Waiting (2)", "Mine (1)", "Damaged (1)", "today (1)", "ben (1)"):
            assert words in chips, words
        [address] = re.findall(r'href="([^"]*)"[^>]*>Damaged \(1\)', chips)
        assert "It is late." not in ben.get(f"{LIST}{address}").content.decode()

    def test_after_one_comes_the_next(self, ben):
        cleo = User.objects.create_user("cleo")
        first = trouble(severity=3)
        trouble("lost", severity=3, owner=cleo)
        second = trouble("late", severity=1)
        said = {"act": "resolve", "resolution": "other", "then": "next"}
        answer = ben.post(f"{LIST}{first.pk}/act/", said)
        assert answer.url == f"{LIST}{second.pk}/change/", "what somebody else has taken is left out"
        page = ben.post(f"{LIST}{second.pk}/act/", said, follow=True).content.decode()
        assert "That was the last one that waits for you." in page

    def test_without_a_reason_nobody_goes_on(self, ben):
        first, _second = trouble(severity=3), trouble("late", severity=1)
        answer = ben.post(f"{LIST}{first.pk}/act/", {"act": "resolve", "resolution": "", "then": "next"})
        assert answer.url == f"{LIST}{first.pk}/change/"

    def test_one_is_snoozed_until_the_morning_of_a_day(self, ben):
        row, day = trouble(), timezone.localdate() + timedelta(days=10)
        act(ben, "snooze", row, until=day.isoformat())
        assert timezone.localtime(again(row).snoozed_until).date() == day
        assert "Choose a day that is yet to come." in act(ben, "snooze", row, until="2020-01-01")
        assert timezone.localtime(again(row).snoozed_until).date() == day

    def test_the_carriers_of_many_are_asked_at_once(self, ben):
        asked, nobody, over = trouble(), trouble("late"), trouble("disputed", shipment=a_shipment(status="delivered"))
        later = timezone.now() + timedelta(hours=9)
        TrackingPoll.objects.create(shipment=asked.shipment, not_before=later)
        TrackingPoll.objects.create(shipment=over.shipment, state="done")
        page = act(ben, "ask_carrier", asked, nobody, over)
        assert "The carrier of 1 parcel is asked now. 2 cannot be asked for." in page
        assert TrackingPoll.objects.get(shipment=asked.shipment).not_before <= timezone.now()
        assert TrackingPoll.objects.get(shipment=over.shipment).state == "done"
        assert asked.notes.get().words == "The carrier is asked."
        assert not nobody.notes.exists()

    def test_the_table_to_take_away_has_no_formula(self, ben):
        row = trouble(why='=HYPERLINK("http://evil.example")', shipment=a_shipment(an_order(number="NL-77")))
        other = trouble("late")
        chosen = {"action": "download", "_selected_action": [row.pk, other.pk]}
        answer = ben.post(LIST, chosen)
        lines = list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))
        assert {line["order"] for line in lines} == {"NL-77", other.shipment.order.number}
        [line] = [line for line in lines if line["order"] == "NL-77"]
        assert line["why"] == '\'=HYPERLINK("http://evil.example")'
        assert answer["Content-Disposition"].startswith('attachment; filename="exceptions-')

    def test_a_mail_to_the_customer_is_begun_for_who_may_see_the_order(self, ben, client):
        row = trouble()
        contact = row.shipment.order.contact
        type(contact).objects.filter(pk=contact.pk).update(email="a&b@example.com", name='Ana "<b>"')
        page = ben.get(f"{LIST}{row.pk}/change/").content.decode()
        assert "mailto:a%26b@example.com?subject=Your%20order" in page
        cleo = User.objects.create_user("cleo", is_staff=True)
        cleo.user_permissions.add(Permission.objects.get(codename="view_shipmentexception"))
        client.force_login(cleo)
        page = client.get(f"{LIST}{row.pk}/change/").content.decode()
        assert "It is silent." in page
        assert "mailto:" not in page

    def test_the_page_links_to_sending_it_again_where_that_makes_sense(self, ben):
        lost = trouble("lost", shipment=a_shipment(status="on_hold", reason="carrier_parcel_lost"))
        address = reverse("admin:parcelwise_fulfillment_shipment_related", args=[lost.shipment_id])
        assert address in ben.get(f"{LIST}{lost.pk}/change/").content.decode()
        late = trouble("late")
        assert "Send it again" not in ben.get(f"{LIST}{late.pk}/change/").content.decode()

    def test_the_page_names_the_one_before(self, ben):
        first = trouble("lost", closed_at=timezone.now())
        second = trouble("lost", shipment=first.shipment, episode="1+2", previous=first)
        assert f"{LIST}{first.pk}/change/" in ben.get(f"{LIST}{second.pk}/change/").content.decode()


def test_an_empty_queue_says_so_in_words(ben):
    assert "Nothing is here." in ben.get(LIST).content.decode()
    trouble()
    assert "Nothing is here." not in ben.get(LIST).content.decode()
