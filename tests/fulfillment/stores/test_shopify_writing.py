"""What we tell a Shopify store happens there once, whatever breaks on the way."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.utils import timezone

from fulfillment.models import StoreWrite, WriteKind
from fulfillment.services import writes
from fulfillment.stores.base import NothingHappened, WriteData
from fulfillment.stores.shopify import ShopifyPlatform, writing
from parcelwise.errors import GiveUp, Misconfigured, RetryLater
from parcelwise.jobs import JobState
from parcelwise.testing import run_jobs
from tests.factories import an_order
from tests.fulfillment.stores.a_shopify import connected, platform

pytestmark = pytest.mark.django_db

MUG = {"title": "Mug", "price": "9.90", "quantity": 2, "sku": "MUG"}
TEA = {"title": "Tea", "price": "4.00", "sku": "TEA"}
NUMBER = {"carrier": "dhl", "tracking_number": "00340434292135100124", "tracking_url": "", "contents": None}


@pytest.fixture
def store(shopify):
    shopify.bucket.maximum = 50_000
    return connected(shopify)


@pytest.fixture
def theirs(shopify):
    return shopify.world.place_order(customer={"email": "ana@example.com"}, lines=[MUG, TEA])


def tell(store, kind: str, order: Any, payload: dict[str, Any], **columns: Any) -> Any:
    """Carry the intention out at once, as the first try."""
    intention = WriteData(kind, columns.pop("key", f"{kind}:1"), order.gid, payload, **columns)
    return platform(store, patience=20).write(intention)


def queued(store, theirs, kind: str, payload: dict[str, Any], after: StoreWrite | None = None) -> StoreWrite:
    order = an_order(store, external_id=theirs.gid)
    return writes.queue_write(order, kind, payload, key=f"{kind}:{theirs.gid}", after=after)


def work_off(write: StoreWrite, monkeypatch) -> StoreWrite:
    """Until it is settled, as if the pauses between the tries had passed."""
    monkeypatch.setattr(ShopifyPlatform, "settle_seconds", 0)
    for _ in range(5):
        StoreWrite.objects.filter(pk=write.pk, state=JobState.WAITING).update(not_before=timezone.now())
        run_jobs(10)
        write.refresh_from_db()
        if write.state != JobState.WAITING:
            break
    return write


# Exactly once

PAYLOADS: dict[str, tuple[str, dict[str, Any]]] = {
    WriteKind.TRACKING: ("fulfillmentCreate", NUMBER),
    WriteKind.TRACKING_EVENT: (
        "fulfillmentEventCreate",
        {"status": "in_transit", "happened_at": "2026-11-20T10:15:00+00:00", "message": "Hamburg"},
    ),
    WriteKind.RETURN_REQUESTED: ("returnRequest", {"rma": "R-1", "requested_at": "2026-11-22T10:00:00+00:00"}),
    WriteKind.REFUND: (
        "refundCreate",
        {"amount": 1390, "currency": "EUR", "shipping": 0, "reason": "Broken", "restock": False, "move_money": True},
    ),
}


def effects(order: Any) -> dict[str, int]:
    return {
        WriteKind.TRACKING: len(order.fulfillments),
        WriteKind.TRACKING_EVENT: sum(len(parcel.events) for parcel in order.fulfillments),
        WriteKind.RETURN_REQUESTED: len(order.returns),
        WriteKind.REFUND: len(order.refunds),
    }


@pytest.mark.parametrize("fault", ["after", "truncated", "reset", "500", "429"])
@pytest.mark.parametrize("kind", list(PAYLOADS))
def test_a_call_that_breaks_off_has_its_effect_once(shopify, store, theirs, monkeypatch, kind, fault):
    mutation, payload = PAYLOADS[kind]
    line = theirs.lines[0].gid
    if kind != WriteKind.TRACKING:
        payload = {**payload, "parcel": shopify.world.fulfill(theirs).gid}
    payload = {**payload, "lines": [{"line": line, "pieces": 1, "amount": 832, "tax": 158, "reason": "too_small"}]}
    before = effects(theirs)[kind]
    shopify.faults.next(fault, body=mutation)
    write = work_off(queued(store, theirs, kind, payload), monkeypatch)
    assert write.state == JobState.DONE, write.last_error
    assert write.attempts == (1 if fault == "429" else 2)  # a throttled call did nothing and goes again at once
    assert effects(theirs)[kind] == before + 1
    assert write.external_id


def test_a_refund_is_not_repeated_with_another_key_in_another_try(shopify, store, theirs):
    payload = PAYLOADS[WriteKind.REFUND][1]
    first = tell(store, "refund", theirs, payload)
    again = tell(store, "refund", theirs, payload, began_at=timezone.now())
    other = tell(store, "refund", theirs, {**payload, "amount": 100}, key="refund:2")
    assert first.external_id == again.external_id != other.external_id
    assert [refund.total for refund in theirs.refunds] == [1390, 100]


def test_a_try_that_said_nothing_to_shopify_leaves_no_trace(shopify, store, theirs):
    shopify.faults.next("500", times=9)
    with pytest.raises(NothingHappened):
        tell(store, "refund", theirs, PAYLOADS[WriteKind.REFUND][1])
    shopify.faults.clear()
    shopify.faults.next("hang", body="refundCreate", seconds=0.1)
    with pytest.raises(RetryLater) as caught:
        tell(store, "refund", theirs, PAYLOADS[WriteKind.REFUND][1])
    assert not isinstance(caught.value, NothingHappened)


# Parcels


def test_a_number_makes_a_fulfilment_of_what_is_in_the_parcel(shopify, store, theirs):
    mug, tea = (line.gid for line in theirs.lines)
    written = tell(store, "tracking", theirs, {**NUMBER, "contents": {mug: 1}})
    (sent,) = theirs.fulfillments
    assert written.external_id == sent.gid
    assert [(line.line_item.gid, line.quantity) for line in sent.lines] == [(mug, 1)]
    assert [(info.company, info.number) for info in sent.tracking] == [("DHL", "00340434292135100124")]
    tell(store, "tracking", theirs, {**NUMBER, "tracking_number": "2", "contents": {mug: 1, tea: 1}}, key="2")
    assert len(theirs.fulfillments) == 2


def test_a_parcel_that_is_there_without_a_number_gets_it(shopify, store, theirs):
    sent = shopify.world.fulfill(theirs)
    assert tell(store, "tracking", theirs, NUMBER).external_id == sent.gid
    assert [info.number for info in sent.tracking] == ["00340434292135100124"]
    assert len(theirs.fulfillments) == 1


def test_what_is_not_left_to_send_is_not_sent(shopify, store, theirs):
    shopify.world.fulfill(theirs, numbers=["other"])
    with pytest.raises(GiveUp, match="left to be sent"):
        tell(store, "tracking", theirs, NUMBER)


def test_an_event_is_added_in_shopifys_words(shopify, store, theirs):
    sent = shopify.world.fulfill(theirs, numbers=["A", "B"])
    payload = {**PAYLOADS[WriteKind.TRACKING_EVENT][1], "parcel": f"{sent.gid}#B", "city": "Hamburg"}
    written = tell(store, "tracking_event", theirs, {**payload, "status": "out_for_delivery"})
    (event,) = sent.events
    assert (event.status, event.city, str(event.id)) == ("OUT_FOR_DELIVERY", "Hamburg", written.external_id)
    with pytest.raises(GiveUp, match="no word"):
        tell(store, "tracking_event", theirs, {**payload, "status": "unknown"})


# Returns


@pytest.fixture
def back(shopify, store, theirs):
    """A return of one mug and the tea that our write asked for."""
    shopify.world.fulfill(theirs, lines={"MUG": 1})
    shopify.world.fulfill(theirs)
    mug, tea = (line.gid for line in theirs.lines)
    lines = [{"line": mug, "pieces": 2, "reason": "too_small", "note": "Far too small"}, {"line": tea, "pieces": 1}]
    return tell(store, "return_requested", theirs, {"rma": "R-1", "lines": lines}).external_id


def state_of(theirs, gid):
    return next(each for each in theirs.returns if each.gid == gid)


def test_a_return_is_asked_for_over_several_parcels(theirs, back):
    found = state_of(theirs, back)
    assert found.status == "REQUESTED"
    assert sorted(line.quantity for line in found.lines) == [1, 1, 1]
    assert {line.return_reason_definition.handle for line in found.lines} == {"too-small", "other"}
    assert {line.customer_note for line in found.lines} == {"Far too small", None}


def test_a_return_is_approved_labelled_and_processed(shopify, store, theirs, back):
    def once(kind, payload):
        made = tell(store, kind, theirs, payload, earlier=back)
        assert tell(store, kind, theirs, payload, earlier=back).external_id == made.external_id
        return made

    once("return_approved", {"rma": "R-1", "notify": False})
    found = state_of(theirs, back)
    assert found.status == "OPEN"
    pdf = b"%PDF-1.7 label"
    label = {"rma": "R-1", "tracking_number": "9L1", "label_pdf": base64.b64encode(pdf).decode()}
    once("return_label", label)
    (way,) = found.reverse_fulfillment_orders[0].reverse_deliveries
    assert way.deliverable.tracking.number == "9L1"
    assert list(shopify.uploads.taken.values()) == [pdf]
    mug, tea = (line.gid for line in theirs.lines)
    came = [
        {"line": mug, "pieces": 1, "disposition": "restocked"},
        {"line": mug, "pieces": 1, "disposition": "damaged"},
        {"line": tea, "pieces": 1, "disposition": "restocked"},
    ]
    tell(store, "return_processed", theirs, {"rma": "R-1", "lines": came, "note": ""}, earlier=back)
    kinds = [each.type for line in found.reverse_fulfillment_orders[0].lines for each in line.dispositions]
    assert sorted(kinds) == ["NOT_RESTOCKED", "RESTOCKED", "RESTOCKED"]
    assert found.status == "CLOSED"


def test_goods_that_were_processed_by_a_broken_call_are_not_processed_again(shopify, store, theirs, back):
    tell(store, "return_approved", theirs, {"rma": "R-1"}, earlier=back)
    mug = theirs.lines[0].gid
    payload = {"rma": "R-1", "lines": [{"line": mug, "pieces": 1, "disposition": "damaged"}]}
    began = timezone.now()
    intention = WriteData("return_processed", "k", theirs.gid, payload, began_at=began, earlier=back)
    reader = platform(store, patience=20)
    assert reader.look(intention) is None
    shopify.faults.next("after", body="returnProcess")
    with pytest.raises(RetryLater):
        reader.write(intention)
    assert reader.look(intention).external_id == back
    assert sum(line.processed_quantity for line in state_of(theirs, back).lines) == 1


def test_a_return_is_declined_or_cancelled(shopify, store, theirs, back):
    payload = {"rma": "R-1", "reason": "window", "note": "Too late"}
    for _ in range(2):
        tell(store, "return_declined", theirs, payload, earlier=back)
    found = state_of(theirs, back)
    assert (found.status, found.decline.reason) == ("DECLINED", "RETURN_PERIOD_ENDED")
    lines = [{"line": theirs.lines[1].gid, "pieces": 1, "reason": "damaged"}]
    other = tell(store, "return_requested", theirs, {"rma": "R-2", "lines": lines}, key="2").external_id
    for _ in range(2):
        tell(store, "return_cancelled", theirs, {"rma": "R-2"}, earlier=other)
    assert state_of(theirs, other).status == "CANCELED"


def test_more_than_was_sent_is_not_asked_back(store, theirs, back):
    with pytest.raises(GiveUp, match="cannot be returned"):
        lines = [{"line": theirs.lines[0].gid, "pieces": 1}]
        tell(store, "return_requested", theirs, {"rma": "R-9", "lines": lines}, key="9")


def test_a_return_that_shopify_does_not_know_is_given_up(store, theirs):
    with pytest.raises(GiveUp, match="not told"):
        tell(store, "return_approved", theirs, {"rma": "R-1"})


# Money


def test_money_goes_back_to_the_payments_that_it_came_from(shopify, store):
    order = shopify.world.place_order(lines=[{"title": "Lamp", "price": "50.00"}], shipping=(), paid=False)
    for gateway, amount in (("gift_card", "20.01"), ("shopify_payments", "29.99")):
        shopify.world.pay(order, amount, gateway=gateway)
    payload = {**PAYLOADS[WriteKind.REFUND][1], "lines": []}
    tell(store, "refund", order, {**payload, "amount": 1000})
    tell(store, "refund", order, {**payload, "amount": 2500}, key="2")
    given = [(each.gateway, each.amount) for each in order.transactions if each.kind == "REFUND"]
    assert given == [("gift_card", 1000), ("gift_card", 1001), ("shopify_payments", 1499)]
    with pytest.raises(GiveUp, match="Only 15.00 EUR of 15.01 EUR"):
        tell(store, "refund", order, {**payload, "amount": 1501}, key="3")


def test_a_refund_that_moves_no_money_is_booked_without_a_transaction(shopify, store, theirs):
    lines = [{"line": theirs.lines[0].gid, "pieces": 1, "amount": 832, "tax": 158}]
    payload = {**PAYLOADS[WriteKind.REFUND][1], "amount": 990, "lines": lines, "move_money": False}
    tell(store, "refund", theirs, payload)
    (refund,) = theirs.refunds
    assert refund.transactions == []
    (data,) = platform(store, patience=20).read_orders([theirs.gid])[theirs.gid].refunds
    assert data.amount == 990


def test_pieces_that_never_left_go_back_into_stock_as_cancelled(shopify, store, theirs):
    shopify.world.fulfill(theirs, lines={"MUG": 1})
    lines = [{"line": theirs.lines[0].gid, "pieces": 2, "amount": 1664, "tax": 316}]
    tell(store, "refund", theirs, {**PAYLOADS[WriteKind.REFUND][1], "amount": 1980, "lines": lines, "restock": True})
    (refund,) = theirs.refunds
    assert sorted((line.restock_type, line.quantity) for line in refund.lines) == [("CANCEL", 1), ("RETURN", 1)]


def test_a_refund_in_another_currency_is_refused(store, theirs):
    with pytest.raises(GiveUp, match="USD"):
        tell(store, "refund", theirs, {**PAYLOADS[WriteKind.REFUND][1], "currency": "USD"})


def test_what_shopify_refuses_becomes_a_dead_letter_in_its_own_words(shopify, store, theirs, monkeypatch):
    payload = {**PAYLOADS[WriteKind.REFUND][1], "amount": 0, "lines": []}
    write = work_off(queued(store, theirs, WriteKind.REFUND, payload), monkeypatch)
    assert write.state == JobState.DEAD
    assert "There is nothing to refund" in write.last_error


def test_a_missing_scope_is_named(shopify, store, theirs):
    shopify.access.grant(*(shopify.access.scopes - {"write_returns"}), "read_returns")
    shopify.world.fulfill(theirs)
    with pytest.raises(Misconfigured, match="write_returns"):
        tell(store, "return_requested", theirs, {"rma": "R", "lines": [{"line": theirs.lines[0].gid, "pieces": 1}]})


def test_every_kind_of_write_can_be_carried_out():
    assert ShopifyPlatform.writes == set(WriteKind.values)


def test_a_write_that_takes_too_long_begins_no_further_call(shopify, store, theirs, monkeypatch):
    """Its lease would run out, and another worker would begin it a second time beside this one."""
    monkeypatch.setattr(writing, "BUDGET", -1.0)
    with pytest.raises(NothingHappened, match="goes on later"):
        tell(store, WriteKind.TRACKING, theirs, NUMBER)
    assert not theirs.fulfillments
