"""The customer's pages about returns."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fulfillment.access import Visit, either_door
from parcelwise.pages import NotHere
from returns.forms import HandOverForm, ReturnForm
from returns.models import ReturnLabel, ReturnRequest
from returns.rma import tidy
from returns.services import labels, requests
from returns.services.requests import ReturnRefused
from returns.status_page import ReturnView

#: Who acts on these pages, as a Change row names them.
CUSTOMER = "customer"


@require_http_methods(["GET", "HEAD", "POST"])
@either_door
def start(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Choose what to send back; the answer comes at once."""
    items = requests.returnable(visit.order)
    form = ReturnForm(items, request.POST if request.method == "POST" else None)
    if form.is_bound:
        opened = _open(visit, form)
        if opened:
            return _to(visit, opened)
    context = {"visit": visit, "order": visit.order, "form": form, "rows": list(form.rows()), "back": _order_url(visit)}
    context["anything"] = any(item.available for item in items)
    return render(request, "parcelwise/returns/start.html", context, status=422 if form.errors else 200)


@require_safe
@either_door
def show(request: HttpRequest, visit: Visit, number: str) -> HttpResponse:
    """How a return stands, and its label."""
    return _show(request, visit, _find(visit, number), HandOverForm())


@require_POST
@either_door
def hand_over(request: HttpRequest, visit: Visit, number: str) -> HttpResponse:
    """The customer gave the parcel to a carrier: from now on it can be followed."""
    found, form = _find(visit, number), HandOverForm(request.POST)
    if form.is_valid():
        try:
            requests.hand_over(
                found, carrier="", tracking_number=form.cleaned_data["tracking_number"], at=timezone.now()
            )
        except ReturnRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return _to(visit, found)
    return _show(request, visit, found, form, status=422)


@require_POST
@either_door
def cancel(request: HttpRequest, visit: Visit, number: str) -> HttpResponse:
    """Call a return off before its parcel moves."""
    found = _find(visit, number)
    if requests.cancel(found, at=timezone.now(), actor=CUSTOMER) is None:
        messages.warning(request, _("This return can no longer be cancelled."))
    return _to(visit, found)


@require_safe
@either_door
def label(request: HttpRequest, visit: Visit, number: str, size: str) -> HttpResponse:
    """The label as a PDF to save; a page that says so while it cannot be drawn."""
    found = _find(visit, number)
    try:
        drawn = labels.label_for(found, size)
    except ReturnRefused as refusal:
        raise NotHere from refusal
    if drawn.pdf is None:
        context = _context(visit, found)
        response = render(request, "parcelwise/returns/label_pending.html", context, status=503)
        response["Retry-After"] = "60"
        return response
    return _attachment(drawn)


def _open(visit: Visit, form: ReturnForm) -> ReturnRequest | None:
    """The return that the form asks for; None with the form's errors set."""
    if not form.is_valid():
        # A double click finds its own pieces taken: the first click's return is what it asked for.
        key = form.cleaned_data.get("form_key")
        return ReturnRequest.objects.filter(order=visit.order, form_key=key).first() if key else None
    try:
        return requests.open_return(visit.order, form.chosen(), actor=CUSTOMER, form_key=form.cleaned_data["form_key"])
    except ReturnRefused as refusal:
        form.add_error(None, str(refusal))
        return None


def _find(visit: Visit, number: str) -> ReturnRequest:
    """The return of this visit's order; NotHere for every other."""
    if tidy(number) != number:  # and what is no number at all never gets to a data base that raises for it
        raise NotHere
    found = (
        ReturnRequest.objects.filter(order=visit.order, number=number)
        .select_related("decision", "shipment")
        .prefetch_related("changes")
        .first()
    )
    if found is None:
        raise NotHere
    found.order = visit.order
    return found


def _show(
    request: HttpRequest, visit: Visit, found: ReturnRequest, form: HandOverForm, status: int = 200
) -> HttpResponse:
    context = {**_context(visit, found), "form": form}
    return render(request, "parcelwise/returns/show.html", context, status=status)


def _context(visit: Visit, found: ReturnRequest) -> dict[str, Any]:
    def here(name: str, **kwargs: Any) -> str:
        return visit.url(f"parcelwise_returns:{name}", number=found.number, **kwargs)

    return {
        "visit": visit,
        "order": visit.order,
        "return": found,
        "view": ReturnView(found),
        "back": _order_url(visit),
        "label_a4": here("label", size=ReturnLabel.Size.A4.value),
        "label_4x6": here("label", size=ReturnLabel.Size.FOUR_BY_SIX.value),
        "cancel_url": here("cancel"),
        "hand_over_url": here("hand_over"),
        "show_url": here("show"),
    }


def _order_url(visit: Visit) -> str:
    return visit.url("parcelwise_fulfillment:order")


def _to(visit: Visit, found: ReturnRequest) -> HttpResponse:
    return HttpResponseRedirect(visit.url("parcelwise_returns:show", number=found.number))


def _attachment(drawn: ReturnLabel) -> HttpResponse:
    response = HttpResponse(bytes(drawn.pdf or b""), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="return-{drawn.request.number}-{drawn.size}.pdf"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
