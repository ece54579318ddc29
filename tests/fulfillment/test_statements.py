"""A platform's statements about an order come in any order, doubled and late, and the newest one stays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfillment.facts import (
    LineData,
    OrderData,
    ParcelData,
    RefundData,
    RefundLineData,
    ReturnedLineData,
    Scan,
    StoreReturnData,
    store_event_code,
)
from fulfillment.models import Order, Refund, Store, StoreReturn, StoreSync, TrackingEvent
from fulfillment.services.orders import Standing, close_missing, record_statement
from fulfillment.services.shipments import LOCAL
from fulfillment.services.telling_stores import add_parcel
from fulfillment.signals import refund_recorded
from fulfillment.statuses import OrderStatus, ShipmentStatus
from parcelwise.testing import heard, run_jobs
from tests.factories import a_store, utc
from tests.paper_platform import SETTING, SHOPS, Shop, a_paper_store, stated

pytestmark = pytest.mark.django_db(transaction=True)

NINE = utc(2026, 11, 20, 9)
SECOND = timedelta(seconds=1)


@pytest.fixture
def store() -> Store:
    return a_store()


@pytest.fixture(autouse=True)
def paper() -> Iterator[None]:
    with override_settings(PARCELWISE={"JOBS": {"RUNNER": "manual"}, "FULFILLMENT": {"PLATFORMS": SETTING}}):
        yield


def total_of(store: Store) -> int:
    return Order.objects.get(store=store).total


def test_an_older_statement_changes_nothing(store):
    record_statement(store, stated("1", at=NINE + SECOND, total=2))
    assert record_statement(store, stated("1", at=NINE, total=1)).standing == Standing.OLDER
    assert total_of(store) == 2


def test_two_statements_of_one_second_are_in_doubt(store):
    record_statement(store, stated("1", at=NINE, total=1))
    assert record_statement(store, stated("1", at=NINE, total=2)).standing == Standing.IN_DOUBT
    assert total_of(store) == 1


def test_of_two_answers_of_one_second_the_one_asked_for_later_holds(store):
    record_statement(store, stated("1", at=NINE, total=2), asked_at=NINE + 5 * SECOND)
    late = record_statement(store, stated("1", at=NINE, total=1), asked_at=NINE + 4 * SECOND)
    assert late.standing == Standing.IN_DOUBT
    assert record_statement(store, stated("1", at=NINE, total=3), asked_at=NINE + 6 * SECOND).standing == Standing.NEWER
    assert total_of(store) == 3


def test_an_equal_answer_makes_earlier_questions_older(store):
    record_statement(store, stated("1", at=NINE, total=1), asked_at=NINE)
    record_statement(store, stated("1", at=NINE, total=1), asked_at=NINE + 9 * SECOND)
    assert (
        record_statement(store, stated("1", at=NINE, total=2), asked_at=NINE + 5 * SECOND).standing == Standing.IN_DOUBT
    )


def test_an_order_that_was_gone_and_is_stated_again_is_open_again(store):
    record_statement(store, stated("1", at=NINE))
    close_missing(store, "1")
    assert Order.objects.get().status == OrderStatus.CANCELLED
    record_statement(store, stated("1", at=NINE), asked_at=timezone.now())
    assert Order.objects.get().status == OrderStatus.OPEN


@given(data=st.data())
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_doubling_and_loss_of_deliveries_ends_in_the_newest_state(data):
    """Deliveries state the order as it was when they were sent; two of a second may state different things."""
    store, shop = a_paper_store()
    seconds = data.draw(st.lists(st.integers(0, 2), min_size=1, max_size=5))
    versions = [stated("1", at=NINE + SECOND * sum(seconds[: n + 1]), total=n) for n in range(len(seconds))]
    shop.orders["1"] = versions[-1]
    told = data.draw(st.lists(st.sampled_from(versions), min_size=1, max_size=12))
    for version in told:
        if record_statement(store, version).standing == Standing.IN_DOUBT:
            StoreSync.objects.create(store=store, external_id="1")
        if data.draw(st.booleans()):
            run_jobs()
    run_jobs()
    assert Order.objects.get(store=store).source_updated_at >= max(version.updated_at for version in told)
    StoreSync.objects.create(store=store, external_id="1")  # reconciliation
    run_jobs()
    assert Order.objects.get(store=store).total == versions[-1].total


def with_money(**columns) -> OrderData:
    refund = RefundData("r1", 2495, NINE, (RefundLineData("1", 1, 2097, 398, "return"),), 0, "Too small", "ret1")
    back = StoreReturnData("ret1", "open", "#1-R1", NINE, (ReturnedLineData("rl1", "1", 1, "SIZE_TOO_SMALL"),))
    return stated("1", at=NINE, refunds=(refund,), returns=(back,), payment_status="partially_refunded", **columns)


def test_refunds_and_returns_of_the_store_are_kept_to_the_cent(store):
    with heard(refund_recorded) as calls:
        record_statement(store, with_money())
    refund, back = Refund.objects.get(), StoreReturn.objects.get()
    line = refund.lines.get()
    assert (refund.amount, line.quantity, line.amount, line.tax, line.restock) == (2495, 1, 2097, 398, "return")
    assert (back.status, back.lines.get().quantity, refund.return_id) == ("open", 1, back.external_id)
    assert [call["refund"] for call in calls] == [refund]


def test_a_statement_that_does_not_speak_of_refunds_leaves_them(store):
    record_statement(store, with_money())
    record_statement(store, stated("1", at=NINE + SECOND, refunds=None, returns=None))
    assert Refund.objects.count() == StoreReturn.objects.count() == 1


def test_a_refund_that_the_store_no_longer_has_goes(store):
    record_statement(store, with_money())
    record_statement(store, stated("1", at=NINE + SECOND))
    assert not Refund.objects.exists()
    assert not StoreReturn.objects.exists()


def test_pieces_of_one_line_that_were_refunded_to_two_places_are_added_up(store):
    two = (RefundLineData("1", 1, 2000, 0, "return"), RefundLineData("1", 1, 1000, 0, "no_restock"))
    record_statement(store, stated("1", at=NINE, refunds=(RefundData("r1", 3000, NINE, two),)))
    line = Refund.objects.get().lines.get()
    assert (line.quantity, line.amount) == (2, 3000)


def scan(number: int, status: str) -> Scan:
    return Scan(NINE + number * SECOND, status, f"event {number}", code=store_event_code(str(number)))


def test_an_event_that_the_store_takes_back_leaves_the_parcel(store):
    moving = ParcelData("f1", "ups", scans=(scan(1, "in_transit"), scan(2, "delivered")))
    order = record_statement(store, stated("1", at=NINE, parcels=(moving,))).order
    assert order.shipments.get().status == ShipmentStatus.DELIVERED
    record_statement(store, stated("1", at=NINE + SECOND, parcels=(replace(moving, scans=moving.scans[:1]),)))
    assert TrackingEvent.objects.count() == 1
    assert order.shipments.get().status == ShipmentStatus.IN_TRANSIT


def test_a_parcel_added_here_survives_what_the_store_states_and_takes_its_name(store):
    order = record_statement(store, stated("1", at=NINE)).order
    ours = add_parcel(order, carrier="ups", tracking_number="1Z999AA10123456784")
    record_statement(store, stated("1", at=NINE + SECOND, total=1))
    assert order.shipments.get().status == ShipmentStatus.PENDING
    theirs = ParcelData("f1", "ups", tracking_number="1Z999AA10123456784", contents={"1": 2})
    record_statement(store, stated("1", at=NINE + 2 * SECOND, parcels=(theirs,)))
    assert ours.external_id.startswith(LOCAL)
    assert [(each.pk, each.external_id) for each in order.shipments.all()] == [(ours.pk, "f1")]


def test_an_order_of_the_past_that_gets_another_parcel_is_followed_again(store):
    record_statement(store, stated("1", at=NINE, parcels=(ParcelData("f1"),)), history=True)
    order = record_statement(store, stated("1", at=NINE + SECOND, parcels=(ParcelData("f1"),), total=1)).order
    assert order.is_history
    more = (ParcelData("f1"), ParcelData("f2", "ups", tracking_number="1Z999AA10123456784"))
    assert not record_statement(store, stated("1", at=NINE + 2 * SECOND, parcels=more)).order.is_history


def test_a_second_line_of_the_same_order_does_not_lose_the_first(store):
    lines = (LineData("1", "Wool socks", 2), LineData("2", "Trail boots", 1))
    order = record_statement(store, stated("1", at=NINE, lines=lines)).order
    assert [line.external_id for line in order.lines.all()] == ["1", "2"]


def test_the_paper_shop_is_not_shared_between_stores():
    (one, _shop), (two, _other) = a_paper_store(), a_paper_store()
    assert isinstance(SHOPS[one.pk], Shop)
    assert SHOPS[one.pk] is not SHOPS[two.pk]
