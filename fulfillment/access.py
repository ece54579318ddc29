"""Who may see an order: the customer who is logged in, and whoever holds a signed link to it. Nobody else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from fulfillment.models import Order
from fulfillment.queries import for_visit, orders_of
from parcelwise import links
from parcelwise.pages import NotHere, private_page

#: What links to an order are signed for.
PURPOSE = "order"


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


def link_to(order: Order, name: str = "parcelwise_fulfillment:order", **kwargs: Any) -> str:
    """The absolute address of a page about ``order`` that opens without a login, for messages and labels."""
    return links.absolute(Visit(order, links.sign(PURPOSE, str(order.uuid))).url(name, **kwargs))


def visit_by_login(user: Any, uuid: UUID) -> Visit:
    """The user's own order; NotHere when there is none such or it is somebody else's."""
    order = for_visit(orders_of(user)).filter(uuid=uuid).first()
    if order is None:
        raise NotHere
    return Visit(order)


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
