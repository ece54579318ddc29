"""Stores on WooCommerce: REST v3, webhooks, and the three places where their tracking numbers live."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar

from fulfillment.facts import CustomerData, OrderData
from fulfillment.stores.base import HookReport, News, Page, Platform, ShopFacts, Tick, Unreadable, WriteData, Written
from fulfillment.stores.woocommerce import checks, writes
from fulfillment.stores.woocommerce.answers import Refused
from fulfillment.stores.woocommerce.client import Client
from fulfillment.stores.woocommerce.hooks import TOPICS, Hooks
from fulfillment.stores.woocommerce.learned import note_status
from fulfillment.stores.woocommerce.mapping import is_draft, order_data, says_all
from fulfillment.stores.woocommerce.orders import GONE, Reader
from fulfillment.stores.woocommerce.people import customer
from fulfillment.stores.woocommerce.values import text
from fulfillment.stores.woocommerce.webhooks import WooCommerceWebhooks
from parcelwise.errors import GiveUp


class WooCommercePlatform(Platform):
    kind = "woocommerce"
    label = "WooCommerce"
    webhooks = WooCommerceWebhooks()
    #: A delivery that failed is never sent again, so asking what has changed is no mere precaution here.
    reconcile_minutes: ClassVar[int] = 5
    #: PHP may go on for as long as its server lets it after the caller has left.
    settle_seconds: ClassVar[int] = 600
    read_batch: ClassVar[int] = 20
    writes = writes.WRITES

    @cached_property
    def client(self) -> Client:
        return Client(self.store)

    @property
    def _reader(self) -> Reader:
        return Reader(self.store, self.client)

    # Deliveries

    def knows_topic(self, topic: str) -> bool:
        return topic in TOPICS

    def understand(self, topic: str, body: bytes) -> Sequence[News]:
        """The body is the record as the REST API shows it, and of one that was deleted only its id."""
        record = _record(body)
        external_id = text(record.get("id"))
        resource, _, event = topic.partition(".")
        if not external_id.isdigit():
            if "code" in record:  # the record was gone when the delivery was written: it is the API's error
                return []
            raise GiveUp("The delivery's body has no id.")
        if event == "deleted":
            return [News("order_gone" if resource == "order" else "customer_gone", external_id)]
        if resource == "customer":
            return [News("customer", external_id, customer=customer(record))]
        if is_draft(record):
            return []
        note_status(self.store, record)
        try:
            order = order_data(record)
        except (ValueError, TypeError, ArithmeticError) as error:
            raise GiveUp(f"The order in the delivery makes no sense: {error}.") from error
        return [News("order", external_id, order=order, fetch=not says_all(record))]

    # Reading

    def read_orders(self, ids: Sequence[str]) -> Mapping[str, OrderData | Unreadable | None]:
        return self._reader.read(ids)

    def read_customer(self, external_id: str) -> CustomerData | None:
        if not external_id.isdigit():  # a guest: there is no account to read
            return None
        try:
            record = self.client.get(f"wc/v3/customers/{external_id}")
        except Refused as refused:
            if refused.code in GONE:
                return None
            raise
        return customer(record) if isinstance(record, dict) else None

    def changes(self, since: datetime, cursor: Mapping[str, Any]) -> Page:
        return self._reader.changed(since, cursor)

    def everything(self, cursor: Mapping[str, Any]) -> Page:
        return self._reader.everything(cursor)

    # Connection

    def repair_hooks(self, url: str) -> HookReport:
        return Hooks(self.store, self.client).repair(url)

    def remove_hooks(self, url: str) -> int:
        return Hooks(self.store, self.client).remove(url)

    def check(self, hook_url: str) -> Iterator[Tick]:
        return checks.ticks(self.store, hook_url)

    def describe(self) -> ShopFacts:
        return checks.describe(self.client)

    # Writing

    def look(self, intention: WriteData) -> Written | None:
        return writes.look(self.store, self.client, intention)

    def write(self, intention: WriteData) -> Written:
        return writes.write(self.store, self.client, intention)


def _record(body: bytes) -> Mapping[str, Any]:
    try:
        record = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise GiveUp(f"The delivery's body is not JSON: {error}.") from error
    if not isinstance(record, dict):
        raise GiveUp("The delivery's body is not a record.")
    return record
