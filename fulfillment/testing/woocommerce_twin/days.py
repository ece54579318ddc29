"""A believable day of a shop, event by event along the twin's clock."""

from __future__ import annotations

import heapq
import itertools
import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from fulfillment.testing.woocommerce_twin import cast
from fulfillment.testing.woocommerce_twin.deeds import Deeds

Meanwhile = Callable[[datetime], None]
#: Of a hundred orders so many …
WAITING, FAILING, EDITED, REFUNDED, TRASHED, WITH_ACCOUNT = 12, 4, 6, 6, 2, 20


def live(world: Deeds, orders: int, *, seed: int, hours: float, send: bool, meanwhile: Meanwhile) -> dict[str, int]:
    """See ``World.live_a_day``."""
    day = Day(world, random.Random(seed), hours)
    start = world.site.clock.now()
    for _ in range(orders):
        day.at(start + timedelta(hours=day.dice.betavariate(2.2, 1.8) * hours), day.place)
    while day.events:
        moment, _, act = heapq.heappop(day.events)
        if world.site.clock.frozen and moment > world.site.clock.now():
            world.site.clock.change(now=moment)
        act(moment)
        if send:
            world.post.send_due()
        meanwhile(world.site.clock.now())
    if world.site.clock.frozen:
        world.site.clock.change(now=max(start + timedelta(hours=hours), world.site.clock.now()))
    if send:
        world.post.send_due()
    return dict(day.counts)


class Day:
    """The events that are still to come, and what each of them brings about."""

    def __init__(self, world: Deeds, dice: random.Random, hours: float) -> None:
        self.world, self.dice, self.counts = world, dice, Counter[str]()
        self.end = world.site.clock.now() + timedelta(hours=hours)
        self.events: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._ties = itertools.count()

    def at(self, moment: datetime, act: Callable[[datetime], None]) -> None:
        """Plan something, unless it comes after the day."""
        if moment <= self.end:
            heapq.heappush(self.events, (moment, next(self._ties), act))

    def later(self, now: datetime, least: float, most: float, act: Callable[[datetime], None]) -> None:
        """Between so many and so many minutes from now."""
        self.at(now + timedelta(minutes=self.dice.uniform(least, most)), act)

    def place(self, now: datetime) -> None:
        chance, customer_id = self.dice.uniform(0, 100), 0
        if self.dice.uniform(0, 100) < WITH_ACCOUNT:
            customer_id = self._customer()
        waits = chance < WAITING
        method, title = cast.METHODS[2] if waits else self.dice.choice(cast.METHODS[:2])
        status = "on-hold" if waits else "pending" if chance < WAITING + FAILING else "processing"
        order = self.world.place_order(
            dice=self.dice, status=status, customer_id=customer_id, payment_method=method, payment_title=title
        )
        self.counts["placed"] += 1
        if status == "processing":
            self._paid(order.id, now)
        elif waits:
            self.later(now, 60, 600, lambda at: self.pay(order.id, at))
        else:
            self.later(now, 1, 60, lambda at: self.change(order.id, "failed"))

    def pay(self, order_id: int, now: datetime) -> None:
        self.change(order_id, "processing")
        self._paid(order_id, now)

    def change(self, order_id: int, status: str) -> None:
        if self._is_there(order_id):
            self.world.change_status(order_id, status)
            self.counts[status] += 1

    def ship(self, order_id: int, now: datetime) -> None:
        if not self._is_there(order_id):
            return
        kind = self.dice.choice(sorted(self.world.site.plugins)) if self.world.site.plugins else ""
        if kind:
            self.world.add_tracking(order_id, kind=kind)
            self.counts[f"tracked by {kind}"] += 1
        self.change(order_id, "completed")  # within the same second, as the extensions do it
        if self.dice.uniform(0, 100) < REFUNDED:
            self.later(now, 30, 400, lambda at: self.refund(order_id))

    def refund(self, order_id: int) -> None:
        if not self._is_there(order_id):
            return
        order = self.world.order(order_id)
        line, reason = self.dice.choice(order.lines), self.dice.choice(cast.REASONS)
        by_gateway = order.payment_method != "bacs" and self.dice.random() < 0.5
        wanted = {line.id: 1} if self.dice.random() < 0.7 else None
        self.world.refund(order_id, quantities=wanted, reason=reason, by_gateway=by_gateway)
        self.counts["refunded"] += 1

    def edit(self, order_id: int) -> None:
        if self._is_there(order_id):
            street = f"{self.dice.choice(cast.STREETS)} {self.dice.randint(1, 180)}"
            self.world.edit_order(order_id, shipping={"address_1": street})
            self.counts["edited"] += 1

    def trash(self, order_id: int, now: datetime) -> None:
        self.world.trash(order_id)
        self.counts["trashed"] += 1
        chance = self.dice.random()
        if chance < 0.4:
            self.later(now, 5, 60, lambda at: self.world.restore(order_id))
        elif chance < 0.6:
            self.later(now, 5, 60, lambda at: self.world.delete(order_id))

    def _paid(self, order_id: int, now: datetime) -> None:
        chance = self.dice.uniform(0, 100)
        if chance < EDITED:
            self.later(now, 2, 60, lambda at: self.edit(order_id))
        elif chance < EDITED + TRASHED:
            self.later(now, 2, 60, lambda at: self.trash(order_id, at))
            return
        self.later(now, 90, 900, lambda at: self.ship(order_id, at))

    def _customer(self) -> int:
        known = self.world.site.customers
        if known and self.dice.random() < 0.5:
            customer_id = self.dice.choice(list(known))
            self.world.update_customer(customer_id, billing={"phone": f"+4930{self.dice.randint(10**6, 10**7)}"})
            self.counts["customers changed"] += 1
            return customer_id
        self.counts["customers"] += 1
        return self.world.add_customer().id

    def _is_there(self, order_id: int) -> bool:
        order = self.world.site.orders.get(order_id)
        return order is not None and order.status not in ("trash", "refunded")
