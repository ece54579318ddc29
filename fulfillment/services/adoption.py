"""Which row a parcel is that a store states: one that was made here before the store had a name for it."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from fulfillment.facts import ParcelData
from fulfillment.models import Order, Shipment
from fulfillment.statuses import ShipmentStatus

#: ``external_id`` of a parcel that was made here and that its store has not given a name yet begins with this.
LOCAL = "local:"


def first_piece(order: Order, parcel: ParcelData) -> dict[str, Any]:
    """The column that says of which shipment the parcel is a piece, where the store says so."""
    if not parcel.piece_of:
        return {}
    return {"master": order.shipments.filter(external_id=parcel.piece_of).first()}


def adopted(order: Order, parcel: ParcelData, number: str) -> Shipment | None:
    """The parcel that was added here and that the store now states with a name of its own, given that name."""
    external_id = parcel.external_id
    if external_id.startswith(LOCAL) or not (number or parcel.contents):
        return None
    local = order.shipments.filter(direction="out", external_id__startswith=LOCAL)
    # One that was taken back, only when there is no other.
    same = local.filter(tracking_number=number) if number else ()
    ours = min(same, key=lambda shipment: shipment.status == ShipmentStatus.CANCELLED, default=None)
    ours = ours or _sent_again(local, parcel)
    if ours:
        Shipment.objects.filter(pk=ours.pk).update(external_id=external_id)
        ours.external_id = external_id
    return ours


def _sent_again(local: QuerySet[Shipment], parcel: ParcelData) -> Shipment | None:
    """The reshipment that staff made here without a number and that the store now states with the same contents."""
    if not parcel.contents or parcel.cancelled:
        return None
    stated = {key: pieces for key, pieces in parcel.contents.items() if pieces > 0}
    waiting = local.filter(tracking_number="", status=ShipmentStatus.PENDING).exclude(replaces=None)
    for shipment in waiting.prefetch_related("lines__order_line"):
        if {line.order_line.external_id: line.quantity for line in shipment.lines.all()} == stated:
            return shipment
    return None
