"""The customer's pages about returns."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fulfillment.access import Visit, either_door


@require_http_methods(["GET", "HEAD", "POST"])
@either_door
def start(request: HttpRequest, visit: Visit) -> HttpResponse:
    return render(request, "parcelwise/returns/start.html", {"visit": visit, "order": visit.order})


@require_safe
@either_door
def show(request: HttpRequest, visit: Visit, number: str) -> HttpResponse:
    return render(request, "parcelwise/returns/show.html", {"visit": visit, "order": visit.order})


@require_POST
@either_door
def cancel(request: HttpRequest, visit: Visit, number: str) -> HttpResponse:
    return render(request, "parcelwise/returns/show.html", {"visit": visit, "order": visit.order})


@require_safe
@either_door
def label(request: HttpRequest, visit: Visit, number: str, size: str) -> HttpResponse:
    return render(request, "parcelwise/returns/show.html", {"visit": visit, "order": visit.order})
