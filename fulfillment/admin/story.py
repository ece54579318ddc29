"""All that is known of one order, put together for the staff page in a constant number of queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Prefetch
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from fulfillment.admin.badges import status_badge
from fulfillment.legs import in_one
from fulfillment.models import Forecast, Order, Shipment, ShipmentLine, TrackingEvent
from fulfillment.pages.whereabouts import of_order
from fulfillment.windows import window_of
from parcelwise.models import Contact, Problem
from parcelwise.panels import Panel, about, reference


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """One prediction: when it was made, what it said, and why."""

    forecast: Forecast
    window: str
    late: str
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class ParcelStory:
    shipment: Shipment
    badge: Any
    contents: Sequence[ShipmentLine]
    events: Sequence[Any]
    forecasts: Sequence[ForecastRow]
    url: str
    relations: Sequence[str] = ()

    @property
    def current(self) -> ForecastRow | None:
        """The prediction that holds now; none once the parcel has arrived."""
        if self.shipment.delivered_at:
            return None
        return next((row for row in self.forecasts if row.forecast.is_current), None)


@dataclass(frozen=True, slots=True)
class Story:
    order: Order
    contact: Contact
    lines: Sequence[Any]
    parcels: Sequence[ParcelStory]
    panels: Sequence[Panel]
    problems: Sequence[Problem]
    whereabouts: str = ""


def story_of(order: Order, reader: Any) -> Story:
    """Lines, parcels with scans and predictions, and what other apps have to say: messages, returns.

    Problems and the words of other apps are left out where ``reader`` may not see them on their own pages.
    """
    problems = Problem.objects.filter(subject=reference(order), solved_at=None)
    parcels = (
        Shipment.objects.filter(order=order)
        .order_by("-direction", "pk")  # out before back
        .prefetch_related(
            Prefetch("lines", ShipmentLine.objects.select_related("order_line")),
            Prefetch("forecasts", Forecast.objects.select_related("decision").order_by("-made_at", "-pk")),
            Prefetch("events", TrackingEvent.objects.defer("raw").order_by("-occurred_at", "-pk")),
            Prefetch("forecasts", Forecast.objects.filter(is_current=True), to_attr="current_forecast"),
            Prefetch("consignment__shipments", Shipment.objects.select_related("order__customer").defer("order__raw")),
            "numbers",
            "returns_of",
            "ways_back",
        )
        .select_related("last_mile", "master", "replaces")
    )
    stories = [_parcel(order, shipment) for shipment in parcels]
    return Story(
        order=order,
        contact=order.customer.contact,
        lines=list(order.lines.all()),
        parcels=stories,
        panels=about(order, reader),
        problems=list(problems) if reader.has_perm("parcelwise.view_problem") else [],
        whereabouts=of_order(order, [story.shipment for story in stories]),
    )


def _parcel(order: Order, shipment: Shipment) -> ParcelStory:
    return ParcelStory(
        shipment=shipment,
        badge=status_badge(shipment.status, shipment.get_status_display()),
        contents=list(shipment.lines.all()),
        events=_scans(shipment),
        forecasts=[_forecast(order, forecast) for forecast in shipment.forecasts.all()],
        url=reverse("admin:parcelwise_fulfillment_shipment_change", args=[shipment.pk]),
        relations=relations(shipment),
    )


def _scans(shipment: Shipment) -> list[TrackingEvent]:
    """All of them as they were told, each with a ``remark`` where it means something else for the whole way."""
    told: list[Any] = list(shipment.events.all())
    meant = in_one(told, [shipment.last_mile] if shipment.last_mile else [])
    for event, one in zip(told, meant, strict=True):
        event.tone, event.remark = one.status, ""
        if one.is_echo:
            event.remark = _("repeats what the carrier says that brings it")
        elif one.status != event.status:
            event.remark = _("hand-over to the next carrier, no delivery to the customer")
    return told


def relations(shipment: Shipment) -> list[str]:
    """How the parcel stands to others, a sentence each: numbers, siblings, what it replaces or brings back."""
    said = [
        _("%(role)s: %(number)s") % {"role": capfirst(number.get_role_display()), "number": number}
        for number in shipment.numbers.all()
    ]
    boxed = shipment.consignment.shipments.all() if shipment.consignment else ()
    orders = sorted(each.order.number for each in boxed if each.order_id != shipment.order_id)
    if orders:
        said.append(_("In one box with %(orders)s") % {"orders": ", ".join(orders)})
    if shipment.master:
        said.append(_("Piece of the shipment %(parcel)s") % {"parcel": shipment.master})
    if shipment.replaces:
        said.append(_("Sent again for %(parcel)s") % {"parcel": shipment.replaces})
    for words, others in (
        (_("Brings back %(parcels)s"), shipment.returns_of.all()),
        (_("Comes back in %(parcels)s"), shipment.ways_back.all()),
    ):
        if others:
            said.append(words % {"parcels": ", ".join(map(str, others))})
    return said


def chance(probability: float | None) -> str:
    """A probability for people: never 0 % or 100 % for what is only nearly so."""
    if probability is None:
        return ""
    if probability < 0.01:
        return "< 1 %"
    return "> 99 %" if probability > 0.99 else f"{probability:.0%}".replace("%", " %")


def _forecast(order: Order, forecast: Forecast) -> ForecastRow:
    window = window_of(forecast.p10, forecast.p50, forecast.p90, order.store.zone)
    return ForecastRow(
        forecast, window.words(), chance(forecast.p_late), forecast.decision.reasons if forecast.decision else ()
    )
