"""What became of the promised day: one definition for KPIs, lists and filters."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from fulfillment.models import Store
from fulfillment.statuses import MOVING, Direction, ShipmentStatus

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


def today_of(stores: QuerySet[Store] | None = None) -> date:
    """The day that has begun in the zone of every store: before it, a promised day is over for all of them."""
    stores = Store.objects.all() if stores is None else stores
    zones = set(stores.order_by().values_list("time_zone", flat=True))
    return min((timezone.localdate(timezone=ZoneInfo(zone)) for zone in zones), default=timezone.localdate())
