"""“It says delivered, but I do not have it”: what helps first, then staff hear of it, and what happens next."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from fulfillment.access import ORDER_PAGE, Visit, either_door
from fulfillment.models import Shipment
from fulfillment.pages.missing import MissingView
from fulfillment.pages.order import OrderView
from fulfillment.proof_views import show_proofs
from fulfillment.queries import for_page
from fulfillment.services import disputes
from parcelwise.errors import GiveUp
from parcelwise.pages import NotHere

#: Letters of a message that are kept.
MOST_LETTERS = 1500


@require_http_methods(["GET", "HEAD", "POST"])
@either_door
def missing(request: HttpRequest, visit: Visit, parcel: UUID) -> HttpResponse:
    """One parcel of the order that counts as delivered; back to the order when it does not."""
    view = OrderView(visit.order, for_page(visit.order))
    show_proofs(view, visit)
    found = next((each for each in view.parcels if each.shipment.uuid == parcel), None)
    if found is None:
        raise NotHere
    here = visit.url("parcelwise_fulfillment:missing", parcel=parcel)
    if not found.is_delivered:
        return HttpResponseRedirect(visit.url(ORDER_PAGE))
    if request.method == "POST":
        return _said(request, found.shipment, here)
    row = disputes.dispute_of(found.shipment)
    context = {
        "order": visit.order,
        "view": view,
        "parcel": found,
        "told": MissingView(found, row, visit.order, view.now, is_settled=disputes.is_settled(row)),
        "may_write": disputes.may_write(row),
        "most_letters": MOST_LETTERS,
        "back": visit.url(ORDER_PAGE),
    }
    return render(request, "parcelwise/fulfillment/missing.html", context)


def _said(request: HttpRequest, shipment: Shipment, here: str) -> HttpResponse:
    try:
        if "found" in request.POST:
            disputes.say_found(shipment)
        else:
            disputes.say_missing(shipment, request.POST.get("words", "")[:MOST_LETTERS])
    except GiveUp:
        pass  # the carrier took its word back meanwhile: the page says how it stands now
    return HttpResponseRedirect(here)
