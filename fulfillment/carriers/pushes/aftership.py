"""AfterShip's events: the whole tracking, signed with a base64 HMAC."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fulfillment.carriers.codes import aftership as codes
from fulfillment.carriers.pushes.base import Pushed, Pushes, content_of, our_carrier
from fulfillment.carriers.readers.aftership import AfterShipReader
from fulfillment.deliveries import Delivery, Headers, OutOfTime

_HEADER = "aftership-hmac-sha256"
#: Seconds by which the event's time may differ from our clock: AfterShip tries to deliver it for almost three days.
WINDOW = 4 * 86_400


class AfterShipPushes(Pushes):
    topics = frozenset({"tracking_update", "edd_revise", "tracking_pending_time"})
    _reader = AfterShipReader()

    def is_signed(self, headers: Headers, body: bytes, secret: str) -> bool:
        expected = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
        return hmac.compare_digest(expected, headers.get(_HEADER, "").encode())

    def delivery(self, headers: Headers, body: bytes) -> Delivery:
        content = content_of(body)
        sent = _moment(content.get("ts"))
        if sent and abs(time.time() - sent.timestamp()) > WINDOW:
            raise OutOfTime
        return Delivery(str(content.get("event_id") or ""), str(content.get("event") or ""), sent_at=sent)

    def pushed(self, content: Mapping[str, Any]) -> Sequence[Pushed]:
        tracking = content["msg"]
        number = str(tracking["tracking_number"])
        carrier = our_carrier(tracking.get("slug"), codes.CARRIERS)
        return [Pushed(number, carrier, self._reader.read(number, tracking))]


def _moment(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
