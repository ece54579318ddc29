"""Bulk statements of the first sync leave the same rows as recording the same orders one by one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfillment.facts import (
    Address,
    CustomerData,
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
from fulfillment.models import (
    Customer,
    Order,
    OrderLine,
    Refund,
    RefundLine,
    Shipment,
    ShipmentLine,
    Store,
    StoreReturn,
    StoreReturnLine,
    TrackingEvent,
)
from fulfillment.services.first_sync import FirstSync, Written
from fulfillment.services.orders import record_statement
from fulfillment.testing.shopify_twin import ShopifyTwin
from parcelwise.models import Problem
from tests.factories import a_store, utc
from tests.fulfillment.stores.a_shopify import connected, platform
from tests.paper_platform import stated

pytestmark = pytest.mark.django_db

NOW = utc(2026, 11, 20, 12)
#: Columns that no two ways of writing have in common.
OF_THE_MOMENT = {"id", "uuid", "created_at", "updated_at", "recorded_at"}
#: Every table that both ways fill, how it leads to its store, and what stands for its keys. What our own doing leaves
#: (changes of status, forecasts) has no history before the store was connected.
TABLES: dict[Any, tuple[str, tuple[str, ...]]] = {
    Customer: ("store", tuple(f"contact__{name}" for name in ("name", "email", "phone", "language", "time_zone"))),
    Order: ("store", ("customer__external_id",)),
    OrderLine: ("order__store", ("order__external_id",)),
    Shipment: ("order__store", ("order__external_id",)),
    ShipmentLine: (
        "shipment__order__store",
        ("shipment__external_id", "order_line__external_id", "shipment__order__number"),
    ),
    TrackingEvent: ("shipment__order__store", ("shipment__external_id", "shipment__order__number")),
    Refund: ("order__store", ("order__external_id",)),
    RefundLine: ("refund__order__store", ("refund__external_id", "order_line__external_id")),
    StoreReturn: ("order__store", ("order__external_id",)),
    StoreReturnLine: ("store_return__order__store", ("store_return__external_id", "order_line__external_id")),
}  # fmt: skip


def rows(store: Store) -> dict[str, list[str]]:
    """All that is in the tables of one store."""
    found = {}
    for model, (to_store, keys) in TABLES.items():
        own = [field.name for field in model._meta.concrete_fields if not field.is_relation]
        columns = [*(name for name in own if name not in OF_THE_MOMENT), *keys]
        there = model.objects.filter(**{to_store: store}).order_by().values(*columns)
        found[model.__name__] = sorted(json.dumps(row, default=str, sort_keys=True) for row in there)
    return found


def in_bulk(store: Store, orders: Sequence[OrderData], page: int = 50) -> Written:
    sync, whole = FirstSync(store, NOW), Written()
    for start in range(0, len(orders), page):
        written = sync.write(orders[start : start + page])
        whole.recorded += written.recorded
        whole.failed += written.failed
    return whole


def one_by_one(store: Store, orders: Iterable[OrderData]) -> None:
    is_over: Callable[[OrderData], bool] = FirstSync(store, NOW)._is_over
    for data in orders:
        try:
            record_statement(store, data, history=is_over(data), asked_at=NOW)
        except Exception:
            continue  # the first sync leaves it out, too


@pytest.fixture(autouse=True)
def one_moment():
    with patch("django.utils.timezone.now", return_value=NOW):
        yield


def read_all(twin: ShopifyTwin) -> tuple[Store, list[OrderData]]:
    store = connected(twin)
    reader, cursor, found = platform(store, patience=60), {}, []
    while cursor is not None:
        page = reader.everything(cursor)
        found, cursor = [*found, *page.orders], page.cursor
    return store, found


def a_past(orders: int) -> tuple[Store, list[OrderData]]:
    with patch("django.utils.timezone.now", side_effect=lambda: NOW), ShopifyTwin() as twin:
        twin.bucket.maximum = twin.bucket.rate = 1e6
        twin.clock.change(now=NOW)
        twin.world.history(orders)
        return read_all(twin)


def test_a_shops_past_is_the_same_whichever_way_it_is_written():
    store, past = a_past(300)
    assert len(past) == 300
    assert in_bulk(store, past) == Written(recorded=300)
    other = a_store()
    one_by_one(other, past)
    assert rows(store) == rows(other)
    assert Refund.objects.filter(order__store=store).exists()
    assert TrackingEvent.objects.filter(shipment__order__store=store).exclude(raw={}).exists()


def test_a_second_first_sync_changes_nothing():
    store, past = a_past(80)
    in_bulk(store, past)
    before = rows(store)
    assert in_bulk(store, past) == Written()
    assert rows(store) == before


def test_what_came_live_meanwhile_and_is_newer_stays():
    store, old = a_store(), NOW - timedelta(days=200)
    live = stated("1", at=old + timedelta(days=2), placed_at=old, status="closed", total=2)
    record_statement(store, live)
    past = [replace(live, updated_at=old, total=1), stated("2", at=old, placed_at=old, status="closed")]
    assert in_bulk(store, past) == Written(recorded=1)
    assert dict(Order.objects.filter(store=store).values_list("external_id", "total"))["1"] == 2


def test_an_order_that_cannot_be_written_does_not_stop_the_others():
    store, old = a_store(), NOW - timedelta(days=200)
    past = [stated(key, at=old, placed_at=old, status="closed") for key in "123"]
    past[1] = replace(past[1], total=2**70)
    assert in_bulk(store, past) == Written(recorded=2, failed=1)
    assert set(Order.objects.filter(store=store).values_list("external_id", flat=True)) == {"1", "3"}
    assert Problem.objects.filter(key=f"{store.slug}:2", solved_at=None).exists()


# Whatever a platform may say

ODD = st.sampled_from(["\x00nul", "lone \ud83d", "😀", "Ünï", "x" * 700, "NaN", "\\u0000", " "])
texts = st.one_of(st.text(max_size=12), ODD)


def seldom(odd: Any, usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """One in ten is ``odd``: bulk statements leave such an order to the other way."""
    return st.integers(0, 9).flatmap(lambda dice: usual if dice else st.just(odd))


def listed(each: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[tuple[Any, ...]]:
    """Some of ``each``; one time in ten two of them may have the same id."""
    once = st.lists(each, max_size=most, unique_by=lambda one: one.external_id)
    return st.integers(0, 9).flatmap(lambda dice: once if dice else st.lists(each, max_size=most)).map(tuple)


before = st.integers(60, 120).map(lambda days: NOW - timedelta(days=days))
moments = seldom(
    NOW - timedelta(days=200), st.integers(0, 59).map(lambda days: NOW - timedelta(days=days, seconds=days))
)
line_keys, pieces = st.sampled_from(["a", "b", "c", "none"]), st.integers(0, 3)
addresses = st.builds(
    Address, name=texts, lines=st.tuples(texts), city=texts, country=st.sampled_from(["", "DE", "FR"])
)
scans = st.builds(
    Scan,
    occurred_at=moments,
    status=seldom("unknown", st.sampled_from(["in_transit", "delivered", "out_for_delivery", "delivery_failed"])),
    description=texts,
    code=st.one_of(st.just(""), st.integers(1, 3).map(lambda n: store_event_code(str(n)))),
    reason=seldom("no reason", st.sampled_from(["", "consignee_refused"])),
    location=texts,
    latitude=seldom(float("nan"), st.one_of(st.none(), st.floats(-90, 90))),
    raw=st.dictionaries(texts, texts, max_size=1),
)
parcels = st.builds(
    ParcelData,
    external_id=st.sampled_from(["p1", "p2", "p3"]),
    carrier=st.sampled_from(["", "UPS", "dhl"]),
    service=texts,
    tracking_number=st.one_of(texts, st.just("00 34 " * 20)),
    tracking_url=st.sampled_from(["", "https://carrier.example/1", "javascript:alert(1)"]),
    origin=addresses,
    destination=st.one_of(st.none(), addresses),
    contents=st.one_of(st.none(), st.dictionaries(line_keys, pieces, max_size=3)),
    announced_at=st.one_of(st.none(), moments),
    handed_over_at=st.one_of(st.none(), moments),
    delivered_at=st.one_of(st.none(), moments),
    cancelled=st.booleans(),
    scans=st.lists(scans, max_size=2).map(tuple),
)
lines = st.builds(
    LineData,
    external_id=st.sampled_from(["a", "b", "c"]),
    title=texts,
    quantity=pieces,
    sku=texts,
    category=texts,
    unit_price=st.integers(0, 10**6),
)
refund_lines = st.builds(RefundLineData, line_keys, pieces, st.integers(0, 99), st.integers(0, 9), texts)
refunds = st.builds(
    RefundData,
    external_id=st.sampled_from(["r1", "r2"]),
    amount=st.integers(0, 10**6),
    refunded_at=moments,
    lines=st.lists(refund_lines, max_size=3).map(tuple),
    note=texts,
    return_id=texts,
)
returned = st.builds(ReturnedLineData, st.sampled_from(["x1", "x2"]), line_keys, pieces, texts, texts)
returns = st.builds(
    StoreReturnData,
    external_id=st.sampled_from(["t1", "t2"]),
    status=st.sampled_from(["requested", "closed", "no status"]),
    name=texts,
    requested_at=st.one_of(st.none(), moments),
    lines=listed(returned, 2),
    label_url=st.sampled_from(["", "https://shop.example/label", "ftp://x"]),
)
customers = st.builds(
    CustomerData,
    external_id=st.sampled_from(["ana", "cleo", "long " * 30]),
    name=texts,
    email=st.sampled_from(["", " Ana@Example.com", "x" * 300 + "@example.com"]),
    phone=texts,
    time_zone=st.sampled_from(["", "Europe/Berlin", "Mars/Phobos"]),
    consents=st.just({"email": "subscribed"}),
)
money = st.one_of(st.none(), listed(refunds, 2))
orders = st.builds(
    OrderData,
    external_id=st.just(""),
    number=texts,
    placed_at=before,
    currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    customer=customers,
    ship_to=addresses,
    lines=listed(lines, 3),
    parcels=listed(parcels, 3),
    refunds=money,
    returns=st.one_of(st.none(), listed(returns, 2)),
    status=st.sampled_from(["closed", "cancelled", "open"]),
    payment_status=st.sampled_from(["paid", "refunded"]),
    total=seldom(2**70, st.integers(0, 10**9)),
    updated_at=st.one_of(st.none(), moments),
    raw=st.dictionaries(texts, texts, max_size=2),
)


def told_in_turn(found: Sequence[OrderData]) -> list[OrderData]:
    """Each with an id of its own, and with a time of its own in what it says of its buyer."""
    return [
        replace(data, external_id=str(n), customer=replace(data.customer, stated_at=NOW - timedelta(hours=9 * n % 7)))
        for n, data in enumerate(found)
    ]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(found=st.lists(orders, min_size=1, max_size=5))
def test_whatever_a_platform_says_is_the_same_whichever_way_it_is_written(found):
    told = told_in_turn(found)
    store, other = a_store(), a_store()
    in_bulk(store, told)
    one_by_one(other, told)
    assert rows(store) == rows(other)
