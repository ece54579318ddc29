"""The one URL of the bare Django project that the intake is held against."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from benchmarks.intake_floor import INSERT, is_signed


def receive(request: HttpRequest) -> HttpResponse:
    body = request.body
    if not is_signed(body, request.headers.get("X-Shopify-Hmac-Sha256", "")):
        return HttpResponse(status=401)
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    values = [request.headers["X-Shopify-Webhook-Id"], request.headers["X-Shopify-Topic"], body, now]
    with connection.cursor() as cursor:
        cursor.execute(INSERT.format("%s"), values)
    return HttpResponse(headers={"Content-Length": "0"})


urlpatterns = [path("hook/", receive)]
