"""A return as its customer sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.utils import timezone
from django.utils.translation import gettext as _

from fulfillment.models import TrackingEvent
from fulfillment.pages.timeline import Timeline, timeline
from fulfillment.telling import carrier_name, reader_zone
from parcelwise.clock import day_of
from parcelwise.errors import Misconfigured
from returns.labels.barcodes import data_uri, qr
from returns.models import ReturnLine, ReturnRequest, ReturnStatus
from returns.services.labels import LABELLED

S = ReturnStatus


@dataclass(frozen=True, slots=True)
class Told:
    """Headline and meaning, and the badge: tone and icon."""

    headline: str
    meaning: str
    tone: str = "plain"
    icon: str = "back"


@dataclass(frozen=True, slots=True)
class Step:
    day: date
    words: str


class ReturnView:
    """One return on a page. ``request`` with its order, decision and parcel selected."""

    def __init__(self, request: ReturnRequest) -> None:
        self.request = request
        self.zone = reader_zone(request.order)
        self.today = day_of(timezone.now(), self.zone)

    @property
    def told(self) -> Told:
        return told_about(self.request)

    @cached_property
    def reasons(self) -> Sequence[str]:
        """The rule in words, as it was decided: one sentence for each item."""
        if self.request.status == S.REQUESTED or not self.request.decision:
            return ()
        was_declined = not self.request.decision.outcome.get("approved")
        if was_declined and self.request.status != S.DECLINED:
            return (_("We made an exception for you."),)
        return [str(reason) for reason in self.request.decision.reasons]

    @property
    def carrier(self) -> str:
        return carrier_name(self.request.shipment.carrier) if self.request.shipment else ""

    @property
    def needs_label(self) -> bool:
        """The parcel is still to be packed: the label is what the customer came for."""
        return self.request.status == S.APPROVED

    @property
    def has_label(self) -> bool:
        return self.request.status in LABELLED

    @property
    def can_cancel(self) -> bool:
        return self.request.status in (S.REQUESTED, S.APPROVED)

    @property
    def takes_number(self) -> bool:
        shipment = self.request.shipment
        return self.request.status == S.APPROVED and shipment is not None and not shipment.tracking_number

    @cached_property
    def lines(self) -> list[ReturnLine]:
        return list(self.request.lines.select_related("order_line").order_by("order_line__position", "pk"))

    @cached_property
    def code(self) -> str:
        """A QR code of the return number as a data URI; empty where the barcode library is not installed."""
        try:
            return data_uri(qr(self.request.number))
        except Misconfigured:
            return ""

    @cached_property
    def history(self) -> list[Step]:
        """What happened to the return, newest first, without what staff wrote to each other."""
        steps = [Step(day_of(self.request.requested_at, self.zone), _("You asked to send it back"))]
        for change in self.request.changes.all():
            if words := _HAPPENED.get(ReturnStatus(change.new)):
                steps.append(Step(day_of(change.occurred_at, self.zone), str(words())))
        return steps[::-1]

    @cached_property
    def timeline(self) -> Timeline | None:
        """The scans of the parcel home; None before the first."""
        shipment = self.request.shipment
        if shipment is None:
            return None
        events: list[TrackingEvent] = list(shipment.events.defer("raw").order_by("-occurred_at", "-pk"))
        return timeline(events, self.zone, self.today) if events else None


def told_about(request: ReturnRequest) -> Told:
    """What to tell the customer about a return in its present status."""
    carrier = carrier_name(request.shipment.carrier) if request.shipment else ""
    number = request.shipment.tracking_number if request.shipment else ""
    return {
        S.REQUESTED: lambda: Told(
            _("We are looking at your return"), _("A person decides. You will find the answer here."), icon="clock"
        ),
        S.APPROVED: lambda: (
            Told(
                _("Handed over. Waiting for the first scan"),
                _("%(carrier)s has not scanned the parcel yet.") % {"carrier": carrier or _("The carrier")},
                "good",
                "check",
            )
            if number
            else Told(_("Approved. Print your label"), "", "good", "check")
        ),
        S.DECLINED: lambda: Told(_("We cannot take this back"), "", "bad", "cross"),
        S.IN_TRANSIT: lambda: Told(
            _("On its way back to us"),
            _("%(carrier)s has your parcel.") % {"carrier": carrier or _("The carrier")},
            "plain",
            "truck",
        ),
        S.RECEIVED: lambda: Told(_("Your return has arrived"), _("We are looking at what you sent."), "good", "check"),
        S.CLOSED: lambda: Told(_("Your return is completed"), _("There is nothing left to do."), "good", "check"),
        S.CANCELLED: lambda: Told(
            _("This return was cancelled"), _("Keep your items. You can start another return."), "plain", "cross"
        ),
    }[ReturnStatus(request.status)]()


_HAPPENED = {
    S.APPROVED: lambda: _("Accepted"),
    S.DECLINED: lambda: _("Declined"),
    S.IN_TRANSIT: lambda: _("The carrier has the parcel"),
    S.RECEIVED: lambda: _("It arrived at the shop"),
    S.CLOSED: lambda: _("Completed"),
    S.CANCELLED: lambda: _("Cancelled"),
}
