"""How a delivery of Shopify's is recognised: both families of headers, the signature over the raw bytes."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import ClassVar

from fulfillment.stores.base import Delivery, Headers, Webhooks
from fulfillment.stores.shopify.topics import wire_name

#: Deliveries of "Webhooks" write ``X-Shopify-Topic``, those of the newer "Events" ``Shopify-Topic``.
_FAMILIES = ("x-shopify-", "shopify-")
#: Longest ids that the inbox has room for.
_LONGEST_KEY, _LONGEST_EVENT = 200, 120


class ShopifyWebhooks(Webhooks):
    kept: ClassVar[tuple[str, ...]] = tuple(
        family + name
        for family in _FAMILIES
        for name in ("api-version", "sub-topic", "name", "handle", "action", "resource-id")
    )

    last_words: ClassVar[frozenset[str]] = frozenset({"customers/data_request", "customers/redact", "shop/redact"})

    def delivery(self, headers: Headers, body: bytes) -> Delivery:
        topic = wire_name(_header(headers, "topic"))
        if not topic:
            raise ValueError("a delivery of Shopify's names its topic in a header, and this call names none")
        event = _header(headers, "event-id")
        return Delivery(
            key=_key(_header(headers, "webhook-id"), event, topic, body),
            topic=topic,
            event_key=_fitting(event, _LONGEST_EVENT),
            shop=_header(headers, "shop-domain").lower(),
            sent_at=_moment(_header(headers, "triggered-at")),
        )

    def is_ping(self, headers: Headers, body: bytes) -> bool:
        return False  # Shopify has no unsigned trial call

    def is_signed(self, headers: Headers, body: bytes, secret: str) -> bool:
        # Not shopifyapp's verify_webhook_req (1.0.2): it takes the body as text, so bytes that are no UTF-8 cannot be
        # verified at all, and a signature that is not ASCII ends in a TypeError, which is a 500 for one odd request.
        stated = _header(headers, "hmac-sha256").encode("utf-8", "surrogateescape")
        right = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
        return bool(secret) and hmac.compare_digest(stated, right)


def _header(headers: Headers, name: str) -> str:
    for family in _FAMILIES:
        if value := headers.get(family + name):
            return value.strip()
    return ""


def _key(webhook: str, event: str, topic: str, body: bytes) -> str:
    """What makes two deliveries the same one.

    Sources disagree whether Webhook-Id names the delivery or the subscription. Together with Event-Id it is constant
    over the repetitions of one delivery and never that of another, whichever is true. Where one is missing the body
    stands in: a repetition has the same bytes.
    """
    if webhook and event:
        return _fitting(f"{webhook}:{event}", _LONGEST_KEY)
    digest = hashlib.sha256(body).hexdigest()
    return _fitting(":".join(part for part in (webhook or event or topic, digest[:40]) if part), _LONGEST_KEY)


def _fitting(text: str, longest: int) -> str:
    return text if len(text) <= longest else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
