"""Which events there are, what they say, and that docs/webhooks.md shows them as they are."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from fulfillment.facts import Scan, TrackingUpdate
from fulfillment.models import ExceptionChange, Forecast, Order, ShipmentChange
from fulfillment.services import delays
from fulfillment.services.happenings import arrivals_changed, order_recorded, scope_of
from fulfillment.services.orders import close_missing, record_order
from fulfillment.services.shipments import apply_update
from parcelwise.changes import announce_pending, tell
from parcelwise.endpoints import WebhookDelivery, WebhookEvent
from parcelwise.outgoing.kinds import choices, declared
from parcelwise.testing import run_jobs
from tests.docs.pages import ROOT, blocks
from tests.factories import a_shipment, a_store, an_order
from tests.outgoing.conftest import an_endpoint
from tests.outgoing.story import live, statement

pytestmark = pytest.mark.django_db

PAGE = ROOT / "docs" / "webhooks.md"


_once: list[dict] = []


@pytest.fixture
def told(request) -> list[dict]:
    """All that a receiver hears of one order's life, which is lived once for all tests that only read of it."""
    if not _once:
        request.getfixturevalue("endpoint")
        live(a_store(slug="nordlicht"))
        _once.extend(one.message for one in request.getfixturevalue("twin").heard)
    return deepcopy(_once)


def shape(value):
    """The form of a JSON value: names and types; what may be null is known by its name in another example."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def fits(documented, real, path=""):
    """Where two shapes differ; null fits everything."""
    if "NoneType" in (documented, real) or documented == real:
        return []
    if isinstance(documented, dict) and isinstance(real, dict):
        odd = [f"{path}.{name}" for name in documented.keys() ^ real.keys()]
        both = documented.keys() & real.keys()
        return odd + [one for name in both for one in fits(documented[name], real[name], f"{path}.{name}")]
    if isinstance(documented, list) and isinstance(real, list):
        return fits(documented[0], real[0], f"{path}[]") if documented and real else []
    return [f"{path}: {documented} and {real}"]


def test_a_life_is_told_event_by_event(told):
    kinds = [message["type"] for message in told]
    assert {
        "order.recorded", "arrival.changed", "delay.expected", "delay.over", "shipment.picked_up",
        "shipment.in_transit", "shipment.out_for_delivery", "shipment.delivered", "exception.opened",
        "exception.closed", "return.approved", "return.received", "return.closed",
    } <= set(kinds)  # fmt: skip
    assert kinds.count("shipment.delivered") == 1
    assert kinds.index("shipment.delivered") < kinds.index("return.approved")
    assert kinds.index("delay.expected") < kinds.index("delay.over")


def test_each_event_has_a_number_that_grows_and_is_told_once(told):
    numbers = [message["sequence"] for message in told]
    assert len(set(numbers)) == len(numbers)
    assert len({message["id"] for message in told}) == len(told)


def test_no_message_says_who_bought_or_where_they_live(told):
    text = json.dumps(told, ensure_ascii=False)
    for word in ("Ana", "Souza", "ana@example.com", "23456789", "Lindwurm", "München", "ring twice"):
        assert word not in text, word


def test_messages_are_small(told):
    assert max(len(json.dumps(message)) for message in told) < 20_000


def test_the_page_shows_every_family_as_it_is_sent(told):
    """An example in the page has the same fields as the message; every message has an example of its family."""
    documented = {}
    for block in blocks(PAGE):
        if block.language == "json":
            message = json.loads(block.text)
            documented[message["type"].partition(".")[0]] = message
    for message in told:
        example = documented[message["type"].partition(".")[0]]
        assert fits(shape(example), shape(message)) == [], message["type"]
        assert example["version"] == message["version"]


def test_the_page_names_every_event(told):
    text = PAGE.read_text()
    assert [kind for kind in declared() if f"`{kind}`" not in text] == []


def test_a_receiver_hears_of_its_own_store_only(twin):
    mine, other = a_store(), a_store()
    an_endpoint(twin, "/mine", scope=scope_of(mine.pk))
    record_order(mine, statement(external_id="1", number="MINE"))
    record_order(other, statement(external_id="2", number="OTHER"))
    run_jobs()
    assert {one.message["data"]["order"]["number"] for one in twin.heard if one.kind == "order.recorded"} == {"MINE"}
    assert not WebhookEvent.objects.filter(scope=scope_of(other.pk)).exists()


@pytest.mark.parametrize(
    ("types", "heard"),
    [
        (["shipment.*"], {"shipment.picked_up", "shipment.delivered"}),
        (["return.closed"], {"return.closed"}),
        (["delay.*", "exception.opened"], {"delay.expected", "delay.over", "exception.opened"}),
        (["nothing.*"], set()),
    ],
)
def test_a_receiver_hears_what_it_chose(twin, types, heard):
    an_endpoint(twin, types=types)
    live(a_store())
    kinds = {one.kind for one in twin.heard}
    assert heard <= kinds
    assert {kind.partition(".")[0] for kind in kinds} == {kind.partition(".")[0] for kind in heard}


def test_families_can_be_chosen(db):
    offered = [value for value, _words in choices()]
    assert offered[0] == "*"
    assert {"shipment.*", "shipment.delivered", "return.*", "order.recorded"} <= set(offered)


def test_an_imported_past_is_told_to_nobody(endpoint, twin):
    record_order(a_store(), statement(), history=True)
    run_jobs()
    assert twin.heard == []


def test_an_order_that_its_store_no_longer_has_is_told_as_cancelled(endpoint, twin):
    store = a_store()
    record_order(store, statement())
    close_missing(store, "5001")
    run_jobs()
    told = [one.message for one in twin.heard if one.kind == "order.recorded"]
    last = max(told, key=lambda message: message["sequence"])["data"]  # messages may overtake each other
    assert (last["created"], last["order"]["status"]) == (False, "cancelled")


def test_nothing_is_written_when_nobody_listens(db, django_assert_num_queries):
    order = an_order()
    with django_assert_num_queries(1):
        order_recorded(order, created=True)
    assert not WebhookEvent.objects.exists()


def test_an_event_is_undone_with_the_transaction_that_it_is_about(endpoint):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record_order(a_store(), statement())
        raise ZeroDivisionError
    assert not WebhookEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_process_that_dies_after_its_commit_loses_no_event(twin, monkeypatch):
    """The signals are never sent: orders, windows and delays are noted before; the sweep tells the rest."""
    an_endpoint(twin)
    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.run_and_clear_commit_hooks",
                        lambda self: self.run_on_commit.clear())  # fmt: skip
    order = record_order(a_store(), statement())
    parcel = order.shipments.get()
    apply_update(parcel, TrackingUpdate("1Z999AA10123456784", (Scan(timezone.now(), "delivered", "Left"),)))
    assert not WebhookEvent.objects.filter(kind="shipment.delivered").exists()
    monkeypatch.undo()
    announce_pending(older_than=0)
    announce_pending(older_than=0)
    run_jobs()
    kinds = [one.kind for one in twin.heard]
    assert kinds.count("shipment.delivered") == 1
    assert kinds.count("order.recorded") >= 1


def test_a_change_that_is_announced_twice_is_one_event(endpoint, twin):
    live(a_store())
    before = len(twin.heard)
    for change in [*ShipmentChange.objects.all(), *ExceptionChange.objects.all()]:
        tell(change)
    run_jobs()
    assert len(twin.heard) == before


def test_an_endpoint_hears_nothing_of_what_was_before_it(endpoint, something_happens, twin):
    something_happens()
    later = an_endpoint(twin, "/later")
    run_jobs()
    assert not WebhookDelivery.objects.filter(endpoint=later).exists()


def test_a_message_whose_record_is_gone_waits_for_staff(endpoint, something_happens, twin):
    order = something_happens()
    WebhookEvent.objects.update(source=f"{Order._meta.label_lower}:{order.pk + 999}")
    run_jobs()
    event = WebhookEvent.objects.get()
    assert event.state == "dead"
    assert "gone" in event.last_error


def test_a_window_of_the_same_days_is_no_news(endpoint, twin):
    parcel, now = a_shipment(), timezone.now()
    row = {"shipment": parcel, "moment": "scan", "p10": now, "p50": now, "p90": now, "version": "1"}
    first = Forecast.objects.create(**row, is_current=False, p_late=0.1)
    second = Forecast.objects.create(**row, p_late=0.5)
    arrivals_changed([first], {})
    arrivals_changed([second], {parcel.pk: first})
    assert WebhookEvent.objects.count() == 1


def test_a_delay_that_was_not_there_is_not_over(endpoint):
    delays.close(a_shipment(), timezone.now() + timedelta(days=1))
    assert not WebhookEvent.objects.exists()


def test_the_pages_python_verifies_what_is_sent(twin, endpoint, something_happens, monkeypatch, rf):
    """The example of docs/webhooks.md, run as it stands there."""
    something_happens()
    run_jobs()
    [example] = [block for block in blocks(PAGE) if "WebhookVerificationError" in block.text]
    scope: dict = {}
    exec(compile(example.text, str(PAGE), "exec"), scope)
    monkeypatch.setenv("WEBHOOK_SECRET", endpoint.keys()[0])
    last = twin.heard[-1]
    with time_machine.travel(int(last.timestamp)):
        for body, status in ((last.body, 204), (last.body, 204), (last.body + b" ", 401)):
            request = rf.post(
                "/", body, content_type="application/json", HTTP_WEBHOOK_ID=last.name,
                HTTP_WEBHOOK_TIMESTAMP=last.timestamp, HTTP_WEBHOOK_SIGNATURE=last.signature,
            )  # fmt: skip
            assert scope["parcelwise_hook"](request).status_code == status
    assert scope["seen"] == {last.name}
