"""Signatures as Standard Webhooks 1.0.0 writes them (github.com/standard-webhooks, spec/standard-webhooks.md).

A secret is ``whsec_`` and 24 to 64 random bytes in base64. What is signed is ``id.timestamp.body``, by HMAC-SHA256; the
header is a list of ``v1,<base64>``, one for each secret that is valid, so that a receiver may change to the new one at
any time while the former one is.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"
#: Bytes of a secret; the standard allows 24 to 64.
LENGTH = 32


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(LENGTH)).decode()


def sign(secret: str, name: str, timestamp: int, body: bytes) -> str:
    """The signature of one secret: ``v1,<base64>``."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.new(key, f"{name}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def headers(keys: Iterable[str], name: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of a message. ``name``: the same at each try; ``timestamp``: seconds, when this try is made."""
    return {
        "webhook-id": name,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(sign(key, name, timestamp, body) for key in keys),
    }
