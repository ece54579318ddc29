"""A receiver on loopback, an endpoint that leads to it, and something that happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import timezone

from fulfillment.models import Order
from fulfillment.services.happenings import order_recorded
from fulfillment.testing.receiver_twin import ReceiverTwin
from parcelwise.endpoints import WebhookEndpoint
from parcelwise.outgoing import acts
from tests.factories import an_order


def sections(**more: dict[str, Any]) -> dict[str, Any]:
    """Settings in which loopback may be called."""
    outbound = {**settings.PARCELWISE.get("OUTBOUND", {}), "ALLOW_PRIVATE": ("127.0.0.1",)}
    return {**settings.PARCELWISE, "OUTBOUND": outbound, **more}


@pytest.fixture
def loopback() -> Iterator[None]:
    with override_settings(PARCELWISE=sections()):
        yield


@pytest.fixture
def twin(loopback: None) -> Iterator[ReceiverTwin]:
    with ReceiverTwin() as running:
        yield running


def an_endpoint(twin: ReceiverTwin, path: str = "", **columns: Any) -> WebhookEndpoint:
    """An endpoint that leads to the twin, which trusts its secret besides those of others."""
    defaults = {"name": path or "Helpdesk", "url": twin.url + path, "types": ["*"]}
    endpoint = WebhookEndpoint.objects.create(**{**defaults, **columns})
    twin.trust(*twin._secrets, acts.make_secret(endpoint))
    return endpoint


@pytest.fixture
def endpoint(db: None, twin: ReceiverTwin) -> WebhookEndpoint:
    return an_endpoint(twin)


@pytest.fixture
def something_happens(db: None) -> Callable[..., Order]:
    """An order is recorded; each time another one, unless it is named."""

    def happen(order: Order | None = None) -> Order:
        order = order or an_order()
        Order.objects.filter(pk=order.pk).update(updated_at=timezone.now())
        order.refresh_from_db()
        order_recorded(order, created=True)
        return order

    return happen
