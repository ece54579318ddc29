"""What the tests of the WooCommerce twin share: a twin whose clock stands still, a caller, a receiver of webhooks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from fulfillment.testing.twins import Answer, Request, TwinClock, TwinServer
from fulfillment.testing.woocommerce_twin import WooCommerceTwin

#: Winter in Berlin, an hour ahead of UTC.
MORNING = datetime(2026, 11, 2, 8, 0, 0, 250_000, tzinfo=UTC)
SHIRT = {"name": "Linen shirt", "sku": "SKU-SHIRT", "product_id": 10, "price": 4990, "quantity": 2}
ANA = {"first_name": "Ana", "last_name": "Müller", "city": "Berlin", "country": "DE", "email": "ana@example.test"}


class Receiver:
    """Our side: keeps what the site sends, and answers with ``status``."""

    def __init__(self) -> None:
        self.status, self.got, self.url = 200, list[Request](), ""

    def __call__(self, request: Request) -> Answer:
        self.got.append(request)
        return Answer(self.status, b"", {"Location": "/hooks/slashed/"} if self.status == 301 else {})

    @property
    def deliveries(self) -> list[Request]:
        """Without the pings."""
        return [request for request in self.got if "x-wc-webhook-id" in request.headers]

    @property
    def told(self) -> list[tuple[str, Any]]:
        return [(request.headers["x-wc-webhook-topic"], json.loads(request.body)) for request in self.deliveries]


@contextmanager
def site(**options: Any) -> Iterator[WooCommerceTwin]:
    with WooCommerceTwin(clock=TwinClock(MORNING, frozen=True), **options) as twin:
        yield twin


@contextmanager
def caller(twin: WooCommerceTwin, key: str = "ck_twin", secret: str = "cs_twin") -> Iterator[httpx.Client]:
    base = f"{twin.url}/wp-json/wc/v3/"
    with httpx.Client(base_url=base, auth=(key, secret), timeout=5, trust_env=False) as client:
        yield client


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    with TwinServer(receiver) as server:
        receiver.url = f"{server.url}/hooks/"
        yield receiver
