"""The customer's pages under the shop's own domain: its platform takes the visit, asks us, and hands our page on.

No cookie comes or goes that way, so the pages are for reading alone, and keep themselves fresh as they do on our own
domain: whatever changes something is a signed link there. Who is logged in to the shop is what the platform signs.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from fulfillment.access import Visit, in_language_of, orders_by_link, visit_by_link, visit_by_login_elsewhere
from fulfillment.proxied_urls import moved, policy, under
from fulfillment.services.proxied import Caller, caller
from fulfillment.services.track_page import mark
from fulfillment.views import list_page, news_of, order_context
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
        case ["orders", uuid, "now"]:
            visit = visit_by_login_elsewhere(who.orders, uuid)
            return news_of(request, who.orders.filter(pk=visit.order.pk), lambda: visit)
        case ["link", token]:
            return _order(request, who, _by_link(who, token))
        case ["link", token, "now"]:
            return news_of(request, orders_by_link(token).filter(store=who.store), lambda: _by_link(who, token))
    raise NotHere


def _by_link(who: Caller, token: str) -> Visit:
    """The order of the link; NotHere when it is of another store."""
    visit = visit_by_link(token)
    if visit.order.store_id != who.store.pk:
        raise NotHere
    return visit


def _front(request: HttpRequest, who: Caller) -> HttpResponse:
    if who.is_customer:
        return list_page(request, f"{_TEMPLATES}/orders.html", who.orders)
    context = {"store": who.store, "login_path": who.login_path, "mark": mark(who.store)}
    return render(request, f"{_TEMPLATES}/nobody.html", context)


def _order(request: HttpRequest, who: Caller, visit: Visit) -> HttpResponse:
    def page(request: HttpRequest, visit: Visit) -> HttpResponse:
        context = order_context(request, visit) | {"is_customer": who.is_customer}
        return render(request, f"{_TEMPLATES}/order.html", context)

    return in_language_of(visit, request, page)


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
