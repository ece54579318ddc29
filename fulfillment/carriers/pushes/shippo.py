"""Shippo's events: the whole track, signed together with the moment of sending."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fulfillment.carriers.codes import shippo as codes
from fulfillment.carriers.pushes.base import Pushed, Pushes, content_of, is_digest, our_carrier
from fulfillment.carriers.readers.shippo import ShippoReader
from fulfillment.deliveries import Delivery, Headers, OutOfTime

_HEADER = "shippo-auth-signature"
#: Seconds by which the signed moment may differ from our clock.
WINDOW = 300


class ShippoPushes(Pushes):
    topics = frozenset({"track_updated"})
    _reader = ShippoReader()

    def is_signed(self, headers: Headers, body: bytes, secret: str) -> bool:
        fields = _fields(headers)
        sent, given = fields.get("t", ""), fields.get("v1", "")
        return bool(sent and given) and is_digest(secret.encode(), f"{sent}.".encode() + body, given.encode())

    def delivery(self, headers: Headers, body: bytes) -> Delivery:
        """Nothing names the event: the same bytes are the same event, whenever they are sent."""
        sent = _fields(headers).get("t", "")
        if not (sent.isascii() and sent.isdecimal() and abs(int(sent[:12]) - time.time()) <= WINDOW):
            raise OutOfTime
        return Delivery(
            key="",
            topic=str(content_of(body).get("event") or ""),
            sent_at=datetime.fromtimestamp(int(sent), UTC),
        )

    def pushed(self, content: Mapping[str, Any]) -> Sequence[Pushed]:
        track = content["data"]
        number = str(track["tracking_number"])
        carrier = our_carrier(track.get("carrier"), codes.CARRIERS)
        return [Pushed(number, carrier, self._reader.read(number, track))]


def _fields(headers: Headers) -> dict[str, str]:
    """``t=1492774577,v1=5257a869…`` by name."""
    pairs = (part.strip().partition("=") for part in headers.get(_HEADER, "").split(","))
    return {name: value for name, _sign, value in pairs}
