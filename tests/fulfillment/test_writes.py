"""The outbox: each intention has one effect at the platform, whatever breaks in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from fulfillment.facts import ParcelData, Scan, TrackingUpdate, store_event_code
from fulfillment.models import Order, Shipment, Store, StoreWrite, WriteKind
from fulfillment.services import writes
from fulfillment.services.orders import record_statement
from fulfillment.services.shipments import apply_update
from fulfillment.services.telling_stores import add_parcel
from fulfillment.signals import store_write_settled
from fulfillment.statuses import ShipmentStatus
from fulfillment.stores.base import NothingHappened, Written
from parcelwise.errors import GiveUp, RetryLater
from parcelwise.jobs import JobState, run_batch
from parcelwise.testing import heard, run_jobs
from tests.factories import a_store, an_order, utc
from tests.paper_platform import SETTING, PaperPlatform, Shop, a_paper_store, stated

pytestmark = pytest.mark.django_db(transaction=True)

NINE = utc(2026, 11, 20, 9)
REFUND = {"amount": 1990, "currency": "EUR", "lines": [], "shipping": 0, "move_money": True}


@pytest.fixture(autouse=True)
def paper() -> Iterator[None]:
    with override_settings(PARCELWISE={"JOBS": {"RUNNER": "manual"}, "FULFILLMENT": {"PLATFORMS": SETTING}}):
        yield


@pytest.fixture
def shop_and_order() -> tuple[Shop, Order]:
    store, shop = a_paper_store()
    return shop, record_statement(store, stated("1", at=NINE)).order


def due_now() -> None:
    StoreWrite.objects.filter(state=JobState.WAITING).update(not_before=timezone.now())


def long_ago() -> None:
    """Let the time pass after which a broken call cannot go on any more."""
    StoreWrite.objects.update(last_call_at=timezone.now() - timedelta(minutes=20))
    due_now()


def test_an_intention_reaches_the_platform_once(shop_and_order):
    shop, order = shop_and_order
    for _twice in range(2):
        writes.queue_write(order, WriteKind.REFUND, REFUND, key="refund:1")
    with heard(store_write_settled) as calls:
        run_jobs()
    write = StoreWrite.objects.get()
    assert (write.state, write.external_id, write.result) == (JobState.DONE, "made-1", {"by": "paper"})
    assert (len(shop.effects), [call["write"].pk for call in calls]) == (1, [write.pk])


def test_a_process_that_dies_after_the_effect_does_not_refund_twice(shop_and_order):
    shop, order = shop_and_order
    writes.queue_write(order, WriteKind.REFUND, REFUND, key="refund:1")
    shop.break_after_effect = 1
    with pytest.raises(KeyboardInterrupt):
        run_batch(StoreWrite)
    assert StoreWrite.objects.get().state == JobState.RUNNING
    StoreWrite.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    run_jobs()
    assert (StoreWrite.objects.get().state, len(shop.calls)) == (JobState.WAITING, 1), "it waits until that has settled"
    long_ago()
    run_jobs()
    assert StoreWrite.objects.get().state == JobState.DONE
    assert (len(shop.effects), len(shop.calls)) == (1, 2)
    assert shop.calls[0].began_at is None
    assert shop.calls[1].began_at is not None, "the platform is told to look first"


def test_what_the_platform_refuses_is_a_dead_letter_with_its_own_words(shop_and_order):
    shop, order = shop_and_order
    shop.trouble = [GiveUp("Refund amount is more than was paid")]
    writes.queue_write(order, WriteKind.REFUND, REFUND, key="refund:1")
    run_jobs()
    write = StoreWrite.objects.get()
    assert (write.state, write.last_error) == (JobState.DEAD, "Refund amount is more than was paid")
    StoreWrite.objects.all().revive()
    long_ago()
    run_jobs()
    assert (StoreWrite.objects.get().state, len(shop.effects)) == (JobState.DONE, 1)


def test_a_platform_that_is_down_is_tried_again(shop_and_order):
    shop, order = shop_and_order
    shop.trouble = [RetryLater("down")]
    writes.queue_write(order, WriteKind.REFUND, REFUND, key="refund:1")
    run_jobs()
    long_ago()
    run_jobs()
    assert (StoreWrite.objects.get().state, len(shop.effects)) == (JobState.DONE, 1)


def test_what_builds_on_another_waits_for_it_and_gets_its_name(shop_and_order):
    shop, order = shop_and_order
    shop.trouble = [RetryLater("down")]
    first = writes.queue_write(order, WriteKind.RETURN_REQUESTED, {}, key="return:1:requested")
    writes.queue_write(order, WriteKind.RETURN_APPROVED, {}, key="return:1:approved", after=first)
    run_jobs()
    assert not shop.effects
    long_ago()
    run_jobs()
    due_now()
    run_jobs()
    assert [call.key for call in shop.effects.values()] == ["return:1:requested", "return:1:approved"]
    assert shop.effects["return:1:approved"].earlier == "made-1"


def test_what_builds_on_something_cancelled_goes_to_the_dead_letters(shop_and_order):
    _shop, order = shop_and_order
    first = writes.queue_write(order, WriteKind.RETURN_REQUESTED, {}, key="a")
    StoreWrite.objects.all().cancel()
    writes.queue_write(order, WriteKind.RETURN_APPROVED, {}, key="b", after=first)
    run_jobs()
    assert StoreWrite.objects.get(key="b").state == JobState.DEAD


@pytest.mark.parametrize(
    "columns", [{"preferences": {"write_refunds": False}}, {"is_active": False}], ids=["turned off", "disconnected"]
)
def test_a_store_that_does_not_want_it_is_not_told(shop_and_order, columns):
    _shop, order = shop_and_order
    Store.objects.filter(pk=order.store_id).update(**columns)
    order = Order.objects.get(pk=order.pk)
    assert writes.queue_write(order, WriteKind.REFUND, REFUND, key="refund:1") is None
    assert not StoreWrite.objects.exists()


def test_orders_of_the_projects_own_models_have_nobody_to_tell():
    assert writes.queue_write(an_order(a_store()), WriteKind.REFUND, REFUND, key="refund:1") is None


def test_a_confirmation_whose_process_died_is_announced_later(shop_and_order):
    _shop, order = shop_and_order
    write = writes.queue_write(order, WriteKind.REFUND, REFUND, key="refund:1")
    StoreWrite.objects.update(state=JobState.DONE, happened_at=timezone.now() - timedelta(minutes=2))
    with heard(store_write_settled) as calls:
        assert writes.announce_pending() == 1
        assert writes.announce_pending() == 0
    assert [call["write"].pk for call in calls] == [write.pk]


# Parcels


def carrier_says(shipment: Shipment, status: str, hour: int) -> None:
    apply_update(shipment, TrackingUpdate(shipment.tracking_number, (Scan(utc(2026, 11, 21, hour), status, status),)))


def test_a_parcel_added_here_is_told_with_what_is_inside_and_then_its_movements(shop_and_order):
    shop, order = shop_and_order
    parcel = add_parcel(order, carrier="ups", tracking_number="1Z 999AA1 0123456784", contents={"1": 1})
    carrier_says(parcel, "in_transit", 8)
    run_jobs()
    due_now()
    run_jobs()
    told, moved = shop.effects.values()
    assert (told.kind, told.payload["tracking_number"], told.payload["contents"]) == (
        "tracking", "1Z999AA10123456784", {"1": 1},
    )  # fmt: skip
    assert (moved.kind, moved.payload["status"], moved.payload["parcel"]) == ("tracking_event", "in_transit", "made-1")
    assert order.shipments.get().external_id == "made-1"


def test_the_same_number_again_is_the_same_parcel(shop_and_order):
    _shop, order = shop_and_order
    one = add_parcel(order, carrier="ups", tracking_number="1Z999AA10123456784", contents={"1": 1})
    assert add_parcel(order, carrier="ups", tracking_number="1Z999AA10123456784") == one


def test_news_of_the_platform_before_its_answer_make_no_second_parcel(shop_and_order):
    """The delivery about our own fulfilment may arrive before the call that made it returns."""
    _shop, order = shop_and_order
    ours = add_parcel(order, carrier="ups", tracking_number="1Z999AA10123456784")
    theirs = ParcelData("made-1", "ups", tracking_number="1Z999AA10123456784", contents={"1": 2})
    record_statement(order.store, stated("1", at=NINE + timedelta(seconds=1), parcels=(theirs,)))
    run_jobs()
    assert [(each.pk, each.external_id) for each in order.shipments.all()] == [(ours.pk, "made-1")]


def test_what_the_platform_says_of_a_parcel_is_not_told_back(shop_and_order):
    shop, order = shop_and_order
    scan = Scan(NINE, "in_transit", "On its way", code=store_event_code("e9"))
    parcels = (ParcelData("f1", "ups", tracking_number="1Z999AA10123456784", scans=(scan,)),)
    record_statement(order.store, stated("1", at=NINE + timedelta(seconds=1), parcels=parcels))
    run_jobs()
    assert order.shipments.get().status == ShipmentStatus.IN_TRANSIT
    assert not shop.effects


def test_our_own_event_that_comes_back_is_no_second_scan(shop_and_order):
    _shop, order = shop_and_order
    parcels = (ParcelData("f1", "ups", tracking_number="1Z999AA10123456784"),)
    record_statement(order.store, stated("1", at=NINE + timedelta(seconds=1), parcels=parcels))
    carrier_says(order.shipments.get(), "in_transit", 8)
    run_jobs()
    write = StoreWrite.objects.get()
    echo = Scan(utc(2026, 11, 21, 8), "in_transit", "in transit", code=store_event_code(write.external_id))
    told = (ParcelData("f1", "ups", tracking_number="1Z999AA10123456784", scans=(echo,)),)
    record_statement(order.store, stated("1", at=NINE + timedelta(seconds=2), parcels=told))
    assert [event.source for event in order.shipments.get().events.all()] == ["carrier"]


def test_what_a_broken_try_has_led_to_is_found_without_waiting(shop_and_order, monkeypatch):
    shop, order = shop_and_order
    writes.queue_write(order, WriteKind.REFUND, REFUND, key="refund:1")
    shop.trouble = [RetryLater("it broke off")]
    run_jobs()
    monkeypatch.setattr(PaperPlatform, "look", lambda self, intention: Written("r9"))
    due_now()
    run_jobs()
    write = StoreWrite.objects.get()
    assert (write.state, write.external_id, len(shop.calls)) == (JobState.DONE, "r9", 1)


def test_waiting_for_a_broken_try_uses_up_the_tries(shop_and_order):
    shop, order = shop_and_order
    writes.queue_write(order, WriteKind.REFUND, REFUND, key="refund:1")
    shop.trouble = [RetryLater("it broke off")] * 20
    run_jobs()
    for _round in range(20):
        long_ago()
        run_jobs()
    assert StoreWrite.objects.get().state == JobState.DEAD, "a platform that stays away is shown to people some day"


def test_a_try_that_changed_nothing_is_not_waited_for(shop_and_order):
    shop, order = shop_and_order
    writes.queue_write(order, WriteKind.REFUND, REFUND, key="refund:1")
    shop.trouble = [NothingHappened("too many calls")]
    run_jobs()
    write = StoreWrite.objects.get()
    assert (write.state, write.began_at, write.last_call_at) == (JobState.WAITING, None, None)
    due_now()
    run_jobs()
    assert (StoreWrite.objects.get().state, len(shop.effects)) == (JobState.DONE, 1)
