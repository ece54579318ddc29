"""The platform on paper with signatures as real ones make them: base64 of HMAC-SHA256 over the raw body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any, ClassVar

from fulfillment.models import Store
from fulfillment.stores.base import Delivery, Headers, Webhooks
from tests.factories import a_store
from tests.paper_platform import SHOPS, PaperPlatform, Shop

SETTING = {"signed": "tests.signed_platform.SignedPlatform"}
SECRET = "hush-hush-4711"
BODY = json.dumps({"order": "1"}).encode()


class SignedWebhooks(Webhooks):
    kept: ClassVar[tuple[str, ...]] = ("x-test-version",)

    def delivery(self, headers: Headers, body: bytes) -> Delivery:
        if not headers.get("x-test-topic"):
            raise ValueError("no topic")
        return Delivery(
            headers["x-test-id"],
            headers["x-test-topic"],
            headers.get("x-test-event", ""),
            headers.get("x-test-shop", ""),
        )

    def is_ping(self, headers: Headers, body: bytes) -> bool:
        return headers.get("content-type") == "application/x-www-form-urlencoded" and body == b"webhook_id=1"

    def is_signed(self, headers: Headers, body: bytes, secret: str) -> bool:
        return hmac.compare_digest(headers.get("x-test-hmac", "").encode(), signature(body, secret).encode())


class SignedPlatform(PaperPlatform):
    kind, label, webhooks = "signed", "Signed", SignedWebhooks()


def signature(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def a_signed_store(**columns: Any) -> Store:
    store = a_store(**{"kind": "signed", "credentials": {"hook_secret": SECRET}, **columns})
    SHOPS[store.pk] = Shop()
    return store


def headers_of(body: bytes = BODY, *, key: str = "d1", topic: str = "orders/updated", **others: str) -> dict[str, str]:
    """The headers of a delivery by their names; ``others`` by theirs in Python (``x_test_shop``)."""
    headers = {"X-Test-Id": key, "X-Test-Topic": topic, "X-Test-Hmac": signature(body)}
    return headers | {name.replace("_", "-").title(): value for name, value in others.items()}
