"""A parcel's further numbers: opened when somebody names them, asked beside and then instead of the first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from fulfillment.carriers import account_for, gateway_for
from fulfillment.carriers.base import TRACK
from fulfillment.carriers.readers.base import is_same
from fulfillment.carriers.recognise import PROOF, recognise, sole
from fulfillment.carriers.recognise.reading import plain
from fulfillment.facts import OtherNumber
from fulfillment.models import CarrierAccount, Shipment, ShipmentNumber, TrackingPoll
from fulfillment.services import carrier_health, shipments
from fulfillment.statuses import FINAL, NumberRole
from parcelwise.background import wake
from parcelwise.errors import GiveUp, Misconfigured
from parcelwise.jobs import JobState

#: Roles that are rows of the table; the others of NumberRole are other parcels.
ROLES = frozenset({NumberRole.FIRST_MILE, NumberRole.LAST_MILE, NumberRole.ALTERNATIVE})
#: A last leg whose carrier does not know the number for so long is not waited for any more.
DENIED_AFTER = timedelta(days=3)
#: Further numbers that a parcel may have; real ones have one or two.
MOST = 6
#: Carriers use numbers again; one that a parcel of the shop had within this time is that parcel's.
IN_USE = timedelta(days=120)
#: ``ShipmentNumber.source`` of what staff have said.
STAFF = "staff"


def open_all(shipment: Shipment, numbers: Iterable[OtherNumber], source: str) -> list[ShipmentNumber]:
    """Open those of ``numbers`` that are legs or other writings. What makes no sense is left out."""
    return [leg for each in numbers if each.role in ROLES and (leg := open_leg(shipment, each, source))]


def open_leg(shipment: Shipment, told: OtherNumber, source: str) -> ShipmentNumber | None:
    """The parcel is known under this number too. The same one again is the row that is there; None for nonsense.

    A last mile is asked for from now on, if its carrier can be; what its first carrier said is folded anew.
    """
    number = "".join(told.number.split()).upper()[:80]
    if not plain(number) or number.upper() == shipment.tracking_number.upper():
        return None
    carrier, is_inferred = told.carrier[:50], told.inferred
    role = told.role
    if not carrier:
        carrier, is_inferred = _read(shipment, number), True
        if not carrier or carrier == shipment.carrier:
            role = NumberRole.ALTERNATIVE  # another name for the same way, as far as anybody can tell
    with transaction.atomic():
        locked = Shipment.objects.select_for_update(of=("self",)).get(pk=shipment.pk)
        known = list(locked.numbers.all())
        same = next((leg for leg in known if is_same(leg.number, number)), None)
        if same or len(known) >= MOST or is_anothers(locked, number):
            return same
        leg = ShipmentNumber.objects.create(
            shipment=locked,
            carrier=carrier,
            number=number,
            role=role,
            since=told.since or (None if role != NumberRole.LAST_MILE or locked.order.is_history else timezone.now()),
            source=source[:20],
            is_inferred=is_inferred,
            is_followed=role == NumberRole.LAST_MILE and _can_be_asked(shipment, carrier),
        )
        _set_last(shipment)
        _follow(shipment, leg)
    return leg


def close_leg(leg: ShipmentNumber) -> None:
    """Undo :func:`open_leg`: the number leaves the parcel with all that was told under it."""
    shipment = leg.shipment
    with transaction.atomic():
        Shipment.objects.select_for_update(of=("self",)).get(pk=shipment.pk)
        leg.delete()
        _set_last(shipment)
        shipments.refold(shipment, announce=True)
        _reopen(shipment)


def drop_legs(shipment: Shipment) -> None:
    """The parcel was given another number: what belonged to the old one goes with it."""
    shipment.numbers.all().delete()
    Shipment.objects.filter(pk=shipment.pk).update(last_mile=None)
    shipment.last_mile = None


def turn(job: TrackingPoll) -> ShipmentNumber | None:
    """Under which number the parcel is asked for now; None: its own.

    Both in turn after a hand-over, and only the last one as soon as its carrier has said anything.
    """
    shipment = job.shipment
    leg = shipment.last_mile if shipment.last_mile_id else None
    if leg is None or not leg.is_followed:
        return None
    account = account_of(shipment, leg)
    if account is None or carrier_health.pause(account) is not None:
        return None
    if leg.heard_at or account_for(shipment) is None:
        return leg
    was_it = bool(leg.asked_at and job.last_asked_at and leg.asked_at >= job.last_asked_at)
    return None if was_it else leg


def is_new(shipment: Shipment) -> bool:
    """Whether the answer that was just put down has opened a last mile that is to be asked now."""
    leg = shipment.last_mile
    return bool(leg and leg.is_followed and leg.asked_at is None and shipment.status not in FINAL)


def account_of(shipment: Shipment, leg: ShipmentNumber) -> CarrierAccount | None:
    """Over which account the leg is asked for."""
    return account_for(Shipment(carrier=leg.carrier, order=shipment.order))


def note_answer(leg: ShipmentNumber, has_news: bool) -> bool:
    """Keep that the leg's carrier was asked. Returns whether its first carrier is to be asked in the same round."""
    now = timezone.now()
    columns: dict[str, Any] = {"asked_at": now}
    if has_news and leg.heard_at is None:
        columns["heard_at"] = now
    denied = not has_news and leg.heard_at is None and now - leg.created_at > DENIED_AFTER
    if denied:
        columns["is_followed"] = False
    ShipmentNumber.objects.filter(pk=leg.pk).update(**columns)
    for name, value in columns.items():
        setattr(leg, name, value)
    if denied:
        shipments.refold(leg.shipment, announce=True)
    return leg.heard_at is None


def of_number(shipment: Shipment, number: str) -> ShipmentNumber | None:
    """The leg that has this number; None when it is the parcel's own."""
    if shipment.tracking_number == number:
        return None
    return shipment.numbers.filter(number=number).order_by("-pk").first()


def _set_last(shipment: Shipment) -> None:
    last = shipment.numbers.filter(role=NumberRole.LAST_MILE).order_by("-pk").first()
    Shipment.objects.filter(pk=shipment.pk).update(last_mile=last)
    shipment.last_mile = last


def _follow(shipment: Shipment, leg: ShipmentNumber) -> None:
    if leg.role == NumberRole.ALTERNATIVE:
        return
    shipments.refold(shipment, announce=True)
    if leg.is_followed and not shipment.order.is_history and shipment.status not in FINAL:
        TrackingPoll.objects.get_or_create(shipment=shipment)
    _reopen(shipment)


def _reopen(shipment: Shipment) -> None:
    """Have the parcel asked for now, also when it seemed to have arrived."""
    if shipment.status in FINAL or shipment.order.is_history:
        return
    states = (JobState.WAITING, JobState.DONE)
    rows = TrackingPoll.objects.filter(shipment=shipment, state__in=states)
    if rows.update(state=JobState.WAITING, attempts=0, not_before=timezone.now(), finished_at=None):
        wake()


def _can_be_asked(shipment: Shipment, carrier: str) -> bool:
    """Whether the carrier is asked under this number. An aggregator tells of both legs under the first number."""
    account = account_for(Shipment(carrier=carrier, order=shipment.order)) if carrier else None
    own = account_for(shipment)
    if account is None or (own is not None and own.pk == account.pk and carrier != shipment.carrier):
        return False
    try:
        return TRACK in gateway_for(account).can
    except Misconfigured:
        return False


def _read(shipment: Shipment, number: str) -> str:
    """The carrier that the number proves; empty when it proves none."""
    way = {"origin": shipment.origin_address.country, "destination": shipment.destination_address.country}
    found = sole(recognise(number, **way), proof=PROOF)
    return found.carrier if found else ""


def is_anothers(shipment: Shipment, number: str) -> bool:
    """Whether another parcel of the shop goes by this number; that one's scans are not this customer's business.

    Those that are in the same box may. Carriers use numbers again: what was another's long ago is free.
    """
    recent = timezone.now() - IN_USE
    others = Shipment.objects.exclude(pk=shipment.pk)
    if shipment.consignment_id:
        others = others.exclude(consignment=shipment.consignment_id)
    own = Q(order=shipment.order_id) | Q(order__store=shipment.order.store_id, created_at__gte=recent)
    if others.filter(own, tracking_number=number).exists():
        return True
    store, here = Q(shipment__order__store=shipment.order.store_id, created_at__gte=recent), Q(number=number)
    return ShipmentNumber.objects.filter(store, here, shipment__in=others.values("pk")).exists()


def add_by_hand(shipment: Shipment, carrier: str, number: str, role: str) -> ShipmentNumber:
    """What staff know; GiveUp with a sentence when it cannot be."""
    if role not in ROLES:
        raise GiveUp(_("A number of that kind belongs to another parcel."))
    leg = open_leg(shipment, OtherNumber(number, role, carrier), STAFF)
    if leg is None:
        raise GiveUp(_("That is the parcel's own number, another parcel's, or none at all."))
    return leg
