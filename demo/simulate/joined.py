"""Parcels that are more than one thing: handed over to another carrier, or one shipment of several pieces."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from demo.shop.models import Order, Parcel
from demo.simulate import live
from demo.simulate.cast import ARTICLES, Person
from demo.simulate.year import ORIGIN, PlannedOrder, promise
from fulfillment.testing.carrier_twin import Happening, Place, Step, TwinControl, tracking_number

#: Serials of the twin's numbers that no other parcel of the demo has.
SERIALS = 90_000_000


def place_joined(person: Person, twin: TwinControl) -> tuple[Order, Order]:
    """An order that one carrier hands over to another, and one that travels in three pieces, one of them behind."""
    now = timezone.now()
    return _handed_over(person, twin, now), _in_pieces(person, twin, now)


def _handed_over(person: Person, twin: TwinControl, now: datetime) -> Order:
    order = _order(person, now - timedelta(days=4))
    number, partner = tracking_number("ups", SERIALS), tracking_number("usps", SERIALS)
    home = _home(order)
    start = now - timedelta(days=3)
    first = [
        Step(start, Happening.PICKED_UP, ORIGIN),
        Step(start + timedelta(hours=14), Happening.ARRIVED, home),
        Step(start + timedelta(hours=20), Happening.DELIVERED, home, words="Delivered to local post office"),
    ]
    last = [
        Step(start + timedelta(hours=30), Happening.ARRIVED, home),
        Step(start + timedelta(hours=44), Happening.DEPARTED, home),
        Step(now + timedelta(hours=20), Happening.OUT_FOR_DELIVERY, home),
        Step(now + timedelta(hours=26), Happening.DELIVERED, home),
    ]
    handed = (start + timedelta(hours=20)).isoformat()
    _register(twin, "ups", number, home, first, partner=partner, partner_since=handed)
    _register(twin, "usps", partner, home, last)
    _pack(order, "ups", number, start - timedelta(hours=3))
    return order


def _in_pieces(person: Person, twin: TwinControl, now: datetime) -> Order:
    order = _order(person, now - timedelta(days=3))
    numbers = [tracking_number("ups", SERIALS + piece) for piece in (1, 2, 3)]
    home, start = _home(order), now - timedelta(days=2)
    for place, number in enumerate(numbers):
        steps = [Step(start, Happening.PICKED_UP, ORIGIN), Step(start + timedelta(hours=15), Happening.ARRIVED, home)]
        at = now - timedelta(hours=6) if place < 2 else now + timedelta(hours=22)
        steps.append(Step(at, Happening.DELIVERED, home))
        others = [each for each in numbers if each != number] if place == 0 else []
        _register(twin, "ups", number, home, steps, pieces=others)
    _pack(order, "ups", numbers[0], start - timedelta(hours=3))
    return order


def _order(person: Person, bought_at: datetime) -> Order:
    lines = [(ARTICLES[0], 1)]
    return live.place(PlannedOrder(person, bought_at, promise(bought_at, person.home.country, express=False), lines))


def _home(order: Order) -> Place:
    return Place(order.city, order.country, order.region, order.postcode)


def _register(twin: TwinControl, carrier: str, number: str, home: Place, steps: list[Step], **more: object) -> None:
    places = {
        name: {"city": place.city, "country": place.country, "region": place.region}
        for name, place in (("origin", ORIGIN), ("destination", home))
    }
    told = {"carrier": carrier, "number": number, "steps": [step.as_json() for step in steps]}
    twin.add_parcels([{**told, **places, **more}])


def _pack(order: Order, carrier: str, number: str, packed_at: datetime) -> None:
    row = Parcel.objects.create(
        order=order, carrier=carrier, service="Standard", tracking_code=number, packed_at=packed_at
    )
    row.lines.set(order.lines.all())
    order.state = Order.State.SHIPPED
    order.save(update_fields=["state"])
