"""However the deliveries of a Shopify store come in, our tables end the same: equal to what the store has."""

from __future__ import annotations

import random
from typing import Any

import pytest

from fulfillment.models import InboxEvent, Order, Store
from fulfillment.services import inbox, runs
from fulfillment.stores.shopify import ShopifyPlatform
from fulfillment.stores.shopify.topics import subscribed
from fulfillment.testing.shopify_twin import ShopifyTwin
from parcelwise.jobs import JobState
from parcelwise.testing import run_jobs
from tests.fulfillment.stores.a_shopify import connected

pytestmark = pytest.mark.django_db
URL = "https://shop.example/hooks/"


def a_day(twin: ShopifyTwin) -> None:
    """Orders that are sent, followed, changed, refunded and sent back, each told to us in deliveries."""
    world = twin.world
    for topic in sorted({topic.wire for topic in subscribed("2026-07")}):
        twin.subscribe(topic, URL)
    ana = world.add_customer(first_name="Ana", last_name="Souza", email="ana@example.com", phone="+4915112345678")
    mug = {"title": "Mug", "price": "9.90", "quantity": 3, "sku": "MUG"}
    orders = [world.place_order(customer=ana, lines=[mug]) for _ in range(4)]
    sent = [world.fulfill(order, lines={"MUG": 2}, company="DHL", numbers=[f"N{order.number}"]) for order in orders[:3]]
    for status in ("IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERED"):
        event = world.add_event(sent[0], status)
    world.delete_event(event)
    world.refund(orders[0], lines=[{"line": "MUG", "quantity": 1, "restock_type": "CANCEL"}])
    back = world.request_return(orders[1], [{"line": sent[1].lines[0].gid, "quantity": 1, "reason": "too-small"}])
    world.approve_return(back)
    world.cancel_fulfillment(sent[2])
    world.cancel_order(orders[3])
    world.set_consent(ana, "SUBSCRIBED")
    world.update_customer(ana, first_name="Anabela")


def deliver(store: Store, letters: list[Any]) -> None:
    for letter in letters:
        headers = {name.lower(): value for name, value in letter.headers.items()}
        delivery = ShopifyPlatform.webhooks.delivery(headers, letter.body)
        columns = {"topic": delivery.topic, "event_key": delivery.event_key, "body": letter.body}
        InboxEvent.objects.get_or_create(store=store, delivery_key=delivery.key, defaults=columns)
    while run_jobs(20):
        pass
    assert not InboxEvent.objects.filter(store=store, state=JobState.DEAD).exists()


def tables(store: Store) -> list[dict[str, Any]]:
    """All that we hold of the store's orders, without our own keys and clocks."""
    found = []
    for order in Order.objects.filter(store=store).order_by("external_id"):
        found.append(
            {
                "order": (order.external_id, order.status, order.payment_status, order.total, order.digest),
                "customer": (order.customer.external_id, order.customer.contact.name, order.customer.consents),
                "lines": sorted(order.lines.values_list("external_id", "quantity", "unit_price")),
                "parcels": sorted(order.shipments.values_list("external_id", "status", "tracking_number", "carrier")),
                "events": sorted(
                    order.shipments.exclude(events=None).values_list("events__code", "events__status", "external_id")
                ),
                "refunds": sorted(order.refunds.values_list("external_id", "amount")),
                "returns": sorted(order.store_returns.values_list("external_id", "status")),
            }
        )
    return found


@pytest.fixture
def day(shopify):
    shopify.bucket.maximum = shopify.bucket.rate = 100_000
    shopify.post.wire = False
    a_day(shopify)
    shopify.post.flush()
    return shopify


def test_any_order_and_any_repetition_end_in_the_same_tables(day):
    letters = list(day.post.recorded)
    assert len(letters) > 40
    straight = connected(day)
    deliver(straight, letters)
    wanted = tables(straight)
    assert [entry["order"][1] for entry in wanted] == ["open", "open", "open", "cancelled"]
    for seed in range(2):
        dice, store = random.Random(seed), connected(day)
        mixed = dice.sample(letters, len(letters)) + dice.choices(letters, k=len(letters) // 3)
        dice.shuffle(mixed)
        for start in range(0, len(mixed), 17):
            deliver(store, mixed[start : start + 17])
        assert tables(store) == wanted


def test_what_was_lost_is_found_by_the_walk_over_changes(day):
    letters = list(day.post.recorded)
    whole, lossy = connected(day), connected(day)
    deliver(whole, letters)
    deliver(lossy, [letter for number, letter in enumerate(letters) if number % 3])
    Store.objects.filter(pk=lossy.pk).update(synced_at=None, reconciled_until=day.clock.now().replace(year=2020))
    runs.start(lossy, "changes")
    while run_jobs(20):
        pass
    assert tables(lossy) == tables(whole)


def test_a_year_old_delivery_changes_nothing(day):
    store = connected(day)
    letters = list(day.post.recorded)
    deliver(store, letters)
    before = tables(store)
    assert inbox.replay(InboxEvent.objects.filter(store=store)) == InboxEvent.objects.filter(store=store).count()
    while run_jobs(20):
        pass
    assert tables(store) == before
