"""A store platform on paper: its whole state is a dict, so that the services can be tried without any provider.

Its deliveries are JSON: ``{"order": "1"}`` is a hint, ``{"order": "1", "total": 5, "at": "…"}`` states the order.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from fulfillment.facts import Address, CustomerData, LineData, OrderData
from fulfillment.models import Store, WriteKind
from fulfillment.stores.base import (
    Delivery,
    Headers,
    HookReport,
    News,
    Page,
    Platform,
    Tick,
    Unreadable,
    Webhooks,
    WriteData,
    Written,
)
from parcelwise.errors import GiveUp
from tests.factories import MUNICH, a_store

SETTING = {"paper": "tests.paper_platform.PaperPlatform"}


@dataclass
class Shop:
    """What the platform holds of one store."""

    orders: dict[str, OrderData | Unreadable] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    trouble: list[Exception] = field(default_factory=list)
    effects: dict[str, WriteData] = field(default_factory=dict)
    calls: list[WriteData] = field(default_factory=list)
    break_after_effect: int = 0
    page_size: int = 2
    hooks: HookReport = HookReport(good=("orders",))

    def ask(self, what: str, about: Any) -> None:
        self.asked.append((what, about))
        if self.trouble:
            raise self.trouble.pop(0)


SHOPS: dict[int, Shop] = {}


def a_paper_store(**columns: Any) -> tuple[Store, Shop]:
    """A connected store on paper, and the shop behind it. Needs ``PLATFORMS`` set to SETTING."""
    store = a_store(kind="paper", connected_at=datetime.now(UTC), **columns)
    SHOPS[store.pk] = Shop()
    return store, SHOPS[store.pk]


def stated(external_id: str, *, at: datetime, total: int = 4990, **columns: Any) -> OrderData:
    """One order of one line, as the platform states it at ``at``."""
    order = OrderData(
        external_id=external_id,
        number=f"#{external_id}",
        placed_at=datetime(2026, 11, 1, 9, tzinfo=UTC),
        currency="EUR",
        customer=CustomerData(f"c{external_id}", "Ana Souza", "ana@example.com"),
        ship_to=MUNICH,
        lines=(LineData("1", "Wool socks", 2, unit_price=2495),),
        total=total,
        refunds=(),
        returns=(),
        updated_at=at,
    )
    return replace(order, **columns)


class PaperWebhooks(Webhooks):
    def delivery(self, headers: Headers, body: bytes) -> Delivery:
        return Delivery(headers["x-id"], headers["x-topic"], headers.get("x-event", ""), headers.get("x-shop", ""))

    def is_ping(self, headers: Headers, body: bytes) -> bool:
        return body == b"ping"

    def is_signed(self, headers: Headers, body: bytes, secret: str) -> bool:
        return headers.get("x-signature") == f"{secret}:{len(body)}"


class PaperPlatform(Platform):
    kind, label, webhooks = "paper", "Paper", PaperWebhooks()
    reconcile_minutes, settle_seconds, read_batch = 5, 60, 2
    writes = frozenset(WriteKind.values)

    @property
    def shop(self) -> Shop:
        return SHOPS[self.store.pk]

    def knows_topic(self, topic: str) -> bool:
        return topic.startswith("orders/")

    def understand(self, topic: str, body: bytes) -> Sequence[News]:
        try:
            said = json.loads(body)
        except ValueError as error:
            raise GiveUp(f"The delivery is not JSON: {error}") from error
        if "at" not in said:
            return [News("order", said["order"], fetch=True)]
        order = stated(said["order"], at=datetime.fromisoformat(said["at"]), total=said["total"])
        return [News("order", said["order"], order=order)]

    def read_orders(self, ids: Sequence[str]) -> Mapping[str, OrderData | Unreadable | None]:
        self.shop.ask("read", tuple(ids))
        return {key: self.shop.orders.get(key) for key in ids}

    def read_customer(self, external_id: str) -> CustomerData | None:
        return CustomerData(external_id)

    def changes(self, since: datetime, cursor: Mapping[str, Any]) -> Page:
        self.shop.ask("changes", since)
        return self._page([order for order in self._orders() if order.updated_at and order.updated_at >= since], cursor)

    def everything(self, cursor: Mapping[str, Any]) -> Page:
        self.shop.ask("everything", dict(cursor))
        return self._page(self._orders(), cursor)

    def _orders(self) -> list[OrderData]:
        return [order for order in self.shop.orders.values() if isinstance(order, OrderData)]

    def _page(self, orders: Sequence[OrderData], cursor: Mapping[str, Any]) -> Page:
        start, size = int(cursor.get("start", 0)), self.shop.page_size
        more = start + size < len(orders)
        return Page(tuple(orders[start : start + size]), (), {"start": start + size} if more else None, len(orders))

    def repair_hooks(self, url: str) -> HookReport:
        self.shop.ask("hooks", url)
        return self.shop.hooks

    def remove_hooks(self, url: str) -> int:
        return 1

    def check(self, hook_url: str) -> Iterator[Tick]:
        yield Tick("Credentials", not self.shop.trouble, "accepted", "Type them again.")

    def write(self, intention: WriteData) -> Written:
        self.shop.calls.append(intention)
        if intention.began_at is None or intention.key not in self.shop.effects:
            if self.shop.trouble:
                raise self.shop.trouble.pop(0)
            assert intention.key not in self.shop.effects, "done twice"
            self.shop.effects[intention.key] = intention
        if self.shop.break_after_effect:
            self.shop.break_after_effect -= 1
            raise KeyboardInterrupt("the process dies between the call and the commit")
        return Written(f"made-{len(self.shop.effects)}", {"by": "paper"})


__all__ = ["SETTING", "SHOPS", "Address", "PaperPlatform", "Shop", "a_paper_store", "stated"]
