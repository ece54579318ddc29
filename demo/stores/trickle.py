"""What goes on at the simulated stores while one watches: real webhooks come to our address, and some get lost."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

from django.db.models import QuerySet
from django.utils import timezone

from demo.simulate.year import ORIGIN, plan_order
from demo.stores.front import StoreFront
from demo.stores.past import WHY, as_told, people_of
from demo.stores.shopify import ShopifyFront
from fulfillment.models import Order, Store
from fulfillment.services.telling_stores import add_parcel
from fulfillment.statuses import OrderStatus, ShipmentStatus
from fulfillment.testing.carrier_twin import Place, TwinControl, believable_plan, tracking_number

REASONS = ("SIZE_TOO_SMALL", "DEFECTIVE", "UNWANTED", "COLOR")
STREETS = ("Packstation 112", "Hafenstraße 3", "Am Alten Markt 9")


class StoreTrickle:
    """One thing happens at each tick, at a store that is connected."""

    def __init__(self, dice: random.Random, carriers: TwinControl, fronts: Sequence[StoreFront]) -> None:
        self.dice, self.carriers, self.fronts = dice, carriers, fronts

    def tick(self) -> str:
        """Let one thing happen and say what it was; empty when there is no store."""
        front = self._some_front()
        if front is None:
            return ""
        acts = (self.order, self.send, self.send_from_here, self.move_house, self.refund, self.ask_for_return,
                self.lose, self.double, self.stumble)  # fmt: skip
        first = self.dice.choices(acts, (32, 26, 12, 5, 6, 6, 5, 4, 4))[0]
        for act in (first, self.send, self.order):
            if said := act(front):
                return said
        return ""

    def order(self, front: StoreFront) -> str:
        person = self.dice.choice(people_of(front, self.dice, 20))
        plan = replace(plan_order(self.dice, person, timezone.now()), cancelled=False)
        key = front.place(plan)
        return f"{person.name} bought at {front.name}: {key}"

    def send(self, front: StoreFront) -> str:
        """Staff send the oldest open order there; we hear of its number."""
        order = self._to_send(front).first()
        if order is None:
            return ""
        carrier, number = self._hand_to_carrier(front, order)
        pieces = {line.sku: line.quantity for line in order.lines.all()}
        front.send(order.external_id, carrier, number, pieces)
        return f"{order.number} was sent at {front.name}: {carrier.upper()} {number}"

    def send_from_here(self, front: StoreFront) -> str:
        """Staff add the parcel here; the store hears of its number."""
        order = self._to_send(front).first()
        if order is None:
            return ""
        carrier, number = self._hand_to_carrier(front, order)
        add_parcel(order, carrier=carrier, tracking_number=number)
        return f"{order.number} of {front.name} was sent from here: {carrier.upper()} {number}"

    def move_house(self, front: StoreFront) -> str:
        order = self._to_send(front).last()
        if order is None:
            return ""
        front.change_address(order.external_id, self.dice.choice(STREETS))
        return f"{order.number} of {front.name} has another address"

    def refund(self, front: StoreFront) -> str:
        order = self._come(front).filter(refunds=None, store_returns=None).order_by("?").first()
        line = order.lines.first() if order else None
        if order is None or line is None:
            return ""
        cents = front.refund(order.external_id, line.sku, self.dice.choice(WHY))
        return f"{order.number}: {cents} cents went back at {front.name}"

    def ask_for_return(self, front: StoreFront) -> str:
        """A buyer asks at the store, or its staff approve what was asked for."""
        if not isinstance(front, ShopifyFront):
            return ""
        if approved := front.approve_a_return():
            return f"return {approved} was approved at {front.name}"
        order = self._come(front).filter(refunds=None, store_returns=None, returns=None).order_by("?").first()
        if order is None:
            return ""
        name = front.ask_for_return(order.external_id, self.dice.choice(REASONS))
        return f"return {name} was asked for at {front.name}"

    def lose(self, front: StoreFront) -> str:
        """An order whose webhooks never arrive: reconciliation finds it."""
        front.control.weather(lose=1.0)
        try:
            said = self.order(front)
        finally:
            front.control.weather()
        return f"{said}; what should tell us of it is lost, so the next walk over changes will find it"

    def double(self, front: StoreFront) -> str:
        """Everything about an order arrives twice and shuffled."""
        front.control.weather(duplicate=1.0, shuffle=4.0, seed=self.dice.randrange(10**6))
        try:
            said = self.order(front)
        finally:
            front.control.weather()
        return f"{said}; it is told twice, in any order"

    def stumble(self, front: StoreFront) -> str:
        """The platform fails the next calls: they are tried again."""
        front.control.fault("503", times=2, seconds=1)
        return f"{front.name} answers 503 to the next two calls"

    def _some_front(self) -> StoreFront | None:
        active = set(Store.objects.filter(is_active=True, connected_at__isnull=False).values_list("slug", flat=True))
        there = [front for front in self.fronts if front.slug in active]
        return self.dice.choice(there) if there else None

    def _to_send(self, front: StoreFront) -> QuerySet[Order]:
        """Orders that we know of and that nobody has sent yet, oldest first."""
        waiting = Order.objects.filter(store__slug=front.slug, status=OrderStatus.OPEN, shipments=None)
        return waiting.order_by("placed_at")

    def _come(self, front: StoreFront) -> QuerySet[Order]:
        return Order.objects.filter(store__slug=front.slug, shipments__status=ShipmentStatus.DELIVERED).distinct()

    def _hand_to_carrier(self, front: StoreFront, order: Order) -> tuple[str, str]:
        """The carrier has the parcel and knows what will become of it: carrier and number."""
        carrier = self.dice.choice(("dhl", "ups", "fedex"))
        number = tracking_number(carrier, front.serials + 400_000 + order.pk * 10 + self.dice.randrange(10))
        home = order.destination
        steps = believable_plan(f"{self.dice.random()}", ORIGIN, Place.from_json(home.as_json()), timezone.now())
        self.carriers.add_parcels([as_told(carrier, number, home, steps)])
        return carrier, number
