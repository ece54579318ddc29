"""The past of a simulated store: what was bought, sent, delivered and refunded there in a year, deed by deed."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from demo.simulate.cast import Person, some_people
from demo.simulate.recent import one_of_each
from demo.simulate.year import ORIGIN, PlannedOrder, PlannedParcel, plan_year
from demo.stores.front import StoreFront
from fulfillment.facts import Address
from fulfillment.testing.carrier_twin import Happening, Step, TwinControl, tracking_number

#: Orders of the past, about.
ORDERS = 150
#: Parcels that were handed over in these days are asked for after the first sync, so the carriers know them.
FOLLOWED = timedelta(days=35)
#: The platform itself has heard of deliveries that are older than this; the others are ours to tell.
HEARD = timedelta(days=2)
REFUNDED = 0.06
WHY = ("Too small", "Arrived scratched", "Did not suit", "Bought twice by mistake")

Deed = tuple[datetime, int, Callable[[], object]]


def people_of(front: StoreFront, dice: random.Random, count: int) -> list[Person]:
    """Customers of this store, and of no other."""
    return [
        replace(person, email=f"{front.kind}{number:04d}@example.com")
        for number, person in enumerate(some_people(dice, count))
    ]


def write_past(front: StoreFront, carriers: TwinControl, now: datetime, orders: int) -> int:
    """Let the past happen at the twin, each deed at its time, then let its clock go on. Returns the orders."""
    dice = random.Random(f"{front.kind} {orders}")
    people = people_of(front, dice, max(orders // 2, 4))
    plans = [*plan_year(dice, people, orders, until=now - timedelta(hours=4)), *one_of_each(dice, people[:2], now)]
    past = _Past(front, dice, now)
    for number, plan in enumerate(sorted(plans, key=lambda plan: plan.bought_at)):
        past.plan(number, plan)
    for at, deed in past.happen():
        front.control.set_clock(now=at, frozen=True)
        deed()
    carriers.add_parcels(past.parcels)
    front.control.set_clock(now=now, frozen=False)
    return len(plans)


class _Past:
    def __init__(self, front: StoreFront, dice: random.Random, now: datetime) -> None:
        self.front, self.dice, self.now = front, dice, now
        self.deeds: list[Deed] = []
        self._ties = itertools.count()
        self.names: dict[int, str] = {}
        #: What the carriers are told, see ``TwinControl.add_parcels``.
        self.parcels: list[dict[str, Any]] = []

    def happen(self) -> Iterator[tuple[datetime, Callable[[], object]]]:
        """Deeds in the order of their times; one may lead to further ones."""
        while self.deeds:
            at, _, deed = heapq.heappop(self.deeds)
            yield at, deed

    def at(self, moment: datetime, deed: Callable[[], object]) -> None:
        if moment <= self.now:
            heapq.heappush(self.deeds, (moment, next(self._ties), deed))

    def plan(self, number: int, plan: PlannedOrder) -> None:
        self.at(plan.bought_at, lambda: self._buy(number, plan))
        if plan.cancelled:
            self.at(plan.bought_at + timedelta(minutes=50), lambda: self.front.cancel(self.names[number]))

    def _buy(self, number: int, plan: PlannedOrder) -> None:
        order = self.names[number] = self.front.place(plan)
        for place, parcel in enumerate(plan.parcels):
            code = tracking_number(parcel.carrier, self.front.serials + number * 10 + place)
            self._send(order, plan, place, code)
            if self.now - FOLLOWED < parcel.packed_at <= self.now:
                self.parcels.append(as_told(parcel.carrier, code, plan.person.home, parcel.steps))

    def _send(self, order: str, plan: PlannedOrder, place: int, code: str) -> None:
        parcel = plan.parcels[place]
        last = parcel is max(plan.parcels, key=lambda one: one.packed_at)
        pieces = pieces_of(plan, parcel)
        self.at(parcel.packed_at, lambda: self.front.send(order, parcel.carrier, code, pieces, last=last))
        come = parcel.steps[-1]
        if come.what != Happening.DELIVERED or come.at > self.now - HEARD or come.at < parcel.packed_at:
            return
        self.at(come.at, lambda: self.front.delivered(order, code, come.at))
        if self.dice.random() < REFUNDED:
            sku, why = next(iter(pieces)), self.dice.choice(WHY)
            self.at(come.at + timedelta(days=self.dice.uniform(4, 15)), lambda: self.front.refund(order, sku, why))


def pieces_of(plan: PlannedOrder, parcel: PlannedParcel) -> Mapping[str, int]:
    """What is in a parcel: SKU -> pieces."""
    return {plan.lines[index][0].sku: plan.lines[index][1] for index in parcel.articles}


def as_told(carrier: str, number: str, home: Address, steps: tuple[Step, ...]) -> dict[str, Any]:
    """A parcel from the warehouse to ``home``, as the carriers' twin is told of it."""
    return {
        "carrier": carrier,
        "number": number,
        "origin": {"city": ORIGIN.city, "country": ORIGIN.country, "region": ORIGIN.region},
        "destination": {"city": home.city, "country": home.country, "region": home.region},
        "steps": [step.as_json() for step in steps],
    }
