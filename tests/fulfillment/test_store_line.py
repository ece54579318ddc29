"""A platform that is down is left alone, its work waits without loss, and no other store is any slower."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from fulfillment.models import Store, StoreRun, StoreWrite
from fulfillment.services import runs, store_line, sync
from fulfillment.services.orders import record_statement
from fulfillment.services.writes import queue_write
from fulfillment.stores.woocommerce import client
from parcelwise.jobs import JobState, run_batch
from parcelwise.models import Problem
from parcelwise.testing import run_jobs
from tests.fulfillment.stores.woocommerce_shop import Shop, a_woocommerce_shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def impatience(monkeypatch) -> None:
    monkeypatch.setattr(client, "READING", 0.3)
    monkeypatch.setattr(client, "WRITING", 0.3)
    monkeypatch.setattr(client, "TRIES", 2)
    monkeypatch.setattr(store_line, "PATIENCE", 0.3)


@pytest.fixture
def dead() -> Iterator[Shop]:
    with a_woocommerce_shop() as shop:
        yield shop


@pytest.fixture
def alive() -> Iterator[Shop]:
    with a_woocommerce_shop() as shop:
        yield shop


def a_parcel_told(shop: Shop, count: int) -> None:
    """``count`` parcels of as many orders that the shop is to be told of."""
    for number in range(count):
        line = {"name": "Shirt", "sku": "SHIRT", "product_id": 10, "price": 4990, "quantity": 1}
        placed = shop.twin.world.place_order(lines=[line], payment_method="stripe")
        stated = shop.platform.read_orders([str(placed.id)])[str(placed.id)]
        order = record_statement(shop.store, stated, asked_at=timezone.now()).order
        payload = {"amount": 100, "currency": "EUR", "lines": [], "shipping": 0, "reason": "", "restock": False,
                   "move_money": False, "rma": "R-1"}  # fmt: skip
        assert queue_write(order, "refund", payload, key=f"{shop.store.slug}:{number}")


def told(shop: Shop, state: str) -> int:
    return StoreWrite.objects.filter(store=shop.store, state=state).count()


def store_of(shop: Shop) -> Store:
    return Store.objects.get(pk=shop.store.pk)


def calls(shop: Shop) -> int:
    return len(shop.twin.log)


def let_the_pause_end(shop: Shop) -> None:
    now = timezone.now() - timedelta(seconds=1)
    Store.objects.filter(pk=shop.store.pk).update(paused_until=now)
    for model in store_line.JOBS:
        model.objects.filter(store=shop.store, state=JobState.WAITING).update(not_before=now)


def take_it_down(shop: Shop, kind: str = "hang") -> None:
    shop.twin.faults.outage(kind, seconds=5 if kind == "hang" else 0)


def test_a_store_that_hangs_does_not_slow_another(dead, alive):
    a_parcel_told(dead, 30)
    a_parcel_told(alive, 30)
    take_it_down(dead)
    before = calls(dead)
    rounds = 0
    while told(alive, JobState.WAITING):
        assert run_batch(StoreWrite)
        rounds += 1
    assert rounds <= 4, "sixty rows in batches of twenty, and one more for what was put off"
    assert told(alive, JobState.DONE) == 30
    assert calls(dead) - before <= 2 * store_line.POLICY.failures + client.TRIES, "three writes of two calls, one ping"
    assert told(dead, JobState.WAITING) == 30
    attempts = StoreWrite.objects.filter(store=dead.store).values_list("attempts", flat=True)
    assert sorted(attempts, reverse=True) == [1, 1, 1] + [0] * 27


def test_what_waits_is_said_and_goes_on_in_order_once_somebody_answers(dead):
    a_parcel_told(dead, 8)
    take_it_down(dead)
    run_jobs()
    store = store_of(dead)
    assert store_line.is_down(store)
    sentence = Problem.objects.get(key=f"{store.slug}:unanswered", solved_at=None).sentence
    assert f"has not answered since {store_line.clock(store.unanswered_since)}" in sentence
    assert f"tried again at {store_line.clock(store.paused_until)}" in sentence
    assert store_line.waiting(store)[StoreWrite] == 8
    dead.twin.faults.recover()
    let_the_pause_end(dead)
    StoreWrite.objects.update(last_call_at=None)  # the platform has had its time
    run_jobs()
    assert told(dead, JobState.DONE) == 8
    assert not store_line.is_down(store_of(dead))
    assert not Problem.objects.filter(key=f"{store.slug}:unanswered", solved_at=None).exists()
    keys = StoreWrite.objects.order_by("finished_at").values_list("key", flat=True)
    assert [key.rpartition(":")[2] for key in keys if int(key.rpartition(":")[2]) > 2] == ["3", "4", "5", "6", "7"]


def test_a_try_in_vain_is_one_call_and_makes_the_pause_longer(dead):
    a_parcel_told(dead, 5)
    take_it_down(dead, "reset")
    run_jobs()
    pauses = []
    for _ in range(3):
        let_the_pause_end(dead)
        before = calls(dead)
        run_jobs()
        assert calls(dead) - before <= client.TRIES
        store = store_of(dead)
        pauses.append(round((store.paused_until - timezone.now()).total_seconds(), -1))
    assert pauses == [120, 240, 480]
    assert max(StoreWrite.objects.values_list("attempts", flat=True)) == 1


@pytest.mark.parametrize("kind", ["hang", "reset", "500", "503", "garbage", "truncated"])
def test_every_kind_of_outage_is_one(dead, kind):
    a_parcel_told(dead, 4)
    take_it_down(dead, kind)
    run_jobs()
    assert store_line.is_down(store_of(dead))
    assert told(dead, JobState.DEAD) == 0


def test_a_rate_limit_is_no_outage(dead):
    a_parcel_told(dead, 5)
    dead.twin.faults.outage("429", seconds=60)
    run_jobs()
    assert not store_line.is_down(store_of(dead))
    assert store_of(dead).failures == 0


def test_refused_credentials_are_no_outage_and_are_called_what_they_are(dead):
    a_parcel_told(dead, 5)
    dead.twin.faults.outage("401")
    run_jobs()
    store = store_of(dead)
    assert not store_line.is_down(store)
    assert store_line.is_refused(store)
    sentence = Problem.objects.get(key=f"{store.slug}:refused", solved_at=None).sentence
    assert "does not let us in" in sentence
    dead.twin.faults.recover()
    sync.queue(store, "1", "test")
    run_jobs()
    assert not store_line.is_refused(store_of(dead))
    assert not Problem.objects.filter(key=f"{store.slug}:refused", solved_at=None).exists()


def test_one_order_that_breaks_the_shop_does_not_stop_the_others(dead):
    a_parcel_told(dead, 6)
    poisoned = StoreWrite.objects.earliest("pk").order
    dead.twin.faults.next("500", times=None, path=f"/orders/{poisoned.external_id}")
    for _ in range(4):
        StoreWrite.objects.filter(state=JobState.WAITING).update(not_before=timezone.now(), last_call_at=None)
        run_jobs()
    assert not store_line.is_down(store_of(dead))
    assert told(dead, JobState.DONE) == 5


def test_walks_and_readings_wait_too(dead):
    a_parcel_told(dead, 4)
    take_it_down(dead, "reset")
    run_jobs()
    run = runs.start(dead.store, StoreRun.Kind.CHANGES)
    sync.queue(dead.store, "1", "test")
    before = calls(dead)
    run_jobs()
    run.refresh_from_db()
    assert calls(dead) == before
    assert (run.state, run.attempts) == (JobState.WAITING, 0)
    assert run.not_before == store_of(dead).paused_until


def test_try_now_asks_at_once_and_frees_what_waits(dead):
    a_parcel_told(dead, 4)
    take_it_down(dead, "reset")
    run_jobs()
    assert not store_line.try_now(store_of(dead))
    dead.twin.faults.recover()
    assert store_line.try_now(store_of(dead))
    due = StoreWrite.objects.filter(state=JobState.WAITING, not_before__lte=timezone.now())
    assert due.count() == 4
