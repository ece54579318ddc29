"""A Shopify shop's worst day: what arrives is doubled, lost, shuffled and late, and in the evening all is equal."""

from __future__ import annotations

import random
from typing import Any

import pytest
import time_machine

from fulfillment.models import Order, Store, StoreWrite, WriteKind
from fulfillment.services import writes
from fulfillment.services.connect import connect
from fulfillment.services.telling_stores import add_parcel, left_over
from fulfillment.testing.shopify_twin import ShopifyTwin
from fulfillment.testing.twins import TwinClock, Weather
from parcelwise.jobs import JobState
from tests.adversarial.driver import (
    DAWN,
    ORDERS,
    SEED,
    Day,
    dead_letters,
    differences,
    just_placed,
    refunds_by_note,
    two_of,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PAID = {"PAID": "paid", "PENDING": "pending", "AUTHORIZED": "authorized", "PARTIALLY_PAID": "partially_paid",
        "PARTIALLY_REFUNDED": "partially_refunded", "REFUNDED": "refunded", "VOIDED": "voided"}  # fmt: skip
CONSENT = {"SUBSCRIBED": "subscribed", "UNSUBSCRIBED": "unsubscribed", "PENDING": "pending"}
RETURNS = {
    "REQUESTED": "requested",
    "OPEN": "open",
    "CLOSED": "closed",
    "DECLINED": "declined",
    "CANCELED": "cancelled",
}


def theirs(twin: ShopifyTwin) -> dict[str, dict[str, Any]]:
    return {order["gid"]: _there(order) for order in twin.snapshot().values()}


def _there(order: dict[str, Any]) -> dict[str, Any]:
    status = "cancelled" if order["cancelled_at"] else "closed" if order["closed_at"] else "open"
    person, place = order["customer"] or {}, order["shipping_address"] or {}
    return {
        "number": order["name"],
        "status": status,
        "paid": PAID.get(order["financial_status"], "unknown"),
        "total": order["total"],
        "shipping": order["shipping"],
        "mail": (person.get("email") or "").lower(),
        "phone": person.get("phone") or "",
        "consent": CONSENT.get(person.get("email_consent") or "", ""),
        "street": place.get("address1") or "",
        "city": place.get("city") or "",
        "lines": sorted((_number(line["id"]), _bought(line)) for line in order["lines"] if _bought(line)),
        "parcels": sorted(
            (number, company)
            for sent in order["fulfillments"]
            if sent["status"] != "CANCELLED"
            for number, company in _numbers(sent)
        ),
        "events": sorted(_number(event["id"]) for sent in order["fulfillments"] for event in sent["events"]),
        "refunds": sorted((_number(each["id"]), each["note"] or "", each["total"]) for each in order["refunds"]),
        "returns": sorted(
            (
                _number(each["id"]),
                RETURNS[each["status"]],
                tuple(sorted((_number(line["line"]), line["quantity"]) for line in each["lines"])),
            )
            for each in order["returns"]
        ),
    }


def _number(value: Any) -> str:
    return str(value).rpartition("/")[2]


def _bought(line: dict[str, Any]) -> int:
    """Pieces that were bought and not taken out before they were sent: those that left, and those that still will."""
    return max(int(line["fulfilled_quantity"]) + int(line["unfulfilled_quantity"]), int(line["current_quantity"]))


def _numbers(sent: dict[str, Any]) -> list[tuple[str, str]]:
    found = {each["number"]: (each["company"] or "").lower() for each in sent["tracking"] if each["number"]}
    return list(found.items()) or [("", "")]


def ours(store: Store) -> dict[str, dict[str, Any]]:
    orders = Order.objects.filter(store=store).select_related("customer__contact")
    related = ("lines", "shipments__events", "refunds", "store_returns__lines__order_line", "writes")
    return {order.external_id: _here(order) for order in orders.prefetch_related(*related)}


def _here(order: Order) -> dict[str, Any]:
    contact = order.contact
    return {
        "number": order.number,
        "status": order.status,
        "paid": order.payment_status,
        "total": order.total,
        "shipping": order.shipping,
        "mail": contact.email,
        "phone": contact.phone,
        "consent": order.customer.consents.get("email", ""),
        "street": next(iter(order.destination.lines), ""),
        "city": order.destination.city,
        "lines": sorted((_number(line.external_id), line.quantity) for line in order.lines.all() if line.quantity),
        "parcels": sorted(
            (each.tracking_number, each.carrier) for each in order.shipments.all() if each.status != "cancelled"
        ),
        "events": sorted(
            [event.code.removeprefix("store-event:") for each in order.shipments.all() for event in each.events.all()
             if event.code.startswith("store-event:")]
            + [_number(write.external_id) for write in order.writes.all() if write.kind == WriteKind.TRACKING_EVENT]
        ),
        "refunds": sorted((_number(each.external_id), each.note, each.amount) for each in order.refunds.all()),
        "returns": sorted(
            (
                _number(each.external_id),
                each.status,
                tuple(sorted((_number(line.order_line.external_id), line.quantity) for line in each.lines.all())),
            )
            for each in order.store_returns.all()
        ),
    }  # fmt: skip


class Staff:
    """Our own people, who refund and pack orders while all this goes on."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store, self.dice, self.refunded = store, random.Random(seed), 0

    def act(self) -> None:
        orders = Order.objects.filter(store=self.store, writes=None).exclude(status="cancelled")
        for order in two_of(orders.filter(payment_status="paid", refunds=None), self.dice):
            self.refunded += 1
            payload = {
                "amount": 100, "currency": order.currency, "lines": [], "shipping": 0,
                "reason": f"Ours {self.refunded}", "restock": False, "move_money": True,
            }  # fmt: skip
            writes.queue_write(order, WriteKind.REFUND, payload, key=f"day:refund:{self.refunded}")
        unsent = orders.filter(status="open", shipments=None, payment_status="paid")
        for order in two_of(just_placed(unsent), self.dice):
            if left_over(order):
                add_parcel(order, carrier="dhl", tracking_number=f"0034043416{self.dice.randint(10**9, 10**10)}")


def test_after_the_worst_day_our_tables_equal_the_shop(live_server, settings):
    settings.PARCELWISE = {
        **settings.PARCELWISE,
        "LINKS": {"BASE_URL": live_server.url},
        "JOBS": {"RUNNER": "manual"},
    }
    clock_there = TwinClock(DAWN, frozen=True)
    with time_machine.travel(DAWN, tick=True) as clock, ShopifyTwin(clock=clock_there) as twin:
        secrets = {"client_id": twin.access.client_id, "client_secret": twin.access.client_secret}
        store = connect("shopify", twin.url, secrets).store
        assert store.connected_at, [each for each in store.checks if not each["good"]]
        twin.post.weather = Weather(duplicate=0.3, lose=0.1, shuffle=120, late=0.05, seed=7)
        # A large plan: the clock stands still while we ask, and a bucket that never fills up stops everybody.
        twin.bucket.maximum, twin.bucket.rate = 20_000 + 1000 * ORDERS, 1000
        day, staff = Day(twin, store, clock), Staff(store, SEED)
        day.ours_is_away(9)
        day.ours_is_away(15.5)
        day.theirs_is_away(12)
        day.at(18, lambda: twin.bump_webhooks("2026-10"))
        for hour in range(3, 23):
            day.at(hour, staff.act)
            day.at(hour, day.work)
        twin.faults.share("after", 0.3, seed=3, body="refundCreate")
        twin.faults.share("after", 0.3, seed=4, body="fulfillmentCreate")
        twin.faults.share("500", 0.02, seed=5, body="query")
        twin.faults.share("garbage", 0.02, seed=6, body="query")
        for step in twin.day(ORDERS, seed=7):
            step.run()
            twin.post.send_due()
            day.meanwhile(step.at)
        day.evening()
        assert day.taken_back <= max(2, ORDERS // 100), "parcels are hardly ever packed by both sides"
        here, gone = ours(store), {f"gid://shopify/Order/{number}" for number in twin.world.deleted}
        # What was deleted there is cancelled here, and its history stays.
        assert {here.pop(key)["status"] for key in gone & here.keys()} <= {"cancelled"}
        assert differences(here, theirs(twin)) == []
        assert dead_letters(gone) == []
        refunds = StoreWrite.objects.filter(kind=WriteKind.REFUND)
        assert refunds.count() == staff.refunded > 0
        asked = refunds.exclude(state=JobState.DEAD, order__external_id__in=gone).count()
        assert set(refunds_by_note().values()) == {1}
        assert len(refunds_by_note()) == asked, "each refund that was asked for happened, and none twice"
