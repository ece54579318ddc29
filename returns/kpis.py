"""How long returns take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from analytics.kpi import LOWER, Duration, Question, RowFinder, Rows, Span
from fulfillment.models import Store
from fulfillment.queries import store_choices
from parcelwise.clock import day_of, days_between, end_of
from returns.models import ReturnRequest


class ReturnDuration(Duration, abstract=True):
    """Days of 24 hours from the customer's request to the moment in the column ``ends``."""

    ends: str
    counted = ngettext_lazy("%(count)s return", "%(count)s returns", "n")
    better = LOWER
    dimensions = {"store": _("Store"), "carrier": _("Carrier")}
    split = "carrier"

    def newest(self, where: Mapping[str, str]) -> date | None:
        past = self._ended(where).filter(**{f"{self.ends}__lte": timezone.now()})
        return _day(past.order_by(f"-{self.ends}").values_list(self.ends, "order__store__time_zone").first())

    def oldest(self, where: Mapping[str, str]) -> date | None:
        ended = self._ended(where).order_by(self.ends)
        return _day(ended.values_list(self.ends, "order__store__time_zone").first())

    def facts(self, question: Question) -> Iterator[Span]:
        # A day of some zone begins at most 14 hours before and ends at most 12 hours after the same day in UTC.
        since = datetime.combine(question.since, time(), UTC) - timedelta(days=1)
        until = datetime.combine(question.until, time(), UTC) + timedelta(days=2)
        near = self._ended(question.where).filter(**{f"{self.ends}__gte": since, f"{self.ends}__lt": until})
        columns = near.order_by().values_list(self.ends, "requested_at", "order__store__time_zone", "shipment__carrier")
        for ended, requested, zone, carrier in columns.iterator():
            day = day_of(ended, ZoneInfo(zone))
            if question.since <= day <= question.until:
                # Two clocks may disagree by seconds; nothing ends before it begins.
                yield Span(day, carrier or "", max(0.0, days_between(requested, ended)))

    def choices(self, dimension: str) -> Sequence[tuple[str, Any]]:
        return store_choices() if dimension == "store" else ()

    def part_label(self, part: str) -> Any:
        return part.upper() or _("No carrier recorded")

    def row_finder(self, where: Mapping[str, str]) -> RowFinder:
        zone, store = _zone(where), where.get("store")

        def find(since: date, until: date, carrier: str | None, _hit: bool | None) -> Rows | None:
            if carrier == "":
                return None  # no parcel, or one without a carrier: no single look-up finds both
            lookups = {
                f"{self.ends}__gte": end_of(since - timedelta(days=1), zone).isoformat(),
                f"{self.ends}__lt": end_of(until, zone).isoformat(),
            }
            if store:
                lookups["order__store__id__exact"] = store
            if carrier is not None:
                lookups["shipment__carrier__exact"] = carrier
            return Rows(ReturnRequest._meta.label_lower, lookups)

        return find

    def _ended(self, where: Mapping[str, str]) -> QuerySet[ReturnRequest]:
        ended = ReturnRequest.objects.filter(**{f"{self.ends}__isnull": False})
        return ended.filter(order__store=int(where["store"])) if "store" in where else ended


class ReturnTurnaround(ReturnDuration):
    slug = "return-turnaround"
    name = _("Return turnaround")
    ends = "closed_at"
    formula = _("Days of 24 hours from the customer's request to the closing of the return: median, and 9 in 10.")
    date_basis = _(
        "The day the return was closed, in the store's time zone. The carrier is the one that brought it back."
    )
    not_counted = _("Open, declined and cancelled returns.")


class ReturnArrival(ReturnDuration):
    slug = "return-arrival"
    name = _("Return on its way")
    ends = "received_at"
    formula = _("Days of 24 hours from the customer's request to the shop receiving the goods: median, and 9 in 10.")
    date_basis = _("The day the goods were received, in the store's time zone.")
    not_counted = _("Returns not received yet, declined and cancelled ones.")


def _zone(where: Mapping[str, str]) -> ZoneInfo:
    """The zone that days of a list are in: the chosen store's, or the only one there is, or the site's."""
    stores = Store.objects.filter(pk=where["store"]) if "store" in where else Store.objects.all()
    zones = set(stores.order_by().values_list("time_zone", flat=True))
    return ZoneInfo(zones.pop() if len(zones) == 1 else timezone.get_current_timezone_name())


def _day(row: tuple[datetime, str] | None) -> date | None:
    return day_of(row[0], ZoneInfo(row[1])) if row else None
