"""Shopify's app proxy: a visit to ``https://shop.example/apps/…`` reaches us with what Shopify adds, signed.

https://shopify.dev/docs/apps/build/online-store/app-proxies/authenticate-app-proxies
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode

from fulfillment.stores.base import Proxy, ProxyCall
from fulfillment.stores.shopify.gid import gid

#: Seconds between Shopify's clock and ours.
TOLERANCE = 90
#: Parameters of a call, however many a visitor thinks of.
_MOST = 100
_THEIRS = ("shop", "path_prefix", "timestamp", "logged_in_customer_id", "signature")
_PREFIX = re.compile(r"(?:/[A-Za-z0-9_.-]+)+", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


class ShopifyProxy(Proxy):
    """See the module."""

    prefixes: ClassVar[tuple[str, ...]] = ("/apps/", "/a/", "/community/", "/tools/")
    login_path: ClassVar[str] = "/account/login"

    def read(self, query: str, secret: str, now: datetime) -> ProxyCall:
        return verify_proxy(query, secret, now)


def verify_proxy(query: str, secret: str, now: datetime) -> ProxyCall:
    """What ``query``, the raw query string of a call, says. ValueError when ``secret`` did not sign it within 90 s."""
    # Not shopifyapp's verify_app_proxy_req (1.0.2): a signature that is not ASCII ends in a TypeError, the first of two
    # customer ids counts, so that a visitor could name one, and the clock cannot be given.
    pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST)
    found = _once(pairs)
    if "signature" not in found:
        raise ValueError("without a signature")
    if not secret or not hmac.compare_digest(found["signature"].encode(), _signature(pairs, secret).encode()):
        raise ValueError("the signature does not match")
    if not _SECONDS.fullmatch(found.get("timestamp", "")):
        raise ValueError("signed, but without a time")
    if abs(now.timestamp() - int(found["timestamp"])) > TOLERANCE:
        raise ValueError(f"signed more than {TOLERANCE} seconds before or after our clock's time")
    prefix = found.get("path_prefix", "").rstrip("/")
    if not _PREFIX.fullmatch(prefix):
        raise ValueError("signed, but without the path under the shop's domain")
    return ProxyCall(
        shop=found.get("shop", "").casefold(),
        prefix=prefix,
        customer=gid("Customer", found.get("logged_in_customer_id", "")),
        query=urlencode([(name, value) for name, value in pairs if name not in _THEIRS]),
    )


def _once(pairs: Sequence[tuple[str, str]]) -> Mapping[str, str]:
    """What Shopify adds. A visitor who names one of these, too, is not read at all."""
    found = [pair for pair in pairs if pair[0] in _THEIRS]
    if len(found) != len(dict(found)):
        raise ValueError("with a parameter of Shopify's that stands there twice")
    return dict(found)


def _signature(pairs: Sequence[tuple[str, str]], secret: str) -> str:
    """Hex HMAC-SHA256 of ``name=value`` in the order of the names, nothing between them, repeated values by commas."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        if name != "signature":
            values.setdefault(name, []).append(value)
    text = "".join(f"{name}={','.join(values[name])}" for name in sorted(values))
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
