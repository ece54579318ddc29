"""Subscriptions at Shopify: made, mended and taken back; what others have is theirs."""

from __future__ import annotations

import pytest
from django.utils import timezone

from fulfillment.models import InboxEvent, Store
from fulfillment.services import store_life
from fulfillment.stores.base import News
from fulfillment.stores.shopify.topics import subscribed, wire_name
from parcelwise.errors import Misconfigured
from tests.fulfillment.shopify import needs_published, published_schema
from tests.fulfillment.stores.a_shopify import connected, platform

pytestmark = pytest.mark.django_db
URL = "https://shop.example/parcelwise/hooks/shopify/0d5ae6b9-6f0e-4a9e-9bfe-0c6f3d7a1b11/"
ELSEWHERE = "https://other.example/hooks/"


@pytest.fixture
def reader(shopify):
    shopify.bucket.maximum = 20_000
    return platform(connected(shopify))


def told(shopify) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for hook in shopify.subscriptions.all():
        found.setdefault(hook.uri, []).append(wire_name(hook.topic))
    return found


def test_every_topic_is_subscribed_to_once(shopify, reader):
    report = reader.repair_hooks(URL)
    topics = [topic.wire for topic in subscribed("2026-07")]
    assert report.good == report.mended == tuple(topics)
    assert report.failed == ()
    assert told(shopify) == {URL: topics}
    assert reader.repair_hooks(URL).mended == ()


def test_what_is_missing_narrowed_double_or_of_a_former_address_is_mended(shopify, reader):
    reader.repair_hooks(URL)
    by_topic = {wire_name(hook.topic): hook for hook in shopify.subscriptions.all()}
    by_topic["orders/create"].filter = "total_price:>100"
    by_topic["orders/updated"].uri = URL.replace("shop.example", "old.example")
    shopify.subscriptions.delete(by_topic["refunds/create"].gid)
    shopify.subscribe("orders/paid", URL.replace("shop.example", "old.example"))
    shopify.subscribe("orders/paid", ELSEWHERE)
    report = reader.repair_hooks(URL)
    assert sorted(report.mended) == ["orders/create", "orders/paid", "orders/updated", "refunds/create"]
    assert sorted(told(shopify)[URL]) == sorted(topic.wire for topic in subscribed("2026-07"))
    assert told(shopify).keys() == {URL, ELSEWHERE}
    assert not any(hook.filter for hook in shopify.subscriptions.all())


def test_only_our_own_are_taken_back(shopify, reader):
    shopify.subscribe("orders/paid", ELSEWHERE)
    made = len(reader.repair_hooks(URL).good)
    assert reader.remove_hooks(URL) == made
    assert told(shopify) == {ELSEWHERE: ["orders/paid"]}


def test_without_access_nothing_is_half_done(shopify, reader):
    shopify.uninstall()
    with pytest.raises(Misconfigured):
        reader.repair_hooks(URL)


def heard_of_leaving(store: Store) -> Store:
    told = InboxEvent(store=store, topic="app/uninstalled", body=b"{}", sent_at=timezone.now())
    assert store_life.hear(store, News("uninstalled"), told)
    store.refresh_from_db()
    return store


def test_an_old_word_of_leaving_that_is_sent_again_is_not_believed(shopify):
    """Its time stands in a header, which nobody signs."""
    store = connected(shopify)
    assert heard_of_leaving(store).is_active
    shopify.uninstall()
    assert not heard_of_leaving(store).is_active


@needs_published
@pytest.mark.parametrize("version", ["2026-01", "2026-04", "2026-07", "2026-10"])
def test_a_topic_is_subscribed_to_in_the_versions_that_have_it(version):
    published = set(published_schema(version).type_map["WebhookSubscriptionTopic"].values)
    assert {topic.enum for topic in subscribed(version)} <= published
    later = {topic.enum for topic in subscribed("2026-10")} - {topic.enum for topic in subscribed(version)}
    assert not later & published, "it could be subscribed to earlier"
