"""Access tokens: fixed ones, those for client credentials, and those that expire and are refreshed.

The life cycle is that of Shopify's own package, ``shopifyapp``; what it sends goes through our one door for HTTP.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

import httpx
from django.db import transaction
from django.utils import timezone

from fulfillment.models import Store
from parcelwise.errors import Misconfigured, RetryLater
from parcelwise.outbound import request
from parcelwise.sealed import Secrets

#: A token that ends within this is replaced before it is used.
EARLY = timedelta(minutes=5)
#: Seconds for the whole exchange: the store's row is locked meanwhile.
_DEADLINE = 4.0
#: Where Shopify's shops live; one at another address (a twin, a gateway) is called ``shop`` for as long as we ask it.
_SHOPS = ".myshopify.com"
_PIP = 'Shopify\'s package for access tokens is not installed: pip install "parcelwise[shopify]"'


def current(store: Store) -> str:
    """A token that is good now, as far as we know; Misconfigured when the store has no way to one."""
    credentials = _of(store)
    token = str(credentials.get("access_token") or "")
    if not token:
        return renew(store, stale="")
    expires = _moment(credentials.get("expires_at"))
    if expires and expires - timezone.now() < EARLY and _can_renew(credentials):
        return renew(store, stale=token)
    return token


def renew(store: Store, *, stale: str) -> str:
    """Another token than ``stale``, which Shopify does not take any more. Of many workers one asks for it."""
    with transaction.atomic():
        locked = Store.objects.select_for_update().get(pk=store.pk)
        credentials = dict(_of(locked))
        token = str(credentials.get("access_token") or "")
        if not token or token == stale:
            credentials.update(_exchanged(locked, credentials))
            Store.objects.filter(pk=store.pk).update(credentials=credentials)
            token = str(credentials["access_token"])
    store.credentials = Secrets(credentials)  # type: ignore[assignment]
    return token


def _of(store: Store) -> Mapping[str, Any]:
    found: Any = store.credentials
    return cast("Mapping[str, Any]", found)


def _can_renew(credentials: Mapping[str, Any]) -> bool:
    return bool(credentials.get("client_id") and credentials.get("client_secret"))


def _exchanged(store: Store, credentials: Mapping[str, Any]) -> dict[str, Any]:
    """A new token with all that belongs to it."""
    if not _can_renew(credentials):
        raise Misconfigured(
            f"Shopify does not accept the access token of {store.name}, and there are no client id and secret to get "
            "another with."
        )
    app = {
        "client_id": str(credentials["client_id"]),
        "client_secret": str(credentials["client_secret"]),
        "old_client_secret": None,
    }
    refresh = credentials.get("refresh_token")
    return _refreshed(store, app, str(refresh)) if refresh else _by_credentials(store, app)


def _by_credentials(store: Store, app: Mapping[str, Any]) -> dict[str, Any]:
    from_package = _package("exchange_using_client_credentials")
    return _taken(store, lambda http: from_package(_shop(store), app, http_client=http))


def _refreshed(store: Store, app: Mapping[str, Any], refresh_token: str) -> dict[str, Any]:
    old = {
        "shop": _shop(store),
        "refresh_token": refresh_token,
        "expires": "",  # Shopify has refused it or is about to: the package would keep one that looks good
        "refresh_token_expires": "",
        "access_mode": "offline",
    }
    from_package = _package("refresh_access_token")
    return _taken(store, lambda http: from_package(old, app, http_client=http))


def _package(name: str) -> Callable[..., Any]:
    try:
        from shopify_app.exchange.client_credentials import exchange_using_client_credentials
        from shopify_app.exchange.refresh_token import refresh_access_token
    except ImportError as error:
        raise Misconfigured(_PIP) from error
    found: Mapping[str, Callable[..., Any]] = {
        "exchange_using_client_credentials": exchange_using_client_credentials,
        "refresh_access_token": refresh_access_token,
    }
    return found[name]


def _taken(store: Store, exchange: Callable[[httpx.Client], Any]) -> dict[str, Any]:
    with httpx.Client(transport=_Door(store)) as http:
        try:
            result = exchange(http)
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            # An answer with status 200 that is no JSON, or has words where figures belong, goes right through it.
            raise RetryLater("Shopify's answer about an access token cannot be read.") from error
    token = result.access_token
    if result.ok and token is not None and token.token:
        found = {"access_token": token.token, "expires_at": token.expires, "scope": token.scope}
        if refresh := getattr(token, "refresh_token", None):
            found["refresh_token"] = refresh
        return found
    if result.log.code == "network_error":
        raise RetryLater("Shopify could not be asked for an access token.")
    raise Misconfigured(
        f"Shopify gives {store.name} no access token ({result.log.code}). Check the client id and secret, and that the "
        "app is installed in the store."
    )


def _shop(store: Store) -> str:
    """What the package builds an address of, whose host :class:`_Door` replaces by that of the store's own address."""
    host = store.platform_id or httpx.URL(store.url).host
    return host.removesuffix(_SHOPS) if host.endswith(_SHOPS) else "shop"


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text)) if text else None
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo else None


class _Door(httpx.BaseTransport):
    """Lets the package's calls out through :func:`parcelwise.outbound.request`, to the store's own address."""

    def __init__(self, store: Store) -> None:
        self._base = httpx.URL(store.url or f"https://{store.platform_id}")

    def handle_request(self, asked: httpx.Request) -> httpx.Response:
        url = asked.url.copy_with(scheme=self._base.scheme, host=self._base.host, port=self._base.port)
        body = asked.read()
        answer = request(
            asked.method,
            str(url),
            headers={name: asked.headers[name] for name in ("content-type", "accept") if name in asked.headers},
            content=body,
            deadline=_DEADLINE,
            retries=0,
            expect=(400, 401, 402, 403, 404, 422, 423),
            secrets=_secrets(body),
        )
        return httpx.Response(answer.status, content=answer.body, request=asked)


def _secrets(body: bytes) -> tuple[str, ...]:
    """Texts of the body: all that the package sends is a credential or as good as public."""
    try:
        sent = json.loads(body)
    except ValueError:
        return ()
    return tuple(str(value) for name, value in sent.items() if "secret" in name or "token" in name)
