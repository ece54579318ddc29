"""Events of a Karrio server: a hint that a tracker changed.

They are not signed: the secret itself comes in a header, so it is compared and never kept. What they say is in Karrio's
own reading, which takes "in transit" for what it does not know; so the parcel is asked for instead.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from fulfillment.carriers.names import carrier_slug
from fulfillment.carriers.pushes.base import Pushed, Pushes, content_of
from fulfillment.deliveries import Delivery, Headers

_HEADER = "x-event-id"


class KarrioPushes(Pushes):
    topics = frozenset({"tracker_created", "tracker_updated", "tracker.created", "tracker.updated"})

    def is_signed(self, headers: Headers, body: bytes, secret: str) -> bool:
        return hmac.compare_digest(secret.encode(), headers.get(_HEADER, "").encode())

    def delivery(self, headers: Headers, body: bytes) -> Delivery:
        return Delivery(key="", topic=str(content_of(body).get("event") or ""))

    def pushed(self, content: Mapping[str, Any]) -> Sequence[Pushed]:
        tracker = content["data"]
        return [Pushed(str(tracker["tracking_number"]), carrier_slug(str(tracker.get("carrier_name") or "")))]
