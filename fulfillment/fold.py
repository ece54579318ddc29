"""The state of a parcel as a pure function of the set of its events.

Any order of arrival and any duplication give the same state: events are ordered by when they happened, ties by how far
along the parcel is, and what is left by their fingerprint.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fulfillment.facts import Scan
from fulfillment.statuses import MOVING, Culprit, Reason, ShipmentStatus, culprit_of

#: How far along a parcel is; decides between two events of the same moment.
PROGRESS = {
    ShipmentStatus.UNKNOWN: 0,
    ShipmentStatus.PENDING: 1,
    ShipmentStatus.PICKED_UP: 2,
    ShipmentStatus.IN_TRANSIT: 3,
    ShipmentStatus.ON_HOLD: 4,
    ShipmentStatus.DELIVERY_DELAYED: 5,
    ShipmentStatus.OUT_FOR_DELIVERY: 6,
    ShipmentStatus.DELIVERY_FAILED: 7,
    ShipmentStatus.READY_FOR_PICKUP: 8,
    ShipmentStatus.CANCELLED: 9,
    ShipmentStatus.RETURN_TO_SENDER: 10,
    ShipmentStatus.DELIVERED: 11,
}

#: A failed delivery for one of these reasons never reached a door.
_NO_ATTEMPT = frozenset({Reason.CARRIER_PARCEL_LOST, Reason.CARRIER_DAMAGED_PARCEL})


class Event(Protocol):
    """What the fold needs of an event; a TrackingEvent row has it."""

    occurred_at: datetime
    status: str
    reason: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class ParcelState:
    """What is true of a parcel. All moments are aware."""

    status: str = ShipmentStatus.PENDING.value
    reason: str = ""
    culprit: str = ""
    handed_over_at: datetime | None = None
    first_attempt_at: datetime | None = None
    delivered_at: datetime | None = None
    last_event_at: datetime | None = None
    decided_at: datetime | None = None


def fingerprint(scan: Scan, number: str = "") -> str:
    """The identity of a scan within its parcel. ``number``: a further one of the parcel, under which it was told.

    The carrier's own words and its own writing of the time: neither a better time zone nor a better mapping of codes
    makes the same scan a new one.
    """
    moment = scan.local_time or scan.occurred_at.isoformat()
    parts = [moment, scan.code, scan.description, scan.location, *([number] if number else [])]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def fold(events: Iterable[Event]) -> ParcelState:
    """The parcel's state. *Delivered* holds against every other scan but a later return to the sender."""
    ordered = sorted(
        {event.fingerprint: event for event in events}.values(),
        key=lambda event: (event.occurred_at, PROGRESS[ShipmentStatus(event.status)], event.fingerprint),
    )
    if not ordered:
        return ParcelState()
    deciding = ordered[0]
    for event in ordered[1:]:
        if _decides(event, deciding):
            deciding = event
    handed_over = _first(event for event in ordered if event.status in MOVING or event.status == _DELIVERED)
    return ParcelState(
        status=deciding.status,
        reason=deciding.reason,
        culprit=culprit_of(deciding.reason),
        handed_over_at=handed_over,
        first_attempt_at=_first(event for event in ordered if _is_attempt(event)),
        delivered_at=_first_delivery(ordered),
        last_event_at=ordered[-1].occurred_at,
        decided_at=deciding.occurred_at,
    )


_DELIVERED = ShipmentStatus.DELIVERED
_BACK = ShipmentStatus.RETURN_TO_SENDER


def _decides(event: Event, deciding: Event) -> bool:
    """Whether ``event``, not earlier than ``deciding``, takes the status over."""
    if deciding.status == _BACK:
        return event.status == _BACK  # "delivered" after this means: at the sender's
    if deciding.status == _DELIVERED:
        return event.status == _BACK and event.occurred_at > deciding.occurred_at
    if event.status == ShipmentStatus.UNKNOWN:
        return deciding.status == ShipmentStatus.UNKNOWN
    if event.status == ShipmentStatus.PENDING:
        return deciding.status in (ShipmentStatus.PENDING, ShipmentStatus.UNKNOWN)
    return True


def _is_attempt(event: Event) -> bool:
    if event.status in (_DELIVERED, ShipmentStatus.READY_FOR_PICKUP):
        return True
    return (
        event.status == ShipmentStatus.DELIVERY_FAILED
        and event.reason not in _NO_ATTEMPT
        and culprit_of(event.reason) not in (Culprit.CUSTOMS, Culprit.WEATHER, Culprit.RETAILER)
    )


def _first_delivery(ordered: list[Event]) -> datetime | None:
    """The first delivery to the customer; none when the parcel turned back before it."""
    for event in ordered:
        if event.status == _BACK:
            return None
        if event.status == _DELIVERED:
            return event.occurred_at
    return None


def _first(events: Iterable[Event]) -> datetime | None:
    return next((event.occurred_at for event in events), None)
