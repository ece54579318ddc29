"""Shipments of several pieces, and parcels that bring others back: rows for those that only a carrier has named."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from fulfillment.carriers.readers.base import is_same
from fulfillment.carriers.recognise.reading import plain
from fulfillment.facts import OtherNumber
from fulfillment.models import Shipment
from fulfillment.services import legs, shipments
from fulfillment.statuses import Direction, NumberRole, ShipmentStatus

#: Parcels of one order that are followed because a carrier names them, in however many answers.
MOST = 50
_NAMED = Q(external_id__startswith=f"{shipments.LOCAL}{NumberRole.PIECE}:") | Q(
    external_id__startswith=f"{shipments.LOCAL}{NumberRole.RETURN}:"
)


def open_all(shipment: Shipment, numbers: Iterable[OtherNumber]) -> list[Shipment]:
    """The parcels of ``numbers`` that were not known: further pieces, and the way back to the sender.

    Their contents are not known. A piece that the store names later is the same row.
    """
    named = [each for each in numbers if each.role in (NumberRole.PIECE, NumberRole.RETURN)]
    if not named or shipment.direction != Direction.OUT:
        return []
    with transaction.atomic():
        locked = Shipment.objects.select_for_update(of=("self",)).select_related("order__store").get(pk=shipment.pk)
        return [opened for each in named[:MOST] if (opened := _open(locked, each))]


def link_return(back: Shipment) -> None:
    """Link a parcel that comes back with those in which its pieces went out."""
    lines = back.lines.values("order_line")
    out = back.order.shipments.filter(direction=Direction.OUT, lines__order_line__in=lines)
    back.returns_of.set(out.exclude(status=ShipmentStatus.CANCELLED).distinct())


def join(first: Shipment, piece: Shipment) -> None:
    """``piece`` is of the shipment whose first parcel is ``first``."""
    _relate(first, piece, NumberRole.PIECE)


def _open(shipment: Shipment, told: OtherNumber) -> Shipment | None:
    number = "".join(told.number.split()).upper()[:80]
    if not plain(number) or is_same(number, shipment.tracking_number):
        return None
    recent = Q(created_at__gte=timezone.now() - legs.IN_USE) | Q(order=shipment.order_id)
    same = Shipment.objects.filter(recent, tracking_number=number, order__store=shipment.order.store_id)
    if known := same.filter(order=shipment.order_id).order_by("pk").first():
        _relate(shipment, known, told.role)
        return None
    if legs.is_anothers(shipment, number) or shipment.numbers.filter(number=number).exists():
        return None  # it is another order's parcel, or this one under another name
    if Shipment.objects.filter(_NAMED, order=shipment.order_id).count() >= MOST:
        return None
    is_back = told.role == NumberRole.RETURN
    opened = Shipment.objects.create(
        order=shipment.order,
        external_id=f"{shipments.LOCAL}{told.role}:{number}"[:80],
        direction=Direction.BACK if is_back else Direction.OUT,
        carrier=told.carrier or shipment.carrier,
        tracking_number=number,
        origin=shipment.destination if is_back else shipment.origin,
        destination=shipment.origin if is_back else shipment.destination,
        promised_on=None if is_back else shipment.promised_on,
    )
    _relate(shipment, opened, told.role)
    return opened


def _relate(shipment: Shipment, other: Shipment, role: str) -> None:
    if role == NumberRole.RETURN:
        if other.direction == Direction.BACK:
            other.returns_of.add(shipment)
        return
    if other.direction != Direction.OUT or other.pk == shipment.pk:
        return
    first = shipment.master_id or (other.master_id if other.master_id != shipment.pk else None) or shipment.pk
    for each in (shipment, other):
        if each.pk != first and each.master_id is None:
            Shipment.objects.filter(pk=each.pk).update(master=first)
            each.master_id = first
