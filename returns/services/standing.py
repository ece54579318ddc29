"""What may be returned of an order now, read from its parcels and earlier returns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from fulfillment.models import Order, OrderLine, Shipment, ShipmentLine, Store
from fulfillment.statuses import Direction, ShipmentStatus
from parcelwise.clock import day_of
from returns.conf import returns as conf
from returns.models import ReturnLine, ReturnPolicy, ReturnStatus
from returns.policy import Arrival, LineFacts, ParcelFacts, PolicyFacts, ReturnFacts, TakenFacts, standing

#: A return in one of these holds no pieces.
GIVEN_BACK = (ReturnStatus.DECLINED, ReturnStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Returnable:
    """One line of an order: pieces that may be returned now, until when, and why not (all of) the others."""

    line: OrderLine
    available: int
    until: date | None
    why_not: str


def returnable(order: Order, *, now: datetime | None = None) -> list[Returnable]:
    """Every line of ``order`` with what may be returned of it now, in the order's own sequence."""
    now = now or timezone.now()
    lines = list(order.lines.all())
    facts = facts_of(order, lines, now=now)
    policy, today = policy_of(order.store), day_of(now, order.store.zone)
    found = []
    for line, about in zip(lines, facts.lines, strict=True):
        stands = standing(about, policy, today)
        found.append(Returnable(line, stands.available, stands.until, stands.why_not))
    return found


def policy_of(store: Store) -> PolicyFacts:
    """The store's rule, or the setting's where it has none."""
    policy = ReturnPolicy.objects.filter(store=store).first()
    return PolicyFacts(policy.window_days if policy else conf.WINDOW_DAYS)


def facts_of(
    order: Order, lines: list[OrderLine], asked: Mapping[int, int] | None = None, *, now: datetime
) -> ReturnFacts:
    """The facts of ``lines``, one entry each and in their order; ``asked``: pieces by the line's primary key."""
    zone = order.store.zone
    parcels: dict[int, list[ParcelFacts]] = defaultdict(list)
    packed = ShipmentLine.objects.filter(shipment__order=order, shipment__direction=Direction.OUT, order_line__in=lines)
    for content in packed.select_related("shipment").order_by("shipment_id", "pk"):
        arrival, day = _arrival(content.shipment, now, zone)
        parcels[content.order_line_id].append(ParcelFacts(content.quantity, arrival, day))
    taken: dict[int, list[TakenFacts]] = defaultdict(list)
    returned = ReturnLine.objects.filter(order_line__in=lines, request__status__in=_HOLDING)
    for row in returned.select_related("request").order_by("pk"):
        taken[row.order_line_id].append(TakenFacts(row.quantity, day_of(row.request.requested_at, zone)))
    return ReturnFacts(
        tuple(
            LineFacts(
                title=line.title,
                bought=line.quantity,
                parcels=tuple(parcels[line.pk]),
                taken=tuple(taken[line.pk]),
                asked=(asked or {}).get(line.pk, 0),
            )
            for line in lines
        )
    )


#: Requests that are not decided yet hold nothing: their pieces are taken with the approval.
_HOLDING = [status for status in ReturnStatus if status not in (*GIVEN_BACK, ReturnStatus.REQUESTED)]


def _arrival(shipment: Shipment, now: datetime, zone: ZoneInfo) -> tuple[str, date | None]:
    status = ShipmentStatus(shipment.status)
    if status == ShipmentStatus.CANCELLED:
        return Arrival.NOT_SENT, None
    if status == ShipmentStatus.RETURN_TO_SENDER:
        return Arrival.GOING_BACK, None
    latest = [day_of(moment, zone) for moment in (shipment.last_event_at, shipment.handed_over_at) if moment]
    if status == ShipmentStatus.DELIVERED:
        known = shipment.delivered_on or (shipment.delivered_at and day_of(shipment.delivered_at, zone))
        return Arrival.ARRIVED, known or _latest(latest, shipment)
    if _is_out_of_sight(shipment, now, zone):
        return Arrival.ARRIVED, _latest(latest, shipment)
    waiting = status == ShipmentStatus.PENDING and not shipment.handed_over_at
    return (Arrival.NOT_SENT if waiting else Arrival.ON_ITS_WAY), None


def _latest(days: list[date], shipment: Shipment) -> date | None:
    """The latest day on which the parcel can have arrived, as far as anybody stated one."""
    return max([*days, *filter(None, (shipment.promised_on, shipment.carrier_estimate))], default=None)


def _is_out_of_sight(shipment: Shipment, now: datetime, zone: ZoneInfo) -> bool:
    """Whether the parcel left, and neither carrier nor promise says any more that it is still to come.

    Carriers forget the last scan, and some parcels are sent without tracking; whoever holds the item may return it.
    """
    silence = timedelta(days=conf.SILENT_DAYS)
    if shipment.handed_over_at is None or now - (shipment.last_event_at or shipment.handed_over_at) < silence:
        return False
    expected = max(filter(None, (shipment.promised_on, shipment.carrier_estimate)), default=None)
    return expected is None or expected < day_of(now, zone)
