"""A believable day: what happens to orders, spread over the clock, the same for the same seed."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fulfillment.testing.shopify_twin.world.catalogue import (
    ARTICLES,
    CARRIERS,
    FIRST_NAMES,
    LAST_NAMES,
    STREETS,
    TOWNS,
)
from fulfillment.testing.shopify_twin.world.day_of_parcels import send
from fulfillment.testing.shopify_twin.world.orders import Order
from fulfillment.testing.shopify_twin.world.people import Customer
from fulfillment.testing.shopify_twin.world.refusals import Refused
from fulfillment.testing.shopify_twin.world.world import World

MINUTE, HOUR = 60.0, 3600.0
LENGTH = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Step:
    """Something that is about to happen; the clock stands at ``at`` when :meth:`run` is called."""

    at: datetime
    name: str
    act: Callable[[], Any]

    def run(self) -> bool:
        """False where the shop would not let it happen any more."""
        try:
            self.act()
        except Refused:
            return False
        return True


class Day:
    """Iterating gives the steps in order, each to be run before the next; acts plan what follows from them."""

    def __init__(self, world: World, orders: int, seed: int) -> None:
        self.world, self.dice = world, random.Random(seed)
        self.begins = world.now()
        self.ends = self.begins + timedelta(seconds=LENGTH)
        self.customers: list[Customer] = []
        self._plan: list[tuple[datetime, int, str, Callable[[], Any]]] = []
        self._ties = itertools.count()
        self._seed = seed
        for _ in range(orders):
            # Most of a day's orders come before the evening, so that something can still become of them.
            self.later(self.dice.triangular(0, 0.8 * LENGTH, 0.3 * LENGTH), self.place)

    def __iter__(self) -> Iterator[Step]:
        while self._plan:
            at, _, name, act = heapq.heappop(self._plan)
            if at <= self.ends:
                self.world.clock.change(now=max(at, self.world.clock.now()))
                yield Step(at, name, act)

    def later(self, seconds: float, act: Callable[..., Any], *given: Any) -> None:
        """``act`` happens so many seconds from now."""
        at = self.world.clock.now() + timedelta(seconds=seconds)
        heapq.heappush(self._plan, (at, next(self._ties), act.__name__, lambda: act(*given)))

    def happens(self, share: float) -> bool:
        return self.dice.random() < share

    def between(self, least: float, most: float) -> float:
        return self.dice.uniform(least, most)

    def place(self) -> None:
        """Somebody buys something."""
        known = self.dice.choice(self.customers) if self.customers and self.happens(0.3) else None
        gone = known is None or known.id not in self.world.customers or not known.email
        lines = [self.article() for _ in range(self.dice.choices((1, 2, 3, 4), (55, 27, 12, 6))[0])]
        paid = not self.happens(0.08)
        order = self.world.place_order(
            customer=self.person() if gone else known, lines=lines, paid=paid, tax_rate=1900, locale="de"
        )
        if gone and order.customer is not None:
            self.customers.append(order.customer)
        if not paid:
            self.later(self.between(20 * MINUTE, 5 * HOUR), self.world.pay, order)
        self._what_follows(order)

    def _what_follows(self, order: Order) -> None:
        if self.happens(0.06):
            self.later(self.between(MINUTE, 50 * MINUTE), self.edit, order)
        if self.happens(0.05):
            reason = self.dice.choice(("CUSTOMER", "INVENTORY", "FRAUD", "OTHER"))
            self.later(self.between(MINUTE, 90 * MINUTE), self.world.cancel_order, order, reason)
        if self.happens(0.03):
            self.later(self.between(MINUTE, 20 * MINUTE), self.hold, order)
        if self.happens(0.05):
            self.later(self.between(HOUR, 8 * HOUR), self.change_customer, order)
        if self.happens(0.03):
            self.later(self.between(2 * HOUR, 9 * HOUR), self.goodwill, order)
        if self.happens(0.004):
            self.later(self.between(3 * HOUR, 9 * HOUR), self.redact, order)
        if self.happens(0.005):
            self.later(self.between(3 * HOUR, 9 * HOUR), self.world.delete_order, order)
        self.later(self.between(HOUR, 5 * HOUR), send, self, order)

    def edit(self, order: Order) -> None:
        """Staff change what was ordered, or where to."""
        kind = self.dice.randrange(4)
        if kind == 0:
            self.world.edit_order(order, add=[self.article()])
        elif kind == 1:
            lines = [line for line in order.lines if line.unfulfilled_quantity > 0]
            if len(lines) > 1 or (lines and lines[0].unfulfilled_quantity > 1):
                self.world.edit_order(order, remove={self.dice.choice(lines).gid: 1})
        elif kind == 2:
            self.world.edit_order(order, shipping_address=self.address("Packstation 112"))
        else:
            self.world.edit_order(order, note="Please ring twice", tags=[*order.tags, "vip"])

    def hold(self, order: Order) -> None:
        plan = order.fulfillment_orders[0]
        self.world.hold(plan, "INCORRECT_ADDRESS", "House number is missing")
        self.later(self.between(10 * MINUTE, 2 * HOUR), self.world.release, plan)

    def change_customer(self, order: Order) -> None:
        person = order.customer
        if person is None or person.id not in self.world.customers:
            return
        kind = self.dice.randrange(4)
        if kind == 0:
            self.world.set_consent(person, self.dice.choice(("SUBSCRIBED", "UNSUBSCRIBED")))
        elif kind == 1:
            self.world.update_customer(person, phone=f"+4917{self.dice.randrange(10**8, 10**9)}")
        elif kind == 2:
            self.world.update_customer(person, address=self.address())
        else:
            self.world.update_customer(person, email=f"new{person.id}@example.com")

    def goodwill(self, order: Order) -> None:
        """Some money back without anything coming back."""
        most = order.refundable_amount
        if most > 200:
            amount = order.amount(self.dice.randrange(100, min(most, 1500)))
            self.world.refund(order, transactions=[{"amount": amount.plain}], note="For the trouble")

    def redact(self, order: Order) -> None:
        if order.customer is not None and order.customer.id in self.world.customers:
            self.world.redact_customer(order.customer)

    def article(self) -> dict[str, Any]:
        article = self.dice.choice(ARTICLES)
        units = self.dice.choices((1, 2, 3), (80, 15, 5))[0]
        cents = article.price * units // 10 if self.happens(0.15) else 0
        return {
            "title": article.title,
            "variant_title": article.variant,
            "sku": article.sku,
            "price": f"{article.price // 100}.{article.price % 100:02}",
            "quantity": units,
            "grams": article.grams,
            "discount": f"{cents // 100}.{cents % 100:02}",
        }

    def person(self) -> dict[str, Any]:
        first, last = self.dice.choice(FIRST_NAMES), self.dice.choice(LAST_NAMES)
        return {
            "first_name": first,
            "last_name": last,
            "email": f"buyer{self._seed}.{len(self.customers)}@example.com",
            "consent": self.happens(0.4),
            "address": {"first_name": first, "last_name": last, **self.address()},
        }

    def address(self, street: str = "") -> dict[str, Any]:
        town = self.dice.choice(TOWNS)
        return {
            "address1": street or f"{self.dice.choice(STREETS)} {self.dice.randrange(1, 140)}",
            "city": town.city,
            "zip": town.zip,
            "country_code": town.country,
        }

    def carrier(self) -> str:
        return self.dice.choice(CARRIERS)

    def tracking_number(self) -> str:
        return f"{self.dice.randrange(10**11, 10**12)}"
