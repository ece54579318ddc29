"""How a return goes on: handed over, on its way, received, closed, or called off."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from fulfillment.facts import Scan, TrackingUpdate
from fulfillment.models import Shipment, ShipmentChange
from fulfillment.services import shipments, tracking
from fulfillment.statuses import MOVING, Direction, ShipmentStatus
from parcelwise import background
from parcelwise.changes import may_move, move
from parcelwise.jobs import OPEN, JobState
from parcelwise.models import Problem
from parcelwise.panels import reference
from returns.errors import ReturnRefused
from returns.models import ReturnChange, ReturnLabel, ReturnRequest, ReturnStatus
from returns.services import pieces

#: What a carrier's number looks like at its loosest; anything else would only be sent around.
_NUMBER = re.compile(r"[A-Z0-9-]{5,40}")
#: A number is not given to two parcels within this time.
_IN_USE = timedelta(days=180)
#: Tries at a status that somebody else moves at the same moment.
_TRIES = 3


def hand_over(
    request: ReturnRequest, *, carrier: str, tracking_number: str, at: datetime, actor: str = "customer"
) -> Shipment:
    """The parcel has a carrier and a number: from now on it is tracked like any other. Idempotent.

    ``at`` is when it was given to the carrier, as somebody said; that it moves, only the carrier's scans say.
    """
    number = "".join(tracking_number.split()).upper()
    if not _NUMBER.fullmatch(number):
        raise ReturnRefused(_not_a_number())
    with transaction.atomic():
        shipment = _open_parcel_of(request)
        carrier = carrier.strip().lower() or shipment.carrier
        if (shipment.carrier, shipment.tracking_number) != (carrier, number):
            if shipment.handed_over_at:
                raise ReturnRefused(_("The parcel is on its way already, with another tracking number."))
            if _is_anothers(shipment, number, at):
                raise ReturnRefused(_not_a_number())
            shipments.renumber(shipment, carrier, number)
            said = Scan(at, ShipmentStatus.PENDING, f"Given to {carrier.upper()} as {number}", code="given")
            shipments.apply_update(shipment, TrackingUpdate(number, (said,)), source=actor[:20], forecast=False)
        tracking.ensure_poll(shipment)
        background.wake()
    return shipment


def _not_a_number() -> str:
    """One sentence for nonsense and for numbers of other parcels, so that nobody finds out which numbers there are."""
    return _("That is not a tracking number of a return. It is on the receipt: letters and digits.")


def _is_anothers(shipment: Shipment, number: str, at: datetime) -> bool:
    """Whether the number is one of the shop's other parcels: with it the return would seem to have arrived already.

    Two returns of one customer may come in one box. Numbers of long ago may have come back into use.
    """
    same_box = Q(direction=Direction.BACK, order__customer=shipment.order.customer_id)
    used = Shipment.objects.filter(tracking_number=number, created_at__gte=at - _IN_USE)
    return used.exclude(pk=shipment.pk).exclude(same_box).exists()


def _open_parcel_of(request: ReturnRequest) -> Shipment:
    # Locked, so that a cancellation at the same moment comes either before or after.
    ReturnRequest.objects.select_for_update().filter(pk=request.pk).first()
    request.refresh_from_db(fields=["status", "shipment"])
    if request.status not in (ReturnStatus.APPROVED, ReturnStatus.IN_TRANSIT) or request.shipment is None:
        raise ReturnRefused(
            _("Return %(number)s is %(status)s; there is no parcel to hand over.")
            % {"number": request.number, "status": request.get_status_display().lower()}
        )
    return request.shipment


def follow_parcel(shipment: Shipment, change: ShipmentChange) -> ReturnChange | None:
    """Move the return whose parcel has moved: the first scan, and the arrival at the shop. Idempotent."""
    request = ReturnRequest.objects.filter(shipment=shipment).first()
    if request is None:
        return None
    if request.status == ReturnStatus.CANCELLED and (change.new in MOVING or change.new == ShipmentStatus.DELIVERED):
        _note_unexpected(request, shipment)
        return None
    if change.new == ShipmentStatus.DELIVERED:
        return receive(request, at=change.occurred_at, actor=change.actor, why=change.why)
    if change.new in MOVING:
        return _advance(request, ReturnStatus.IN_TRANSIT, at=change.occurred_at, actor=change.actor, why=change.why)
    return None


def _note_unexpected(request: ReturnRequest, shipment: Shipment) -> None:
    Problem.objects.note(
        "return",
        request.number,
        f"Return {request.number} was cancelled, but its parcel {shipment.tracking_number} is on its way to the shop.",
        subject=reference(request.order),
    )


def receive(request: ReturnRequest, *, at: datetime, actor: str, why: str = "") -> ReturnChange | None:
    """The parcel is at the shop. None when that was known, or the return is not on its way."""
    return _advance(request, ReturnStatus.RECEIVED, at=at, actor=actor, why=why, received_at=at)


def close(request: ReturnRequest, *, at: datetime, actor: str, why: str) -> ReturnChange | None:
    """The shop is done with a received return: staff say that the money was given back (no refund is made here)."""
    return _advance(request, ReturnStatus.CLOSED, at=at, actor=actor, why=why, closed_at=at)


def cancel(request: ReturnRequest, *, at: datetime, actor: str, why: str = "") -> ReturnChange | None:
    """Call a return off before its parcel moves: its pieces may be returned again, its label is not drawn any more."""
    with transaction.atomic():
        held = request.status == ReturnStatus.APPROVED
        change: ReturnChange | None = move(request, ReturnStatus.CANCELLED, at=at, actor=actor, why=why)
        if change is None:
            return None
        if held:
            pieces.give_back(request)
        ReturnLabel.objects.filter(request=request, state__in=OPEN).update(state=JobState.CANCELLED, finished_at=at)
        if request.shipment:
            shipments.record_cancellation(request.shipment)
    return change


def _advance(
    request: ReturnRequest, to: str, *, at: datetime, actor: str, why: str, **columns: Any
) -> ReturnChange | None:
    """Move, also when somebody else takes the step before this one at the same moment."""
    for _try in range(_TRIES):
        change: ReturnChange | None = move(request, to, at=at, actor=actor, why=why, columns=columns)
        if change is not None:
            return change
        request.refresh_from_db(fields=["status"])
        if not may_move(request, to):
            return None
    return None
