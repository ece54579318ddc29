"""How deliveries are counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from analytics.kpi import HIGHER, Question, Rate, RowFinder, Rows, Standing, Tally
from fulfillment.models import Order, Shipment, Store
from fulfillment.queries import store_choices
from fulfillment.statuses import MOVING, Direction, Reason, ShipmentStatus

#: Not with the customer, and neither cancelled nor on the way back.
UNDER_WAY = sorted({ShipmentStatus.PENDING, ShipmentStatus.UNKNOWN, *MOVING} - {ShipmentStatus.RETURN_TO_SENDER})

#: The first attempt counts: a parcel that nobody was there to take did come. No attempt on record: the delivery.
IN_TIME = Q(attempted_on__lte=F("promised_on")) | Q(attempted_on=None, delivered_on__lte=F("promised_on"))


class OnTimeRate(Rate):
    slug = "on-time-rate"
    name = _("On-time rate")
    counted = ngettext_lazy("%(count)s parcel", "%(count)s parcels", "n")
    hits_name = _("On time")
    formula = _(
        "Delivered parcels whose first delivery attempt was on or before the promised day, "
        "out of all delivered parcels that had a promised day."
    )
    date_basis = _("The day of delivery, in the store's time zone.")
    not_counted = _(
        "Parcels still under way are neither on time nor late; those past their promise are shown beside it. "
        "Parcels without a promised day, cancelled ones and returns to the shop are left out."
    )
    better = HIGHER
    dimensions = {"store": _("Store"), "carrier": _("Carrier")}
    split = "carrier"

    def newest(self, where: Mapping[str, str]) -> date | None:
        # A typing error of a far future must not move every "last 26 weeks" there.
        past = _delivered(where).filter(delivered_on__lte=timezone.localdate() + timedelta(days=1))
        return past.order_by("-delivered_on").values_list("delivered_on", flat=True).first()

    def oldest(self, where: Mapping[str, str]) -> date | None:
        return _delivered(where).order_by("delivered_on").values_list("delivered_on", flat=True).first()

    def facts(self, question: Question) -> Iterator[Tally]:
        """One row per day and carrier, counted by the data base from the index ``pw_shipment_on_time`` alone."""
        days = _delivered(question.where).filter(delivered_on__range=(question.since, question.until))
        counts = (
            days.order_by()
            .values_list("delivered_on", "carrier")
            .annotate(n=Count("*"), hits=Count("pk", filter=IN_TIME))
        )
        return (Tally(*row) for row in counts)

    def choices(self, dimension: str) -> Sequence[tuple[str, Any]]:
        return store_choices() if dimension == "store" else ()

    def part_label(self, part: str) -> Any:
        return part.upper() or _("No carrier recorded")

    def row_finder(self, where: Mapping[str, str]) -> RowFinder:
        def find(since: date, until: date, carrier: str | None) -> Rows:
            days = {"delivered_on__gte": since.isoformat(), "delivered_on__lte": until.isoformat()}
            chosen = where if carrier is None else {**where, "carrier": carrier}
            return _shipments(chosen, {**days, "promised_on__isnull": "False"})

        return find

    def standing(self, where: Mapping[str, str]) -> list[Standing]:
        today = _today(where)
        waiting = _promised(where).filter(delivered_on=None, status__in=UNDER_WAY)
        late = {"promised_on__lt": today, "attempted_on": None}
        lost = {"reason": Reason.CARRIER_PARCEL_LOST}
        count = waiting.aggregate(
            under_way=Count("*"), overdue=Count("pk", filter=Q(**late)), lost=Count("pk", filter=Q(**lost))
        )
        here = {"delivered_on__isnull": "True", "promised_on__isnull": "False", "status__in": ",".join(UNDER_WAY)}
        overdue = {**here, "promised_on__lt": today.isoformat(), "attempted_on__isnull": "True"}
        return [
            Standing(
                _("Overdue now"),
                _("the promised day is over, no delivery was attempted"),
                count["overdue"],
                _shipments(where, overdue),
                tone="bad" if count["overdue"] else "plain",
            ),
            Standing(
                _("Lost"),
                _("under way, and the carrier says it lost them"),
                count["lost"],
                _shipments(where, {**here, "reason__exact": Reason.CARRIER_PARCEL_LOST.value}),
                tone="bad" if count["lost"] else "plain",
            ),
            Standing(
                _("Under way"),
                _("with a promised day and not yet delivered, overdue ones included"),
                count["under_way"],
                _shipments(where, here),
            ),
        ]


def _promised(where: Mapping[str, str]) -> QuerySet[Shipment]:
    parcels = Shipment.objects.filter(direction=Direction.OUT, promised_on__isnull=False)
    if "store" in where:
        # Not a join: the subquery reads an index of orders once instead of one order per parcel.
        parcels = parcels.filter(order__in=Order.objects.filter(store=where["store"]).order_by().values("pk"))
    if "carrier" in where:
        parcels = parcels.filter(carrier=where["carrier"])
    return parcels


def _delivered(where: Mapping[str, str]) -> QuerySet[Shipment]:
    return _promised(where).filter(delivered_on__isnull=False)


def _today(where: Mapping[str, str]) -> date:
    """The day that has begun in every store's zone: a promise is broken when its day is over for all of them."""
    stores = Store.objects.filter(pk=where["store"]) if "store" in where else Store.objects.all()
    zones = stores.order_by().values_list("time_zone", flat=True).distinct()
    return min((timezone.localdate(timezone=ZoneInfo(zone)) for zone in zones), default=timezone.localdate())


def _shipments(where: Mapping[str, str], lookups: Mapping[str, str]) -> Rows:
    chosen = {"direction__exact": Direction.OUT.value}
    if "store" in where:
        chosen["order__store__id__exact"] = where["store"]
    if "carrier" in where:
        chosen["carrier__exact"] = where["carrier"]
    return Rows(Shipment._meta.label_lower, {**chosen, **lookups})
