"""The customer's pages about orders."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from fulfillment.access import (
    Visit,
    either_door,
    in_language_of,
    language_of,
    orders_by_link,
    visit_by_link,
    visit_by_login,
)
from fulfillment.fresh import name_of, unless_known
from fulfillment.models import Order
from fulfillment.order_page import additions
from fulfillment.pages.courier import show_couriers
from fulfillment.pages.order import OrderView, views_of
from fulfillment.proof_views import show_proofs
from fulfillment.queries import for_list, for_page, orders_of
from parcelwise.pages import NotHere, private_page

ORDERS_PER_PAGE = 20


@require_safe
@private_page
@login_required
def orders(request: HttpRequest) -> HttpResponse:
    """The customer's orders, newest first, each with where it is."""
    return list_page(request, "parcelwise/fulfillment/orders.html", orders_of(request.user))


@require_safe
@either_door
def order(request: HttpRequest, visit: Visit) -> HttpResponse:
    """One order: when it arrives, where it is, what is in it."""
    return render(request, "parcelwise/fulfillment/order.html", order_context(request, visit))


@require_safe
@private_page
def now(request: HttpRequest, *, uuid: UUID | None = None, token: str | None = None) -> HttpResponse:
    """The part of :func:`order` that changes, for the script that keeps it fresh; 304 when it has not.

    A login that is over gets no login page, which the script could not show.
    """
    if token is not None:
        return news_of(request, orders_by_link(token), lambda: visit_by_link(token))
    if uuid is None or not request.user.is_authenticated:
        raise NotHere
    return news_of(request, orders_of(request.user).filter(uuid=uuid), lambda: visit_by_login(request.user, uuid))


def news_of(request: HttpRequest, orders: QuerySet[Order], visit: Any) -> HttpResponse:
    """For :func:`now`: ``visit()`` is only made when there is something to show."""
    return unless_known(request, name_of(request, orders), lambda: in_language_of(visit(), request, _live))


def _live(request: HttpRequest, visit: Visit) -> HttpResponse:
    return render(request, "parcelwise/fulfillment/parts/live.html", order_context(request, visit))


def list_page(request: HttpRequest, template: str, orders: QuerySet[Order]) -> HttpResponse:
    """One page of ``orders``, in the language of whoever bought; of the browser where there are none."""
    page = Paginator(for_list(orders), ORDERS_PER_PAGE).get_page(request.GET.get("page"))
    views = list(views_of(list(page)))
    language = language_of(views[0].order, request) if views else translation.get_language()
    with translation.override(language):
        response = render(request, template, {"page": page, "views": views})
    response.headers.setdefault("Content-Language", language or settings.LANGUAGE_CODE)
    return response


def order_context(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    """For ``order.html`` and its part that changes."""
    # The name first: what changes while the rows are read is then shown a minute later, and not never.
    name = name_of(request, Order.objects.filter(pk=visit.order.pk))
    view = OrderView(visit.order, for_page(visit.order))
    show_couriers(view)
    show_proofs(view, visit)
    for parcel in view.parcels:
        parcel.missing_url = visit.url("parcelwise_fulfillment:missing", parcel=parcel.shipment.uuid)
    doors = {each: visit.url(f"parcelwise_fulfillment:{each}") for each in ("now", "share")}
    return {
        "visit": visit,
        "order": visit.order,
        "view": view,
        "additions": additions(visit),
        "name": name,
        "doors": doors,
    }
