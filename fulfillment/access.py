"""Who may see an order: the customer who is logged in, and whoever holds a signed link to it. Nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation

from fulfillment.models import Order
from fulfillment.queries import for_visit, orders_of
from fulfillment.stores.track_url import track_url_of
from parcelwise import links
from parcelwise.pages import NotHere, private_page

#: What links to an order are signed for, and those to its way alone, which anybody may be given.
PURPOSE, SHARED = "order", "shared"
ORDER_PAGE = "parcelwise_fulfillment:order"


@dataclass(frozen=True, slots=True)
class Visit:
    """An order and the door through which somebody came to it. ``token`` is empty for a login."""

    order: Order
    token: str = ""

    def url(self, name: str, **kwargs: Any) -> str:
        """The address of a page about this order behind the same door: ``visit.url("parcelwise_returns:start")``."""
        if self.token:
            return reverse(f"{name}_by_link", kwargs={"token": self.token, **kwargs})
        return reverse(name, kwargs={"uuid": self.order.uuid, **kwargs})


def link_to(order: Order, name: str = ORDER_PAGE, **kwargs: Any) -> str:
    """The absolute address of a page about ``order`` that opens without a login, for messages and labels.

    The order page may be under the shop's own domain: see :mod:`fulfillment.stores.track_url`.
    """
    visit = _signed(order)
    if name == ORDER_PAGE and (shown := track_url_of(order.store)):
        return f"{shown}/link/{visit.token}/"
    return links.absolute(visit.url(name, **kwargs))


def visit_by_login(user: Any, uuid: UUID) -> Visit:
    """The user's own order; NotHere when there is none such or it is somebody else's."""
    order = for_visit(orders_of(user)).filter(uuid=uuid).first()
    if order is None:
        raise NotHere
    return Visit(order)


def visit_by_login_elsewhere(theirs: QuerySet[Order], uuid: str) -> Visit:
    """One of ``theirs``, the orders of somebody whose login a platform vouches for; NotHere when it is none of them.

    Its pages go on by signed link: that somebody has no login here.
    """
    try:
        order = for_visit(theirs).filter(uuid=UUID(uuid)).first()
    except ValueError as error:
        raise NotHere from error
    if order is None:
        raise NotHere
    return _signed(order)


def visit_by_link(token: str) -> Visit:
    """The order that ``token`` was signed for; BadLink or NotHere otherwise."""
    order = for_visit(orders_by_link(token)).first()
    if order is None:
        raise NotHere
    return Visit(order, token)


def orders_by_link(token: str) -> QuerySet[Order]:
    """The one order that ``token`` was signed for, or none; BadLink otherwise. Nothing is read yet."""
    try:
        return Order.objects.filter(uuid=UUID(links.read(PURPOSE, token)))
    except ValueError as error:
        raise NotHere from error


def shared_link(order: Order) -> str:
    """The absolute address of the page that shows an order's way and nobody's data; empty when none is shared."""
    if order.share_id is None:
        return ""
    token = links.sign(SHARED, order.share_id.hex)
    return links.absolute(reverse("parcelwise_fulfillment:shared", kwargs={"token": token}))


def orders_shared_by(token: str) -> QuerySet[Order]:
    """The one order whose way ``token`` shows, or none, as when it was withdrawn; BadLink otherwise."""
    try:
        return Order.objects.filter(share_id=UUID(links.read(SHARED, token)))
    except ValueError as error:
        raise NotHere from error


def language_of(order: Order, request: HttpRequest) -> str:
    """The language in which the order's pages speak: what the visitor has chosen here, else the customer's own.

    That of the browser, which Django has found, where neither is known or spoken here.
    """
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    for code in (chosen, order.contact.language):
        try:
            return translation.get_supported_language_variant(code)
        except (LookupError, TypeError, AttributeError):
            continue
    return translation.get_language() or settings.LANGUAGE_CODE


def in_language_of(
    visit: Visit, request: HttpRequest, view: Callable[..., HttpResponse], **kwargs: Any
) -> HttpResponse:
    """``view(request, visit, …)`` in the language of :func:`language_of`."""
    language = language_of(visit.order, request)
    with translation.override(language):
        response = view(request, visit, **kwargs)
    response.headers.setdefault("Content-Language", language)
    return response


def _signed(order: Order) -> Visit:
    return Visit(order, links.sign(PURPOSE, str(order.uuid)))


def either_door(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Make a private page of ``view(request, visit, …)``, routed with ``uuid`` (login) or ``token`` (signed link).

    Without a login every ``uuid`` leads to the login page, whether there is such an order or not.
    """

    @private_page
    @wraps(view)
    def opened(
        request: HttpRequest, *, uuid: UUID | None = None, token: str | None = None, **kwargs: Any
    ) -> HttpResponse:
        if token is not None:
            return in_language_of(visit_by_link(token), request, view, **kwargs)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if uuid is None:
            raise NotHere
        return in_language_of(visit_by_login(request.user, uuid), request, view, **kwargs)

    return opened
