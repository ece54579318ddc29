"""The doors through which platforms tell us things: one address for each connected store
and for each carrier account that is pushed to.

A delivery gets 200 when it is stored and never before. :class:`IntakeMiddleware`, first in ``MIDDLEWARE``, answers the
addresses before sessions, languages, redirects and cookies have their turn; the URL works without it too.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Callable
from functools import lru_cache, partial
from typing import TypeVar
from uuid import UUID

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.conf import settings
from django.db import Error, connections, router, transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.views.decorators.csrf import csrf_exempt

from fulfillment.bodies import Unfit, read_body
from fulfillment.models import InboxEvent
from fulfillment.services import intake
from fulfillment.services.intake import Deadline, DeliveryHeaders, NotFollowed, Refused, Sender
from parcelwise.errors import Misconfigured

T = TypeVar("T")
logger = logging.getLogger("parcelwise.intake")

#: Bytes of a delivery that are taken.
LIMIT = 5 * 1024 * 1024
#: Seconds after which a platform that is told "not now" may come again.
RETRY_AFTER = 10
#: Seconds between two lines in the log about deliveries that could not be stored.
_BETWEEN_LINES = 60.0
_ROUTE = re.compile(r"(?P<kind>[^/]+)/(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/?")

_logged = -_BETWEEN_LINES


class Answer(HttpResponse):
    """A short answer in plain text. ``afterwards`` is called once it is on its way."""

    # Django would log each as a warning or an error, and mail the errors: a forger's business, or a flood.
    _has_been_logged = True

    def __init__(self, status: int, text: str = "", afterwards: Callable[[], None] | None = None) -> None:
        super().__init__(text, status=status, content_type="text/plain; charset=utf-8")
        self["Content-Length"] = str(len(self.content))  # without it servers answer in chunks
        self._afterwards = afterwards

    def close(self) -> None:
        afterwards, self._afterwards = self._afterwards, None
        if afterwards:
            afterwards()
        super().close()


def _receive(request: HttpRequest, kind: str, uuid: UUID) -> HttpResponse:
    """Take one delivery in: 200 when it is stored, else 4xx or 503 with the reason in a few words."""
    if request.method != "POST":
        answer = Answer(405, "deliveries are posted")
        answer["Allow"] = "POST"
        return answer
    deadline = Deadline(router.db_for_write(InboxEvent))
    try:
        sender = _steadily(deadline, lambda: intake.find(kind, uuid, deadline))
    except (Error, Misconfigured) as error:
        return _not_now(error)
    return _take(request, sender) if sender else _not_here()


def _take(request: HttpRequest, sender: Sender) -> HttpResponse:
    headers = DeliveryHeaders(request.META)
    try:
        body = read_body(request, LIMIT)
        if sender.webhooks.is_ping(headers, body):
            return Answer(200)
        # Anew, because a slow network has used up its own time and not ours.
        deadline = Deadline(router.db_for_write(InboxEvent))
        _steadily(deadline, lambda: _store(sender, headers, body, deadline))
    except Unfit as error:
        return Answer(error.status, str(error))
    except NotFollowed:
        return _not_here()
    except Refused as error:
        intake.count(sender, str(error))
        return Answer(401, str(error), partial(intake.after_refusing, sender))
    except (Error, Misconfigured) as error:
        return _not_now(error)
    return Answer(200, afterwards=partial(intake.after_storing, sender))


def _not_here() -> HttpResponse:
    return Answer(404, "there is no such store or carrier account")


def _store(sender: Sender, headers: DeliveryHeaders, body: bytes, deadline: Deadline) -> None:
    verdict, delivery, sender = intake.judge(sender, headers, body, deadline)
    intake.keep(sender, verdict, delivery, headers, body, deadline)


def _steadily(deadline: Deadline, work: Callable[[], T]) -> T:
    """Do data base work that may be done twice, once more if the connection turns out to have been lost before."""
    try:
        return work()
    except Error:
        connection = connections[deadline.using]
        lost = connection.connection is not None and getattr(connection.connection, "closed", False)
        if not lost or connection.in_atomic_block:
            raise
        connection.close()
        return work()


def _not_now(error: Exception) -> HttpResponse:
    """It cannot be stored, so the platform has to send it again."""
    global _logged
    if time.monotonic() - _logged >= _BETWEEN_LINES:
        _logged = time.monotonic()
        logger.error("deliveries are not stored and answered with 503: %s", error)
    answer = Answer(503, "it cannot be stored now")
    answer["Retry-After"] = str(RETRY_AFTER)
    return answer


@csrf_exempt
def receive(request: HttpRequest, kind: str, uuid: UUID) -> HttpResponse:
    """The view behind ``parcelwise_hooks:receive``."""
    return _receive(request, kind, uuid)


# What is stored is committed before the answer leaves, also where ATOMIC_REQUESTS is set.
for _alias in connections:
    transaction.non_atomic_requests(_alias)(receive)


class IntakeMiddleware:
    """Answers the addresses of ``fulfillment.hook_urls`` and lets everything else through. Put it first."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]) -> None:
        self.get_response = get_response
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        route = _route(request)
        if self._is_async:
            return self._answer_async(request, route)
        return _receive(request, *route) if route else self.get_response(request)

    async def _answer_async(self, request: HttpRequest, route: tuple[str, UUID] | None) -> HttpResponseBase:
        if route:
            return await sync_to_async(_receive, thread_sensitive=True)(request, *route)
        return await self.get_response(request)  # type: ignore[misc, no-any-return]


def _route(request: HttpRequest) -> tuple[str, UUID] | None:
    """Kind and id of the store to which ``request`` is addressed; None when it is not for us."""
    prefix = hook_prefix(settings.ROOT_URLCONF)
    if not prefix or not request.path_info.startswith(prefix):
        return None
    return _store_named_by(request.path_info[len(prefix) :])


@lru_cache(maxsize=256)
def _store_named_by(path: str) -> tuple[str, UUID] | None:
    match = _ROUTE.fullmatch(path)
    return (match["kind"], UUID(match["uuid"])) if match else None


@lru_cache(maxsize=8)
def hook_prefix(urlconf: str) -> str:
    """What the paths of all hooks begin with; empty when ``urlconf`` has none at a fixed place."""
    if not urlconf:
        return ""
    try:
        path = reverse("parcelwise_hooks:receive", urlconf, args=["kind", UUID(int=0)])
    except NoReverseMatch:
        return ""
    return "/" + path.removeprefix(get_script_prefix()).removesuffix(f"kind/{UUID(int=0)}/")
