"""What staff see of returns on an order's page."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from fulfillment.models import Order
from parcelwise.panels import Panel, Row, offers_panel
from returns.models import ReturnRequest, ReturnStatus

TONES = {
    ReturnStatus.REQUESTED: "warn",
    ReturnStatus.DECLINED: "bad",
    ReturnStatus.RECEIVED: "warn",
    ReturnStatus.CLOSED: "good",
}


def tone_of(status: str) -> str:
    """The colour of a status for staff: what waits for them is *warn*."""
    return TONES.get(ReturnStatus(status), "plain")


@offers_panel
def returns_of(record: Any) -> Panel | None:
    """The order's returns, newest first."""
    if not isinstance(record, Order):
        return None
    found = ReturnRequest.objects.filter(order=record).select_related("decision")
    requests = found.prefetch_related("lines__order_line").order_by("-requested_at", "-pk")
    rows = [_row(request) for request in requests]
    return Panel(_("Returns"), rows, _("Nothing has been returned."), "parcelwise_returns.view_returnrequest")


def _row(request: ReturnRequest) -> Row:
    text = ", ".join(f"{line} ({line.get_reason_display()})" for line in request.lines.all())
    if request.status == ReturnStatus.DECLINED and request.decision:
        text = f"{text}. {' '.join(request.decision.reasons)}"
    return Row(
        when=request.requested_at,
        title=request.number,
        text=text,
        status=request.get_status_display(),
        tone=tone_of(request.status),
        url=reverse("admin:parcelwise_returns_returnrequest_change", args=[request.pk]),
    )
