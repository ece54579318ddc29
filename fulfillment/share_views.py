"""The link that customers share: where they make and withdraw it, and what others see under it."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from fulfillment.access import ORDER_PAGE, Visit, either_door, orders_shared_by, shared_link
from fulfillment.fresh import name_of, unless_known
from fulfillment.models import Order
from fulfillment.pages.shared import SharedView
from fulfillment.queries import as_one_way, parcels_with_scans
from fulfillment.services import sharing
from parcelwise.pages import NotHere, View, private_page


@require_http_methods(["GET", "HEAD", "POST"])
@either_door
def share(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Make the link, read and copy it, withdraw it."""
    if request.method == "POST":
        act = sharing.withdraw if "withdraw" in request.POST else sharing.share
        act(visit.order)
        return HttpResponseRedirect(visit.url("parcelwise_fulfillment:share"))
    context = {"visit": visit, "order": visit.order, "link": shared_link(visit.order), "back": visit.url(ORDER_PAGE)}
    return render(request, "parcelwise/fulfillment/share.html", context)


def _without_referrer(view: View) -> View:
    """Nobody who is linked to from here learns the address. There is no form whose Origin would be missed."""

    def quiet(request: HttpRequest, token: str) -> HttpResponse:
        response = view(request, token)
        response["Referrer-Policy"] = "no-referrer"
        return response

    return quiet


@require_safe
@_without_referrer
@private_page
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The way of an order's parcels, for anybody who was given the link."""
    orders = orders_shared_by(token)
    name = name_of(request, orders)
    urls = {"now": reverse("parcelwise_fulfillment:shared_now", kwargs={"token": token})}
    context = {"view": _view(orders), "name": name, "doors": urls}
    return render(request, "parcelwise/fulfillment/shared.html", context)


@require_safe
@_without_referrer
@private_page
def shared_now(request: HttpRequest, token: str) -> HttpResponse:
    """The part of :func:`shared` that changes."""
    orders = orders_shared_by(token)

    def fresh() -> HttpResponse:
        return render(request, "parcelwise/fulfillment/parts/shared_live.html", {"view": _view(orders)})

    return unless_known(request, name_of(request, orders), fresh)


def _view(orders: QuerySet[Order]) -> SharedView:
    order = orders.select_related("store", "customer__contact").defer("raw").prefetch_related("lines").first()
    if order is None:
        raise NotHere
    return SharedView(order, as_one_way(parcels_with_scans(order).prefetch_related("lines")))
