"""Every error in one shape: ``application/problem+json`` of RFC 9457, with a request id."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.signals import got_request_exception
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import set_rollback

logger = logging.getLogger("parcelwise.api")

#: ``type`` of a problem begins with this; docs/api.md has a row for each.
URN = "urn:parcelwise:problem:"
_SANE_ID = re.compile(r"[\w.:-]{8,100}", re.ASCII)


class ProblemRenderer(JSONRenderer):
    media_type = "application/problem+json"


class Trouble(exceptions.APIException):
    """A problem of a kind of our own. ``more`` are further members of it."""

    status_code = 400

    def __init__(self, kind: str, title: str, detail: str = "", *, status: int = 400, **more: Any) -> None:
        super().__init__(detail or title, code=kind)
        self.kind, self.title, self.status_code, self.more = kind, title, status, more


class Invalid(Trouble):
    """422: the request can be read, and says something that cannot be. ``errors``: a sentence for each place."""

    def __init__(self, errors: Mapping[str, str], **more: Any) -> None:
        told = [{"field": field, "message": message} for field, message in errors.items()]
        super().__init__("invalid", _("The request says something that cannot be."), status=422, errors=told, **more)


class UnknownParameter(Trouble):
    """400: a parameter that there is not. A filter that is left out silently would show too much."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        told = _("There is no parameter “%(name)s”.") % {"name": name[:80]} + did_you_mean(name, known)
        super().__init__("unknown-parameter", told, parameter=name[:80])


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A sentence, after a blank, with the nearest of ``known``; empty when none is near."""
    near = get_close_matches(name, list(known), n=1)
    return " " + _("Did you mean “%(name)s”?") % {"name": near[0]} if near else ""


def request_id(request: Any) -> str:
    """The id under which the request is told of: the caller's own ``X-Request-ID``, if it is a sane one."""
    own = getattr(request, "_parcelwise_id", "")
    if not own:
        given = request.headers.get("X-Request-ID", "")
        own = given if _SANE_ID.fullmatch(given) else str(uuid.uuid4())
        request._parcelwise_id = own
    return str(own)


def problem(request: Any, kind: str, title: str, status: int, detail: str = "", **more: Any) -> Response:
    body = {"type": f"{URN}{kind}", "title": title, "status": status, "detail": detail or title, **more}
    response = Response({**body, "request_id": request_id(request)}, status=status)
    response.content_type = ProblemRenderer.media_type
    return response


def handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's hook for whatever a view raises."""
    request = context["request"]._request
    set_rollback()
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        got_request_exception.send(sender=context["view"].__class__, request=request)
        logger.error("request %s failed", request_id(request), exc_info=error)
        return problem(request, "failed", _("Something went wrong here. It was noted."), 500)
    response = problem(request, *_told(error), **_more(error))
    if getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = error.auth_header
    if wait := getattr(error, "wait", None):
        response["Retry-After"] = str(max(1, int(wait + 0.999)))
    return response


_KINDS = {
    400: ("unreadable", gettext_lazy("The request cannot be read.")),
    401: ("who-are-you", gettext_lazy("An API key is needed.")),
    403: ("not-allowed", gettext_lazy("This is not allowed.")),
    404: ("not-found", gettext_lazy("There is no such thing here.")),
    405: ("no-such-method", gettext_lazy("This cannot be done here.")),
    415: ("not-json", gettext_lazy("Send JSON: Content-Type application/json.")),
    429: ("too-many", gettext_lazy("Too many requests.")),
}


def _told(error: exceptions.APIException) -> tuple[str, str, int, str]:
    if isinstance(error, Trouble):
        return error.kind, error.title, error.status_code, str(error.detail)
    if isinstance(error, exceptions.ValidationError):
        return "invalid", _("The request says something that cannot be."), 422, ""
    kind, title = _KINDS.get(error.status_code, ("refused", gettext_lazy("This was refused.")))
    if error.status_code in (404, 415):
        return kind, str(title), error.status_code, ""
    return kind, str(title), error.status_code, str(error.detail)


def _more(error: exceptions.APIException) -> dict[str, Any]:
    if isinstance(error, Trouble):
        return error.more
    if isinstance(error, exceptions.ValidationError):
        return {"errors": [{"field": field, "message": message} for field, message in _flat(error.detail)]}
    return {}


def _flat(detail: Any, path: str = "") -> Iterable[tuple[str, str]]:
    """Each sentence with the place it is about: ``lines.0.quantity``; empty for the whole."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _flat(inner, path if name == "non_field_errors" else f"{path}.{name}".lstrip("."))
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from _flat(inner, f"{path}.{place}".lstrip(".") if nested else path)
    else:
        yield path, str(detail)
