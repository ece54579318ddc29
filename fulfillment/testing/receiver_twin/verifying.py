"""What a receiver does before it believes a message, by the words of the Standard Webhooks specification."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping

#: Seconds by which a message may be older or newer than now: a recorded one cannot be played again later.
TOLERANCE = 300


class Refused(Exception):
    """The message is not to be believed; its text says why."""


def verify(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now: float) -> None:
    """Refused unless one of the signatures is right and the message is of now. ``headers``: names in lower case."""
    try:
        name, stamp, listed = (headers[f"webhook-{part}"] for part in ("id", "timestamp", "signature"))
        sent_at = int(stamp)
    except (KeyError, ValueError) as error:
        raise Refused(f"A header is missing or wrong: {error}") from error
    if abs(now - sent_at) > TOLERANCE:
        raise Refused(f"It is {now - sent_at:.0f} seconds old.")
    given = [text.partition(",")[2] for text in listed.split() if text.startswith("v1,")]
    for secret in secrets:
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error as error:
            raise Refused("The secret is none.") from error
        digest = hmac.new(key, f"{name}.{stamp}.".encode() + body, hashlib.sha256).digest()
        right = base64.b64encode(digest).decode()
        if any(hmac.compare_digest(right.encode(), each.encode()) for each in given):
            return
    raise Refused("No signature is right.")
