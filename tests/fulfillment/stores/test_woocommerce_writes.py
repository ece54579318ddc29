"""What we tell a shop has one effect there, whatever breaks in between, and money moves only when it was said."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from fulfillment.models import Order, Shipment, Store, StoreWrite, WriteKind
from fulfillment.services import writes
from fulfillment.services.orders import record_statement
from fulfillment.services.telling_stores import add_parcel
from fulfillment.stores.woocommerce import client
from parcelwise.jobs import JobState, run_batch
from parcelwise.testing import run_jobs
from tests.fulfillment.stores.woocommerce_shop import Shop, a_woocommerce_shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with a_woocommerce_shop() as shop:
        yield shop


def an_order(shop: Shop, **columns: Any) -> Order:
    """An order of the shop, of two shirts and a pair of shoes, known here."""
    lines = [
        {"name": "Linen shirt", "sku": "SHIRT", "product_id": 10, "price": 4990, "quantity": 2},
        {"name": "Trail shoes", "sku": "SHOE", "product_id": 12, "price": 11900, "quantity": 1},
    ]
    placed = shop.twin.world.place_order(lines=lines, **{"payment_method": "stripe", **columns})
    shop.store.refresh_from_db()
    stated = shop.platform.read_orders([str(placed.id)])[str(placed.id)]
    return record_statement(shop.store, stated, asked_at=timezone.now()).order


def refund_of(order: Order, **columns: Any) -> dict[str, Any]:
    shirt = order.lines.get(sku="SHIRT")
    line = {"line": shirt.external_id, "pieces": 1, "amount": 4990, "tax": 948}
    return {
        "amount": 5938,
        "currency": "EUR",
        "lines": [line],
        "shipping": 0,
        "reason": "Too small",
        "restock": False,
        "move_money": False,
        "rma": "R-7QK2",
        **columns,
    }


def queue(order: Order, kind: str, payload: dict[str, Any], key: str = "k1") -> StoreWrite:
    write = writes.queue_write(order, kind, payload, key=key)
    assert write is not None
    return write


def later(minutes: float = 20) -> None:
    """Let time pass for what waits in the outbox."""
    for write in StoreWrite.objects.exclude(last_call_at=None):
        StoreWrite.objects.filter(pk=write.pk).update(last_call_at=write.last_call_at - timedelta(minutes=minutes))
    StoreWrite.objects.filter(state=JobState.WAITING).update(not_before=timezone.now())


def world_order(shop: Shop, order: Order) -> Any:
    return shop.twin.world.order(int(order.external_id))


# Refunds


def test_a_refund_is_booked_with_its_lines_and_moves_no_money_unless_it_says_so(shop):
    order = an_order(shop)
    write = queue(order, WriteKind.REFUND, refund_of(order))
    run_jobs()
    write.refresh_from_db()
    (refund,) = world_order(shop, order).refunds
    assert (write.state, write.external_id) == (JobState.DONE, str(refund.id))
    assert (refund.amount, refund.by_gateway, shop.twin.world.gateway_refunds) == (5938, False, [])
    assert [(line.quantity, line.total, line.tax) for line in refund.lines] == [(-1, -4990, -948)]
    assert refund.reason.startswith("Too small Return R-7QK2 (Ref. ")
    assert write.result == {"amount": "59.38", "by_gateway": False}


def test_money_moves_when_it_was_decided(shop):
    order = an_order(shop)
    queue(order, WriteKind.REFUND, refund_of(order, move_money=True))
    run_jobs()
    assert shop.twin.world.gateway_refunds == [(int(order.external_id), 5938)]


@pytest.mark.parametrize("said", [None, "true", 1, "yes"])
def test_nothing_but_true_moves_money(shop, said):
    order = an_order(shop)
    queue(order, WriteKind.REFUND, refund_of(order, move_money=said))
    run_jobs()
    assert shop.twin.world.gateway_refunds == []
    assert len(world_order(shop, order).refunds) == 1


def stock_back(shop: Shop, order: Order) -> list[str]:
    return [meta.value for line in world_order(shop, order).lines for meta in line.meta if "restock" in meta.key]


def test_goods_go_back_to_the_shelf_when_it_was_decided(shop):
    order = an_order(shop)
    queue(order, WriteKind.REFUND, refund_of(order), "k1")
    run_jobs()
    assert stock_back(shop, order) == []
    queue(order, WriteKind.REFUND, refund_of(order, restock=True), "k2")
    run_jobs()
    assert stock_back(shop, order) == ["1"]


@pytest.mark.parametrize("kind", ["after", "truncated"])
def test_a_refund_whose_answer_was_lost_is_found_and_not_made_again(shop, kind):
    order = an_order(shop)
    shop.twin.faults.next(kind, method="POST", path="/refunds")
    write = queue(order, WriteKind.REFUND, refund_of(order, move_money=True))
    run_jobs()
    assert StoreWrite.objects.get().state == JobState.WAITING
    later(minutes=0)
    run_jobs()
    write.refresh_from_db()
    assert (write.state, write.external_id) == (JobState.DONE, str(world_order(shop, order).refunds[0].id))
    assert len(shop.twin.world.gateway_refunds) == 1


def test_a_refund_that_php_makes_after_we_left_is_not_made_again(shop, monkeypatch):
    monkeypatch.setattr(client, "WRITING", 0.3)
    order = an_order(shop)
    shop.twin.faults.next("slow", method="POST", path="/refunds", seconds=2.5)
    queue(order, WriteKind.REFUND, refund_of(order, move_money=True))
    run_jobs()
    later(minutes=0)
    run_jobs()
    write = StoreWrite.objects.get()
    assert write.state == JobState.WAITING and "may still be at work" in write.last_error
    assert shop.twin.world.gateway_refunds == [], "it has not come to it yet"
    for _wait in range(60):
        if shop.twin.world.gateway_refunds:
            break
        time.sleep(0.1)
    later(minutes=0)
    run_jobs()
    assert StoreWrite.objects.get().state == JobState.DONE
    assert len(shop.twin.world.gateway_refunds) == 1


def test_a_process_that_dies_after_the_refund_does_not_refund_twice(shop, monkeypatch):
    order = an_order(shop)
    queue(order, WriteKind.REFUND, refund_of(order, move_money=True))
    with monkeypatch.context() as dying:
        dying.setattr(writes, "confirm", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run_batch(StoreWrite)
    assert len(shop.twin.world.gateway_refunds) == 1
    StoreWrite.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    run_jobs()
    assert StoreWrite.objects.get().state == JobState.DONE
    assert len(shop.twin.world.gateway_refunds) == 1


def test_a_refund_whose_meta_data_was_never_stored_is_found_by_its_reason(shop):
    """PHP dies while it mails: the refund is there, with its reason and without the meta data that come last."""
    order = an_order(shop)
    shop.twin.faults.next("after", method="POST", path="/refunds")
    queue(order, WriteKind.REFUND, refund_of(order))
    run_jobs()
    world_order(shop, order).refunds[0].meta.clear()
    later()
    run_jobs()
    assert StoreWrite.objects.get().state == JobState.DONE
    assert len(world_order(shop, order).refunds) == 1


def test_a_refund_that_never_reached_the_shop_is_made_after_it_has_settled(shop):
    order = an_order(shop)
    shop.twin.faults.next("reset", method="POST", path="/refunds")
    queue(order, WriteKind.REFUND, refund_of(order))
    run_jobs()
    later(minutes=5)
    run_jobs()
    assert world_order(shop, order).refunds == []
    later(minutes=6)
    run_jobs()
    assert (StoreWrite.objects.get().state, len(world_order(shop, order).refunds)) == (JobState.DONE, 1)


@pytest.mark.parametrize(("kind", "method"), [("429", "POST"), ("503", "GET"), ("reset", "GET")])
def test_a_refund_that_was_turned_away_at_the_door_need_not_wait(shop, kind, method):
    order = an_order(shop)
    shop.twin.faults.next(kind, times=3, method=method, path="/refunds", seconds=30)
    queue(order, WriteKind.REFUND, refund_of(order))
    run_jobs()
    assert StoreWrite.objects.get().last_call_at is None
    shop.twin.faults.clear()
    later()
    run_jobs()
    assert (StoreWrite.objects.get().state, len(world_order(shop, order).refunds)) == (JobState.DONE, 1)


def test_a_refund_over_the_total_is_refused_once_in_the_shops_own_words(shop):
    order = an_order(shop)
    queue(order, WriteKind.REFUND, refund_of(order, amount=99_999))
    run_jobs()
    write = StoreWrite.objects.get()
    assert write.state == JobState.DEAD
    assert "Invalid refund amount." in write.last_error
    posts = [call for call in shop.twin.log if call["method"] == "POST" and call["path"].endswith("/refunds")]
    assert len(posts) == 1


def test_a_gateway_that_cannot_refund_says_so(shop):
    order = an_order(shop, payment_method="bacs")
    queue(order, WriteKind.REFUND, refund_of(order, move_money=True))
    run_jobs()
    assert "does not support automatic refunds" in StoreWrite.objects.get().last_error


def test_two_refunds_of_the_same_sum_are_two(shop):
    order = an_order(shop)
    for key in ("k1", "k2"):
        queue(order, WriteKind.REFUND, refund_of(order), key)
    run_jobs()
    assert len(world_order(shop, order).refunds) == 2
    assert len(set(StoreWrite.objects.values_list("external_id", flat=True))) == 2


@pytest.mark.parametrize(
    "columns", [{"currency": "USD"}, {"lines": [{"line": "999", "pieces": 1, "amount": 1, "tax": 0}]}], ids=str
)
def test_a_refund_that_does_not_fit_the_order_is_not_made(shop, columns):
    order = an_order(shop)
    queue(order, WriteKind.REFUND, refund_of(order, **columns))
    run_jobs()
    assert StoreWrite.objects.get().state == JobState.DEAD
    assert world_order(shop, order).refunds == []


# Parcels


def a_parcel(order: Order, number: str = "1Z999AA10123456784", **columns: Any) -> Shipment:
    return add_parcel(order, carrier="ups", tracking_number=number, **columns)


def learn(shop: Shop) -> None:
    list(shop.platform.check(shop.hook_url))
    shop.store.refresh_from_db()


def test_a_number_becomes_a_fulfilment_of_the_core(shop):
    learn(shop)
    order = an_order(shop)
    shirt = order.lines.get(sku="SHIRT").external_id
    parcel = a_parcel(order, contents={shirt: 1})
    run_jobs()
    (made,) = world_order(shop, order).fulfillments
    told = {meta.key: meta.value for meta in made.meta}
    assert (told["_tracking_number"], told["_shipment_provider"], told["_items"]) == (
        "1Z999AA10123456784",
        "ups",
        [{"item_id": int(shirt), "qty": 1}],
    )
    parcel.refresh_from_db()
    assert parcel.external_id == f"fulfillment:{made.id}"


@pytest.mark.parametrize("plugins", [("core",), ("shipment_tracking",), ("ast",), ()], ids=str)
def test_a_number_is_written_once_and_read_back_as_the_same_parcel(plugins):
    with a_woocommerce_shop(plugins=plugins) as shop:
        learn(shop)
        order = an_order(shop)
        path = {"core": "/fulfillments", "": "/notes"}.get("".join(plugins), "/shipment-trackings")
        shop.twin.faults.next("after", method="POST", path=path)
        parcel = a_parcel(order, tracking_url="https://www.ups.com/track?tracknum=1Z999AA10123456784")
        run_jobs()
        later()
        run_jobs()
        write = StoreWrite.objects.get()
        assert write.state == JobState.DONE, write.last_error
        shop.reconcile(since=shop.twin.clock.now() - timedelta(days=1))
        found = shop.platform.read_orders([order.external_id])[order.external_id]
        assert [(each.external_id, each.tracking_number) for each in found.parcels] == [
            (write.external_id, "1Z999AA10123456784")
        ]
        (known,) = order.shipments.all()
        assert (known.pk, known.external_id, known.status) == (parcel.pk, write.external_id, "pending")
        if not plugins:
            assert len([note for note in world_order(shop, order).notes if "is on its way" in note.note]) == 1


def test_a_number_that_the_shop_has_already_is_not_written_again(shop):
    learn(shop)
    order = an_order(shop)
    shop.twin.world.add_tracking(int(order.external_id), "1Z999AA10123456784", kind="core", provider="UPS")
    a_parcel(order)
    run_jobs()
    assert len(world_order(shop, order).fulfillments) == 1


def test_the_customer_is_written_to_only_when_it_was_asked_for():
    with a_woocommerce_shop(plugins=()) as shop:
        order = an_order(shop)
        a_parcel(order)
        run_jobs()
        assert not any(note.to_customer for note in world_order(shop, order).notes)
        a_parcel(order, "1Z999AA10123456785", contents={}, notify=True)
        run_jobs()
        assert [note.to_customer for note in world_order(shop, order).notes if "6785" in note.note] == [True]


# Notes


def notes(shop: Shop, order: Order) -> list[str]:
    return [note.note for note in reversed(world_order(shop, order).notes) if note.author != "system"]


def test_each_step_of_a_return_is_one_private_note(shop):
    order = an_order(shop)
    line = {"line": order.lines.get(sku="SHIRT").external_id, "pieces": 1}
    asked = {**line, "reason": "too_small", "note": "<b>tight</b>"}
    steps = [
        (WriteKind.RETURN_REQUESTED, {"rma": "R-1", "lines": [asked], "requested_at": "2026-11-22T09:00:00Z"}),
        (WriteKind.RETURN_APPROVED, {"rma": "R-1", "notify": False}),
        (WriteKind.RETURN_LABEL, {"rma": "R-1", "tracking_number": "1Z7", "carrier": "ups", "tracking_url": ""}),
        (WriteKind.RETURN_PROCESSED, {"rma": "R-1", "lines": [{**line, "disposition": "restocked"}], "note": ""}),
        (WriteKind.RETURN_DECLINED, {"rma": "R-2", "reason": "window", "note": "40 days", "notify": False}),
        (WriteKind.RETURN_CANCELLED, {"rma": "R-3"}),
    ]
    for number, (kind, payload) in enumerate(steps):
        queue(order, kind, payload, f"k{number}")
    shop.twin.faults.next("after", method="POST", path="/notes", times=2)
    for _round in range(3):
        run_jobs()
        later()
    assert set(StoreWrite.objects.values_list("state", flat=True)) == {JobState.DONE}
    assert sorted(notes(shop, order)) == sorted(
        [
            "Return R-1: asked for by the customer. 1 × Linen shirt (too small, &lt;b&gt;tight&lt;/b&gt;);",
            "Return R-1: approved.",
            "Return R-1: label 1Z7 made. ups",
            "Return R-1: goods received and looked at. 1 × Linen shirt (restocked);",
            "Return R-2: declined. window 40 days",
            "Return R-3: cancelled.",
        ]
    )
    assert not any(note.to_customer for note in world_order(shop, order).notes)


def moved(status: str) -> dict[str, Any]:
    return {"parcel": "fulfillment:1", "status": status, "happened_at": "2026-11-22T23:30:00+00:00", "message": "Left"}


def test_movements_are_noted_only_where_the_shop_asks_for_it(shop):
    order = an_order(shop)
    queue(order, WriteKind.TRACKING_EVENT, moved("delivered"), "k1")
    run_jobs()
    assert (notes(shop, order), StoreWrite.objects.get().state) == ([], JobState.DONE)
    Store.objects.update(preferences={"event_notes": True})
    for key, status in (("k2", "delivered"), ("k3", "in_transit")):
        queue(order, WriteKind.TRACKING_EVENT, moved(status), key)
    run_jobs()
    assert notes(shop, order) == ["Parcel fulfillment:1: delivered on 2026-11-23. Left"], "the shop's day is a new one"


def test_an_order_that_is_gone_is_a_dead_letter(shop):
    order = an_order(shop)
    shop.twin.world.delete(int(order.external_id))
    queue(order, WriteKind.RETURN_APPROVED, {"rma": "R-1"})
    run_jobs()
    write = StoreWrite.objects.get()
    assert (write.state, "Invalid order ID" in write.last_error) == (JobState.DEAD, True)
