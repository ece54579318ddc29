"""What every address of the APIs shares, without a word in the project's own ``REST_FRAMEWORK`` settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import SimpleTemplateResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from parcelwise.api import problems
from parcelwise.api.auth import Allowed, refuse_keys_in_address
from parcelwise.api.callers import Caller, caller_of
from parcelwise.api.filters import Filter, Filters, bad, refuse_unknown
from parcelwise.api.paging import PARAMETERS, Keyset
from parcelwise.api.parsers import StrictJSON
from parcelwise.api.schema import Described
from parcelwise.api.throttles import PerMinute


@dataclass(frozen=True, slots=True)
class Need:
    """What an act asks of its caller. ``permission`` is Django's, for staff."""

    scope: str
    audiences: frozenset[str]
    permission: str = ""


class JsonAlone(BaseContentNegotiation):
    """There is one form of answers, so nothing is negotiated, by header or by address."""

    def select_parser(self, request: Request, parsers: Sequence[Any]) -> Any:
        given = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == given), None)

    def select_renderer(self, request: Request, renderers: Sequence[Any], format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class Api(GenericViewSet):
    """The manners: one shape of errors, an id for each request, nothing kept by anybody on the way."""

    parser_classes = (StrictJSON,)
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = JsonAlone
    versioning_class = None
    metadata_class = None
    pagination_class: Any = None
    filter_backends: Sequence[Any] = ()
    permission_classes = (Allowed,)
    throttle_classes = (PerMinute,)
    http_method_names = ["get", "post", "put", "head", "options"]
    schema: Any = Described()

    #: What each action is for, in the description of the API.
    describes: ClassVar[Mapping[str, str]] = {}
    #: What each action asks; one that is not named here can be done by anybody who is known.
    needs: ClassVar[Mapping[str, Need]] = {}
    #: Parameters of the address besides filters and pages.
    parameters: ClassVar[tuple[str, ...]] = ()
    rate: tuple[int, int, int] | None = None
    #: Name of the record that a write was about.
    written: str = ""

    def need(self) -> Need | None:
        return self.needs.get(self.action or "")

    @property
    def caller(self) -> Caller:
        found = caller_of(self.request)
        assert found is not None
        return found

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """In English, whatever a browser prefers: programs read it, and the people who write them search for it."""
        with translation.override("en"):
            response = super().dispatch(request, *args, **kwargs)
            return response.render() if isinstance(response, SimpleTemplateResponse) else response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """In this order: where the key is, whose it is, how often it came, what it may, what is asked."""
        refuse_keys_in_address(request)
        self.perform_authentication(request)
        self.check_throttles(request)
        self.check_permissions(request)
        refuse_unknown(request, self.known_parameters())

    def known_parameters(self) -> Sequence[str]:
        return self.parameters

    def get_exception_handler(self) -> Callable[..., Any]:
        return problems.handle

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Which methods there are. No CORS: browsers of other sites get nothing."""
        return Response(status=204, headers={"Allow": ", ".join(self.allowed_methods)})

    def finalize_response(self, request: Request, response: HttpResponse, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "private, no-store"
        response["X-Request-ID"] = problems.request_id(self.request._request)
        response["Referrer-Policy"] = "no-referrer"
        patch_vary_headers(response, ("Authorization", "Cookie"))
        if self.rate:
            limit, left, reset = self.rate
            response["RateLimit-Limit"], response["RateLimit-Remaining"] = str(limit), str(left)
            response["RateLimit-Reset"] = str(reset)
        return response


class Resource(Api):
    """Records of one kind: a list with filters and pages, and one of them by its ``uuid``.

    ``serializers`` has one class for each audience: what somebody sees is written down and not computed.
    """

    lookup_field = "uuid"
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"
    filter_backends = (Filters,)
    pagination_class = Keyset

    serializers: ClassVar[Mapping[str, type[BaseSerializer]]] = {}
    filters: ClassVar[Sequence[Filter]] = ()
    #: What can be ordered by -> its column, which is never empty.
    orderings: ClassVar[Mapping[str, str]] = {}
    ordering: ClassVar[str] = ""
    #: What ``expand`` may name.
    expandable: ClassVar[Mapping[str, str]] = {}

    def visible(self) -> QuerySet[Any]:
        """The rows that the caller may know of. Everything else is not there."""
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        return self.visible()

    def get_serializer_class(self) -> type[BaseSerializer]:
        return self.serializers[self.caller.audience]

    def get_serializer_context(self) -> dict[str, Any]:
        return {"request": self.request, "expand": self.expand(), "caller": self.caller}

    def known_parameters(self) -> Sequence[str]:
        expand = ("expand",) if self.expandable and self.action in ("list", "retrieve") else ()
        if self.action != "list":
            return (*self.parameters, *expand)
        return (*self.parameters, *expand, *PARAMETERS, *(each.name for each in self.filters))

    def expand(self) -> frozenset[str]:
        """What of ``expandable`` is asked for."""
        text = self.request.query_params.get("expand", "")
        wanted = frozenset(text.split(",")) if text else frozenset()
        for name in sorted(wanted - set(self.expandable)):
            near = problems.did_you_mean(name, self.expandable)
            raise bad("expand", _("There is no “%(name)s”.") % {"name": name[:40]} + near)
        return wanted

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        rows = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return with_etag(request, Response(self.get_serializer(self.get_object()).data))

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filters are for lists: one record is found by its id alone."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset


def with_etag(request: Request, response: Response) -> Response:
    """Give the answer its ETag, and 304 to who has it already."""
    response.add_post_render_callback(lambda rendered: _compared(request, rendered))
    return response


def _compared(request: Request, response: HttpResponse) -> HttpResponse | None:
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response["ETag"] = etag
    given = request.headers.get("If-None-Match", "")
    if given.strip() != "*" and etag not in {each.strip().removeprefix("W/") for each in given.split(",")}:
        return None
    same = HttpResponse(status=304)
    for name, value in response.items():
        if name.lower() not in ("content-type", "content-length"):
            same[name] = value
    return same


def not_here(request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
    """An address under the API at which there is nothing: a problem, not a page."""
    with translation.override("en"):
        told = problems.problem(request, "not-found", _("There is no such thing here."), 404)
    answer = HttpResponse(json.dumps(told.data), status=404, content_type=problems.ProblemRenderer.media_type)
    answer["Cache-Control"] = "private, no-store"
    answer["X-Request-ID"] = problems.request_id(request)
    return answer
