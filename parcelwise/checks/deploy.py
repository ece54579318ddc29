"""What matters once the shop is open (``manage.py check --deploy``)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Warning

from parcelwise.conf import links, sealed


def check_links(**_: Any) -> list[CheckMessage]:
    url = urlsplit(links.BASE_URL)
    if not url.scheme or not url.netloc:
        return [
            Warning(
                'PARCELWISE["LINKS"]["BASE_URL"] is not set: links in messages and on labels lead nowhere.',
                hint='Set it to the scheme and host of the shop: "https://shop.example".',
                id="parcelwise.W030",
            )
        ]
    if url.scheme != "https" and not settings.DEBUG:
        return [
            Warning(
                f'PARCELWISE["LINKS"]["BASE_URL"] is "{links.BASE_URL}": links that open an order without a login '
                "travel in the clear.",
                hint="Use https.",
                id="parcelwise.W031",
            )
        ]
    return []


#: Letters of a key that nobody finds by trying: ``secrets.token_urlsafe(32)`` has 43.
SHORTEST_KEY = 32


def check_seal(**_: Any) -> list[CheckMessage]:
    if any(len(key) < SHORTEST_KEY for key in sealed.KEYS):
        return [
            Warning(
                f'A key in PARCELWISE["SEALED"]["KEYS"] has fewer than {SHORTEST_KEY} letters: whoever has a copy of '
                "the data base can find it by trying.",
                hint="Make one with python -c 'import secrets; print(secrets.token_urlsafe(32))', put it first, and "
                "save every store and carrier account once.",
                id="parcelwise.W033",
            )
        ]
    if sealed.KEYS:
        return []
    return [
        Warning(
            "Stored credentials are encrypted with SECRET_KEY: who changes it without SECRET_KEY_FALLBACKS locks them "
            "up for good.",
            hint='Set PARCELWISE["SEALED"]["KEYS"] = (os.environ["PARCELWISE_SEAL"],), newest first.',
            id="parcelwise.W032",
        )
    ]
