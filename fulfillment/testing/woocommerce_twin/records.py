"""What a WooCommerce site keeps: its settings and its records. Money is in cents, times are aware and in UTC."""

from __future__ import annotations

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fulfillment.testing.twins.clock import TwinClock

#: What can be installed: order fulfilments of the core (since 10.1), and the two tracking extensions.
PLUGINS = ("core", "shipment_tracking", "ast")
STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "checkout-draft")
#: Gateways that can send money back by themselves.
REFUNDING = ("stripe", "paypal", "woocommerce_payments")


@dataclass(slots=True)
class Meta:
    id: int
    key: str
    value: Any


@dataclass(slots=True)
class Line:
    """A line of an order, or of a refund (then quantity and sums are negative). ``total`` is without tax."""

    id: int
    name: str
    product_id: int
    quantity: int
    total: int
    tax: int = 0
    variation_id: int = 0
    sku: str = ""
    #: Before discounts; the same as ``total`` where there are none.
    subtotal: int = 0
    meta: list[Meta] = field(default_factory=list)


@dataclass(slots=True)
class ShippingLine:
    id: int
    title: str
    method: str
    total: int
    tax: int = 0


@dataclass(slots=True)
class Refund:
    id: int
    order_id: int
    created: datetime
    amount: int
    reason: str
    #: Whether the gateway was asked to send the money back.
    by_gateway: bool
    lines: list[Line] = field(default_factory=list)
    meta: list[Meta] = field(default_factory=list)


@dataclass(slots=True)
class Note:
    id: int
    created: datetime
    author: str
    note: str
    to_customer: bool


@dataclass(slots=True)
class Fulfillment:
    """A parcel of the core's order fulfilments."""

    id: int
    order_id: int
    status: str
    updated: datetime
    deleted: datetime | None = None
    meta: list[Meta] = field(default_factory=list)


@dataclass(slots=True)
class Order:
    id: int
    order_key: str
    status: str
    currency: str
    created: datetime
    modified: datetime
    billing: dict[str, str]
    shipping: dict[str, str]
    customer_id: int = 0
    payment_method: str = "stripe"
    payment_title: str = "Credit card"
    transaction_id: str = ""
    created_via: str = "checkout"
    customer_note: str = ""
    completed: datetime | None = None
    paid: datetime | None = None
    #: Percent of the one tax rate in use.
    tax_percent: int = 0
    tax_item_id: int = 0
    lines: list[Line] = field(default_factory=list)
    shipping_lines: list[ShippingLine] = field(default_factory=list)
    meta: list[Meta] = field(default_factory=list)
    #: Newest first.
    refunds: list[Refund] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    fulfillments: list[Fulfillment] = field(default_factory=list)
    #: The status before it went into the trash.
    before_trash: str = ""

    @property
    def shipping_total(self) -> int:
        return sum(line.total for line in self.shipping_lines)

    @property
    def shipping_tax(self) -> int:
        return sum(line.tax for line in self.shipping_lines)

    @property
    def cart_tax(self) -> int:
        return sum(line.tax for line in self.lines)

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines) + self.cart_tax + self.shipping_total + self.shipping_tax

    @property
    def refunded(self) -> int:
        return sum(refund.amount for refund in self.refunds)


@dataclass(slots=True)
class Customer:
    id: int
    email: str
    username: str
    created: datetime
    modified: datetime
    first_name: str = ""
    last_name: str = ""
    billing: dict[str, str] = field(default_factory=dict)
    shipping: dict[str, str] = field(default_factory=dict)
    #: Whether an order of theirs was ever paid.
    paying: bool = False
    meta: list[Meta] = field(default_factory=list)


@dataclass(slots=True)
class Webhook:
    id: int
    name: str
    topic: str
    delivery_url: str
    secret: str
    created: datetime
    modified: datetime
    status: str = "active"
    #: In a row, as the site counts them: it stays at 6 when the hook is disabled.
    failures: int = 0
    #: The ping was not answered with 200 yet.
    unanswered: bool = True


class Ids:
    """WordPress counts posts, order items, metas and the rest apart."""

    def __init__(self) -> None:
        self._last = dict.fromkeys(("item", "meta", "note", "customer", "hook", "parcel"), 0)
        self._last["post"] = 12
        self._lock = threading.Lock()

    def next(self, kind: str) -> int:
        with self._lock:
            self._last[kind] += 1
            return self._last[kind]

    def as_json(self) -> dict[str, int]:
        """The last number of each kind."""
        return dict(self._last)

    def go_on(self, last: Mapping[str, int]) -> None:
        """Count on from what :meth:`as_json` gave."""
        self._last.update(last)


class Site:
    """The records. Change them through :class:`~fulfillment.testing.woocommerce_twin.shop.Shop`."""

    def __init__(self, clock: TwinClock, *, zone: str, plugins: tuple[str, ...]) -> None:
        unknown = set(plugins) - set(PLUGINS)
        if unknown:
            raise ValueError(f"no such plugin: {', '.join(sorted(unknown))}; known: {', '.join(PLUGINS)}")
        self.clock, self.zone, self.currency, self.version = clock, ZoneInfo(zone), "EUR", "10.3.5"
        self.plugins = set(plugins)
        self.tax_percent = 19
        #: Whether creating a hook fails when its ping is not answered with 200.
        self.strict_ping = True
        self.url = ""
        self.lock, self.ids = threading.RLock(), Ids()
        self.orders: dict[int, Order] = {}
        self.customers: dict[int, Customer] = {}
        self.webhooks: dict[int, Webhook] = {}
        #: Money that gateways sent back: (order, cents), one entry per refund with ``api_refund``.
        self.gateway_refunds: list[tuple[int, int]] = []
        #: Goes up with every change.
        self.revision = 0
        #: The orders of the last list that was asked for: (revision, parameters, orders).
        self.last_list: tuple[int, list[tuple[str, str]], list[Order]] | None = None
        #: For what is random on a real site: the same for the same deeds.
        self.dice = random.Random(1)

    def now(self) -> datetime:
        """To the second: finer than that the site does not know."""
        return self.clock.now().replace(microsecond=0)

    def random_text(self, length: int) -> str:
        return "".join(self.dice.choices("abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=length))


def set_meta(site: Site, metas: list[Meta], key: str, value: Any, meta_id: int | None = None) -> None:
    """Change the meta with this id, else the first with this key, else add one. Values are replaced, never edited."""
    found = next((meta for meta in metas if (meta.id == meta_id if meta_id else meta.key == key)), None)
    if found is None:
        metas.append(Meta(site.ids.next("meta"), key, value))
    else:
        found.key, found.value = key, value


def get_meta(metas: list[Meta], key: str) -> Any:
    return next((meta.value for meta in metas if meta.key == key), None)
