"""Returns of the part of the year that lies behind, in bulk: who sent what back, and how long each step took."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Prefetch

from demo.simulate.cast import ARTICLES
from demo.simulate.history import event_row, shipment_row
from demo.simulate.scans import scans
from demo.simulate.year import PlannedParcel
from fulfillment.models import Order, OrderLine, Shipment, ShipmentLine, TrackingEvent
from fulfillment.statuses import Direction, ShipmentStatus
from fulfillment.testing.carrier_twin import Place, believable_plan, tracking_number
from returns.models import ReturnChange, ReturnedPieces, ReturnLine, ReturnReason, ReturnRequest, ReturnStatus
from returns.rma import new_number

S = ReturnStatus
CHANCE = {article.sku: article.returned for article in ARTICLES}
REASONS = {
    "Shoes": (ReturnReason.TOO_SMALL, ReturnReason.TOO_LARGE, ReturnReason.CHANGED_MIND),
    "Clothing": (ReturnReason.TOO_SMALL, ReturnReason.TOO_LARGE, ReturnReason.NOT_AS_DESCRIBED),
}
OTHERWISE = (ReturnReason.CHANGED_MIND, ReturnReason.DEFECTIVE, ReturnReason.NOT_AS_DESCRIBED, ReturnReason.DAMAGED)


@dataclass(slots=True)
class PastReturn:
    request: ReturnRequest
    lines: list[ReturnLine]
    steps: list[tuple[str, str, datetime, str]]
    shipment: Shipment
    events: list[TrackingEvent]


def write_returns(dice: random.Random, orders: Iterable[Order], until: datetime) -> int:
    """Returns for some of ``orders``; how many were written."""
    past = [found for order in orders if (found := _maybe(dice, order, until))]
    with transaction.atomic():
        Shipment.objects.bulk_create(each.shipment for each in past)
        for each in past:
            each.request.shipment = each.shipment
            for event in each.events:
                event.shipment = each.shipment
        ReturnRequest.objects.bulk_create(each.request for each in past)
        ReturnLine.objects.bulk_create(line for each in past for line in each.lines)
        TrackingEvent.objects.bulk_create([event for each in past for event in each.events], batch_size=1000)
        ShipmentLine.objects.bulk_create(
            ShipmentLine(shipment=each.shipment, order_line=line.order_line, quantity=line.quantity)
            for each in past
            for line in each.lines
        )
        ReturnedPieces.objects.bulk_create(
            ReturnedPieces(order_line=line.order_line, quantity=line.quantity) for each in past for line in each.lines
        )
        ReturnChange.objects.bulk_create(change for each in past for change in _changes(each))
    return len(past)


def orders_with_parcels() -> Iterable[Order]:
    """Delivered orders of the past with all that a return needs."""
    return (
        Order.objects.filter(shipments__status=ShipmentStatus.DELIVERED, is_history=True)
        .select_related("store")
        .prefetch_related("lines", Prefetch("shipments", Shipment.objects.order_by("delivered_at")))
        .distinct()
        .order_by("placed_at")
    )


def _maybe(dice: random.Random, order: Order, until: datetime) -> PastReturn | None:
    delivered = [shipment.delivered_at for shipment in order.shipments.all()]
    if not delivered or None in delivered:
        return None
    sent_back = [line for line in order.lines.all() if dice.random() < CHANCE.get(line.sku, 0)]
    requested = max(moment for moment in delivered if moment) + timedelta(days=dice.expovariate(1 / 5) + 0.2)
    if not sent_back or requested > until or requested > max(m for m in delivered if m) + timedelta(days=29):
        return None
    return _past(dice, order, sent_back, requested, until)


def _past(
    dice: random.Random, order: Order, sent_back: list[OrderLine], requested: datetime, until: datetime
) -> PastReturn:
    request = ReturnRequest(number=new_number(), order=order, requested_at=requested, decided_at=requested)
    lines = [
        ReturnLine(
            request=request,
            order_line=line,
            quantity=line.quantity,
            reason=dice.choice(REASONS.get(line.category, OTHERWISE)),
        )
        for line in sent_back
    ]
    handed = requested + timedelta(days=dice.expovariate(1 / 2.2) + 0.3)
    origin, home = Place.from_json(order.ship_to), Place.from_json(order.store.address)
    outward = order.shipments.all()[0]
    steps = believable_plan(f"{dice.random()}", origin, home, handed, speed=0.9, trouble="")
    planned = PlannedParcel(outward.carrier, outward.service, [], handed, steps)
    seen = [event_row(scan) for scan in scans(steps, until)]
    shipment = shipment_row(
        order,
        seen,
        f"return-{request.number}",
        planned,
        tracking_number(outward.carrier, 5_000_000 + order.pk),
        origin=order.ship_to,
        destination=order.store.address,
        direction=Direction.BACK,
    )
    shipment.promised_on = None
    history = list(_history(dice, shipment, requested, until))
    request.status = history[-1][1]
    for _old, new, at, _actor in history:
        if new == S.RECEIVED:
            request.received_at = at
        if new == S.CLOSED:
            request.closed_at = at
    return PastReturn(request, lines, history, shipment, seen)


def _history(
    dice: random.Random, shipment: Shipment, requested: datetime, until: datetime
) -> Iterator[tuple[str, str, datetime, str]]:
    yield "", S.REQUESTED, requested, "customer"
    yield S.REQUESTED, S.APPROVED, requested, "window rule"
    if shipment.handed_over_at:
        yield S.APPROVED, S.IN_TRANSIT, shipment.handed_over_at, shipment.carrier
    if shipment.delivered_at:
        yield S.IN_TRANSIT, S.RECEIVED, shipment.delivered_at, shipment.carrier
        closed = shipment.delivered_at + timedelta(days=dice.expovariate(1 / 1.6) + 0.2)
        if closed < until:
            yield S.RECEIVED, S.CLOSED, closed, "ben"


def _changes(each: PastReturn) -> Iterator[ReturnChange]:
    for old, new, at, actor in each.steps:
        yield ReturnChange(
            request=each.request, old=old, new=new, occurred_at=at, recorded_at=at, actor=actor, announced_at=at
        )
