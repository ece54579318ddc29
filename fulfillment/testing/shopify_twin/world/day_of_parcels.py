"""What becomes of parcels and returns in the course of a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Protocol

from fulfillment.testing.shopify_twin.world.orders import Order
from fulfillment.testing.shopify_twin.world.parcels import Fulfillment, FulfillmentEvent
from fulfillment.testing.shopify_twin.world.returning import Return
from fulfillment.testing.shopify_twin.world.world import World

MINUTE, HOUR = 60.0, 3600.0
WAY = ("LABEL_PRINTED", "CARRIER_PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERED")


class Course(Protocol):
    """The day that plans the steps."""

    world: World
    dice: Any

    def later(self, seconds: float, act: Callable[..., Any], *given: Any) -> None: ...

    def happens(self, share: float) -> bool: ...

    def between(self, least: float, most: float) -> float: ...

    def carrier(self) -> str: ...

    def tracking_number(self) -> str: ...


def send(day: Course, order: Order) -> None:
    """In one parcel, or in two with some time between them; some are not paid yet and have to wait."""
    if not order.fully_paid and order.cancelled_at is None:
        day.later(HOUR, send, day, order)
        return
    left = {line.gid: line.unfulfilled_quantity for line in order.lines if line.unfulfilled_quantity > 0}
    chosen = None
    if sum(left.values()) > 1 and day.happens(0.2):
        first = next(iter(left))
        chosen = {first: max(1, left[first] // 2)}
        day.later(day.between(10 * MINUTE, 3 * HOUR), send, day, order)
    numbers = [day.tracking_number() for _ in range(2 if day.happens(0.05) else 1)]
    parcel = day.world.fulfill(order, lines=chosen, company=day.carrier(), numbers=numbers)
    _follow(day, parcel)


def _follow(day: Course, parcel: Fulfillment) -> None:
    if day.happens(0.04):
        day.later(day.between(MINUTE, HOUR), correct, day, parcel)
    if day.happens(0.02):
        day.later(day.between(MINUTE, 20 * MINUTE), take_back, day, parcel)
        return
    seconds = 0.0
    estimate = day.world.now() + timedelta(hours=9)
    for status in WAY:
        seconds += day.between(10 * MINUTE, 2 * HOUR)
        day.later(seconds, scan, day, parcel, status, estimate if status == "IN_TRANSIT" else None)
    if day.happens(0.05):
        trouble = day.dice.choice(("ATTEMPTED_DELIVERY", "DELAYED", "FAILURE"))
        day.later(seconds * day.between(0.5, 0.9), scan, day, parcel, trouble, None)
    if day.happens(0.12):
        day.later(seconds + day.between(5 * MINUTE, HOUR), ask_back, day, parcel)


def correct(day: Course, parcel: Fulfillment) -> None:
    day.world.update_tracking(parcel, company=day.carrier(), numbers=[day.tracking_number()])


def take_back(day: Course, parcel: Fulfillment) -> None:
    """The parcel was not sent after all, and is sent anew."""
    order = day.world.order_of(parcel)
    day.world.cancel_fulfillment(parcel)
    day.later(day.between(10 * MINUTE, HOUR), send, day, order)


def scan(day: Course, parcel: Fulfillment, status: str, estimate: Any) -> None:
    if parcel.status == "CANCELLED":
        return
    # A carrier tells of a scan some time after it.
    happened = day.world.now() - timedelta(seconds=int(day.between(0, 10 * MINUTE)))
    event = day.world.add_event(
        parcel, status, happened_at=happened, city="Hamburg", country="DE", estimated_delivery_at=estimate
    )
    if day.happens(0.01):
        day.later(day.between(MINUTE, 30 * MINUTE), unscan, day, event)


def unscan(day: Course, event: FulfillmentEvent) -> None:
    day.world.delete_event(event)


def ask_back(day: Course, parcel: Fulfillment) -> None:
    """The buyer wants to send something back."""
    order = day.world.order_of(parcel)
    lines = [(line, units) for line, units in day.world.returnable(order) if line.fulfillment is parcel]
    if not lines:
        return
    line, units = day.dice.choice(lines)
    reason = day.dice.choice(("unwanted", "defective", "too-small", "wrong-item"))
    wanted = {"line": line, "quantity": day.dice.randint(1, units), "reason": reason, "note": "Does not fit"}
    back = day.world.request_return(order, [wanted])
    day.later(day.between(5 * MINUTE, 2 * HOUR), decide, day, back)


def decide(day: Course, back: Return) -> None:
    if day.happens(0.15):
        day.world.decline_return(back, "OTHER", "Not in this case")
        return
    day.world.approve_return(back)
    day.later(day.between(MINUTE, HOUR), post_back, day, back)
    if day.happens(0.08):
        day.later(day.between(MINUTE, 2 * HOUR), day.world.cancel_return, back)


def post_back(day: Course, back: Return) -> None:
    if back.status == "OPEN":
        number = day.tracking_number()
        day.world.ship_back(back.reverse_fulfillment_orders[0], number=number, carrier=day.carrier())
        day.later(day.between(30 * MINUTE, 3 * HOUR), receive, day, back)


def receive(day: Course, back: Return) -> None:
    """It arrived, was looked at, and the money goes back."""
    order = day.world.order_of(back)
    reverse = back.reverse_fulfillment_orders[0]
    lines, worth = [], 0
    for line, expected in zip(back.lines, reverse.lines, strict=True):
        units = line.unprocessed_quantity
        bought = line.fulfillment_line_item.line_item
        worth += bought.worth(min(units, bought.refundable_quantity))
        kind = "RESTOCKED" if day.happens(0.8) else "NOT_RESTOCKED"
        disposition = {"line": expected, "type": kind, "quantity": units}
        lines.append({"line": line, "quantity": units, "dispositions": [disposition]})
    amount = min(worth, order.refundable_amount)
    refund = [{"amount": order.amount(amount).plain}] if amount > 0 else None
    day.world.process_return(back, lines, refund=refund, note="Return received")
