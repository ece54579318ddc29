"""How deliveries are counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from analytics.kpi import HIGHER, Question, Rate, RowFinder, Rows, Standing, Tally
from fulfillment.models import Shipment, Store
from fulfillment.promises import KEPT, UNDER_WAY, overdue, today_of
from fulfillment.queries import store_choices
from fulfillment.statuses import Direction, Reason


class OnTimeRate(Rate):
    slug = "on-time-rate"
    name = _("On-time rate")
    counted = ngettext_lazy("%(count)s parcel", "%(count)s parcels", "n")
    hits_name = _("On time")
    misses_name = _("Late")
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
            days.order_by().values_list("delivered_on", "carrier").annotate(n=Count("*"), hits=Count("pk", filter=KEPT))
        )
        return (Tally(*row) for row in counts)

    def choices(self, dimension: str) -> Sequence[tuple[str, Any]]:
        return store_choices() if dimension == "store" else ()

    def part_label(self, part: str) -> Any:
        return part.upper() or _("No carrier recorded")

    def row_finder(self, where: Mapping[str, str]) -> RowFinder:
        def find(since: date, until: date, carrier: str | None, in_time: bool | None) -> Rows:
            days = {"delivered_on__gte": since.isoformat(), "delivered_on__lte": until.isoformat()}
            chosen = where if carrier is None else {**where, "carrier": carrier}
            # "promise" is a filter of the admin list of parcels.
            outcome = {"promise": "kept" if in_time else "late"} if in_time is not None else {}
            return _shipments(chosen, {**days, "promised_on__isnull": "False", **outcome})

        return find

    def standing(self, where: Mapping[str, str]) -> list[Standing]:
        stores = Store.objects.filter(pk=where["store"]) if "store" in where else None
        today = today_of(stores)
        waiting = _promised(where).filter(delivered_on=None, status__in=UNDER_WAY)
        lost = Q(reason=Reason.CARRIER_PARCEL_LOST)
        count = waiting.aggregate(
            under_way=Count("*"), overdue=Count("pk", filter=overdue(today)), lost=Count("pk", filter=lost)
        )
        here = {"delivered_on__isnull": "True", "promised_on__isnull": "False", "status__in": ",".join(UNDER_WAY)}
        late = {**here, "promised_on__lt": today.isoformat(), "attempted_on__isnull": "True"}
        return [
            Standing(
                _("Overdue now"),
                _("the promised day is over, no delivery was attempted"),
                count["overdue"],
                _shipments(where, late),
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
        parcels = parcels.filter(order__store=int(where["store"]))
    if "carrier" in where:
        parcels = parcels.filter(carrier=where["carrier"])
    return parcels


def _delivered(where: Mapping[str, str]) -> QuerySet[Shipment]:
    return _promised(where).filter(delivered_on__isnull=False)


def _shipments(where: Mapping[str, str], lookups: Mapping[str, str]) -> Rows:
    chosen = {"direction__exact": Direction.OUT.value}
    if "store" in where:
        chosen["order__store__id__exact"] = where["store"]
    if "carrier" in where:
        chosen["carrier__exact"] = where["carrier"]
    return Rows(Shipment._meta.label_lower, {**chosen, **lookups})
