"""The customer's pages under the shop's own domain: its platform takes the visit, asks us, and hands our page on.

No cookie comes or goes that way, so the pages are for reading alone: whatever changes something is a signed link to our
own domain. Who is logged in to the shop is what the platform signs.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from fulfillment.access import Visit, visit_by_link, visit_by_login_elsewhere
from fulfillment.proxied_urls import moved, policy, under
from fulfillment.services.proxied import Caller, caller
from fulfillment.services.track_page import mark
from fulfillment.views import list_context, order_context
from parcelwise.links import BadLink
from parcelwise.pages import NotHere

_TEMPLATES = "parcelwise/fulfillment/proxied"


@csrf_exempt
@require_safe
def proxied(request: HttpRequest, kind: str, uuid: UUID, rest: str = "") -> HttpResponse:
    """What stands at ``rest`` under the path that the shop gave us. One 404 for whatever is not to be seen."""
    query = request.META.get("QUERY_STRING", "")
    _forget_the_way_here(request)
    prefix, theirs = "", frozenset("/")
    try:
        who = caller(kind, uuid, query)
        _ask_as_the_visitor(request, who.call.query)
        response = _page(request, who, rest)
        prefix, theirs = who.call.prefix, frozenset({"/", who.login_path})
    except (NotHere, BadLink):
        response = render(request, "parcelwise/not_here.html", status=404)
    page = response.content.decode(response.charset)
    response.content = moved(page, under(prefix, theirs)).encode(response.charset)
    response["Content-Security-Policy"] = policy()
    response["Cache-Control"] = "private, no-store"
    # Not same-origin as on our own domain: the shop's pages hold the scripts of others, and the address may be a key.
    # There is no form here whose Origin would be missed.
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _page(request: HttpRequest, who: Caller, rest: str) -> HttpResponse:
    match rest.strip("/").split("/"):
        case [""]:
            return _front(request, who)
        case ["orders", uuid]:
            return _order(request, who, visit_by_login_elsewhere(who.orders, uuid))
        case ["link", token]:
            visit = visit_by_link(token)
            if visit.order.store_id != who.store.pk:
                raise NotHere
            return _order(request, who, visit)
    raise NotHere


def _front(request: HttpRequest, who: Caller) -> HttpResponse:
    if who.is_customer:
        return render(request, f"{_TEMPLATES}/orders.html", list_context(request, who.orders))
    context = {"store": who.store, "login_path": who.login_path, "mark": mark(who.store)}
    return render(request, f"{_TEMPLATES}/nobody.html", context)


def _order(request: HttpRequest, who: Caller, visit: Visit) -> HttpResponse:
    return render(request, f"{_TEMPLATES}/order.html", {**order_context(visit), "is_customer": who.is_customer})


def _forget_the_way_here(request: HttpRequest) -> None:
    """Leave nothing in the request that the page could give away, or that could make it somebody else's.

    The signature would let whoever reads it call us in the platform's name; a cookie of ours can only come from a
    visitor who calls us without the platform.
    """
    request.user, request.COOKIES = AnonymousUser(), {}
    _ask_as_the_visitor(request, "")


def _ask_as_the_visitor(request: HttpRequest, query: str) -> None:
    request.META["QUERY_STRING"] = query
    request.GET = QueryDict(query)
