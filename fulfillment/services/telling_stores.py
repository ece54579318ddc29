"""What the platform of an order's store is told of its parcels: numbers that were added here, and how they move."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fulfillment.carriers.links import web_address
from fulfillment.facts import ParcelData
from fulfillment.models import (
    Order,
    Shipment,
    ShipmentChange,
    Store,
    StoreWrite,
    TrackingEvent,
    TrackingPoll,
    WriteKind,
)
from fulfillment.packed import packed_pieces
from fulfillment.services import consignments, shipments, tracking, writes
from fulfillment.statuses import Direction, ShipmentStatus
from parcelwise.jobs import JobState

#: Movements that a platform is told of; the others change nothing for a shop or its customer.
TOLD = frozenset(set(ShipmentStatus) - {ShipmentStatus.PENDING, ShipmentStatus.CANCELLED, ShipmentStatus.UNKNOWN})


def add_parcel(
    order: Order,
    *,
    carrier: str,
    tracking_number: str,
    contents: Mapping[str, int] | None = None,
    tracking_url: str = "",
    notify: bool = False,
) -> Shipment:
    """Add a parcel that staff have packed, follow it, and tell the order's platform, where there is one.

    ``contents`` maps lines' external ids to pieces; None: all that is in no parcel yet. The same number again is the
    parcel that is there.
    """
    number = tracking_number.replace(" ", "")
    with transaction.atomic():
        # Of two orders in one box that are recorded at once, the second has to find the first.
        Store.objects.select_for_update().get(pk=order.store_id)
        Order.objects.select_for_update().get(pk=order.pk)
        same = order.shipments.filter(direction=Direction.OUT, tracking_number=number)
        # One that was added here and taken back again may be added once more.
        known = same.exclude(status=ShipmentStatus.CANCELLED, external_id__startswith=shipments.LOCAL).first()
        if known:
            return known
        stated = dict(contents) if contents is not None else left_over(order)
        shipment = shipments.record_parcel(
            order,
            ParcelData(
                external_id=f"{shipments.LOCAL}{uuid.uuid4().hex}",
                carrier=carrier,
                tracking_number=number,
                tracking_url=tracking_url,
                contents=stated,
                announced_at=timezone.now(),
            ),
        )
        consignments.join_found(shipment)
        tracking.ensure_poll(shipment)
        payload = {
            "carrier": shipment.carrier,
            "tracking_number": number,
            "tracking_url": web_address(shipment.tracking_url),
            "contents": stated,
            "notify": notify,
        }
        writes.queue_write(order, WriteKind.TRACKING, payload, key=f"tracking:{shipment.uuid}", shipment=shipment)
    return shipment


def take_back(shipment: Shipment) -> str:
    """Undo :func:`add_parcel`: the pieces are in no parcel any more, and the platform is not told.

    Returns why that cannot be, in a sentence; empty when it is done.
    """
    with transaction.atomic():
        shipment = Shipment.objects.select_for_update().select_related("order").get(pk=shipment.pk)
        if shipment.status == ShipmentStatus.CANCELLED:
            return ""
        if not shipment.external_id.startswith(shipments.LOCAL):
            return _("The store has this parcel in its own books. Cancel it there, and it is cancelled here too.")
        if shipment.status not in (ShipmentStatus.PENDING, ShipmentStatus.UNKNOWN):
            return _("A carrier has this parcel already.")
        told = StoreWrite.objects.filter(shipment=shipment)
        told.cancel()
        if told.filter(kind=WriteKind.TRACKING).exclude(state=JobState.CANCELLED).exists():
            return _("The store is being told of this parcel, or has been. Cancel it there.")
        shipments.record_cancellation(shipment)
        TrackingPoll.objects.filter(shipment=shipment).cancel()
    return ""


def left_over(order: Order) -> dict[str, int]:
    """Pieces by line that are in no parcel: line's external id -> pieces."""
    packed = packed_pieces(order.shipments.prefetch_related("lines"))
    left = {line.external_id: line.quantity - packed[line.pk] for line in order.lines.all()}
    return {key: pieces for key, pieces in left.items() if pieces > 0}


def tell_movement(shipment: Shipment, change: ShipmentChange) -> StoreWrite | None:
    """Tell the platform that a parcel moved. None: it said so itself, or it does not want to hear of this."""
    order = shipment.order
    if shipment.direction != Direction.OUT or order.is_history or change.new not in TOLD:
        return None
    if not writes.is_wanted(order.store, WriteKind.TRACKING_EVENT):
        return None
    scan = _deciding(shipment, change)
    if scan is None or scan.source == shipments.STORE:
        return None
    payload = {
        "parcel": shipment.external_id,
        "status": change.new,
        "happened_at": change.occurred_at.isoformat(),
        "message": scan.description,
        "city": scan.location,
        "latitude": scan.latitude,
        "longitude": scan.longitude,
    }
    return writes.queue_write(
        order,
        WriteKind.TRACKING_EVENT,
        payload,
        key=f"event:{shipment.uuid}:{change.pk}",
        shipment=shipment,
        after=_number_of(shipment),
    )


def _deciding(shipment: Shipment, change: ShipmentChange) -> TrackingEvent | None:
    """The scan behind a movement; the carrier's where the store says the same."""
    scans = shipment.events.filter(occurred_at=change.occurred_at, status=change.new)
    return scans.exclude(source=shipments.STORE).first() or scans.first()


def _number_of(shipment: Shipment) -> StoreWrite | None:
    """The write that tells the platform of the parcel itself, while it has not happened."""
    return StoreWrite.objects.filter(shipment=shipment, kind=WriteKind.TRACKING, happened_at=None).first()
