"""The first sync of a Shopify store: a bulk operation, its file in slices, and the same tables as any other way."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from fulfillment.facts import OrderData
from fulfillment.models import Order, StoreRun
from fulfillment.services import orders as order_service
from fulfillment.services import runs
from fulfillment.stores.shopify import bulk, bulk_file
from parcelwise.errors import Misconfigured
from parcelwise.jobs import JobState
from parcelwise.testing import run_jobs
from tests.fulfillment.stores.a_shopify import connected, platform

pytestmark = pytest.mark.django_db


@pytest.fixture
def full_shop(shopify):
    """Orders of every kind that the file alone does not tell all of."""
    world, shopify.bucket.maximum = shopify.world, 50_000
    mug, tea = {"title": "Mug", "price": "9.90", "quantity": 2, "sku": "MUG"}, {"title": "Tea", "price": "4.00"}
    lines = [mug, {**tea, "sku": "TEA"}]
    for kind in range(36):
        order = world.place_order(customer={"email": f"ana{kind}@example.com"}, lines=lines, paid=kind % 7 != 0)
        if kind % 6 == 1:
            world.fulfill(order, company="DHL", numbers=[f"0034{kind}"])
        if kind % 6 == 2:
            sent = world.fulfill(order, lines={"MUG": 1}, company="UPS", numbers=[f"1Z{kind}"])
            world.add_event(sent, "IN_TRANSIT")
        if kind % 6 == 3:
            world.fulfill(order, lines={"MUG": 2})
            world.fulfill(order)
        if kind % 6 == 4:
            world.refund(order, lines=[{"line": "TEA", "quantity": 1, "restock_type": "CANCEL"}]) if kind % 7 else None
            world.fulfill(order)
        if kind % 6 == 5:
            sent = world.fulfill(order, numbers=["A1", "A2"])
            world.request_return(order, [{"line": sent.lines[0].gid, "quantity": 1}])
    return shopify


def walk(store, *, patience: float = 60.0) -> tuple[dict[str, OrderData], int]:
    """All orders, with the cursor stored as JSON after each page and another platform for the next, as after a kill."""
    found: dict[str, OrderData] = {}
    cursor, pages = {}, 0
    while cursor is not None:
        page = platform(store, patience=patience).everything(json.loads(json.dumps(cursor)))
        assert page.unreadable == ()
        assert not set(found) & {data.external_id for data in page.orders}, "an order was read twice"
        found |= {data.external_id: data for data in page.orders}
        cursor, pages = page.cursor, pages + 1
    return found, pages


@pytest.fixture
def small_slices(monkeypatch):
    monkeypatch.setattr(bulk_file, "SLICE", 3000)
    monkeypatch.setattr(bulk, "SINGLY", 7)


def test_the_file_and_single_questions_state_the_same(full_shop, small_slices):
    store = connected(full_shop)
    found, pages = walk(store)
    assert len(found) == 36
    assert pages > 10
    single = platform(store, patience=60).read_orders(list(found))
    for key, data in found.items():
        assert order_service.digest(data) == order_service.digest(single[key]), key


def test_orders_that_are_over_are_taken_from_the_file_alone(full_shop, monkeypatch):
    monkeypatch.setattr(bulk, "_is_over", lambda node: True)
    asked = []
    full_shop.api.on_call = lambda name, version: asked.append(name)
    walk(connected(full_shop))
    assert asked.count("nodes") < 20
    assert asked.count("bulkOperationRunQuery") == 1


def test_a_run_ends_with_every_order_in_the_tables(full_shop):
    store = connected(full_shop)
    run = runs.start(store, StoreRun.Kind.FIRST_SYNC)
    until = timezone.now() + timedelta(seconds=40)
    while run.state != JobState.DONE and timezone.now() < until:
        StoreRun.objects.filter(pk=run.pk, state=JobState.WAITING).update(not_before=timezone.now())
        run_jobs(5)
        run.refresh_from_db()
    assert (run.state, run.total, run.failed) == (JobState.DONE, 36, 0)
    assert Order.objects.filter(store=store).count() == 36
    shown = {str(order["gid"]): order["total"] for order in full_shop.snapshot().values()}
    assert dict(Order.objects.filter(store=store).values_list("external_id", "total")) == shown


def test_an_operation_that_fails_is_tried_again_and_then_done_without(full_shop):
    full_shop.bulk.fail_next(after=3)
    found, _pages = walk(connected(full_shop))
    assert len(found) == 36


def test_when_operations_keep_failing_orders_are_paged_through(full_shop, monkeypatch):
    monkeypatch.setattr(bulk, "FAILURES", 1)
    full_shop.bulk.fail_next("EXPIRED")
    found, _pages = walk(connected(full_shop))
    assert len(found) == 36
    assert len(full_shop.bulk.all()) == 1


def test_without_the_scope_nobody_tries_for_ever(shopify):
    shopify.world.place_order()
    shopify.access.grant(*(shopify.access.scopes - {"write_customers", "write_returns"}))
    with pytest.raises(Misconfigured, match="read"):
        walk(connected(shopify))


def test_it_waits_while_too_many_operations_run(shopify):
    shopify.bulk.pace = 0.2
    for _ in range(600):
        shopify.world.place_order(paid=False)
    reader = platform(connected(shopify))
    waits = [reader.everything({}).wait for _ in range(6)]
    assert waits[:5] == [1] * 5
    assert waits[5] == bulk.BUSY


def test_a_shop_without_orders_is_done_at_once(shopify):
    assert walk(connected(shopify))[0] == {}


def test_children_that_stand_elsewhere_are_not_lost():
    raw = b'{"id":"gid://shopify/Order/1"}\n{"id":"gid://shopify/LineItem/9","__parentId":"gid://shopify/Order/7"}\n'
    part = bulk_file._assembled(raw, 100, at_end=True)
    assert part.strays == ["gid://shopify/Order/7"]
    assert not bulk_file.is_whole(part.orders[0], over=True)
    assert part.next == 100 + len(raw)


def test_a_slice_ends_before_the_order_that_it_cuts():
    raw = b'{"id":"gid://shopify/Order/1"}\n{"id":"gid://shopify/Order/2"}\n{"id":"gid://shop'
    part = bulk_file._assembled(raw, 0, at_end=False)
    assert [order["id"] for order in part.orders] == ["gid://shopify/Order/1"]
    assert part.next == raw.index(b'{"id":"gid://shopify/Order/2"}')
