"""Filters of the queue of exceptions, each with how many there are behind it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from fulfillment.models import ShipmentException
from fulfillment.trouble import Severity, TroubleKind


def waiting() -> Q:
    """Open, and not snoozed."""
    return Q(closed_at=None) & (Q(snoozed_until=None) | Q(snoozed_until__lte=timezone.now()))


def _tallies(request: HttpRequest) -> list[Any]:
    """How many wait of each kind, urgency and owner: one query for all filters of a page."""
    found: list[Any] | None = getattr(request, "_parcelwise_tallies", None)
    if found is None:
        rows = ShipmentException.objects.filter(waiting()).order_by().values("kind", "severity", "owner")
        found = list(rows.annotate(name=F("owner__username"), n=Count("pk")))
        request._parcelwise_tallies = found  # type: ignore[attr-defined]
    return found


def _counts(request: HttpRequest, column: str) -> dict[Any, int]:
    counts: dict[Any, int] = {}
    for row in _tallies(request):
        counts[row[column]] = counts.get(row[column], 0) + row["n"]
    return counts


class Queue(admin.SimpleListFilter):
    """Whose turn it is: what waits comes first, because that is what one comes for."""

    title, parameter_name = _("queue"), "queue"

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.reader = request.user.pk
        super().__init__(request, *args)

    def parts(self) -> dict[str, Q]:
        return {
            "": waiting(),
            "mine": waiting() & Q(owner=self.reader),
            "nobody": waiting() & Q(owner=None),
            "snoozed": Q(closed_at=None, snoozed_until__gt=timezone.now()),
            "closed": Q(closed_at__isnull=False),
            "all": Q(),
        }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("mine", _("Mine")),
            ("nobody", _("Nobody's")),
            ("snoozed", _("Snoozed")),
            ("closed", _("Closed")),
            ("all", _("All")),
        ]

    def choices(self, changelist: Any) -> Iterator[Any]:
        counts = self.counts
        for value, title in (("", _("Waiting")), *self.lookup_choices):
            shown = f"{title} ({counts[f'n_{value}']})" if value != "all" else title
            yield {
                "selected": (self.value() or "") == value,
                "query_string": changelist.get_query_string(
                    {self.parameter_name: value} if value else {}, [] if value else [self.parameter_name]
                ),
                "display": shown,
            }

    @cached_property
    def counts(self) -> dict[str, int]:
        parts = self.parts()
        found: dict[str, int] = ShipmentException.objects.aggregate(
            **{f"n_{name}": Count("pk", filter=parts[name]) for name in parts if name != "all"}
        )
        return found

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(self.parts().get(self.value() or "", Q()))


class _Counted(admin.SimpleListFilter):
    """A column with the number of those that wait behind each value; values of which none waits are left out."""

    column = ""
    names: tuple[tuple[Any, Any], ...] = ()

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        counts = _counts(request, self.column)
        return [(f"{value}", f"{name} ({counts.get(value, 0)})") for value, name in self.names if counts.get(value)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        known = {f"{value}": value for value, _name in self.names}
        return queryset.filter(**{self.column: known[chosen]}) if chosen in known else queryset

    def has_output(self) -> bool:
        return bool(self.lookup_choices)


class Kind(_Counted):
    title, parameter_name, column = _("kind"), "kind", "kind"
    names = tuple(TroubleKind.choices)


class Owner(admin.SimpleListFilter):
    """Whose they are, of those that wait; who has none is left out."""

    title, parameter_name = _("owner"), "owner"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        counts = _counts(request, "owner")
        names = {row["owner"]: row["name"] for row in _tallies(request) if row["owner"]}
        return [(f"{key}", f"{name} ({counts[key]})") for key, name in sorted(names.items(), key=lambda each: each[1])]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value() or ""
        return queryset.filter(owner=int(chosen)) if chosen.isascii() and chosen.isdigit() else queryset

    def has_output(self) -> bool:
        return bool(self.lookup_choices)


class Urgency(_Counted):
    title, parameter_name, column = _("how urgent"), "severity", "severity"
    names = tuple(reversed(Severity.choices))
