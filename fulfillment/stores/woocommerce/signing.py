"""OAuth 1.0a for sites without https, where WooCommerce takes no password: signed by the ``woocommerce`` package."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from parcelwise.errors import Misconfigured

try:
    from woocommerce.oauth import OAuth
except ImportError:  # the extra is not installed; stores on https do without
    OAuth = object

INSTALLED = OAuth is not object


class _Signature(OAuth):  # type: ignore[misc]
    """The package's signature, with two things mended.

    It leaves slashes in values as they are, which WooCommerce encodes (``rest_route``). And its nonces are eight digits
    of the process's common random numbers: a site takes each once in a quarter of an hour, so that of ten thousand
    calls some would be refused, and workers that were forked alike would all send the same.
    """

    @staticmethod
    def normalize_parameters(params: Mapping[str, Any]) -> dict[str, str]:
        return {_twice(key): _twice(value) for key, value in params.items()}

    @staticmethod
    def generate_nonce() -> str:
        return secrets.token_hex(20)


def _twice(value: Any) -> str:
    return quote(str(value), safe="~").replace("%", "%25")


def signed(method: str, url: str, key: str, secret: str) -> str:
    """``url`` with the parameters of a signature, good for one call: the site takes each nonce once."""
    if not INSTALLED:
        raise Misconfigured(
            "A WooCommerce store without https is called with signatures of the woocommerce package: "
            "pip install 'parcelwise[woocommerce]', or give the shop a certificate."
        )
    signature = _Signature(url=url, consumer_key=key, consumer_secret=secret, version="wc/v3", method=method)
    return str(signature.get_oauth_url())
