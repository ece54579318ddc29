"""How deliveries, and exceptions for staff, are counted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, Exists, F, Min, OuterRef, Q, QuerySet, When
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from analytics.kpi import HIGHER, LOWER, Duration, Question, Rate, RowFinder, Rows, Span, Standing, Tally
from fulfillment.models import Shipment, ShipmentException, Store
from fulfillment.promises import KEPT, UNDER_WAY, never_came, overdue, today_of
from fulfillment.queries import store_choices
from fulfillment.statuses import Direction, Reason, ShipmentStatus
from fulfillment.trouble import Severity, TroubleKind
from parcelwise.clock import day_of, days_between


class OnTimeRate(Rate):
    slug = "on-time-rate"
    name = _("On-time rate")
    counted = ngettext_lazy("%(count)s parcel", "%(count)s parcels", "n")
    hits_name = _("On time")
    misses_name = _("Late")
    formula = _(
        "Delivered parcels whose first delivery attempt was on or before the promised day, out of all parcels with a "
        "promised day that were delivered, or that were lost or sent again and are past it."
    )
    date_basis = _("The day of delivery, in the store's time zone; of what never came, the promised day.")
    not_counted = _(
        "Parcels still under way are neither on time nor late; those past their promise are shown beside it. "
        "Parcels that bring contents again: the customer was promised once, and the first parcel is counted. "
        "Parcels without a promised day, cancelled ones, those going back and returns to the shop are left out."
    )
    better = HIGHER
    dimensions = {"store": _("Store"), "carrier": _("Carrier")}
    split = "carrier"

    def newest(self, where: Mapping[str, str]) -> date | None:
        # A typing error of a far future must not move every "last 26 weeks" there.
        past = _delivered(where).filter(delivered_on__lte=timezone.localdate() + timedelta(days=1))
        there = past.order_by("-delivered_on").values_list("delivered_on", flat=True).first()
        never = _never_came(where).order_by("-promised_on").values_list("promised_on", flat=True).first()
        return max((day for day in (there, never) if day), default=None)

    def oldest(self, where: Mapping[str, str]) -> date | None:
        there = _delivered(where).order_by("delivered_on").values_list("delivered_on", flat=True).first()
        never = _never_came(where).order_by("promised_on").values_list("promised_on", flat=True).first()
        return min((day for day in (there, never) if day), default=None)

    def facts(self, question: Question) -> Iterator[Tally]:
        """One row per day and carrier, counted by the data base from the index ``pw_shipment_on_time`` alone.

        What never came is few and is counted by itself.
        """
        days = _delivered(question.where).filter(delivered_on__range=(question.since, question.until))
        # No condition of the query: SQLite would take the index of "replaces", whose rows are nearly all.
        first = Q(replaces=None)
        counts = days.order_by().values("delivered_on", "carrier").annotate(n=Count("pk", filter=first))
        found = counts.annotate(hits=Count("pk", filter=first & KEPT))
        for day, carrier, n, hits in found.values_list("delivered_on", "carrier", "n", "hits"):
            if day and n:
                yield Tally(day, carrier, n, hits)
        never = _never_came(question.where).filter(promised_on__range=(question.since, question.until))
        gone = never.order_by().values("promised_on", "carrier").annotate(n=Count("pk", filter=first))
        for day, carrier, n in gone.values_list("promised_on", "carrier", "n"):
            if day and n:
                yield Tally(day, carrier, n, 0)

    def choices(self, dimension: str) -> Sequence[tuple[str, Any]]:
        return store_choices() if dimension == "store" else ()

    def part_label(self, part: str) -> Any:
        return part.upper() or _("No carrier recorded")

    def row_finder(self, where: Mapping[str, str]) -> RowFinder:
        def find(since: date, until: date, carrier: str | None, in_time: bool | None) -> Rows:
            chosen = where if carrier is None else {**where, "carrier": carrier}
            # A filter of the admin list of parcels.
            outcome = {None: "", True: ".kept", False: ".missed"}[in_time]
            return _shipments(chosen, {"counted": f"{since.isoformat()}.{until.isoformat()}{outcome}"})

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
                _("the carrier says so; counted as late once the promised day is over"),
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


def _never_came(where: Mapping[str, str]) -> QuerySet[Shipment]:
    stores = Store.objects.filter(pk=where["store"]) if "store" in where else None
    return _promised(where).filter(never_came(today_of(stores)))


def _shipments(where: Mapping[str, str], lookups: Mapping[str, str]) -> Rows:
    chosen = {"direction__exact": Direction.OUT.value}
    if "store" in where:
        chosen["order__store__id__exact"] = where["store"]
    if "carrier" in where:
        chosen["carrier__exact"] = where["carrier"]
    return Rows(Shipment._meta.label_lower, {**chosen, **lookups})


#: Who writes notes to an exception without being staff.
_NOT_STAFF = ("", "customer")
#: Days after which an exception that is open still is old.
_OLD = 7


class ExceptionRate(Rate):
    slug = "exception-rate"
    name = _("Parcels in trouble")
    counted = ngettext_lazy("%(count)s parcel", "%(count)s parcels", "n")
    hits_name = _("With an exception")
    formula = _(
        "Parcels to customers for which at least one exception was opened, out of all parcels to customers. "
        "2.3 % are 23 of 1,000."
    )
    date_basis = _("The day of the order, in the store's time zone.")
    not_counted = _(
        "Imported history, which nobody watched; returns; cancelled parcels. Several exceptions of one parcel count "
        "once. Parcels of the last weeks are still under way and may yet get one."
    )
    better = LOWER
    dimensions = {"store": _("Store"), "carrier": _("Carrier"), "kind": _("Kind of exception")}
    split = "carrier"

    def newest(self, where: Mapping[str, str]) -> date | None:
        past = self._troubled(where).filter(order__placed_at__lte=timezone.now()).order_by("-order__placed_at")
        return _day(past.values_list("order__placed_at", "order__store__time_zone").first())

    def oldest(self, where: Mapping[str, str]) -> date | None:
        parcels = self._troubled(where).order_by("order__placed_at")
        return _day(parcels.values_list("order__placed_at", "order__store__time_zone").first())

    def facts(self, question: Question) -> Iterator[Tally]:
        """Counted by the data base, time zone by time zone, because each has its own days."""
        where = question.where
        kind = {"kind": where["kind"]} if "kind" in where else {}
        trouble = ShipmentException.objects.filter(shipment=OuterRef("pk"), **kind)
        stores = Store.objects.filter(pk=where["store"]) if "store" in where else Store.objects.all()
        for zone in set(stores.order_by().values_list("time_zone", flat=True)):
            parcels = self._watched(where).filter(order__store__time_zone=zone)
            parcels = parcels.annotate(
                day=TruncDate("order__placed_at", tzinfo=ZoneInfo(zone)), troubled=Exists(trouble)
            )
            days = parcels.filter(day__gte=question.since, day__lte=question.until).order_by()
            for day, carrier, troubled, n in days.values_list("day", "carrier", "troubled").annotate(n=Count("pk")):
                yield Tally(day, carrier, n, n if troubled else 0)

    def choices(self, dimension: str) -> Sequence[tuple[str, Any]]:
        return _choices(dimension)

    def part_label(self, part: str) -> Any:
        return part.upper() or _("No carrier recorded")

    def _troubled(self, where: Mapping[str, str]) -> QuerySet[Shipment]:
        """Those with an exception: where there was none yet, the page's weeks follow from the other numbers."""
        return self._watched(where).filter(Exists(ShipmentException.objects.filter(shipment=OuterRef("pk"))))

    def _watched(self, where: Mapping[str, str]) -> QuerySet[Shipment]:
        parcels = Shipment.objects.filter(direction=Direction.OUT, order__is_history=False)
        parcels = parcels.exclude(status=ShipmentStatus.CANCELLED)
        if "store" in where:
            parcels = parcels.filter(order__store=int(where["store"]))
        return parcels.filter(carrier=where["carrier"]) if "carrier" in where else parcels


class ExceptionDuration(Duration, abstract=True):
    """Days of 24 hours from the opening of an exception to the annotation or column ``ends``."""

    ends: str
    counted = ngettext_lazy("%(count)s exception", "%(count)s exceptions", "n")
    better = LOWER
    dimensions = {"store": _("Store"), "carrier": _("Carrier"), "kind": _("Kind of exception")}
    split = "kind"

    def newest(self, where: Mapping[str, str]) -> date | None:
        return _day(_ended(self.ended(where), self.ends).order_by(f"-{self.ends}").first())

    def oldest(self, where: Mapping[str, str]) -> date | None:
        return _day(_ended(self.ended(where), self.ends).order_by(self.ends).first())

    def facts(self, question: Question) -> Iterator[Span]:
        near = _near(self.ended(question.where), self.ends, question)
        for ended, zone, opened, kind in _ended(near, self.ends, "opened_at", "kind").iterator():
            day = day_of(ended, ZoneInfo(zone))
            if question.since <= day <= question.until:
                yield Span(day, kind, max(0.0, days_between(opened, ended)))

    def choices(self, dimension: str) -> Sequence[tuple[str, Any]]:
        return _choices(dimension)

    def part_label(self, part: str) -> Any:
        return TroubleKind(part).label

    def ended(self, where: Mapping[str, str]) -> QuerySet[ShipmentException]:
        """The exceptions that are counted."""
        raise NotImplementedError


class FirstTouch(ExceptionDuration):
    slug = "exception-first-touch"
    name = _("Exceptions: first touch")
    ends = "touched_at"
    formula = _(
        "Days of 24 hours from the opening of an exception to the first thing staff did with it (took, noted, snoozed, "
        "resolved): median, and 9 in 10."
    )
    date_basis = _("The day it was touched, in the store's time zone.")
    not_counted = _("Exceptions that nobody touched, those that closed themselves untouched among them.")

    def ended(self, where: Mapping[str, str]) -> QuerySet[ShipmentException]:
        noted = Min("notes__written_at", filter=~Q(notes__author__in=_NOT_STAFF))
        resolved = Case(When(~Q(closed_by__in=_NOT_STAFF), then=F("closed_at")))
        touched = _exceptions(where).annotate(touched_at=Coalesce(noted, resolved))
        return touched.filter(touched_at__isnull=False)


class Resolution(ExceptionDuration):
    slug = "exception-resolution"
    name = _("Exceptions: resolved")
    ends = "closed_at"
    formula = _("Days of 24 hours from the opening of an exception to its resolution by staff: median, and 9 in 10.")
    date_basis = _("The day it was resolved, in the store's time zone.")
    not_counted = _(
        "Exceptions that closed themselves or that the customer took back, and open ones: they stand beside."
    )

    def ended(self, where: Mapping[str, str]) -> QuerySet[ShipmentException]:
        return _exceptions(where).filter(closed_at__isnull=False).exclude(closed_by__in=_NOT_STAFF)

    def standing(self, where: Mapping[str, str]) -> list[Standing]:
        open_ones, week_ago = _exceptions(where).filter(closed_at=None), timezone.now() - timedelta(days=_OLD)
        counts = open_ones.order_by().aggregate(
            old=Count("pk", filter=Q(opened_at__lt=week_ago)),
            nobody=Count("pk", filter=Q(owner=None)),
            **{f"s{severity}": Count("pk", filter=Q(severity=severity)) for severity in Severity.values},
        )
        by_severity = [
            Standing(
                _("Open: %(severity)s") % {"severity": severity.label},
                _("how urgent they are; snoozed ones included"),
                counts[f"s{severity}"],
                _listed(where, {"severity": f"{severity.value}"}),
                tone="bad" if severity == Severity.HIGH and counts[f"s{severity}"] else "plain",
            )
            for severity in reversed(Severity)
        ]
        return [
            *by_severity,
            Standing(
                _("Open for over a week"),
                _("of all kinds"),
                counts["old"],
                tone="bad" if counts["old"] else "plain",
            ),
            Standing(_("Nobody's"), _("open, and nobody has taken them"), counts["nobody"]),
        ]


class ClosedThemselves(Rate):
    slug = "exception-self-closed"
    name = _("Exceptions that closed themselves")
    counted = ngettext_lazy("%(count)s exception", "%(count)s exceptions", "n")
    hits_name = _("Closed itself")
    misses_name = _("Resolved by staff")
    formula = _("Exceptions that ended because the parcel moved on, out of all that ended.")
    date_basis = _("The day it ended, in the store's time zone.")
    not_counted = _("Open exceptions, and disputes that the customer took back.")
    better = LOWER
    dimensions = {"store": _("Store"), "carrier": _("Carrier"), "kind": _("Kind of exception")}
    split = "kind"

    def newest(self, where: Mapping[str, str]) -> date | None:
        return _day(_ended(self._over(where), "closed_at").order_by("-closed_at").first())

    def oldest(self, where: Mapping[str, str]) -> date | None:
        return _day(_ended(self._over(where), "closed_at").order_by("closed_at").first())

    def facts(self, question: Question) -> Iterator[Tally]:
        near = _near(self._over(question.where), "closed_at", question)
        for ended, zone, kind, closed_by in _ended(near, "closed_at", "kind", "closed_by").iterator():
            day = day_of(ended, ZoneInfo(zone))
            if question.since <= day <= question.until:
                yield Tally(day, kind, 1, int(not closed_by))

    def choices(self, dimension: str) -> Sequence[tuple[str, Any]]:
        return _choices(dimension)

    def part_label(self, part: str) -> Any:
        return TroubleKind(part).label

    def _over(self, where: Mapping[str, str]) -> QuerySet[ShipmentException]:
        return _exceptions(where).filter(closed_at__isnull=False).exclude(closed_by="customer")


def _exceptions(where: Mapping[str, str]) -> QuerySet[ShipmentException]:
    found = ShipmentException.objects.all()
    if "store" in where:
        found = found.filter(shipment__order__store=int(where["store"]))
    if "carrier" in where:
        found = found.filter(shipment__carrier=where["carrier"])
    return found.filter(kind=where["kind"]) if "kind" in where else found


def _ended(found: QuerySet[ShipmentException], ends: str, *columns: str) -> QuerySet[Any, Any]:
    past = found.filter(**{f"{ends}__lte": timezone.now()}).order_by()
    return past.values_list(ends, "shipment__order__store__time_zone", *columns)


def _near(found: QuerySet[ShipmentException], ends: str, question: Question) -> QuerySet[ShipmentException]:
    """Those that may be of the question's days in some zone: a day begins at most 14 hours before the same in UTC."""
    since = datetime.combine(question.since, time(), UTC) - timedelta(days=1)
    until = datetime.combine(question.until, time(), UTC) + timedelta(days=2)
    return found.filter(**{f"{ends}__gte": since, f"{ends}__lt": until})


def _choices(dimension: str) -> Sequence[tuple[str, Any]]:
    if dimension == "store":
        return store_choices()
    return TroubleKind.choices if dimension == "kind" else ()


def _listed(where: Mapping[str, str], lookups: Mapping[str, str]) -> Rows:
    chosen = {"kind": where["kind"]} if "kind" in where else {}
    if "store" in where:
        chosen["shipment__order__store__id__exact"] = where["store"]
    return Rows(ShipmentException._meta.label_lower, {**chosen, **lookups})


def _day(row: Any) -> date | None:
    return day_of(row[0], ZoneInfo(row[1])) if row else None
