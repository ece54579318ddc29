"""What returns add to the customer's order page: the button to start one, and the ones there are."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from fulfillment.access import Visit
from fulfillment.order_page import Addition, adds_to_order_page, changes_order_page
from returns.models import ReturnChange, ReturnRequest
from returns.services.requests import returnable
from returns.status_page import Told, told_about


@adds_to_order_page
def returns_of(visit: Visit) -> Addition | None:
    """A button when something can be returned, with the last day; a list when there are returns."""
    requests = ReturnRequest.objects.filter(order=visit.order).select_related("shipment")
    entries = [_entry(visit, request) for request in requests]
    open_lines = [item for item in returnable(visit.order) if item.available]
    if not entries and not open_lines:
        return None
    return Addition(
        action_template="parcelwise/returns/parts/action.html" if open_lines else "",
        section_template="parcelwise/returns/parts/section.html" if entries else "",
        context={
            "start": visit.url("parcelwise_returns:start"),
            "until": min((item.until for item in open_lines if item.until), default=None),
            "entries": entries,
        },
    )


@changes_order_page
def asked_for() -> tuple[QuerySet[Any], str]:
    """A return that was asked for."""
    return ReturnRequest.objects.all(), "order"


@changes_order_page
def moved() -> tuple[QuerySet[Any], str]:
    """A step that one made."""
    return ReturnChange.objects.all(), "request__order"


def _entry(visit: Visit, request: ReturnRequest) -> tuple[ReturnRequest, Told, str]:
    return request, told_about(request), visit.url("parcelwise_returns:show", number=request.number)
