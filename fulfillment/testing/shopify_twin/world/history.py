"""A past of many orders, each computed from its place when somebody asks for it."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime
from typing import NamedTuple

from fulfillment.testing.shopify_twin.world.catalogue import (
    ARTICLES,
    CARRIERS,
    FIRST_NAMES,
    LAST_NAMES,
    STREETS,
    TOWNS,
    Article,
)
from fulfillment.testing.shopify_twin.world.ids import history_number
from fulfillment.testing.shopify_twin.world.lines import Line, ShippingLine, Transaction
from fulfillment.testing.shopify_twin.world.orders import Order
from fulfillment.testing.shopify_twin.world.parcels import (
    Fulfillment,
    FulfillmentEvent,
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentOrderLine,
    Tracking,
)
from fulfillment.testing.shopify_twin.world.people import Address, Consent, Customer
from fulfillment.testing.shopify_twin.world.places import Shop
from fulfillment.testing.shopify_twin.world.refunding import Refund, RefundLine

DAY, SHIPPING = 86_400, 490
MASK = 2**64 - 1


def mixed(seed: int, index: int) -> int:
    """64 bits that look random and are always the same for the same order (splitmix64, Steele et al. 2014)."""
    word = (seed * 0x9E3779B97F4A7C15 + (index + 1) * 0xBF58476D1CE4E5B9) & MASK
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & MASK
    return word ^ (word >> 31)


class Fate(NamedTuple):
    """What became of an order: when it was placed, sent and delivered (0: was not), in Unix seconds."""

    placed: int
    sent: int
    delivered: int
    bought: tuple[tuple[Article, int], ...]
    refunded: bool
    updated: int

    @property
    def total(self) -> int:
        return sum(article.price * units for article, units in self.bought) + SHIPPING


class History:
    """``count`` orders over ``days``, the newest a day before ``end``; the same ``seed`` makes the same ones."""

    def __init__(self, shop: Shop, count: int, seed: int, *, end: datetime, days: int) -> None:
        self.shop, self.count, self.seed = shop, count, seed
        self._end = int(end.timestamp()) - DAY
        self._start, self._span = self._end - days * DAY, days * DAY
        self._by_update: tuple[array[int], array[int]] | None = None

    def number(self, index: int) -> int:
        """The id of an order."""
        return history_number(index)

    def placed(self, index: int) -> int:
        return self._start + index * self._span // self.count

    def fate(self, index: int) -> Fate:
        dice = mixed(self.seed, index)
        placed = self.placed(index)
        sent = placed + 3600 + (dice & 0xFFFF) if dice >> 16 & 0xF else 0
        delivered = sent + DAY + (dice >> 20 & 0x1FFFF) if sent and dice >> 37 & 0x7 else 0
        if delivered > self._end:
            delivered = 0
        if sent > self._end:
            sent = 0
        kinds = 1 + (dice >> 40 & 0x3) % 3
        first = dice >> 42 & 0xFF
        bought = tuple((ARTICLES[(first + 5 * at) % len(ARTICLES)], 1 + (dice >> 50 + at & 1)) for at in range(kinds))
        refunded = bool(delivered) and not dice >> 54 & 0x1F and delivered + DAY <= self._end
        updated = (delivered + DAY if refunded else delivered) or sent or placed
        return Fate(placed, sent, delivered, bought, refunded, updated)

    def by_update(self) -> tuple[array[int], array[int]]:
        """Times of the last change in order, and beside them the places of the orders: 16 bytes for each order."""
        if self._by_update is None:
            pairs = sorted((self.fate(index).updated, index) for index in range(self.count))
            self._by_update = array("q", (at for at, _ in pairs)), array("q", (index for _, index in pairs))
        return self._by_update

    def order(self, index: int) -> Order:
        """Build the order anew."""
        fate, dice = self.fate(index), mixed(self.seed + 1, index)
        placed = _moment(fate.placed)
        base = history_number(index)
        order = Order(base, 1001 + index, self.shop.myshopify_domain, placed, _moment(fate.updated))
        order.customer = self.customer(index - (index % 3 == 1))
        order.email, order.token = order.customer.email, f"{dice:016x}{mixed(self.seed + 2, index):016x}"
        order.currency, order.taxes_included = self.shop.currency_code, self.shop.taxes_included
        order.shipping_address = self._address(base + 4, order.customer)
        order.billing_address = self._address(base + 6, order.customer)
        order.lines = [
            Line(
                base + 32 + 2 * at,
                order,
                article.title,
                article.price,
                units,
                article.sku,
                article.variant,
                product_id=base + 64 + 2 * at,
                variant_id=base + 80 + 2 * at,
                grams=article.grams,
            )
            for at, (article, units) in enumerate(fate.bought)
        ]
        order.shipping = [ShippingLine(base + 14, order, "Standard", SHIPPING)]
        order.transactions = [Transaction(base + 8, order, "SALE", order.total, placed)]
        self._send(order, fate, base, dice)
        if fate.refunded:
            self._refund(order, fate, base)
        return order

    def customer(self, index: int) -> Customer:
        """Who placed the order ``index`` (two of three orders are by people who bought twice)."""
        dice, base, placed = mixed(self.seed + 3, index), history_number(index), _moment(self.placed(index))
        first = FIRST_NAMES[dice % len(FIRST_NAMES)]
        last = LAST_NAMES[(dice >> 8) % len(LAST_NAMES)]
        person = Customer(base + 22, placed, placed, first, last, f"buyer{index}@example.com", currency="EUR")
        person.default_address = Address(base + 2, first, last)
        town = TOWNS[(dice >> 16) % len(TOWNS)]
        person.default_address.address1 = f"{STREETS[(dice >> 24) % len(STREETS)]} {1 + (dice >> 32) % 120}"
        person.default_address.city, person.default_address.zip = town.city, town.zip
        person.default_address.country_code = town.country
        if dice >> 40 & 1:
            person.email_consent = Consent("SUBSCRIBED", "SINGLE_OPT_IN", placed)
        twice = index % 3 == 0 and index + 1 < self.count
        person.number_of_orders = 1 + twice
        person.spent = self._spent(index) + (self._spent(index + 1) if twice else 0)
        return person

    def places_of(self, index: int) -> list[int]:
        """Places of the orders of the buyer whose first order has the place ``index``."""
        return [place for place in (index, index + 1) if place < self.count and place - (place % 3 == 1) == index]

    def _spent(self, index: int) -> int:
        fate = self.fate(index)
        return fate.total - (fate.bought[0][0].price if fate.refunded else 0)

    def _address(self, number: int, customer: Customer) -> Address:
        home = customer.default_address or Address(number)
        return Address(
            number,
            home.first_name,
            home.last_name,
            None,
            home.address1,
            city=home.city,
            zip=home.zip,
            country_code=home.country_code,
        )

    def _send(self, order: Order, fate: Fate, base: int, dice: int) -> None:
        sent = _moment(fate.sent)
        place = self.shop.location
        plan = FulfillmentOrder(base + 10, order, order.created_at, sent if fate.sent else order.created_at, place)
        left = 0 if fate.sent else 1
        plan.lines = [
            FulfillmentOrderLine(base + 40 + 2 * at, line, line.quantity, line.quantity * left)
            for at, line in enumerate(order.lines)
        ]
        order.fulfillment_orders = [plan]
        if not fate.sent:
            return
        changed = _moment(fate.delivered or fate.sent)
        parcel = Fulfillment(base + 12, order, sent, changed, 1, place, fulfillment_orders=[plan])
        number = f"{dice % 10**12:012}"
        parcel.tracking = [Tracking(CARRIERS[dice >> 50 & 3], number, f"https://track.example/{number}")]
        parcel.lines = [
            FulfillmentLine(base + 48 + 2 * at, parcel, line, line.quantity) for at, line in enumerate(order.lines)
        ]
        steps = [("IN_TRANSIT", fate.sent), ("DELIVERED", fate.delivered)]
        parcel.events = [
            FulfillmentEvent(base + 56 + 2 * at, parcel, status, _moment(when), _moment(when))
            for at, (status, when) in enumerate(steps)
            if when
        ]
        for line in order.lines:
            line.fulfilled = line.quantity
        plan.status, plan.fulfillments = "CLOSED", [parcel]
        order.fulfillments, order.closed_at = [parcel], sent

    def _refund(self, order: Order, fate: Fate, base: int) -> None:
        when, line = _moment(fate.delivered + DAY), order.lines[0]
        refund = Refund(base + 16, order, when, when, "Gave one back")
        refund.lines = [RefundLine(base + 18, line, 1, "RETURN", line.worth(1), self.shop.location)]
        paid = order.transactions[0]
        back = Transaction(base + 20, order, "REFUND", refund.lines[0].subtotal, when, paid.gateway, place=2)
        back.parent = paid
        line.refunded = 1
        order.transactions.append(back)
        refund.transactions, order.refunds = [back], [refund]


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
