"""EasyPost: ``/v2/trackers``, the API key as user of basic authentication, events signed with a hex HMAC."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from fulfillment.testing.aggregator_twin.wire.base import (
    API_KEY,
    NOBODY,
    AggregatorWire,
    Answer,
    Request,
    local,
    name_of,
    utc,
)
from fulfillment.testing.carrier_twin.parcels import Happening as H
from fulfillment.testing.carrier_twin.parcels import Step

#: What happened -> status, detail, words.
WORDS = {
    H.LABEL: ("pre_transit", "label_created", "Shipping label created, carrier awaiting item"),
    H.PICKED_UP: ("in_transit", "received_at_origin_facility", "Package received at origin facility"),
    H.ORIGIN_SCAN: ("in_transit", "departed_origin_facility", "Departed origin facility"),
    H.ARRIVED: ("in_transit", "arrived_at_facility", "Arrived at facility"),
    H.DEPARTED: ("in_transit", "departed_facility", "Departed facility"),
    H.OUT_FOR_DELIVERY: ("out_for_delivery", "out_for_delivery", "Out for delivery"),
    H.DELIVERED: ("delivered", "arrived_at_destination", "Delivered, front door"),
    H.NOT_HOME: ("failure", "delivery_exception", "Delivery attempted, nobody available"),
    H.REFUSED: ("failure", "refused", "Refused by recipient"),
    H.ADDRESS: ("in_transit", "address_correction", "Address information needs to be verified"),
    H.WEATHER: ("in_transit", "weather_delay", "Delayed by weather"),
    H.LATE: ("in_transit", "delayed", "Delayed"),
    H.DAMAGED: ("failure", "damaged", "Damaged"),
    H.CUSTOMS: ("in_transit", "held", "Held in customs"),
    H.READY_FOR_PICKUP: ("available_for_pickup", "arrived_at_pickup_location", "Available for pickup"),
    H.RETURNING: ("return_to_sender", "return", "Returning to sender"),
    H.CANCELLED: ("cancelled", "cancelled", "Shipment cancelled"),
}


class EasyPostWire(AggregatorWire):
    carrier = "easypost"
    track_path = "/v2/trackers"

    def numbers(self, request: Request) -> list[str]:
        if request.method == "GET":
            name = request.path.removeprefix(self.track_path).strip("/")
            return [self.trackers[name]] if name in self.trackers else [request.query.get("tracking_code", "")]
        tracker = self.sent(request).get("tracker")
        return [str(tracker.get("tracking_code") or "")] if isinstance(tracker, dict) else [""]

    def is_authorized(self, request: Request, now: datetime) -> bool:
        expected = base64.b64encode(f"{API_KEY}:".encode()).decode()
        return request.headers.get("authorization") == f"Basic {expected}"

    def track(self, request: Request, now: datetime, quirks: Mapping[str, set[str]]) -> Answer:
        (number,) = self.numbers(request)
        name = name_of("trk_", number)
        tracker = self.object(number, now, quirks.get(number, NOBODY))
        if request.method == "POST":
            if not number:
                return _error(422, "TRACKER.CREATE.ERROR", "tracking_code is required")
            self.trackers[name] = number
            return Answer(201, tracker)
        if request.path.rstrip("/") != self.track_path:
            return Answer(200, tracker) if name in self.trackers else _error(404, "NOT_FOUND", "not found")
        known = name in self.trackers
        return Answer(200, {"trackers": [tracker] if known else [], "has_more": False})

    def refused(self, status: int) -> Answer:
        code, words = {
            401: ("APIKEY.INACTIVE", "This api key is no longer active. Please use a different api key."),
            429: ("RATE_LIMITED", "Too many requests"),
        }.get(status, ("INTERNAL_SERVER_ERROR", "Internal server error"))
        return _error(status, code, words)

    def object(self, number: str, now: datetime, quirks: Collection[str] = NOBODY) -> dict[str, Any]:
        steps = self.steps(number, now, quirks)
        details = [_detail(step, "zoneless" in quirks) for step in reversed(steps)]
        if "odd_event" in quirks:
            details.insert(1, {"object": "TrackingDetail", "status": None, "datetime": "yesterday"})
        status, detail, _ = _words(steps[0]) if steps else ("unknown", "unknown", "")
        estimate = self.estimate(number)
        return {
            "id": name_of("trk_", number),
            "object": "Tracker",
            "mode": "test",
            "tracking_code": number,
            "status": status,
            "status_detail": detail,
            "created_at": utc(steps[-1].at) if steps else utc(now),
            "updated_at": utc(steps[0].at) if steps else utc(now),
            "signed_by": None,
            "weight": None,
            "est_delivery_date": f"{estimate}T00:00:00Z" if estimate else None,
            "shipment_id": None,
            "carrier": "UPS",
            "tracking_details": details,
            "carrier_detail": None,
            "is_return": False,
            "fees": [],
            "public_url": "https://track.easypost.com/twin",
        }

    def push(self, number: str, now: datetime, secret: str) -> tuple[Mapping[str, str], bytes]:
        tracker = self.object(number, now)
        event = {
            "id": name_of("evt_", f"{number} {tracker['updated_at']} {len(tracker['tracking_details'])}"),
            "object": "Event",
            "description": "tracker.updated",
            "mode": "test",
            "previous_attributes": {},
            "created_at": utc(now),
            "pending_urls": [],
            "completed_urls": [],
            "result": tracker,
        }
        body = json.dumps(event).encode()
        key = unicodedata.normalize("NFKD", secret).encode()
        signed = hmac.new(key, body, hashlib.sha256).hexdigest()
        return {"Content-Type": "application/json", "X-Hmac-Signature": f"hmac-sha256-hex={signed}"}, body


def _error(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": message, "errors": []}})


def _words(step: Step) -> tuple[str, str | None, str]:
    if step.what == H.OTHER:
        return step.code, None, step.words
    status, detail, words = WORDS[step.what]
    return status, detail, step.words or words


def _detail(step: Step, zoneless: bool) -> dict[str, Any]:
    status, detail, words = _words(step)
    place = step.place
    return {
        "object": "TrackingDetail",
        "message": words,
        "description": "",
        "status": status,
        "status_detail": detail,
        "datetime": local(step.local) if zoneless else utc(step.at),
        "source": "UPS",
        "carrier_code": "",
        "tracking_location": {
            "object": "TrackingLocation",
            "city": place.city.upper(),
            "state": place.region or None,
            "country": place.country,
            "zip": place.postcode or None,
        },
    }
