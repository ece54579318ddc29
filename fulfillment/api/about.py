"""What the API says of itself: where its resources are, its schema, and a page to read."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from rest_framework.request import Request
from rest_framework.response import Response

from fulfillment.api.resources.base import ShopApi
from parcelwise.api.page import described
from parcelwise.api.schema import known_schema
from parcelwise.api.views import not_here
from parcelwise.conf import api as conf

URLCONF = "fulfillment.api.urls"


class Index(ShopApi):
    schema = None

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The resources, and where they are described."""
        base = request.build_absolute_uri(request.path)
        names = ("me", "stores", "orders", "shipments", "exceptions", "carriers/recognise", "returns")
        paths = _schema(request)["paths"]
        found = {name: f"{base}{name}/" for name in names if f"/{name}/" in paths}
        return Response({**found, "openapi": f"{base}openapi.json", "docs": f"{base}docs/"})


def _schema(request: HttpRequest | Request) -> dict[str, Any]:
    server = reverse("parcelwise_api:index").rstrip("/")
    with translation.override("en"):
        return known_schema(URLCONF, server)


@require_safe
@cache_control(public=True, max_age=3600)
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document. It names no record, so whoever may see the page may see it."""
    return JsonResponse(_schema(request)) if conf.DOCS else not_here(request)


@require_safe
@cache_control(public=True, max_age=3600)
def docs(request: HttpRequest) -> HttpResponse:
    """The same for people: plain HTML, without a script and without anything from elsewhere."""
    if not conf.DOCS:
        return not_here(request)
    return render(request, "parcelwise/api/docs.html", {"api": described(_schema(request))})
