"""A day's deliveries, doubled, lost and in any order: after reconciliation our tables say what the shop says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfillment.models import InboxEvent, Order, Outcome, Store, StoreRun, StoreSync
from fulfillment.testing.twins import Recorded, TwinClock
from parcelwise.jobs import JobState
from tests.factories import a_store
from tests.fulfillment.stores.woocommerce_shop import HOOK_SECRET, Shop, a_woocommerce_shop

pytestmark = pytest.mark.django_db(transaction=True)

CANCELLED = ("cancelled", "failed", "trash")
STATUS = {"completed": "closed", "refunded": "closed", **dict.fromkeys(CANCELLED, "cancelled")}


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A shop whose clock stands a day behind, so that the day that it lives is over now."""
    clock = TwinClock(timezone.now() - timedelta(hours=25), frozen=True)
    with a_woocommerce_shop(clock=clock) as shop:
        yield shop


def minor(amount: str) -> int:
    return int(Decimal(amount) * 100)


def numbers_of(told: dict[str, Any]) -> set[str]:
    """Tracking numbers in all places of the shop."""
    if told["status"] in CANCELLED:
        return set()
    metas = [meta for parcel in told["fulfillments"] for meta in parcel["meta_data"]]
    of_the_core = {meta["value"] for meta in metas if meta["key"] == "_tracking_number"}
    return of_the_core | {item["tracking_number"] for item in told["trackings"]}


def as_told(told: dict[str, Any]) -> dict[str, Any]:
    """What the shop says of an order, in the words of our tables."""
    return {
        "status": STATUS.get(told["status"], "open"),
        "total": minor(told["total"]),
        "city": told["shipping"]["city"],
        "street": told["shipping"]["address_1"],
        "email": told["billing"]["email"] if not told["customer_id"] else None,
        "lines": {(str(line["id"]), line["quantity"], line["sku"]) for line in told["line_items"]},
        "refunds": {
            (str(refund["id"]), minor(refund["amount"]), sum(abs(line["quantity"]) for line in refund["line_items"]))
            for refund in told["refund_objects"]
        },
        "numbers": numbers_of(told),
    }


def as_known(order: Order) -> dict[str, Any]:
    live = order.shipments.exclude(status="cancelled")
    account = order.customer.external_id.isdigit()
    return {
        "status": order.status,
        "total": order.total,
        "city": order.ship_to["city"],
        "street": order.ship_to["lines"][0],
        "email": None if account else order.customer.contact.email,
        "lines": set(order.lines.filter(quantity__gt=0).values_list("external_id", "quantity", "sku")),
        "refunds": {
            (refund.external_id, refund.amount, sum(line.quantity for line in refund.lines.all()))
            for refund in order.refunds.all()
        },
        "numbers": set(live.values_list("tracking_number", flat=True)),
    }


def assert_equal(shop: Shop, store: Store) -> None:
    """Every order of the shop is known as it is there, and what was deleted there is cancelled here."""
    snapshot = shop.twin.snapshot()
    known = {int(order.external_id): order for order in Order.objects.filter(store=store)}
    assert set(snapshot) <= set(known)
    for number, told in snapshot.items():
        assert as_known(known[number]) == as_told(told), number
        assert known[number].shipments.exclude(status="cancelled").count() == len(numbers_of(told)), number
    assert {known[number].status for number in set(known) - set(snapshot)} <= {"cancelled"}


def assert_no_trouble(store: Store) -> None:
    for kind in (InboxEvent, StoreSync, StoreRun):
        assert set(kind.objects.filter(store=store).values_list("state", flat=True)) <= {JobState.DONE}


def a_second_store(shop: Shop) -> Store:
    """The same shop, connected to tables that know nothing of it."""
    credentials = {"key": "ck_twin", "secret": "cs_twin", "hook_secret": HOOK_SECRET}
    return a_store(kind="woocommerce", url=shop.twin.url, credentials=credentials, connected_at=timezone.now())


def reconciled(shop: Shop, store: Store, start: Any) -> None:
    shop.store = store
    shop.reconcile(StoreRun.Kind.CHANGES, since=start - timedelta(minutes=5))
    shop.reconcile(StoreRun.Kind.DEEP)


def a_day(shop: Shop, orders: int) -> tuple[Any, list[Recorded]]:
    start = shop.twin.clock.now()
    shop.subscribe()
    shop.twin.habits.twice = 0.3
    shop.twin.world.live_a_day(orders=orders, seed=7)
    return start, shop.news()


def test_a_day_without_mishaps_needs_no_reconciliation(shop):
    _start, deliveries = a_day(shop, 25)
    shop.take(deliveries)
    shop.work()
    gone = Order.objects.exclude(external_id__in=[str(number) for number in shop.twin.snapshot()])
    gone.update(status="cancelled")  # nothing tells of an order that is deleted for good
    assert_equal(shop, shop.store)
    assert_no_trouble(shop.store)


def test_a_day_of_which_nothing_arrived_is_read_afterwards(shop):
    start, _lost = a_day(shop, 25)
    reconciled(shop, shop.store, start)
    assert_equal(shop, shop.store)


@pytest.mark.slow
def test_any_order_any_doubles_and_any_losses_end_in_the_same_tables(shop):
    start, deliveries = a_day(shop, 9)
    assert len(deliveries) > 20

    @settings(max_examples=6, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(
        order=st.permutations(range(len(deliveries))),
        lost=st.sets(st.integers(0, len(deliveries) - 1), max_size=len(deliveries) // 3),
        again=st.lists(st.integers(0, len(deliveries) - 1), max_size=12),
        breaks=st.lists(st.integers(1, len(deliveries)), max_size=3),
    )
    def holds(order: list[int], lost: set[int], again: list[int], breaks: list[int]) -> None:
        store = shop.store = a_second_store(shop)
        arriving = [deliveries[number] for number in [*order, *again] if number not in lost]
        for number, delivery in enumerate(arriving):
            shop.take([delivery])
            if number in breaks:
                shop.work()
        shop.work()
        reconciled(shop, store, start)
        assert_equal(shop, store)
        assert_no_trouble(store)

    holds()


def test_what_comes_late_does_not_bring_a_deleted_order_back(shop):
    shop.subscribe()
    order = shop.twin.world.place_order()
    shop.take(shop.news())
    shop.work()
    shop.twin.clock.change(advance=60)
    shop.twin.world.edit_order(order.id, customer_note="ring twice")
    late = shop.news()
    shop.twin.clock.change(advance=60)
    shop.twin.world.trash(order.id)
    trashed = shop.news()
    shop.twin.world.delete(order.id)
    shop.take(trashed)
    shop.work()
    assert Order.objects.get().status == "cancelled"
    shop.take(late)
    shop.work()
    assert Order.objects.get().status == "cancelled"


def test_an_order_that_is_restored_from_the_trash_is_open_again(shop):
    shop.subscribe()
    order = shop.twin.world.place_order()
    number = shop.twin.world.add_tracking(order.id, kind="ast")
    for _twice in range(2):
        shop.twin.clock.change(advance=60)
        shop.twin.world.trash(order.id)
        shop.take(shop.news())
        shop.work()
        assert Order.objects.get().status == "cancelled"
        assert set(Order.objects.get().shipments.values_list("status", flat=True)) <= {"cancelled"}
        shop.twin.clock.change(advance=60)
        shop.twin.world.restore(order.id)
        shop.take(shop.news())
        shop.work()
        assert as_known(Order.objects.get())["numbers"] == {number}
        assert Order.objects.get().status == "open"


def test_the_last_of_two_quick_updates_that_was_swallowed_is_read_at_the_next_look(shop):
    shop.subscribe()
    start = shop.twin.clock.now()
    order = shop.twin.world.place_order()
    shop.take(shop.news())
    shop.work()
    shop.twin.clock.change(advance=30)
    shop.twin.world.edit_order(order.id, shipping={"city": "Kiel"})
    shop.take(shop.news())
    shop.twin.world.edit_order(order.id, shipping={"city": "Bremen"})
    shop.news()  # it never arrives
    shop.work()
    assert Order.objects.get().ship_to["city"] == "Kiel"
    shop.reconcile(since=start)
    assert Order.objects.get().ship_to["city"] == "Bremen", "the same second, and another content"


def test_two_updates_of_one_second_are_settled_by_asking(shop):
    shop.subscribe()
    order = shop.twin.world.place_order()
    shop.take(shop.news())
    shop.work()
    first, second = [], []
    for city, kept in (("Kiel", first), ("Bremen", second)):
        shop.twin.world.edit_order(order.id, shipping={"city": city})
        kept += shop.news()
    shop.take([*second, *first])
    shop.work()
    assert Order.objects.get().ship_to["city"] == "Bremen"
    assert InboxEvent.objects.filter(outcome=Outcome.FETCHING).exists()


def test_a_refund_is_known_with_its_lines_from_its_delivery_on(shop):
    shop.subscribe()
    order = shop.twin.world.place_order()
    shop.take(shop.news())
    shop.work()
    shop.twin.clock.change(advance=60)
    shop.twin.world.refund(order.id, quantities={order.lines[0].id: 1})
    shop.take(shop.news())
    shop.work()
    refund = Order.objects.get().refunds.get()
    assert [(line.order_line.external_id, line.quantity) for line in refund.lines.all()] == [
        (str(order.lines[0].id), 1)
    ]


def test_a_customer_who_has_a_new_number_is_reached_there(shop):
    shop.subscribe()
    ana = shop.twin.world.add_customer(email="ana@example.test")
    shop.twin.world.place_order(customer_id=ana.id)
    shop.take(shop.news())
    shop.work()
    shop.twin.clock.change(advance=60)
    shop.twin.world.update_customer(ana.id, billing={"phone": "+49 30 777"})
    shop.take(shop.news())
    shop.work()
    customer = Order.objects.get().customer
    assert (customer.external_id, customer.contact.phone) == (str(ana.id), "+49 30 777")
    InboxEvent.objects.filter(topic__startswith="order.").update(state="waiting", replayed=1)
    shop.work()
    customer.contact.refresh_from_db()
    assert customer.contact.phone == "+49 30 777", "what comes late does not undo it"
