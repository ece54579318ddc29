"""Where a store answers, from whatever a person copies out of a browser."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from urllib.parse import SplitResult, urlsplit

from django.utils.text import slugify

from parcelwise.errors import GiveUp

_SHOPIFY = ".myshopify.com"
#: Where a WordPress site ends and its own pages begin.
_WORDPRESS = ("/wp-admin", "/wp-json", "/wp-login.php", "/wp-content", "/wc-api", "/wc-auth")


def platform_address(kind: str, typed: str) -> str:
    """The address under which the store's API is asked: scheme, host and path, without a slash at its end.

    GiveUp with a sentence for people when ``typed`` is no address of a store of that kind.
    """
    text = typed.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError as error:
        raise GiveUp(f"“{text}” is not an address.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise GiveUp(f"“{text}” is not an http or https address.")
    if parts.username or parts.password:
        raise GiveUp("The address has a user name or password in it; leave them out.")
    return _READERS.get(kind, _plain)(parts, text)


def _plain(parts: SplitResult, text: str) -> str:
    return _origin(parts) + parts.path.rstrip("/")


def _shopify(parts: SplitResult, text: str) -> str:
    """``nordlicht``, ``nordlicht.myshopify.com``, or the address of a page in Shopify's admin."""
    host = parts.hostname or ""
    if host == "admin.shopify.com":
        name = parts.path.removeprefix("/store/").partition("/")[0]
        if not name or not parts.path.startswith("/store/"):
            raise GiveUp("This is Shopify's admin and says no store; type the address that ends in .myshopify.com.")
        return f"https://{name.lower()}{_SHOPIFY}"
    if host.endswith(_SHOPIFY):
        return f"https://{host}"
    if "://" not in text and "." not in host and host != "localhost" and not parts.port:
        return f"https://{host}{_SHOPIFY}"
    if parts.port or host == "localhost" or _is_number(host):
        return _origin(parts)  # a twin, or a gateway of one's own
    raise GiveUp(
        f"“{host}” is the address that customers see. Type the one that ends in .myshopify.com: Shopify admin → "
        "Settings → Domains."
    )


def _woocommerce(parts: SplitResult, text: str) -> str:
    path = parts.path
    for own in _WORDPRESS:
        path = path.partition(own)[0]
    return _origin(parts) + path.rstrip("/")


def _origin(parts: SplitResult) -> str:
    host = parts.hostname or ""
    standard = {"http": 80, "https": 443}[parts.scheme]
    port = f":{parts.port}" if parts.port and parts.port != standard else ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}"


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


_READERS: Mapping[str, Callable[[SplitResult, str], str]] = {"shopify": _shopify, "woocommerce": _woocommerce}


def slug_of(address: str) -> str:
    """A short name for the store at ``address``."""
    parts = urlsplit(address)
    host = (parts.hostname or "").removesuffix(_SHOPIFY).removeprefix("www.")
    return slugify(f"{host}{parts.path}".replace(".", "-").replace("/", "-").replace(":", "-"))[:40] or "store"


def shop_of(kind: str, address: str) -> str:
    """What the platform calls the shop, as far as its address tells."""
    host = urlsplit(address).hostname or ""
    return host if kind == "shopify" and host.endswith(_SHOPIFY) else ""
