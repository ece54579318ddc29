"""Parcels: what is in them, what carriers report, and the state that follows."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from fulfillment.carriers.links import web_address
from fulfillment.facts import STORE_EVENT, ParcelData, Scan, TrackingUpdate, store_event_code
from fulfillment.fold import ParcelState, fingerprint, fold
from fulfillment.imports.milestones import CANCELLED_CODE
from fulfillment.legs import goes_on, in_one
from fulfillment.models import (
    CarrierCode,
    Order,
    Shipment,
    ShipmentChange,
    ShipmentLine,
    ShipmentNumber,
    StoreWrite,
    TrackingEvent,
    WriteKind,
)
from fulfillment.services import adoption, forecasts, inference, scans, trouble
from fulfillment.services.unknown_codes import count_unknown, key_of
from fulfillment.statuses import NumberRole, ShipmentStatus
from fulfillment.zones import FURTHEST_OFFSET
from parcelwise.changes import move
from parcelwise.clock import day_of
from parcelwise.models import Problem
from parcelwise.panels import reference

logger = logging.getLogger("parcelwise.fulfillment")

#: ``TrackingEvent.source`` of what carriers report, and of what the store states.
CARRIER, STORE = "carrier", "store"
#: Code of the store's word that a parcel is packed.
PACKED_CODE = "packed"
#: ``external_id`` of a parcel that was added here and that its store has not given a name yet begins with this.
LOCAL = adoption.LOCAL


def record_parcel(order: Order, parcel: ParcelData, *, history: bool = False) -> Shipment:
    """Create or update one parcel of ``order`` from the store's statement, and its contents and milestones."""
    destination = parcel.destination.as_json() if parcel.destination else order.ship_to
    origin = (parcel.origin if parcel.origin.country else order.store.origin).as_json()
    stated_carrier, number = parcel.carrier.lower()[:50], parcel.tracking_number.replace(" ", "")[:80]
    way = {"origin": str(origin["country"]), "destination": str(destination.get("country") or "")}
    with transaction.atomic():
        before = Shipment.objects.filter(order=order, external_id=parcel.external_id).first()
        before = before or adoption.adopted(order, parcel, number)
        carrier, read = inference.carrier_of(stated_carrier, number, before, **way)
        if before:
            renumber(before, carrier, number)
        shipment, _created = Shipment.objects.update_or_create(
            order=order,
            external_id=parcel.external_id,
            defaults={
                "carrier": carrier,
                "service": parcel.service[:80],
                "tracking_number": number,
                "tracking_url": web_address(parcel.tracking_url),
                "origin": origin,
                "destination": destination,
                "promised_on": order.promised_on,
                **adoption.first_piece(order, parcel),
            },
        )
        if read and not history:
            inference.record_inference(shipment, stated_carrier, read)
        _record_contents(shipment, parcel.contents)
        told = _without_echoes(shipment, parcel.scans)
        _take_back(shipment, parcel, told)
        stated = _packed_once(shipment, milestones(parcel)) if before else milestones(parcel)
    known = TrackingUpdate(shipment.tracking_number, (*stated, *told))
    apply_update(shipment, known, source=STORE, announce=not history)
    return shipment


def _without_echoes(shipment: Shipment, scans: Iterable[Scan]) -> list[Scan]:
    """The store's own events. Those that we wrote there ourselves are known already, from the carrier."""
    told = list(scans)
    if not told:
        return []
    written = StoreWrite.objects.filter(shipment=shipment, kind=WriteKind.TRACKING_EVENT)
    made = set(written.values_list("external_id", flat=True)) - {""}
    # A platform may have a short name of its own at the end of the long one: gid://shopify/FulfillmentEvent/17.
    codes = {store_event_code(name) for each in made for name in (each, each.rpartition("/")[2])}
    return [scan for scan in told if scan.code not in codes]


def _packed_once(shipment: Shipment, stated: Iterable[Scan]) -> list[Scan]:
    """Without a second packing: a parcel that was added here was packed then, whenever its store wrote that down."""
    is_known = shipment.events.filter(source=STORE, code=PACKED_CODE).exists()
    return [scan for scan in stated if not (is_known and scan.code == PACKED_CODE)]


def _take_back(shipment: Shipment, parcel: ParcelData, told: Iterable[Scan]) -> None:
    """Events of the store that it does not state any more were deleted there; a parcel that is back was restored."""
    gone = Q(code__startswith=STORE_EVENT) & ~Q(code__in=[scan.code for scan in told])
    if not parcel.cancelled:
        gone |= Q(code=CANCELLED_CODE)
    shipment.events.filter(gone, source=STORE).delete()


def renumber(shipment: Shipment, carrier: str, number: str) -> None:
    """Give the parcel another carrier or number. What a carrier said of the old one was about another parcel.

    Those scans leave the parcel, so that nobody is shown the way of somebody else's, and are kept for staff.
    """
    old = f"{shipment.carrier.upper()} {shipment.tracking_number}".strip()
    if (shipment.carrier, shipment.tracking_number) == (carrier, number):
        return
    with transaction.atomic():
        # The old number's box and its further numbers are not this parcel's.
        apart = {"consignment": None, "last_mile": None}
        Shipment.objects.filter(pk=shipment.pk).update(carrier=carrier, tracking_number=number, **apart)
        shipment.carrier, shipment.tracking_number = carrier, number
        shipment.consignment = shipment.last_mile = None
        if old:
            shipment.numbers.all().delete()
        foreign = shipment.events.filter(source=CARRIER)
        told = [f"{event.occurred_at:%Y-%m-%d %H:%M} {event.status} {event.description}" for event in foreign]
        if not told:
            return
        foreign.delete()
        Shipment.objects.filter(pk=shipment.pk).update(carrier_estimate=None, estimate_stated_at=None, receipt={})
        Problem.objects.note(
            "scan",
            f"{shipment.pk}:renumbered",
            f"The number of a parcel was changed from {old} to {carrier.upper()} {number}. What was known of the old "
            "number is taken out of it.",
            subject=reference(shipment.order),
            raw="\n".join(told),
        )


def _record_contents(shipment: Shipment, contents: Any) -> None:
    lines = {line.external_id: line for line in shipment.order.lines.all()}
    wanted = {key: line.quantity for key, line in lines.items()} if contents is None else dict(contents)
    inside = {lines[key].pk: quantity for key, quantity in wanted.items() if key in lines and quantity > 0}
    known = {line.order_line_id: line for line in shipment.lines.all()}
    for pk, quantity in inside.items():
        if pk in known and known[pk].quantity != quantity:
            ShipmentLine.objects.filter(pk=known[pk].pk).update(quantity=quantity)
    # Another worker may add them at the same moment: the order's store is locked for statements, not for what staff do.
    fresh = (ShipmentLine(shipment=shipment, order_line_id=pk, quantity=inside[pk]) for pk in inside if pk not in known)
    ShipmentLine.objects.bulk_create(fresh, ignore_conflicts=True)
    if gone := [line.pk for pk, line in known.items() if pk not in inside]:
        ShipmentLine.objects.filter(pk__in=gone).delete()


def milestones(parcel: ParcelData) -> Iterable[Scan]:
    """What the store itself knows of a parcel's way, as scans."""
    if parcel.announced_at:
        yield Scan(parcel.announced_at, ShipmentStatus.PENDING, "Packed by the shop", code=PACKED_CODE)
    if parcel.handed_over_at:
        yield Scan(parcel.handed_over_at, ShipmentStatus.PICKED_UP, "Handed to the carrier", code="handed_over")
    if parcel.delivered_at:
        yield Scan(parcel.delivered_at, ShipmentStatus.DELIVERED, "Delivered", code="delivered")
    if parcel.cancelled:
        yield _cancellation()


def _cancellation() -> Scan:
    # The moment is not known; the fixed local time makes it one event however often it is stated.
    return Scan(timezone.now(), ShipmentStatus.CANCELLED, "Cancelled by the shop", code=CANCELLED_CODE, local_time="-")


def record_cancellation(shipment: Shipment) -> ShipmentChange | None:
    """The store has taken the parcel back before a carrier saw it."""
    return apply_update(shipment, TrackingUpdate(shipment.tracking_number, (_cancellation(),)), source=STORE)


def apply_update(
    shipment: Shipment,
    update: TrackingUpdate,
    *,
    source: str = CARRIER,
    announce: bool = True,
    forecast: bool = True,
    leg: ShipmentNumber | None = None,
) -> ShipmentChange | None:
    """Add a carrier's scans to the parcel, fold, and move it. Returns the change, or None when its status stands.

    Scans already known are left out, unreadable ones become a problem for staff; neither stops the others. ``leg``: the
    further number of the parcel that the update is about.
    """
    now = timezone.now()
    possible = scans.taken(shipment, update, now)
    if source == CARRIER and leg is None and _is_known(shipment, possible, update, now):
        return None  # as most answers are: no lock, and nothing to fold
    with transaction.atomic():
        locked = Shipment.objects.select_for_update().select_related("order__store").get(pk=shipment.pk)
        if source == CARRIER and locked.tracking_number != shipment.tracking_number:
            return None  # it was renumbered, or its buyer erased, while the carrier was asked about the old number
        if leg and not locked.numbers.filter(pk=leg.pk, number=leg.number).exists():
            return None
        teller, number = _teller(locked, leg), leg.number if leg else ""
        known = set(locked.events.values_list("fingerprint", flat=True))
        fresh = [scan for scan in possible if fingerprint(scan, number) not in known]
        fresh = list(scans.within_limit(locked, fresh, len(known)))
        codes = count_unknown(teller, fresh) if source == CARRIER else {}
        events = [_event(locked, scan, source, now, codes.get(key_of(scan)), leg) for scan in fresh]
        if events:
            TrackingEvent.objects.bulk_create(events, ignore_conflicts=True)
            Shipment.objects.filter(pk=locked.pk).update()  # a scan that moves nothing is news, too
        estimate = _newer_estimate(locked, update, now) | _fuller_receipt(locked, update)
        change = _write_state(locked, _folded(locked, leg), estimate, announce)
        for name in _STATE_COLUMNS:
            setattr(shipment, name, getattr(locked, name))
        scans.note_unknown(teller, [scan for scan in fresh if not _is_mapped(codes.get(key_of(scan)))])
        # Before the commit: whoever hears that the parcel moved finds the arrival window that follows from it.
        if forecast and (fresh or shipment.status == ShipmentStatus.PENDING):
            _forecast(shipment, announce)
        if announce and (fresh or change):
            trouble.look_safely(shipment)
    return change


def _is_known(shipment: Shipment, possible: Sequence[Scan], update: TrackingUpdate, now: datetime) -> bool:
    """Whether the parcel, no label any more, has every scan of the answer and what else it says."""
    if not possible or shipment.status == ShipmentStatus.PENDING:
        return False
    if _newer_estimate(shipment, update, now) or _fuller_receipt(shipment, update):
        return False
    known = set(shipment.events.values_list("fingerprint", flat=True))
    return all(fingerprint(scan) in known for scan in possible)


_STATE_COLUMNS = (
    "status",
    "reason",
    "culprit",
    "handed_over_at",
    "first_attempt_at",
    "delivered_at",
    "attempted_on",
    "delivered_on",
    "last_event_at",
    "carrier_estimate",
    "estimate_stated_at",
    "receipt",
)


def _teller(shipment: Shipment, leg: ShipmentNumber | None) -> Shipment:
    """The parcel as the carrier of ``leg`` has it: codes are that carrier's."""
    teller = copy(shipment)
    if leg:
        teller.carrier = leg.carrier
    return teller


def _folded(shipment: Shipment, leg: ShipmentNumber | None) -> ParcelState:
    """The state of the parcel by all that is known of it, under whichever number."""
    events = list(shipment.events.all())
    if leg or shipment.last_mile_id or any(event.leg_id for event in events):
        return fold(in_one(events, [each for each in shipment.numbers.all() if each.role != NumberRole.ALTERNATIVE]))
    return fold(in_one(events, ())) if any(map(goes_on, events)) else fold(events)


def refold(shipment: Shipment, *, announce: bool = False) -> ShipmentChange | None:
    """Compute the state anew from the stored events (after a change of the code tables)."""
    return apply_update(shipment, TrackingUpdate(shipment.tracking_number), announce=announce, forecast=False)


def state_columns(state: ParcelState, order: Order) -> dict[str, Any]:
    """The columns of a Shipment that follow from its folded state; days are days in the store's zone."""
    zone = order.store.zone
    return {
        "reason": state.reason,
        "culprit": state.culprit,
        "handed_over_at": state.handed_over_at,
        "first_attempt_at": state.first_attempt_at,
        "delivered_at": state.delivered_at,
        "attempted_on": day_of(state.first_attempt_at, zone) if state.first_attempt_at else None,
        "delivered_on": day_of(state.delivered_at, zone) if state.delivered_at else None,
        "last_event_at": state.last_event_at,
    }


def _write_state(
    shipment: Shipment, state: ParcelState, estimate: Mapping[str, Any], announce: bool
) -> ShipmentChange | None:
    columns = {**state_columns(state, shipment.order), **estimate}
    if state.status != shipment.status:
        at = state.decided_at or timezone.now()
        deciding = shipment.events.filter(occurred_at=at, status=state.status).first()
        change: ShipmentChange | None = move(
            shipment,
            state.status,
            at=at,
            actor=shipment.carrier or "store",
            why=deciding.description if deciding else "",
            announce=announce,
            columns=columns,
        )
        return change
    if any(getattr(shipment, name) != value for name, value in columns.items()):
        Shipment.objects.filter(pk=shipment.pk).update(**columns)
        for name, value in columns.items():
            setattr(shipment, name, value)
    return None


def _newer_estimate(shipment: Shipment, update: TrackingUpdate, now: datetime) -> dict[str, Any]:
    """The columns of the update's estimate; none when a newer one is known. Statements may come in any order."""
    day = scans.estimate_of(shipment, update, now)
    if day is None or (update.stated_at is None and day == shipment.carrier_estimate):
        return {}
    at = min(update.stated_at or now, now)
    known_at, known = shipment.estimate_stated_at, shipment.carrier_estimate
    if known_at and known and (known_at, known) >= (at, day):
        return {}
    return {"carrier_estimate": day, "estimate_stated_at": at}


def _fuller_receipt(shipment: Shipment, update: TrackingUpdate) -> dict[str, Any]:
    """The column with what is said of the receipt; what is not repeated stays."""
    return {"receipt": {**shipment.receipt, **said}} if (said := update.receipt.as_json()) else {}


def _is_mapped(code: CarrierCode | None) -> bool:
    return code is not None and bool(code.status)


def _event(
    shipment: Shipment,
    scan: Scan,
    source: str,
    now: datetime,
    code: CarrierCode | None = None,
    leg: ShipmentNumber | None = None,
) -> TrackingEvent:
    """The row of ``scan``; where no table knows its code, with the meaning that staff gave the code, if they did."""
    code = code if scan.status == ShipmentStatus.UNKNOWN else None
    told = (code.status, code.reason) if code and code.status else (scan.status, scan.reason)
    return TrackingEvent(
        shipment=shipment,
        leg=leg,
        fingerprint=fingerprint(scan, leg.number if leg else ""),
        occurred_at=scan.occurred_at,
        status=told[0],
        reason=told[1],
        carrier_code=code,
        code=scan.code[:40],
        description=scan.description[:500],
        location=scan.location[:200],
        local_time=scan.local_time[:40],
        zone=scan.zone,
        time_zone=scan.time_zone[:64],
        uncertain_minutes=_doubt(scan),
        latitude=scan.latitude,
        longitude=scan.longitude,
        source=source,
        raw=dict(scan.raw),
        recorded_at=now,
    )


def _doubt(scan: Scan) -> int:
    """Minutes by which the scan's time may be off."""
    return max(scan.uncertain_minutes, FURTHEST_OFFSET) if scan.zone == "assumed" else scan.uncertain_minutes


def _forecast(shipment: Shipment, announce: bool) -> None:
    """A forecast that fails costs the window, never the tracking."""
    try:
        with transaction.atomic():
            forecasts.make_forecast(shipment, announce=announce)
    except Exception as error:
        logger.exception("no forecast for shipment %s", shipment.pk)
        Problem.objects.note(
            "forecast",
            str(shipment.pk),
            f"The arrival of parcel {shipment.tracking_number} could not be predicted: {error}",
            subject=reference(shipment.order),
        )
