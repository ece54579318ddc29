"""The customer's pages about orders."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fulfillment.access import Visit, either_door
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
    page = Paginator(for_list(orders_of(request.user)), ORDERS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "views": list(views_of(list(page)))}
    return render(request, "parcelwise/fulfillment/orders.html", context)


@require_safe
@either_door
def order(request: HttpRequest, visit: Visit) -> HttpResponse:
    """One order: when it arrives, where it is, what is in it."""
    view = OrderView(visit.order, for_page(visit.order))
    context = {"visit": visit, "order": visit.order, "view": view, "additions": additions(visit)}
    return render(request, "parcelwise/fulfillment/order.html", context)
