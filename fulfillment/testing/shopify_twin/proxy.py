"""Addresses under the shop's own domain that reach the app, signed as the platform signs them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit


def signed(
    path: str, secret: str, *, shop: str, prefix: str, timestamp: int, customer_id: int | str | None = None
) -> str:
    """``path`` with its own query, and what the platform adds to it."""
    parts = urlsplit(path)
    pairs = [
        *parse_qsl(parts.query, keep_blank_values=True),
        ("shop", shop),
        ("logged_in_customer_id", str(customer_id or "")),
        ("path_prefix", prefix),
        ("timestamp", str(timestamp)),
    ]
    return f"{parts.path}?{urlencode([*pairs, ('signature', signature(pairs, secret))])}"


def signature(pairs: Sequence[tuple[str, str]], secret: str) -> str:
    """Hex HMAC-SHA256 of the sorted ``key=value`` pairs without anything between them; repeated keys are joined."""
    values: dict[str, list[str]] = {}
    for key, value in pairs:
        values.setdefault(key, []).append(value)
    text = "".join(f"{key}={','.join(values[key])}" for key in sorted(values))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
