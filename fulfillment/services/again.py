"""Sending again what was lost, damaged or came back: a new row, linked to the parcel whose contents it brings."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from fulfillment.facts import ParcelData
from fulfillment.models import Order, Shipment, ShipmentException
from fulfillment.services import shipments
from fulfillment.statuses import Direction, Reason, ShipmentStatus
from parcelwise.errors import GiveUp

_BROKEN = frozenset({Reason.CARRIER_PARCEL_LOST, Reason.CARRIER_DAMAGED_PARCEL})


def failed(shipment: Shipment) -> bool:
    """Whether the parcel will not bring what is in it: lost, damaged, or on its way back."""
    if shipment.direction != Direction.OUT or shipment.status in (ShipmentStatus.CANCELLED, ShipmentStatus.PENDING):
        return False
    if shipment.status == ShipmentStatus.RETURN_TO_SENDER:
        return True
    return shipment.status != ShipmentStatus.DELIVERED and shipment.reason in _BROKEN


def may_send_again(shipment: Shipment) -> bool:
    """Whether staff may: it failed, or arrived damaged, or its customer says that it did not come; and once."""
    if live_replacements(shipment).exists():
        return False
    if failed(shipment) or (shipment.direction == Direction.OUT and shipment.reason in _BROKEN):
        return True
    return ShipmentException.objects.filter(shipment=shipment, kind="disputed").exists()


def live_replacements(shipment: Shipment) -> QuerySet[Shipment]:
    return shipment.replacements.exclude(status=ShipmentStatus.CANCELLED)


def send_again(shipment: Shipment, contents: Mapping[str, int], actor: str) -> Shipment:
    """A parcel with ``contents`` (line's external id -> pieces of ``shipment``) whose label is to be made.

    GiveUp with a sentence when it may not be. The store's stock and label are the store's business: as soon as it
    states a parcel with these contents, that is this row.
    """
    with transaction.atomic():
        Order.objects.select_for_update().get(pk=shipment.order_id)
        shipment = Shipment.objects.select_related("order__store").get(pk=shipment.pk)
        if not may_send_again(shipment):
            raise GiveUp(_("This parcel is not lost, damaged or on its way back, or was sent again already."))
        inside = {line.order_line.external_id: line.quantity for line in shipment.lines.select_related("order_line")}
        wanted = {key: pieces for key, pieces in contents.items() if pieces > 0}
        if not wanted or any(pieces > inside.get(key, 0) for key, pieces in wanted.items()):
            raise GiveUp(_("Only what was in the parcel can be sent again."))
        parcel = ParcelData(f"{shipments.LOCAL}again:{uuid.uuid4().hex}", contents=wanted, announced_at=timezone.now())
        fresh = shipments.record_parcel(shipment.order, parcel)
        Shipment.objects.filter(pk=fresh.pk).update(replaces=shipment)
        fresh.replaces = shipment
        _note(shipment, actor)
    return fresh


def recognise(order: Order) -> None:
    """Link later parcels of a store's that hold pieces which are in a failed one already.

    Only as many pieces as were bought can be on their way: what is over is sent again.
    """
    rows = list(order.shipments.filter(direction=Direction.OUT).order_by("pk").prefetch_related("lines"))
    lost = [row for row in rows if failed(row)]
    if not lost:
        return
    bought = {line.pk: line.quantity for line in order.lines.all()}
    taken = {row.replaces_id for row in rows if row.replaces_id and row.status != ShipmentStatus.CANCELLED}
    for before in lost:
        if before.pk in taken:
            continue
        inside = {line.order_line_id: line.quantity for line in before.lines.all()}
        for row in rows:
            if row.pk <= before.pk or row.replaces_id or row in lost or row.status == ShipmentStatus.CANCELLED:
                continue
            if _is_over(row, inside, rows, bought):
                Shipment.objects.filter(pk=row.pk).update(replaces=before)
                row.replaces = before
                break


def _is_over(row: Shipment, inside: Mapping[int, int], rows: list[Shipment], bought: Mapping[int, int]) -> bool:
    """Whether what ``row`` holds of ``inside`` is more than was bought, with all that the other parcels hold."""
    packed: dict[int, int] = {}
    for each in rows:
        if each.status != ShipmentStatus.CANCELLED and not each.replaces_id:
            for line in each.lines.all():
                packed[line.order_line_id] = packed.get(line.order_line_id, 0) + line.quantity
    own = {line.order_line_id for line in row.lines.all()}
    return any(packed.get(key, 0) > bought.get(key, 0) for key in own & set(inside))


def _note(shipment: Shipment, actor: str) -> None:
    """For whoever works on the exception of the first parcel."""
    for exception in ShipmentException.objects.filter(shipment=shipment, closed_at=None):
        exception.notes.create(words=_("Its contents are sent again."), author=actor)
