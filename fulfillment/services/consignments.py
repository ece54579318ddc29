"""Several orders in one parcel: found when they are recorded, asked for once, told once."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from fulfillment.facts import Address
from fulfillment.models import Consignment, DelayEpisode, Order, Shipment, Store, TrackingPoll
from fulfillment.statuses import FINAL, Direction, ShipmentStatus
from parcelwise.errors import GiveUp
from parcelwise.jobs import OPEN, JobState

logger = logging.getLogger("parcelwise.fulfillment")

#: Orders in one box are packed at the same time; carriers use a number again after months.
PACKED_WITHIN = timedelta(days=3)
#: After its leader a row is looked at again, should the leader be gone.
BEHIND = timedelta(hours=1)
#: Rows with one number that are looked at.
_SAME_NUMBER = 20


def join_found(shipment: Shipment) -> Consignment | None:
    """Join the parcel with those of other orders that are the same box, by all that is known of them.

    Never by the number alone: they have the same store, carrier, number and address, and were packed within days. Call
    it where the store is locked (:func:`fulfillment.services.orders.record_statement`), so that of two that are
    recorded at once the second finds the first.
    """
    if not shipment.tracking_number or shipment.is_kept_apart or shipment.direction != Direction.OUT:
        return None
    if shipment.order.is_history or shipment.status == ShipmentStatus.CANCELLED:
        return None
    candidates = _with_its_number(shipment).exclude(order=shipment.order_id).filter(is_kept_apart=False)
    found = [each for each in candidates[:_SAME_NUMBER] if _is_same_box(shipment, each)]
    return _join([shipment, *found], "") if found else None


def join_by_hand(one: Shipment, other: Shipment, actor: str) -> Consignment:
    """Staff say that both are in one box. GiveUp with a sentence when that cannot be."""
    if one.pk == other.pk or one.order_id == other.order_id:
        raise GiveUp(_("Both are parcels of one order."))
    if one.order.store_id != other.order.store_id or other.direction != one.direction:
        raise GiveUp(_("They are not of one shop, or do not go the same way."))
    if (one.carrier, one.tracking_number) != (other.carrier, other.tracking_number) or not one.tracking_number:
        raise GiveUp(_("A box has one carrier and one number; theirs are not the same."))
    with transaction.atomic():
        Store.objects.select_for_update().get(pk=one.order.store_id)
        Shipment.objects.filter(pk__in=(one.pk, other.pk)).update(is_kept_apart=False)
        return _join([one, other], actor)


def part(shipment: Shipment) -> None:
    """Staff say that the parcel is alone. It is not joined again."""
    with transaction.atomic():
        Store.objects.select_for_update().get(pk=shipment.order.store_id)
        known = shipment.consignment_id
        Shipment.objects.filter(pk=shipment.pk).update(consignment=None, is_kept_apart=True)
        shipment.consignment, shipment.is_kept_apart = None, True
        left = Shipment.objects.filter(consignment=known) if known else Shipment.objects.none()
        if known and left.count() < 2:
            left.update(consignment=None)
            Consignment.objects.filter(pk=known).delete()
        TrackingPoll.objects.filter(shipment=shipment, state=JobState.WAITING).update(not_before=timezone.now())


def others(shipment: Shipment) -> list[Shipment]:
    """The rows of other orders that are the same box and are still followed."""
    if not shipment.consignment_id:
        return []
    rows = Shipment.objects.filter(consignment=shipment.consignment_id, tracking_number=shipment.tracking_number)
    live = rows.exclude(pk=shipment.pk).exclude(status=ShipmentStatus.CANCELLED)
    return list(live.select_related("order__store").order_by("pk"))


def asked_instead(job: TrackingPoll) -> TrackingPoll | None:
    """The standing job that asks for the same box; None where this one does."""
    shipment = job.shipment
    if not shipment.consignment_id:
        return None
    rows = TrackingPoll.objects.filter(shipment__consignment=shipment.consignment_id, state__in=OPEN)
    before = rows.filter(shipment__lt=shipment.pk, shipment__tracking_number=shipment.tracking_number)
    return before.exclude(shipment__status__in=FINAL).order_by("shipment").first()


def after(leader: TrackingPoll) -> datetime:
    """When to look again at a row whose box another one is asked for."""
    return max(leader.not_before, timezone.now()) + BEHIND


def asked_together(shipment: Shipment, at: datetime | None) -> None:
    """The box was asked for over this row: the others are as fresh, and wait as long."""
    if not shipment.consignment_id:
        return
    now = timezone.now()
    rows = TrackingPoll.objects.filter(shipment__in=[each.pk for each in others(shipment)], state=JobState.WAITING)
    rows.update(last_asked_at=now, not_before=(at or now) + BEHIND)


def told_as(shipment: Shipment) -> Shipment:
    """The row under which its customer is told of the box: their first, so that two orders are one message."""
    if not shipment.consignment_id:
        return shipment
    return _of_its_customer(shipment).order_by("pk").first() or shipment


def told_in(episode: DelayEpisode) -> tuple[Shipment, DelayEpisode]:
    """Under which row and episode its customer is told of a delay of the box.

    The orders in a box have episodes of their own, which open one after the other. As long as one of the customer's is
    open, the others are the same news.
    """
    shipment = episode.shipment
    if not shipment.consignment_id:
        return shipment, episode
    first, until = None, None  # of the stretch in which one is open without a break
    for each in DelayEpisode.objects.filter(shipment__in=_of_its_customer(shipment)).order_by("opened_at", "pk"):
        if first is None or (until is not None and each.opened_at > until):
            first, until = each, each.closed_at
        elif until is not None:
            until = max(until, each.closed_at) if each.closed_at else None
        if each.pk == episode.pk:
            break
    return told_as(shipment), first or episode


def also_holds(shipment: Shipment) -> list[Order]:
    """The other orders in the box that are the same person's; of anybody else's nothing is told."""
    if not shipment.consignment_id:
        return []
    rows = _of_its_customer(shipment).exclude(status=ShipmentStatus.CANCELLED).exclude(order=shipment.order_id)
    return list(dict.fromkeys(row.order for row in rows.select_related("order").order_by("pk")))


def _of_its_customer(shipment: Shipment) -> QuerySet[Shipment]:
    contact = shipment.order.customer.contact_id
    return Shipment.objects.filter(consignment=shipment.consignment_id, order__customer__contact=contact)


def _with_its_number(shipment: Shipment) -> QuerySet[Shipment]:
    rows = Shipment.objects.filter(
        tracking_number=shipment.tracking_number,
        carrier=shipment.carrier,
        order__store=shipment.order.store_id,
        order__is_history=False,
        direction=Direction.OUT,
    )
    return rows.exclude(status=ShipmentStatus.CANCELLED).select_related("order").order_by("-pk")


def _is_same_box(one: Shipment, other: Shipment) -> bool:
    here, there = place_of(one.destination_address), place_of(other.destination_address)
    if here is None or here != there:
        return False
    return abs(_packed_at(one) - _packed_at(other)) <= PACKED_WITHIN


def place_of(address: Address) -> tuple[str, ...] | None:
    """What makes two addresses one place; None where there is too little to tell."""
    parts = ("".join(address.lines), address.postcode, address.city, address.country)
    plain = tuple("".join(char for char in part.casefold() if char.isalnum()) for part in parts)
    return plain if plain[0] and (plain[1] or plain[2]) else None


def _packed_at(shipment: Shipment) -> datetime:
    """When the shop packed it, as its store says; else when it was recorded here."""
    stated: datetime | None = shipment.events.filter(source="store").aggregate(at=Min("occurred_at"))["at"]
    return stated or shipment.created_at


def _join(rows: list[Shipment], actor: str) -> Consignment:
    known = sorted({row.consignment_id for row in rows if row.consignment_id})
    if known:
        consignment = Consignment.objects.get(pk=known[0])
    else:
        consignment = Consignment.objects.create(store_id=rows[0].order.store_id, joined_by=actor[:150])
    fresh = [row.pk for row in rows if row.consignment_id != consignment.pk]
    if fresh:
        Shipment.objects.filter(pk__in=fresh).update(consignment=consignment)
        if known[1:]:
            Shipment.objects.filter(consignment__in=known[1:]).update(consignment=consignment)
            Consignment.objects.filter(pk__in=known[1:]).delete()
        # A later row hears what was scanned before it was there.
        polls = TrackingPoll.objects.filter(shipment__consignment=consignment, state=JobState.WAITING)
        polls.update(not_before=timezone.now())
        logger.info("parcels %s are one box: consignment %s", fresh, consignment.pk)
    for row in rows:
        row.consignment = consignment
    return consignment
