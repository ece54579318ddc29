"""Filters of the staff lists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from fulfillment import promises
from fulfillment.admin.store_words import kind_label
from fulfillment.carriers.names import carrier_name
from fulfillment.models import Order, Shipment, ShipmentNumber, Store
from fulfillment.statuses import FINAL, MOVING, TROUBLED, Direction, OrderStatus, ShipmentStatus

#: Style sheets of lists that are read on phones too.
LISTS: dict[str, tuple[str, ...]] = {"all": ("parcelwise/stacked.css", "parcelwise/fulfillment/lists.css")}


def outward() -> QuerySet[Shipment]:
    """Parcels to customers."""
    return Shipment.objects.filter(direction=Direction.OUT)


def overdue() -> QuerySet[Shipment]:
    """Parcels to customers whose promised day is over and that nobody has tried to deliver."""
    return Shipment.objects.filter(promises.overdue(promises.today_of()))


def orders_called(number: str, tracking_number: str) -> set[int]:
    """Keys of the orders of exactly that number, or with a parcel of that one; an index finds each."""
    if not number:
        return set()
    written = {tracking_number, tracking_number.upper()}
    by_parcel = Shipment.objects.filter(tracking_number__in=written)
    by_further = ShipmentNumber.objects.filter(number__in=written)
    return {
        *Order.objects.filter(number=number).values_list("pk", flat=True),
        *by_parcel.values_list("order_id", flat=True),
        *by_further.values_list("shipment__order_id", flat=True),
    }


class ByCarrier(admin.AllValuesFieldListFilter):
    """Carriers by the names that people know them by."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for choice in super().choices(changelist):
            shown = choice["display"]
            yield {**choice, "display": carrier_name(shown) if isinstance(shown, str) else shown}


class Standing(admin.SimpleListFilter):
    """How an order stands with its parcels: what staff look for in the morning."""

    title = _("how it stands")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("unpacked", _("not packed yet")),
            ("moving", _("on its way")),
            ("risk", _("expected to be late")),
            ("overdue", _("promise missed, not there yet")),
            ("trouble", _("in trouble")),
            ("delivered", _("everything delivered")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        parcels: dict[str, Callable[[], QuerySet[Shipment]]] = {
            "moving": lambda: outward().filter(status__in=MOVING),
            "risk": lambda: outward().filter(
                pk__in=Shipment.objects.filter(delay_episodes__isnull=False, delay_episodes__closed_at=None)
            ),
            "overdue": overdue,
            "trouble": lambda: outward().filter(status__in=TROUBLED),
        }
        if self.value() == "unpacked":
            return queryset.filter(status=OrderStatus.OPEN, shipments=None)
        if self.value() == "delivered":
            there = outward().filter(status=ShipmentStatus.DELIVERED)
            still = outward().exclude(status__in=FINAL)
            return queryset.filter(pk__in=there.values("order")).exclude(pk__in=still.values("order"))
        if found := parcels.get(self.value() or ""):
            return queryset.filter(pk__in=found().values("order"))
        return queryset


class Promise(admin.SimpleListFilter):
    """What became of a parcel's promise."""

    title = _("promise")
    parameter_name = "promise"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("overdue", _("missed, not there yet")),
            ("late", _("delivered late")),
            ("kept", _("kept")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "overdue":
            return queryset.filter(pk__in=overdue().values("pk"))
        if self.value() == "late":
            return queryset.filter(promises.LATE)
        if self.value() == "kept":
            return queryset.filter(promises.KEPT)
        return queryset


class Counted(admin.SimpleListFilter):
    """The parcels behind a number of the on-time rate: ``<first day>.<last day>``, then perhaps ``.kept``, ``.missed``.

    Reached by links; nothing is offered beside the list until it is chosen.
    """

    title = _("counted in the on-time rate")
    parameter_name = "counted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        chosen = request.GET.get(self.parameter_name, "")
        days = self._days(chosen)
        return [(chosen, f"{date_format(days[0])} – {date_format(days[1])}")] if days else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value() or ""
        if not (days := self._days(chosen)):
            return queryset
        found = queryset.filter(promises.counted(*days, promises.today_of()))
        if chosen.endswith(".kept"):
            return found.filter(promises.KEPT, delivered_on__isnull=False)
        return found.filter(promises.LATE | Q(delivered_on=None)) if chosen.endswith(".missed") else found

    @staticmethod
    def _days(chosen: str) -> tuple[date, date] | None:
        try:
            since, until = (date.fromisoformat(part) for part in chosen.split(".")[:2])
        except ValueError:
            return None
        return since, until


class Kind(admin.SimpleListFilter):
    """Where a store's orders come from, as people call it."""

    title = _("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        kinds = Store.objects.order_by("kind").values_list("kind", flat=True).distinct()
        return [(kind, kind_label(kind)) for kind in kinds]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(kind=self.value()) if self.value() else queryset
