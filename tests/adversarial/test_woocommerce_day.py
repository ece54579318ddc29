"""A WooCommerce shop's worst day: what arrives is doubled, lost, shuffled and late, and in the evening all is equal."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from fulfillment.models import Order, Refund, Store, StoreWrite, WriteKind
from fulfillment.services import writes
from fulfillment.services.connect import connect
from fulfillment.services.telling_stores import add_parcel, left_over
from fulfillment.testing.twins import TwinClock, Weather
from fulfillment.testing.woocommerce_twin import WooCommerceTwin
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

STATUS = {"cancelled": "cancelled", "failed": "cancelled", "trash": "cancelled", "completed": "closed",
          "refunded": "closed"}  # fmt: skip


def cents(*amounts: str | None) -> int:
    return int(sum(Decimal(amount or "0") for amount in amounts) * 100)


def theirs(twin: WooCommerceTwin, known: Collection[str]) -> dict[str, dict[str, Any]]:
    """The shop's orders. One that nobody told us of before it went into the trash need not be known."""
    orders = {str(key): order for key, order in twin.snapshot().items()}
    people = _people(twin, [order for key, order in orders.items() if key in known])
    return {
        key: _there(order) | people[_whose(order)]
        for key, order in orders.items()
        if key in known or order["status"] != "trash"
    }


def _whose(order: dict[str, Any]) -> str:
    """Guests are told apart by address and number."""
    billing = order["billing"]
    return str(order["customer_id"] or f"{billing['email']} {billing['phone']}")


def _people(twin: WooCommerceTwin, orders: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """How each buyer is reached: as the newest order says, or the account where that was changed later."""
    found: dict[str, dict[str, Any]] = {}
    accounts = twin.customers()
    for order in sorted(orders, key=lambda order: (order["date_created_gmt"], order["id"])):
        whose, account = _whose(order), accounts.get(order["customer_id"])
        billing = order["billing"]
        if account and account["date_modified_gmt"] > order["date_created_gmt"]:
            billing = {**account["billing"], "email": account["billing"]["email"] or account["email"]}
        found[whose] = {"mail": billing["email"].lower(), "name": f"{billing['first_name']} {billing['last_name']}"}
    return found


def _there(order: dict[str, Any]) -> dict[str, Any]:
    status = STATUS.get(order["status"], "open")
    return {
        "number": order["number"],
        "status": status,
        "total": cents(order["total"]),
        "shipping": cents(order["shipping_total"], order["shipping_tax"]),
        "street": order["shipping"]["address_1"],
        "city": order["shipping"]["city"],
        "postcode": order["shipping"]["postcode"],
        "lines": sorted((str(each["id"]), each["name"], each["quantity"]) for each in order["line_items"]),
        "parcels": sorted(_numbers(order)) if status != "cancelled" else [],
        "refunds": sorted(
            (
                str(each["id"]),
                cents(each["amount"]),
                each["reason"],
                tuple(sorted((str(_of(line)), -line["quantity"]) for line in each["line_items"])),
            )
            for each in order["refund_objects"]
        ),
    }


def _of(line: dict[str, Any]) -> str:
    return next(str(meta["value"]) for meta in line["meta_data"] if meta["key"] == "_refunded_item_id")


def _numbers(order: dict[str, Any]) -> set[str]:
    items = [
        each for meta in order["meta_data"] if meta["key"] == "_wc_shipment_tracking_items" for each in meta["value"]
    ]
    found = {each["tracking_number"] for each in items}
    for fulfillment in order["fulfillments"]:
        found |= {str(meta["value"]) for meta in fulfillment["meta_data"] if meta["key"] == "_tracking_number"}
    return found


def ours(store: Store) -> dict[str, dict[str, Any]]:
    orders = Order.objects.filter(store=store).select_related("customer__contact")
    return {
        order.external_id: _here(order)
        for order in orders.prefetch_related("lines", "shipments", "refunds__lines__order_line")
    }


def _here(order: Order) -> dict[str, Any]:
    return {
        "number": order.number,
        "status": order.status,
        "total": order.total,
        "shipping": order.shipping,
        "mail": order.contact.email,
        "name": order.contact.name,
        "street": (order.destination.lines or ("",))[-1],
        "city": order.destination.city,
        "postcode": order.destination.postcode,
        "lines": sorted((line.external_id, line.title, line.quantity) for line in order.lines.all()),
        "parcels": sorted(each.tracking_number for each in order.shipments.all() if each.status != "cancelled"),
        "refunds": sorted(
            (
                each.external_id,
                each.amount,
                each.note,
                tuple(
                    sorted((line.order_line.external_id, line.quantity) for line in each.lines.all() if line.quantity)
                ),
            )
            for each in order.refunds.all()
        ),
    }


class Staff:
    """Our own people, who refund and pack orders while all this goes on."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store, self.dice, self.refunded = store, random.Random(seed), 0

    def act(self) -> None:
        paid = Order.objects.filter(store=self.store, status="closed", refunds=None, writes=None)
        for order in two_of(paid, self.dice):
            self.refunded += 1
            payload = {
                "amount": 100, "currency": order.currency, "lines": [], "shipping": 0,
                "reason": f"Ours {self.refunded}", "restock": False,
                # A bank transfer is given back by hand: no gateway could.
                "move_money": order.raw.get("payment_method") != "bacs",
            }  # fmt: skip
            writes.queue_write(order, WriteKind.REFUND, payload, key=f"day:refund:{self.refunded}")
        unsent = Order.objects.filter(store=self.store, status="open", shipments=None)
        for order in two_of(just_placed(unsent), self.dice):
            if left_over(order):
                add_parcel(order, carrier="dhl", tracking_number=f"0034043416{self.dice.randint(10**9, 10**10)}")


def test_after_the_worst_day_our_tables_equal_the_shop(live_server, settings):
    settings.PARCELWISE = {
        **settings.PARCELWISE,
        "LINKS": {"BASE_URL": live_server.url},
        "JOBS": {"RUNNER": "manual"},
    }
    with time_machine.travel(DAWN, tick=True) as clock, WooCommerceTwin(clock=TwinClock(DAWN, frozen=True)) as twin:
        store = connect("woocommerce", twin.url, {"key": "ck_twin", "secret": "cs_twin"}).store
        assert store.connected_at, [each for each in store.checks if not each["good"]]
        twin.post.weather = Weather(duplicate=0.3, lose=0.1, shuffle=120, late=0.05, seed=7)
        twin.habits.twice, twin.habits.lose_while_running = 0.2, 0.05
        day, staff = Day(twin, store, clock), Staff(store, SEED)
        day.ours_is_away(9)
        day.ours_is_away(15.5)
        day.theirs_is_away(12)
        day.at(18, lambda: setattr(twin.site, "version", "10.4.0"))
        for hour in range(5, 23):
            day.at(hour, staff.act)
            day.at(hour, day.work)
        twin.faults.share("after", 0.3, seed=3, method="POST", path="/refunds")
        twin.faults.share("after", 0.2, seed=4, method="POST", path="/fulfillments")
        twin.faults.share("500", 0.02, seed=5, method="GET")
        twin.faults.share("garbage", 0.02, seed=6, method="GET")
        twin.world.live_a_day(ORDERS, seed=7, meanwhile=day.meanwhile)
        day.evening()
        assert day.taken_back <= max(2, ORDERS // 100), "parcels are hardly ever packed by both sides"
        here = ours(store)
        gone = here.keys() - {str(key) for key in twin.snapshot()}
        # What was deleted there for good is cancelled here, and its history stays.
        assert {here.pop(key)["status"] for key in gone} <= {"cancelled"}
        assert differences(here, theirs(twin, here)) == []
        assert dead_letters(gone) == []
        refunds = StoreWrite.objects.filter(kind=WriteKind.REFUND)
        assert refunds.count() == staff.refunded > 0
        asked = refunds.exclude(state=JobState.DEAD, order__external_id__in=gone)
        assert set(refunds_by_note().values()) == {1}
        assert len(refunds_by_note()) == asked.count(), "each refund that was asked for happened, and none twice"
        moved = asked.filter(payload__move_money=True).count()
        assert Counter(amount for _order, amount in twin.world.gateway_refunds)[100] >= moved
        assert Refund.objects.filter(order__store=store).exclude(order__external_id__in=gone).count() == sum(
            len(order["refund_objects"]) for order in twin.snapshot().values()
        )


def test_the_comparison_sees_a_difference():
    """A day that compares nothing would always end well."""
    assert differences({"1": {"total": 1}}, {"1": {"total": 2}}) == ["1 total: here 1, there 2"]
    assert differences({}, {"1": {}}) == ["1: missing here"]
