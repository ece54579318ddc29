"""AfterShip: ``/tracking/2026-07/trackings``, a key in the header, pushes signed with a base64 HMAC."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
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

#: What happened -> subtag, words.
WORDS = {
    H.LABEL: ("InfoReceived_001", "Info Received"),
    H.PICKED_UP: ("InTransit_002", "Acceptance scan"),
    H.ORIGIN_SCAN: ("InTransit_001", "In transit"),
    H.ARRIVED: ("InTransit_003", "Arrival scan"),
    H.DEPARTED: ("InTransit_007", "Departure scan"),
    H.OUT_FOR_DELIVERY: ("OutForDelivery_001", "Out for delivery"),
    H.DELIVERED: ("Delivered_001", "Delivered"),
    H.NOT_HOME: ("AttemptFail_002", "Addressee not available"),
    H.REFUSED: ("Exception_003", "Refused by the customer"),
    H.ADDRESS: ("Exception_007", "Incorrect address"),
    H.WEATHER: ("Exception_017", "Delayed by extreme weather"),
    H.LATE: ("Exception_016", "Delayed"),
    H.DAMAGED: ("Exception_012", "Damaged"),
    H.CUSTOMS: ("Exception_004", "Delayed at customs"),
    H.READY_FOR_PICKUP: ("AvailableForPickup_001", "Available for pickup"),
    H.RETURNING: ("Exception_010", "Returning to sender"),
    H.CANCELLED: ("Exception_020", "Shipment cancelled"),
}
COUNTRIES = {"US": "USA", "DE": "DEU", "GB": "GBR", "FR": "FRA", "NL": "NLD", "AT": "AUT"}


class AfterShipWire(AggregatorWire):
    carrier = "aftership"
    track_path = "/tracking/2026-07/trackings"

    def numbers(self, request: Request) -> list[str]:
        if request.method == "GET":
            return [each for each in request.query.get("tracking_numbers", "").split(",") if each]
        return [str(self.sent(request).get("tracking_number") or "")]

    def is_authorized(self, request: Request, now: datetime) -> bool:
        return request.headers.get("as-api-key") == API_KEY

    def track(self, request: Request, now: datetime, quirks: Mapping[str, set[str]]) -> Answer:
        numbers = self.numbers(request)
        if request.method == "POST":
            return self._create(numbers[0], now, quirks)
        name = request.path.removeprefix(self.track_path).strip("/")
        if name:
            number = next((each for each in self.trackers if name_of("", each) == name), "")
            return _answer(self.object(number, now)) if number else _refusal(404, 4004, "Tracking does not exist.")
        known = [self.object(each, now, quirks.get(each, NOBODY)) for each in numbers if each in self.trackers]
        return _answer({"pagination": {"total": len(known), "has_next_page": False}, "trackings": known})

    def _create(self, number: str, now: datetime, quirks: Mapping[str, set[str]]) -> Answer:
        if not number:
            return _refusal(400, 4005, "The value of `tracking_number` is invalid.")
        if number in self.trackers:
            return _refusal(400, 4003, "Tracking already exists.")
        self.trackers[number] = number
        return _answer(self.object(number, now, quirks.get(number, NOBODY)), 201)

    def refused(self, status: int) -> Answer:
        words = {401: "The API key is invalid.", 429: "You have exceeded the API call rate limit."}
        return _refusal(status, status, words.get(status, "Something went wrong on AfterShip's end."))

    def object(self, number: str, now: datetime, quirks: Collection[str] = NOBODY) -> dict[str, Any]:
        steps = self.steps(number, now, quirks)
        checkpoints = [_checkpoint(step, "zoneless" in quirks) for step in reversed(steps)]
        if "odd_event" in quirks:
            checkpoints.insert(1, {"slug": "ups", "tag": None, "checkpoint_time": "yesterday"})
        subtag = _words(steps[0])[0] if steps else "Pending_001"
        estimate = self.estimate(number)
        return {
            "id": name_of("", number),
            "tracking_number": number,
            "slug": "ups",
            "active": True,
            "created_at": utc(steps[-1].at) if steps else utc(now),
            "updated_at": utc(steps[0].at) if steps else utc(now),
            "tag": subtag.partition("_")[0],
            "subtag": subtag,
            "courier_estimated_delivery_date": {
                "estimated_delivery_date": f"{estimate}" if estimate else None,
                "estimated_delivery_date_min": None,
                "estimated_delivery_date_max": None,
            },
            "checkpoints": checkpoints,
        }

    def push(self, number: str, now: datetime, secret: str) -> tuple[Mapping[str, str], bytes]:
        tracking = self.object(number, now)
        made = f"{number} {tracking['updated_at']} {len(tracking['checkpoints'])}"
        event = {
            "event": "tracking_update",
            "event_id": str(uuid.uuid5(uuid.NAMESPACE_URL, made)),
            "is_tracking_first_tag": True,
            "ts": int(now.timestamp()),
            "msg": tracking,
        }
        body = json.dumps(event).encode()
        signed = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
        return {"Content-Type": "application/json", "aftership-hmac-sha256": signed}, body


def _answer(data: Any, code: int = 200) -> Answer:
    return Answer(code, {"meta": {"code": code}, "data": data})


def _refusal(status: int, code: int, message: str) -> Answer:
    return Answer(status, {"meta": {"code": code, "message": message, "type": "BadRequest"}, "data": {}})


def _words(step: Step) -> tuple[str, str]:
    if step.what == H.OTHER:
        return step.code, step.words
    subtag, words = WORDS[step.what]
    return subtag, step.words or words


def _checkpoint(step: Step, zoneless: bool) -> dict[str, Any]:
    subtag, words = _words(step)
    place = step.place
    return {
        "created_at": utc(step.at),
        "slug": "ups",
        "checkpoint_time": local(step.local) if zoneless else step.local.isoformat(),
        "location": f"{place.city}, {place.region}, {place.country}",
        "city": place.city,
        "state": place.region or None,
        "postal_code": place.postcode or None,
        "country_region": COUNTRIES.get(place.country, place.country),
        "message": words,
        "tag": subtag.partition("_")[0],
        "subtag": subtag,
        "raw_tag": None,
        "events": [],
        "hash": name_of("", f"{step.at} {subtag}"),
    }
