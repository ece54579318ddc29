"""An own courier with a local run. Courier and phone are **simulated**; the phone speaks the real API of pings."""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Callable, Iterator

from django.db import close_old_connections
from django.utils import timezone

from demo.shop.models import Order as ShopOrder
from demo.shop.models import Parcel
from demo.simulate import live
from demo.simulate import shop as rows
from demo.simulate.cast import some_people
from demo.simulate.year import plan_order
from fulfillment.carriers.gps.points import Point, metres
from fulfillment.models import Courier, CourierRun, RunStop, Shipment
from fulfillment.services import courier_runs, couriers
from fulfillment.services.courier_runs import OURS, Proof
from parcelwise.models import Contact
from parcelwise.outbound import request

logger = logging.getLogger("parcelwise.demo")

NAME = "Mia Voss (simulated)"
DEPOT = Point(53.5436, 9.9886)
#: Stops of a run, runs of one demo, seconds between two pings, metres between them, pings at a door.
STOPS, RUNS, PAUSE, STRIDE, WAITING = 4, 3, 5.0, 55.0, 8


class SimulatedCourier:
    """Brings a few parcels in Hamburg, one run after the other."""

    def __init__(self, base: str, dice: random.Random | None = None) -> None:
        self.base, self.dice = base.rstrip("/"), dice or random.Random()
        self.sent = 0

    def run(self, stopped: Callable[[], bool]) -> None:
        """Until told to stop; what goes wrong is logged and ends the courier's day, not the demo."""
        try:
            for _number in range(RUNS):
                for pause in self.one_run():
                    close_old_connections()
                    end = time.monotonic() + pause
                    while time.monotonic() < end:
                        if stopped():
                            return
                        time.sleep(0.5)
        except Exception:
            logger.exception("demo: the simulated courier went home")

    def one_run(self) -> Iterator[float]:
        """Do what comes next, and yield the seconds to wait until then."""
        courier = self.courier()
        for old in CourierRun.objects.filter(courier=courier, state=CourierRun.State.UNDER_WAY):
            courier_runs.end(old)  # of a demo that was stopped
        orders = [self.order(number) for number in range(STOPS)]
        while (parcels := self.recorded(orders)) is None:
            yield 2.0
        for parcel in parcels:
            place_door(courier_runs.assign(parcel, courier, timezone.localdate()), self.dice)
        run = parcels[0].run_stops.get().run
        CourierRun.objects.filter(pk=run.pk).update(latitude=DEPOT.latitude, longitude=DEPOT.longitude)
        _device, key = couriers.issue_key(courier, "Simulated phone", "demo")
        courier_runs.start(run)
        here = DEPOT
        for stop in run.stops.select_related("shipment__order__store"):
            door = Point(stop.latitude or 0.0, stop.longitude or 0.0)
            for point in way(here, door):
                self.ping(key, point)
                yield PAUSE
            for _ping in range(WAITING):
                self.ping(key, door)
                yield PAUSE
            courier_runs.deliver(stop, Proof(name=stop.shipment.destination_address.name))
            here = door
        courier_runs.end(run)
        yield 120.0

    def courier(self) -> Courier:
        contact, _new = Contact.objects.get_or_create(name=NAME)
        return Courier.objects.get_or_create(contact=contact)[0]

    def order(self, number: int) -> ShopOrder:
        """Somebody in the town buys, and it is packed for the courier. The third is always Ana."""
        person = rows.ANA if number == 2 else some_people(self.dice, 1)[0]
        order = live.place(plan_order(self.dice, person, timezone.now()))
        parcel = Parcel.objects.create(order=order, carrier=OURS, service="local", packed_at=timezone.now())
        parcel.lines.set(order.lines.all())
        order.state = ShopOrder.State.SHIPPED
        order.save(update_fields=["state"])
        return order

    def recorded(self, orders: list[ShopOrder]) -> list[Shipment] | None:
        """The parcels of ``orders``, once the worker has recorded all."""
        found = Shipment.objects.filter(order__number__in=[order.number for order in orders], carrier=OURS)
        parcels = list(found.select_related("order__store").order_by("pk"))
        return parcels if len(parcels) == len(orders) else None

    def ping(self, key: str, point: Point) -> None:
        self.sent += 1
        said = {
            "id": f"{timezone.now():%H%M%S}-{self.sent}",
            "at": timezone.now().isoformat(),
            "lat": point.latitude + self.dice.gauss(0, 0.00003),
            "lon": point.longitude + self.dice.gauss(0, 0.00005),
            "accuracy": 9,
        }
        bearer = {"Authorization": f"Bearer {key}"}
        request(
            "POST", f"{self.base}/courier/positions/", headers=bearer, json=said, idempotent=True, allow_private=True
        )


def way(here: Point, there: Point) -> Iterator[Point]:
    """Points along the straight line, a stride apart."""
    count = max(1, math.ceil(metres(here, there) / STRIDE))
    for step in range(count):
        share = step / count
        yield Point(
            here.latitude + share * (there.latitude - here.latitude),
            here.longitude + share * (there.longitude - here.longitude),
        )


def place_door(stop: RunStop, dice: random.Random) -> None:
    """Each stop some hundred metres further to the north. Made up: the demo's addresses are nowhere."""
    stop.latitude = DEPOT.latitude + 0.006 * stop.position
    stop.longitude = DEPOT.longitude + dice.uniform(-0.006, 0.006)
    stop.save(update_fields=["latitude", "longitude"])
