"""Of an erased person nothing is left, of everybody else everything, and no figure changes."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from analytics.report import Filters, build, kpi_summary
from demo.shop.models import Order as ShopOrder
from fulfillment.access import link_to
from fulfillment.ml.features import place
from fulfillment.models import (
    Customer,
    InboxEvent,
    LaneStatistics,
    Order,
    Refund,
    Shipment,
    Store,
    StoreWrite,
    TrackingPoll,
)
from fulfillment.privacy import contacts_called, contacts_of_store
from fulfillment.services.lanes import refresh_lanes
from fulfillment.services.shipments import refold
from notifications.models import Message
from parcelwise.models import Contact, Decision, PrivacyRequest, Problem, Tombstone
from parcelwise.panels import reference
from parcelwise.privacy import Stone, Traces, erase, export, is_erased
from parcelwise.testing import run_jobs
from returns.models import ReturnLabel, ReturnLine
from returns.services.labels import label_for
from tests.privacy.dump import cells, places
from tests.privacy.world import ANA, CLEO

#: Where the test world puts Ana. If she is not found there before, her absence afterwards proves nothing.
HERS = {
    "auth_user.username",
    "auth_user.email",
    "django_admin_log.object_repr",
    "django_q_task.result",
    "parcelwise_contact.name",
    "parcelwise_contact.email",
    "parcelwise_contact.phone",
    "parcelwise_decision.inputs",
    "parcelwise_decision.reasons",
    "parcelwise_decision.came_true",
    "parcelwise_fulfillment_carrieraccount.last_error",
    "parcelwise_fulfillment_customer.external_id",
    "parcelwise_fulfillment_importrun.error",
    "parcelwise_fulfillment_inboxevent.body",
    "parcelwise_fulfillment_order.raw",
    "parcelwise_fulfillment_refund.note",
    "parcelwise_fulfillment_storereturn.label_url",
    "parcelwise_fulfillment_storereturn.tracking_number",
    "parcelwise_fulfillment_storereturnline.note",
    "parcelwise_fulfillment_storewrite.payload",
    "parcelwise_fulfillment_storewrite.result",
    "parcelwise_fulfillment_order.ship_to",
    "parcelwise_fulfillment_shipment.destination",
    "parcelwise_fulfillment_shipment.origin",
    "parcelwise_fulfillment_shipment.tracking_number",
    "parcelwise_fulfillment_shipment.tracking_url",
    "parcelwise_fulfillment_shipmentchange.why",
    "parcelwise_fulfillment_storesync.last_error",
    "parcelwise_fulfillment_storesync.last_traceback",
    "parcelwise_fulfillment_trackingevent.description",
    "parcelwise_fulfillment_trackingevent.location",
    "parcelwise_fulfillment_trackingevent.raw",
    "parcelwise_notifications_held.key",
    "parcelwise_notifications_held.why",
    "parcelwise_notifications_message.address",
    "parcelwise_notifications_message.context",
    "parcelwise_notifications_message.html",
    "parcelwise_notifications_message.key",
    "parcelwise_notifications_message.text",
    "parcelwise_privacyrequest.result",
    "parcelwise_problem.key",
    "parcelwise_problem.raw",
    "parcelwise_problem.sentence",
    "parcelwise_returns_returnchange.why",
    "parcelwise_returns_returnlabel.pdf",
    "parcelwise_returns_returnline.comment",
    "shop_order.email",
    "testapp_chore.last_error",
}


def gone(person=ANA):
    return erase(contacts_called(person.email), why="asked by letter", actor="ben")


def theirs(person) -> list:
    where = places(*person.words)
    words = [word for word in person.words if not word.isdigit()]
    held = ((place, str(value)) for place, value in cells() if place in where)
    return sorted((place, value) for place, value in held if any(word in value for word in words))


def test_nothing_of_an_erased_person_is_left_in_any_table(world):
    assert HERS - places(*ANA.words) == set(), "the world does not put her there any more"
    gone()
    assert places(*ANA.words) == set()


def test_everything_of_others_stays(world):
    before = theirs(CLEO)
    assert len(before) > 40
    gone()
    assert theirs(CLEO) == before


def test_no_figure_changes(world):
    for store in (world.store, None):
        assert kpi_summary(store)["on_time_rate"]["n"] == 2
    before = figures(world.store)
    gone()
    assert figures(world.store) == before


def figures(store):
    """Every number of the KPI page, and what the lanes have learned."""
    refresh_lanes(store)
    lanes = sorted(LaneStatistics.objects.values_list("leg", "level", "key", "parcels"))
    page = re.sub(r" at 0x\w+", "", str(build(Filters()).kpis))
    return kpi_summary(), page, lanes


def test_the_state_of_a_parcel_follows_from_what_is_left_of_its_scans(world):
    gone()
    parcel = Shipment.objects.get(order=world.ana, direction="out")
    columns = ("status", "reason", "handed_over_at", "delivered_at", "delivered_on", "attempted_on", "last_event_at")
    before = [getattr(parcel, name) for name in columns]
    refold(parcel)
    assert [getattr(Shipment.objects.get(pk=parcel.pk), name) for name in columns] == before
    assert before[0] == "delivered"


def test_the_facts_of_the_order_stay(world):
    wanted = ("number", "total", "shipping", "currency", "placed_at", "promised_on", "status")
    before = Order.objects.filter(pk=world.ana.pk).values(*wanted).get()
    lane = place(world.ana.destination)
    gone()
    order = Order.objects.get(pk=world.ana.pk)
    assert Order.objects.filter(pk=order.pk).values(*wanted).get() == before
    assert place(order.destination) == lane == "DE-BY"
    assert order.lines.get().title == "Wool socks"
    assert order.returns.get().status == "closed"
    assert ReturnLine.objects.get(request__order=order).reason == "other"
    assert str(order.customer) == "Erased person"


def test_a_second_time_changes_nothing(world):
    contacts = contacts_called(ANA.email)
    assert erase(contacts, why="asked", actor="ben").anything
    before = everything_but_the_moment()
    again = erase(contacts, why="asked", actor="ben")
    assert not again.anything, again.counts
    assert everything_but_the_moment() == before
    assert contacts_called(ANA.email) == []


def everything_but_the_moment() -> list[str]:
    return sorted(str(cell) for cell in cells() if cell[0] != "parcelwise_tombstone.erased_at")


def test_what_was_done_is_written_down_without_a_name(world):
    erase([world.ana.contact], why=f"{ANA.name} wrote a letter", actor="ben")
    record = Decision.objects.get(kind="erasure")
    assert record.inputs == {"contacts": [world.ana.contact.pk], "actor": "ben"}
    assert record.reasons == ["(erased)"]
    assert record.outcome["orders"] > 5
    assert record.subject == reference(world.ana.contact)


def test_a_fault_in_one_app_leaves_everything_as_it_was(world, monkeypatch):
    before = sorted(map(str, cells()))
    monkeypatch.setattr("returns.privacy.Returns.erase", lambda self, people: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        gone()
    assert sorted(map(str, cells())) == before


def test_links_in_mail_boxes_and_on_labels_lead_nowhere(world, client):
    address = link_to(world.ana).split("8000", 1)[1]
    assert client.get(address).status_code == 200
    gone()
    answer = client.get(address)
    assert answer.status_code == 404


def test_nobody_is_told_or_asked_about_any_more(world):
    TrackingPoll.objects.get_or_create(shipment=world.ana.shipments.get(direction="out"))
    gone()
    assert not TrackingPoll.objects.filter(shipment__order=world.ana).exists()
    assert not ReturnLabel.objects.filter(request__order=world.ana).exists()
    run_jobs()
    assert not Message.objects.filter(contact=world.ana.contact, state__in=("waiting", "running")).exists()
    assert places(*ANA.words) == set()


def test_staff_can_look_at_what_is_left(world, admin_client):
    gone()
    message = Message.objects.filter(contact=world.ana.contact).first()
    for name, key in (
        ("parcelwise_fulfillment_order", world.ana.pk),
        ("parcelwise_notifications_message", message.pk),
        ("parcelwise_returns_returnrequest", world.ana.returns.get().pk),
        ("parcelwise_contact", world.ana.contact.pk),
    ):
        page = admin_client.get(reverse(f"admin:{name}_change", args=[key]))
        assert page.status_code == 200, name
        assert ANA.name not in page.content.decode()


def test_a_label_asked_for_afterwards_names_nobody(world):
    gone()
    label = label_for(world.ana.returns.get(), "a4")
    assert label.pdf
    assert places(*ANA.words) == set()


def test_the_shops_own_tables_are_erased_by_its_own_face(world):
    gone()
    mine = ShopOrder.objects.get(number="S-a")
    assert (mine.name, mine.email, mine.user.is_active) == ("", "", False)
    assert ShopOrder.objects.get(number="S-c").email == CLEO.email


def test_all_customers_of_a_store_can_be_erased(world):
    for store in Store.objects.all():
        erase(contacts_of_store(str(store.uuid)), why="shop/redact", actor="platform")
    assert places(*ANA.words, *CLEO.words) == set()


def test_what_came_with_the_request_is_remembered_too(world):
    erase([], why="customers/redact", actor="platform", also=Traces(stones=frozenset({Stone("order", "x:77")})))
    assert is_erased("order", "x:77")
    assert Tombstone.objects.count() == 1


def test_an_export_has_all_of_hers_and_nothing_of_others(world):
    held = export(contacts_called(ANA.email))
    assert set(held) == {"contacts", "couriers", "messages", "orders", "returns", "shop", "webhooks"}
    text = str(held)
    for word in set(ANA.words) - {"+4915123456789"}:
        assert word in text
    assert not [word for word in CLEO.words if word in text]
    by_store = {order["number"]: order for order in held["orders"]}
    assert set(by_store) == {"NL-a-1", "S-a"}
    order = by_store["NL-a-1"]
    assert order["as_the_store_stated_it"]["billing"]["email"] == ANA.email
    assert {parcel["direction"] for parcel in order["parcels"]} == {"out", "back"}
    assert "Call Anahita" in held["returns"][0]["lines"][0]["comment"]
    sent = [message for message in held["messages"] if message.get("text")]
    assert any(ANA.email == message["address"] for message in sent)


def test_an_export_of_an_erased_person_says_next_to_nothing(world):
    contact = world.ana.contact.pk
    gone()
    text = str(export([contact]))
    assert not [word for word in ANA.words if word in text]


def test_two_contacts_of_one_address_are_one_person(world):
    twin = Contact.objects.create(name="A. S.", email=ANA.email.upper())
    Customer.objects.create(store=world.store, external_id="second", contact=twin)
    assert twin.pk in contacts_called(ANA.email)
    gone()
    assert places(ANA.email) == set()


def test_money_is_still_given_back_and_nothing_more_is_told_of_parcels(world):
    gone()
    writes = {write.kind: write for write in StoreWrite.objects.filter(order=world.ana)}
    assert (writes["refund"].state, writes["refund"].payload) == ("dead", {"amount": 1990, "note": ""})
    assert writes["tracking_event"].state == "cancelled"
    assert Refund.objects.get(order=world.ana).amount == 1990


def test_a_customer_and_an_order_of_the_same_number_are_not_mixed_up(world):
    Customer.objects.filter(pk=world.ana.customer_id).update(external_id="77-a")
    gone()
    left = dict(InboxEvent.objects.filter(subject="77-a").values_list("topic", "body"))
    assert bytes(left["customers/update"]) == b""
    assert bytes(left["orders/updated"]) == b'{"id": 77}'


def test_a_problem_that_names_nobody_stays(world):
    kept = Problem.objects.note("import", "other.csv", "3 rows were rejected", raw="1;2;3")
    gone()
    kept.refresh_from_db()
    assert (kept.sentence, kept.raw) == ("3 rows were rejected", "1;2;3")


def test_requests_are_not_named_after_people(world):
    assert set(PrivacyRequest.objects.values_list("subject", flat=True)) == {""}
