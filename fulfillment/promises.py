"""What became of the promised day: one definition for KPIs, lists and filters."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from fulfillment.models import Shipment, Store
from fulfillment.statuses import MOVING, Direction, Reason, ShipmentStatus

#: Not with the customer, and neither cancelled nor on the way back.
UNDER_WAY = sorted({ShipmentStatus.PENDING, ShipmentStatus.UNKNOWN, *MOVING} - {ShipmentStatus.RETURN_TO_SENDER})

#: The first attempt counts: a parcel that nobody was there to take did come. No attempt on record: the delivery.
KEPT = Q(attempted_on__lte=F("promised_on")) | Q(attempted_on=None, delivered_on__lte=F("promised_on"))
LATE = Q(attempted_on__gt=F("promised_on")) | Q(attempted_on=None, delivered_on__gt=F("promised_on"))


def overdue(today: date) -> Q:
    """Parcels to customers that nobody has tried to deliver and whose promised day was before ``today``."""
    return Q(
        direction=Direction.OUT,
        status__in=UNDER_WAY,
        promised_on__lt=today,
        attempted_on=None,
        delivered_on=None,
    )


def never_came(today: date) -> Q:
    """Parcels whose promised day was before ``today`` and that will not come: lost, or their contents were sent again.

    An attempt does not save them: nobody got anything.
    """
    sent_again = Shipment.objects.filter(replaces=OuterRef("pk")).exclude(status=ShipmentStatus.CANCELLED)
    gone = Q(reason=Reason.CARRIER_PARCEL_LOST) | Exists(sent_again)
    undelivered = Q(direction=Direction.OUT, delivered_on=None, promised_on__lt=today)
    return undelivered & gone & ~Q(status__in=(ShipmentStatus.CANCELLED, ShipmentStatus.DELIVERED))


def counted(since: date, until: date, today: date) -> Q:
    """What is held against its promise in these days: what was delivered in them, and what never came of them.

    A customer was promised once: the parcel that brings contents again is not counted, the first one is.
    """
    there = Q(direction=Direction.OUT, promised_on__isnull=False, delivered_on__range=(since, until))
    never = never_came(today) & Q(promised_on__range=(since, until))
    return Q(replaces=None) & (there | never)


def today_of(stores: QuerySet[Store] | None = None) -> date:
    """The day that has begun in the zone of every store: before it, a promised day is over for all of them."""
    stores = Store.objects.all() if stores is None else stores
    zones = set(stores.order_by().values_list("time_zone", flat=True))
    return min((timezone.localdate(timezone=ZoneInfo(zone)) for zone in zones), default=timezone.localdate())
