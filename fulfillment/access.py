"""Who may see an order: the customer who is logged in, and whoever holds a signed link to it. Nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from fulfillment.models import Order
from fulfillment.queries import for_visit, orders_of
from fulfillment.stores.track_url import track_url_of
from parcelwise import links
from parcelwise.pages import NotHere, private_page

#: What links to an order are signed for.
PURPOSE = "order"
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
    try:
        uuid = UUID(links.read(PURPOSE, token))
    except ValueError as error:
        raise NotHere from error
    order = for_visit(Order.objects.all()).filter(uuid=uuid).first()
    if order is None:
        raise NotHere
    return Visit(order, token)


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
            return view(request, visit_by_link(token), **kwargs)
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if uuid is None:
            raise NotHere
        return view(request, visit_by_login(request.user, uuid), **kwargs)

    return opened
