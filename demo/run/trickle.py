"""A trickle of events, so that the pages change while you look: orders, parcels, scans, at times a return."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone

from demo.shop.models import Order as ShopOrder
from demo.simulate import live
from demo.simulate import shop as rows
from demo.simulate.cast import some_people
from demo.simulate.year import ORIGIN, PlannedParcel, plan_order
from demo.stores.front import StoreFront
from demo.stores.trickle import StoreTrickle
from fulfillment.models import Order, Shipment
from fulfillment.statuses import Direction, ShipmentStatus
from fulfillment.testing.carrier_twin import Place, TwinControl, believable_plan, tracking_number
from fulfillment.testing.carrier_twin.parcels import Book
from returns.models import ReturnReason, ReturnRequest, ReturnStatus
from returns.services import requests

logger = logging.getLogger("parcelwise.demo")


class Trickle:
    """One thing happens at each tick."""

    def __init__(self, dice: random.Random | None = None, fronts: Sequence[StoreFront] = ()) -> None:
        self.dice = dice or random.Random()
        self.people = [rows.ANA, rows.CLEO, *some_people(self.dice, 60)]
        self.twin = TwinControl(settings.TWIN_URL)
        self.book = Book(settings.VAR / "twin.sqlite3")
        self.stores = StoreTrickle(self.dice, self.twin, fronts)

    def run(self, interval: float, stopped: Callable[[], bool]) -> None:
        while not stopped():
            close_old_connections()
            try:
                logger.info("demo: %s", self.tick())
            except Exception:
                logger.exception("demo: a tick went wrong")
            for _ in range(max(1, int(interval / 0.5))):
                if stopped():
                    return
                time.sleep(0.5)

    def tick(self) -> str:
        """Let one thing happen and say what it was."""
        steps = (self.order, self.pack, self.scan, self.return_something, self.move_a_return, self.stores.tick)
        first = self.dice.choices(steps, (12, 12, 50, 5, 7, 14))[0]
        for step in (first, self.scan, self.order):
            if said := step():
                return said
        return "nothing to do"

    def order(self) -> str:
        order = live.place(plan_order(self.dice, self.dice.choice(self.people), timezone.now()))
        return f"{order.name} bought {order.number}"

    def pack(self) -> str:
        """Pack the oldest order that is paid and not yet packed."""
        order = ShopOrder.objects.filter(state=ShopOrder.State.PAID, parcels=None).order_by("bought_at").first()
        if order is None:
            return ""
        now = timezone.now()
        carrier, service = self.dice.choice((("dhl", "paket"), ("ups", "standard"), ("fedex", "regional_economy")))
        home = Place(order.city, order.country, order.region, order.postcode)
        steps = believable_plan(f"{self.dice.random()}", ORIGIN, home, now)
        everything = list(range(order.lines.count()))
        live.pack(order, PlannedParcel(carrier, service, everything, now, steps), self.twin)
        return f"{order.number} was packed for {carrier.upper()}"

    def scan(self) -> str:
        """Hurry one parcel on to its next scan."""
        for shipment in live.under_way(8, timezone.now() - timedelta(days=14)):
            if step := live.hurry(self.book, shipment):
                return f"{shipment} of {shipment.order.number}: {step.what} in {step.place.city}"
        return ""

    def return_something(self) -> str:
        fresh = Shipment.objects.filter(
            direction=Direction.OUT,
            status=ShipmentStatus.DELIVERED,
            delivered_at__gte=timezone.now() - timedelta(days=14),
            order__returns=None,
        )
        shipment = fresh.select_related("order").order_by("?").first()
        line = shipment.lines.select_related("order_line").first() if shipment else None
        if shipment is None or line is None:
            return ""
        item = requests.Item(line.order_line_id, 1, self.dice.choice(list(ReturnReason)))
        request = requests.open_return(shipment.order, [item], actor="customer")
        return f"{shipment.order.number}: return {request} {request.get_status_display().lower()}"

    def move_a_return(self) -> str:
        """Hand over an approved return, or close one that has come home."""
        home = ReturnRequest.objects.filter(status=ReturnStatus.RECEIVED).order_by("received_at").first()
        if home and self.dice.random() < 0.5:
            requests.close(home, at=timezone.now(), actor="demo", why="Refunded by staff")
            return f"return {home} was closed"
        ready = ReturnRequest.objects.filter(status=ReturnStatus.APPROVED, shipment__tracking_number="").first()
        if ready is None:
            return ""
        hand_over_return(ready, self.twin, self.dice)
        return f"return {ready} was handed over"


def hand_over_return(request: ReturnRequest, twin: TwinControl, dice: random.Random) -> None:
    """The customer takes the parcel to the carrier, who gives it a number and moves it home."""
    now, order = timezone.now(), request.order
    carrier = request.shipment.carrier if request.shipment and request.shipment.carrier else "dhl"
    number = tracking_number(carrier, 7_000_000 + request.pk)
    origin = Place.from_json(order.ship_to)
    twin.add_parcel(
        carrier,
        number=number,
        origin=_short(order, request),
        destination={"city": ORIGIN.city, "country": ORIGIN.country, "region": ORIGIN.region},
        steps=[step.as_json() for step in believable_plan(f"{dice.random()}", origin, ORIGIN, now, trouble="")],
    )
    requests.hand_over(request, carrier=carrier, tracking_number=number, at=now)


def _short(order: Order, request: ReturnRequest) -> dict[str, str]:
    address = order.destination
    return {"city": address.city, "country": address.country, "region": address.region}
