"""Shopify: orders over its GraphQL Admin API, deliveries as hints, and what we write back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from django.utils import timezone

from fulfillment.facts import CustomerData, OrderData
from fulfillment.models import Store
from fulfillment.stores.base import (
    HookReport,
    News,
    Page,
    Platform,
    Proxy,
    ShopFacts,
    Tick,
    Unreadable,
    Webhooks,
    WriteData,
    Written,
)
from fulfillment.stores.shopify import bulk, checks, hooks, news, orders, writing
from fulfillment.stores.shopify.client import Client
from fulfillment.stores.shopify.documents.reading import ORDERS_AT_ONCE
from fulfillment.stores.shopify.proxy import ShopifyProxy
from fulfillment.stores.shopify.topics import BY_WIRE
from fulfillment.stores.shopify.versions import ending, is_version
from fulfillment.stores.shopify.webhooks import ShopifyWebhooks
from parcelwise.errors import GiveUp

#: Seconds that a walk, which has time, may wait for points.
_WALK_PATIENCE = 30.0


class ShopifyPlatform(Platform):
    """One Shopify store."""

    kind: ClassVar[str] = "shopify"
    label: ClassVar[str] = "Shopify"
    webhooks: ClassVar[Webhooks] = ShopifyWebhooks()
    proxy: ClassVar[Proxy | None] = ShopifyProxy()
    reconcile_minutes: ClassVar[int] = 60
    #: A call that broke off may go on at Shopify's for as long as its own time-out.
    settle_seconds: ClassVar[int] = 30
    read_batch: ClassVar[int] = 2 * ORDERS_AT_ONCE
    writes: ClassVar[frozenset[str]] = writing.KINDS
    scopes: ClassVar[Sequence[str]] = (*checks.READ_SCOPES, *checks.WRITE_SCOPES)

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.client = Client(store)
        self.walk = Client(store, patience=_WALK_PATIENCE, polite=True)

    def understand(self, topic: str, body: bytes) -> Sequence[News]:
        found = news.read(topic, body)
        for each in found:
            # Stores whose app is the same have the same secret, and the header that names the shop is not signed.
            shop = str(each.payload.get("shop_domain", "")).casefold()
            if shop and self.store.platform_id and shop != self.store.platform_id.casefold():
                raise GiveUp("The delivery is about another shop.")
        return found

    def knows_topic(self, topic: str) -> bool:
        return topic in BY_WIRE

    def read_orders(self, ids: Sequence[str]) -> Mapping[str, OrderData | Unreadable | None]:
        return orders.read(self.client, ids)

    def read_customer(self, external_id: str) -> CustomerData | None:
        return orders.read_customer(self.client, external_id)

    def changes(self, since: datetime, cursor: Mapping[str, Any]) -> Page:
        return orders.changes(self.walk, since, cursor)

    def everything(self, cursor: Mapping[str, Any]) -> Page:
        return bulk.everything(self.walk, cursor)

    def repair_hooks(self, url: str) -> HookReport:
        return hooks.repair(self.client, url)

    def remove_hooks(self, url: str) -> int:
        return hooks.remove(self.client, url)

    def check(self, hook_url: str) -> Iterator[Tick]:
        return checks.ticks(self.client, hook_url)

    def outlook(self) -> str:
        version = self.client.version
        return ending(version, timezone.now().date()) if is_version(version) else ""

    def describe(self) -> ShopFacts:
        return checks.describe(self.client)

    def look(self, intention: WriteData) -> Written | None:
        return writing.look(self.client, intention)

    def write(self, intention: WriteData) -> Written:
        return writing.write(self.client, intention)
