"""What a platform's credentials are made of, and how former ones stay good for a while."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.views.decorators.debug import sensitive_variables

from parcelwise.errors import GiveUp
from parcelwise.sealed import Secrets

#: How long a delivery may still be signed with the secret before: Shopify takes up to an hour to use a new one.
OLD_SECRETS_FOR = timedelta(hours=1)
#: Secrets with which a platform may sign. One that was replaced is called ``old_…`` and counts until ``old_until``.
SIGNING = ("client_secret", "hook_secret")


@sensitive_variables()
def credentials_of(kind: str, *, key: str = "", secret: str = "", token: str = "", hook_secret: str = "") -> Secrets:
    """The credentials as ``Store.credentials`` holds them; GiveUp with a sentence when one is missing or misplaced."""
    given = Secrets(key=key.strip(), secret=secret.strip(), token=token.strip(), hook_secret=hook_secret.strip())
    for name, value in given.items():
        if any(char.isspace() for char in value) or not value.isascii() or not value.isprintable():
            raise GiveUp(f"The {name.replace('_', ' ')} has a blank or a strange letter in it; copy it again.")
    found = _MAKERS.get(kind, _plain)(given)
    return Secrets({name: value for name, value in found.items() if value})


def _plain(given: Mapping[str, str]) -> dict[str, str]:
    return dict(given)


def _shopify(given: Mapping[str, str]) -> dict[str, str]:
    """A client id and secret, or a fixed token. Without the secret no delivery can be told from a forged one."""
    if given["token"]:
        if not (given["secret"] or given["hook_secret"]):
            raise GiveUp("The client secret is missing: Shopify signs its deliveries with it.")
        return {
            "access_token": given["token"],
            "client_id": given["key"],
            "client_secret": given["secret"],
            "hook_secret": given["hook_secret"],
        }
    if not (given["key"] and given["secret"]):
        raise GiveUp("Client id and client secret are needed, or an admin token and the client secret.")
    return {"client_id": given["key"], "client_secret": given["secret"], "hook_secret": given["hook_secret"]}


def _woocommerce(given: Mapping[str, str]) -> dict[str, str]:
    if given["key"].startswith("cs_") and given["secret"].startswith("ck_"):
        raise GiveUp("Consumer key and consumer secret are swapped: the key begins with ck_, the secret with cs_.")
    if not (given["key"] and given["secret"]):
        raise GiveUp("Consumer key and consumer secret are needed.")
    return {"key": given["key"], "secret": given["secret"], "hook_secret": given["hook_secret"]}


_MAKERS: Mapping[str, Callable[[Mapping[str, str]], dict[str, str]]] = {
    "shopify": _shopify,
    "woocommerce": _woocommerce,
}
#: Kinds of platform for which we make the secret with which deliveries are signed.
WE_MAKE_THE_HOOK_SECRET = frozenset({"woocommerce"})


def new_hook_secret() -> str:
    # Letters that no platform escapes: WooCommerce unescapes HTML in its secrets before it signs.
    return secrets.token_urlsafe(32)


def succeed(
    former: Mapping[str, Any], new: Mapping[str, Any], now: datetime, names: Collection[str] = SIGNING
) -> Secrets:
    """``new`` in place of ``former``, whose signing secrets (``names``) stay good for an hour beside it."""
    kept = Secrets(new)
    replaced = {name for name in names if former.get(name) and kept.get(name) and former[name] != kept[name]}
    for name in replaced:
        kept[f"old_{name}"] = former[name]
    if replaced:
        kept["old_until"] = (now + OLD_SECRETS_FOR).isoformat()
    else:
        kept.update({name: former[name] for name in former if name.startswith("old_")})
    return kept
