"""Shippo: ``/tracks/``, a token in the header, pushes signed together with the time they were sent."""

from __future__ import annotations

import hashlib
import hmac
import json
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

#: What happened -> status, substatus, words, whether somebody has to act.
WORDS = {
    H.LABEL: ("PRE_TRANSIT", "information_received", "Information about the package received.", False),
    H.PICKED_UP: ("TRANSIT", "package_accepted", "Package has been accepted into the carrier network.", False),
    H.ORIGIN_SCAN: ("TRANSIT", "package_processed", "Package has been processed.", False),
    H.ARRIVED: ("TRANSIT", "package_arrived", "Package has arrived at an intermediate location.", False),
    H.DEPARTED: ("TRANSIT", "package_departed", "Package has departed from an intermediate location.", False),
    H.OUT_FOR_DELIVERY: ("TRANSIT", "out_for_delivery", "Package is out for delivery.", False),
    H.DELIVERED: ("DELIVERED", "delivered", "Package has been delivered.", False),
    H.NOT_HOME: ("TRANSIT", "notice_left", "Carrier left notice during attempted delivery.", True),
    H.REFUSED: ("FAILURE", "package_undeliverable", "Package is not able to be delivered.", True),
    H.ADDRESS: ("TRANSIT", "address_issue", "Address information is incorrect.", True),
    H.WEATHER: ("TRANSIT", "delayed", "Delivery of package is delayed by weather.", False),
    H.LATE: ("TRANSIT", "delayed", "Delivery of package is delayed.", False),
    H.DAMAGED: ("TRANSIT", "package_damaged", "Package has been damaged.", True),
    H.CUSTOMS: ("TRANSIT", "package_held", "Package held at carrier location.", True),
    H.READY_FOR_PICKUP: ("TRANSIT", "pickup_available", "Package is available for pickup.", True),
    H.RETURNING: ("RETURNED", "return_to_sender", "Package is to be returned to sender.", False),
    H.CANCELLED: ("UNKNOWN", "other", "Unrecognized carrier status.", False),
}


class ShippoWire(AggregatorWire):
    carrier = "shippo"
    track_path = "/tracks"

    def numbers(self, request: Request) -> list[str]:
        if request.method == "GET":
            return [request.path.rstrip("/").rpartition("/")[2]]
        return [str(self.sent(request).get("tracking_number") or "")]

    def is_authorized(self, request: Request, now: datetime) -> bool:
        return request.headers.get("authorization") == f"ShippoToken {API_KEY}"

    def track(self, request: Request, now: datetime, quirks: Mapping[str, set[str]]) -> Answer:
        (number,) = self.numbers(request)
        if request.method == "POST":
            self.trackers[number] = number
        if not number:
            return Answer(400, {"tracking_number": ["This field is required."]})
        return Answer(200, self.object(number, now, quirks.get(number, NOBODY)))

    def refused(self, status: int) -> Answer:
        words = {401: "Token does not exist", 429: "Request was throttled."}.get(status, "A server error occurred.")
        return Answer(status, {"detail": words})

    def object(self, number: str, now: datetime, quirks: Collection[str] = NOBODY) -> dict[str, Any]:
        steps = self.steps(number, now, quirks)
        history = [_event(step, "zoneless" in quirks) for step in reversed(steps)]
        latest = history[-1] if history else None
        if "odd_event" in quirks:
            history.insert(1, {"object_id": "odd", "status": None, "status_date": "yesterday"})
        estimate = self.estimate(number)
        return {
            "messages": [],
            "carrier": "ups",
            "tracking_number": number,
            "address_from": None,
            "address_to": None,
            "eta": f"{estimate}T00:00:00Z" if estimate else None,
            "original_eta": f"{estimate}T00:00:00Z" if estimate else None,
            "servicelevel": {"token": None, "name": None},
            "metadata": None,
            "tracking_status": latest,
            "tracking_history": history,
            "transaction": None,
            "test": True,
        }

    def push(self, number: str, now: datetime, secret: str) -> tuple[Mapping[str, str], bytes]:
        event = {"event": "track_updated", "test": True, "data": self.object(number, now), "carrier": "ups"}
        body, sent = json.dumps(event).encode(), int(now.timestamp())
        signed = hmac.new(secret.encode(), f"{sent}.".encode() + body, hashlib.sha256).hexdigest()
        return {"Content-Type": "application/json", "Shippo-Auth-Signature": f"t={sent},v1={signed}"}, body


def _event(step: Step, zoneless: bool) -> dict[str, Any]:
    place = step.place
    if step.what == H.OTHER:
        status, substatus, words, act = step.code, "", step.words, False
    else:
        status, substatus, words, act = WORDS[step.what]
    return {
        "object_created": utc(step.at),
        "object_updated": utc(step.at),
        "object_id": name_of("", f"{step.at} {status} {substatus}"),
        "status": status,
        "status_details": step.words or words,
        "status_date": local(step.local) if zoneless else utc(step.at),
        "substatus": {"code": substatus, "text": words, "action_required": act} if substatus else None,
        "location": {
            "city": place.city,
            "state": place.region,
            "zip": place.postcode,
            "country": place.country,
        },
    }
