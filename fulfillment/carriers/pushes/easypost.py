"""EasyPost's events: the whole tracker, signed with a hexadecimal HMAC under the NFKD form of the secret."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from fulfillment.carriers.codes import easypost as codes
from fulfillment.carriers.pushes.base import Pushed, Pushes, content_of, is_digest, our_carrier
from fulfillment.carriers.readers.easypost import EasyPostReader
from fulfillment.deliveries import Delivery, Headers

_HEADER, _PREFIX = "x-hmac-signature", "hmac-sha256-hex="


class EasyPostPushes(Pushes):
    topics = frozenset({"tracker.created", "tracker.updated"})
    _reader = EasyPostReader()

    def is_signed(self, headers: Headers, body: bytes, secret: str) -> bool:
        given = headers.get(_HEADER, "")
        key = unicodedata.normalize("NFKD", secret).encode()
        return given.startswith(_PREFIX) and is_digest(key, body, given.removeprefix(_PREFIX).encode())

    def delivery(self, headers: Headers, body: bytes) -> Delivery:
        """The event's name stays the same when it is sent again, and the rest of it does not."""
        content = content_of(body)
        return Delivery(key=str(content.get("id") or ""), topic=str(content.get("description") or ""))

    def pushed(self, content: Mapping[str, Any]) -> Sequence[Pushed]:
        tracker = content["result"]
        number = str(tracker["tracking_code"])
        carrier = our_carrier(tracker.get("carrier"), codes.CARRIERS)
        return [Pushed(number, carrier, self._reader.read(number, tracker))]
