"""Walks over a platform: they go on where they were interrupted and miss nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from fulfillment import tasks
from fulfillment.facts import ParcelData
from fulfillment.models import Order, Refund, Shipment, Store, StoreRun
from fulfillment.services import hooks, runs
from fulfillment.services.orders import record_statement
from fulfillment.stores.base import HookReport
from notifications.models import Message
from parcelwise.errors import Misconfigured, RetryLater
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from parcelwise.testing import run_jobs
from tests.factories import utc
from tests.fulfillment.test_statements import with_money
from tests.paper_platform import SETTING, a_paper_store, stated

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def paper() -> Iterator[None]:
    with override_settings(
        PARCELWISE={
            "JOBS": {"RUNNER": "manual"},
            "LINKS": {"BASE_URL": "https://shop.example"},
            "FULFILLMENT": {"PLATFORMS": SETTING, "HOOK_URL": "https://shop.example/hooks"},
        }
    ):
        yield


def old(external_id: str, **columns):
    long_ago = timezone.now() - timedelta(days=200)
    sent = ParcelData(f"f{external_id}", "ups", tracking_number=f"1Z{external_id}", delivered_at=long_ago)
    return stated(external_id, at=long_ago, placed_at=long_ago, parcels=(sent,), status="closed", **columns)


def fresh(external_id: str):
    now = timezone.now() - timedelta(hours=2)
    parcel = ParcelData(f"f{external_id}", "ups", tracking_number=f"1Z{external_id}", handed_over_at=now)
    return stated(external_id, at=now, placed_at=now, parcels=(parcel,))


def run_to_the_end() -> None:
    for _step in range(20):
        StoreRun.objects.filter(state=JobState.WAITING).update(not_before=timezone.now())
        run_jobs()


def test_the_first_sync_reads_everything_and_follows_what_is_under_way():
    store, shop = a_paper_store()
    shop.orders = {str(n): old(str(n)) for n in range(5)} | {"9": fresh("9")}
    run = runs.start(store, StoreRun.Kind.FIRST_SYNC)
    run_to_the_end()
    run.refresh_from_db()
    assert (run.state, run.seen, run.recorded, run.failed, run.total) == (JobState.DONE, 6, 6, 0, 6)
    assert set(Order.objects.filter(is_history=True).values_list("external_id", flat=True)) == set("01234")
    assert not Order.objects.get(external_id="9").is_history
    assert Shipment.objects.get(order__external_id="3").status == "delivered"
    assert Store.objects.get(pk=store.pk).synced_at
    assert not Message.objects.filter(contact__email="ana@example.com").exclude(subject__contains="9").exists()


def test_history_keeps_refunds_and_returns_too():
    store, shop = a_paper_store()
    long_ago = timezone.now() - timedelta(days=200)
    shop.orders = {"1": with_money(placed_at=long_ago, status="closed")}
    runs.start(store, StoreRun.Kind.FIRST_SYNC)
    run_to_the_end()
    refund = Refund.objects.get()
    assert (refund.amount, refund.lines.get().tax, refund.order.payment_status) == (2495, 398, "partially_refunded")


def test_a_second_first_sync_changes_nothing():
    store, shop = a_paper_store()
    shop.orders = {"1": old("1"), "2": fresh("2")}
    for _twice in range(2):
        run = runs.start(store, StoreRun.Kind.FIRST_SYNC)
        run_to_the_end()
    run.refresh_from_db()
    assert (run.state, run.seen, run.recorded) == (JobState.DONE, 2, 0)
    assert Order.objects.count() == Shipment.objects.count() == 2


def test_a_walk_goes_on_at_the_page_where_it_broke_off():
    store, shop = a_paper_store()
    shop.orders = {str(n): old(str(n)) for n in range(6)}
    runs.start(store, StoreRun.Kind.FIRST_SYNC)
    shop.trouble = []
    original = shop.ask

    def ask(what, about):
        if what == "everything" and about.get("start") == 2 and not failed:
            failed.append(1)
            raise RetryLater("the line broke")
        original(what, about)

    failed: list[int] = []
    shop.ask = ask  # type: ignore[method-assign]
    run_to_the_end()
    assert [about for what, about in shop.asked if what == "everything"] == [{}, {"start": 2}, {"start": 4}]
    assert Order.objects.count() == 6


def test_changes_are_read_from_the_last_look_on_and_one_walk_is_enough():
    store, shop = a_paper_store(synced_at=timezone.now(), reconciled_until=utc(2026, 11, 20, 9))
    shop.orders = {"1": stated("1", at=utc(2026, 11, 20, 8)), "2": stated("2", at=utc(2026, 11, 20, 9))}
    tasks.reconcile_platforms()
    tasks.reconcile_platforms()
    assert StoreRun.objects.count() == 1
    run_to_the_end()
    assert [order.external_id for order in Order.objects.all()] == ["2"]
    store.refresh_from_db()
    assert timezone.now() - store.reconciled_until < timedelta(minutes=1)
    tasks.reconcile_platforms()
    assert StoreRun.objects.count() == 1, "the next walk is not due yet"


def test_the_nightly_walk_finds_silent_changes_and_deleted_orders():
    store, shop = a_paper_store(synced_at=timezone.now())
    now = timezone.now() - timedelta(days=1)
    for key in "123":
        record_statement(store, stated(key, at=now, placed_at=now))
    shop.orders = {"1": stated("1", at=now, placed_at=now), "3": stated("3", at=now, placed_at=now, total=7)}
    tasks.read_open_orders()
    run_to_the_end()
    assert dict(Order.objects.values_list("external_id", "status")) == {"1": "open", "2": "cancelled", "3": "open"}
    assert Order.objects.get(external_id="3").total == 7
    assert StoreRun.objects.get().closed == 1


def test_an_order_that_cannot_be_recorded_does_not_stop_the_walk():
    store, shop = a_paper_store(synced_at=timezone.now(), reconciled_until=utc(2026, 11, 20, 9))
    at = utc(2026, 11, 20, 10)
    shop.orders = {"1": stated("1", at=at, total=2**70), "2": stated("2", at=at)}
    runs.start(store, StoreRun.Kind.CHANGES)
    run_to_the_end()
    assert [order.external_id for order in Order.objects.all()] == ["2"]
    assert Problem.objects.filter(kind="store", key=f"{store.slug}:1", solved_at=None).exists()


def test_a_webhook_that_was_off_is_mended_and_the_gap_is_read():
    store, shop = a_paper_store(synced_at=timezone.now(), reconciled_until=utc(2026, 11, 20, 9))
    shop.orders = {"1": stated("1", at=utc(2026, 11, 20, 10))}
    shop.hooks = HookReport(good=("orders/updated",), mended=("orders/create",))
    assert tasks.look_after_webhooks() == 1
    assert tasks.look_after_webhooks() == 0, "not again within half an hour"
    run_to_the_end()
    assert Order.objects.get().external_id == "1"
    assert "orders/create" in Problem.objects.get(key=f"{store.slug}:hooks-mended").sentence


def test_a_webhook_that_cannot_be_mended_is_a_problem_until_it_can():
    store, shop = a_paper_store()
    shop.hooks = HookReport(failed=(("orders/create", "address is not allowed"),))
    hooks.repair(store)
    assert "address is not allowed" in Problem.objects.get(key=f"{store.slug}:hooks", solved_at=None).sentence
    shop.hooks = HookReport(good=("orders/create",))
    hooks.repair(store)
    assert not Problem.objects.filter(key=f"{store.slug}:hooks", solved_at=None).exists()


def test_credentials_that_are_refused_are_shown_and_stop_no_other_store():
    (bad, bad_shop), (good, good_shop) = a_paper_store(), a_paper_store()
    bad_shop.trouble, good_shop.hooks = [Misconfigured("token refused")], HookReport(mended=("orders",))
    assert tasks.look_after_webhooks() == 1
    assert "token refused" in Problem.objects.get(key=f"{bad.slug}:hooks").sentence
    assert not Problem.objects.filter(key=f"{good.slug}:hooks").exists()
