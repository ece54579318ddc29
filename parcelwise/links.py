"""Signed links to customer pages: for one purpose, with an age, and without anything personal inside."""

from __future__ import annotations

import time
from datetime import timedelta

from django.core import signing

from parcelwise.conf import links as conf

#: Seconds by which the clocks of two machines may differ.
CLOCK_SKEW = 300


class BadLink(Exception):
    """The token is forged, for another purpose, or too old. Callers answer all three in the same way."""


def sign(purpose: str, value: str) -> str:
    """A URL-safe token for ``value`` that :func:`read` accepts for this ``purpose`` only."""
    return signing.TimestampSigner(salt=f"parcelwise.links.{purpose}").sign(value)


def read(purpose: str, token: str) -> str:
    """The value inside ``token``; BadLink when it is not ours, not for this purpose, or older than allowed."""
    age = timedelta(days=conf.MAX_AGE_DAYS)
    try:
        value = signing.TimestampSigner(salt=f"parcelwise.links.{purpose}").unsign(token, max_age=age)
    except signing.BadSignature as error:
        raise BadLink("This link is not valid.") from error
    # Django looks at the upper bound only: a token of a clock that ran ahead would live longer.
    if signing.b62_decode(token.rsplit(":", 2)[1]) > time.time() + CLOCK_SKEW:
        raise BadLink("This link is not valid.")
    return value


def absolute(path: str) -> str:
    """``path`` with the shop's scheme and host in front, for use in messages and labels."""
    return conf.BASE_URL.rstrip("/") + path
