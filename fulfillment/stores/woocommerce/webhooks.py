"""How WooCommerce's deliveries are recognised.

From ``class-wc-webhook.php``: the signature is the base64 of an HMAC-SHA256 over the raw body and covers nothing else.
There is no time and no id of the event: ``X-WC-Webhook-Delivery-ID`` is made of the hook and the second, so that two
events of one second share it. A delivery is the same one again when its hook, topic and body are.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from fulfillment.stores.base import Delivery, Headers, Webhooks

_PING = re.compile(rb"webhook_id=\d{1,20}")
#: What ``wp_specialchars_decode`` resolves with ENT_QUOTES, and nothing else.
_ENTITY = re.compile(r"&(?:(quot|lt|gt|amp)|#0*(34|39|60|62|38)|#[xX]0*(22|27|3[cC]|3[eE]|26));")
_NAMED = {"quot": '"', "lt": "<", "gt": ">", "amp": "&"}


class WooCommerceWebhooks(Webhooks):
    kept = (
        "x-wc-webhook-source",
        "x-wc-webhook-id",
        "x-wc-webhook-delivery-id",
        "x-wc-webhook-resource",
        "x-wc-webhook-event",
        "user-agent",
    )

    def delivery(self, headers: Headers, body: bytes) -> Delivery:
        topic, hook = headers.get("x-wc-webhook-topic", ""), headers.get("x-wc-webhook-id", "")
        if not topic or not hook:
            raise ValueError("the headers X-WC-Webhook-Topic and X-WC-Webhook-ID are missing")
        told = [hook[:20], topic[:60], hashlib.sha256(body).hexdigest()]
        if topic.endswith(".deleted"):
            # Such a body is {"id": N} each time: without the second, an order could go into the trash only once.
            told.append(hashlib.sha256(headers.get("x-wc-webhook-delivery-id", "").encode()).hexdigest()[:16])
        return Delivery(key=":".join(told), topic=topic, shop=shop_name(headers.get("x-wc-webhook-source", "")))

    def is_ping(self, headers: Headers, body: bytes) -> bool:
        return "x-wc-webhook-signature" not in headers and _PING.fullmatch(body) is not None

    def is_signed(self, headers: Headers, body: bytes, secret: str) -> bool:
        given = headers.get("x-wc-webhook-signature", "").encode("utf-8", "replace")
        as_typed = hmac.compare_digest(_signature(secret, body), given)
        as_decoded = hmac.compare_digest(_signature(decoded(secret), body), given)
        return bool(secret) and (as_typed | as_decoded)


def shop_name(address: str) -> str:
    """What a site is called: its address without the scheme. A copy of the shop for trials has the same secrets, its
    hooks point here too, and its orders have the same numbers; its address is another.
    """
    return address.partition("://")[2].rstrip("/").lower()[:120]


def _signature(secret: str, body: bytes) -> bytes:
    return base64.b64encode(hmac.new(secret.encode("utf-8", "replace"), body, hashlib.sha256).digest())


def decoded(secret: str) -> str:
    """The secret as WordPress signs with it: the HTML entities of & < > " and ' are resolved, once."""
    return _ENTITY.sub(_letter, secret)


def _letter(found: re.Match[str]) -> str:
    name, decimal, hexadecimal = found.groups()
    if name:
        return _NAMED[name]
    return chr(int(decimal) if decimal else int(hexadecimal, 16))
