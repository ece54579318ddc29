"""For a project that already talks to Shopify with the older package, ``ShopifyAPI``: its sessions become our stores.

    from fulfillment.stores.shopify.sessions import credentials_of, hand_over

    hand_over(store, session)                  # with the session's token, address and version
    store.credentials = credentials_of(session)

Nothing of that package is imported: a session is known by its attributes, and is not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from fulfillment.models import Store
from fulfillment.stores.shopify.versions import TESTED
from parcelwise.errors import Misconfigured
from parcelwise.sealed import Secrets


def credentials_of(session: Any) -> Mapping[str, Any]:
    """The credentials in a ``shopify.Session``, as ``Store.credentials`` has them. Misconfigured without a token.

    The app's secret, with which deliveries are signed, is that of its class (``Session.setup(api_key=…, secret=…)``).
    """
    token = str(getattr(session, "token", None) or "")
    if not token:
        raise Misconfigured("The ShopifyAPI session has no access token yet: let the app be installed first.")
    found = {
        "access_token": token,
        "client_id": str(getattr(session, "api_key", None) or ""),
        "client_secret": str(getattr(session, "secret", None) or ""),
    }
    return Secrets({name: value for name, value in found.items() if value})


def shop_of(session: Any) -> str:
    """What Shopify calls the shop of a session: ``nordlicht.myshopify.com``."""
    url = str(getattr(session, "url", None) or "").strip().lower()
    host = urlsplit(url if "://" in url else f"https://{url}").hostname or ""
    if not host:
        raise Misconfigured("The ShopifyAPI session names no shop.")
    return host if "." in host else f"{host}.myshopify.com"


def hand_over(store: Store, session: Any) -> None:
    """Let ``store`` be the shop of ``session``, with its token and, where we know it, its version.

    Secrets that the store has and the session has not are kept. Call it again when the session's token has changed.
    """
    shop = shop_of(session)
    version = str(getattr(getattr(session, "version", None), "name", ""))
    held: Any = store.credentials
    kept: dict[str, Any] = dict(held)
    # What belonged to the token before is not that of this one.
    for name in ("expires_at", "refresh_token", "scope"):
        kept.pop(name, None)
    columns = {
        "kind": "shopify",
        "platform_id": shop,
        "url": store.url or f"https://{shop}",
        "credentials": Secrets({**kept, **credentials_of(session)}),
        "api_version": version if version in TESTED else store.api_version,
    }
    Store.objects.filter(pk=store.pk).update(**columns)
    for name, value in columns.items():
        setattr(store, name, value)
