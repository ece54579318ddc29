"""The customer's pages about orders."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fulfillment.access import Visit, either_door
from fulfillment.models import Order
from fulfillment.order_page import additions
from fulfillment.pages.order import OrderView, views_of
from fulfillment.queries import for_list, for_page, orders_of
from parcelwise.pages import private_page

ORDERS_PER_PAGE = 20


@require_safe
@private_page
@login_required
def orders(request: HttpRequest) -> HttpResponse:
    """The customer's orders, newest first, each with where it is."""
    return render(request, "parcelwise/fulfillment/orders.html", list_context(request, orders_of(request.user)))


@require_safe
@either_door
def order(request: HttpRequest, visit: Visit) -> HttpResponse:
    """One order: when it arrives, where it is, what is in it."""
    return render(request, "parcelwise/fulfillment/order.html", order_context(visit))


def list_context(request: HttpRequest, orders: QuerySet[Order]) -> dict[str, Any]:
    """For ``orders.html``: one page of ``orders``."""
    page = Paginator(for_list(orders), ORDERS_PER_PAGE).get_page(request.GET.get("page"))
    return {"page": page, "views": list(views_of(list(page)))}


def order_context(visit: Visit) -> dict[str, Any]:
    """For ``order.html``."""
    view = OrderView(visit.order, for_page(visit.order))
    return {"visit": visit, "order": visit.order, "view": view, "additions": additions(visit)}
