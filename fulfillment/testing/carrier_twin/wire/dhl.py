"""DHL: Shipment Tracking Unified API (developer.dhl.com, ``/track/shipments?trackingNumber=``), a key and no token.

Its status codes are coarse (pre-transit, transit, delivered, failure, unknown): that a parcel is on the delivery
vehicle stands in the words alone. Its times carry no offset.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fulfillment.testing.carrier_twin.parcels import Happening, Parcel, Place, Step
from fulfillment.testing.carrier_twin.wire.base import SECRET, Answer, Request, Wire, seen

#: What happened -> status code, words.
WORDS = {
    Happening.LABEL: (
        "pre-transit", "The instruction data for this shipment have been provided by the sender to DHL electronically",
    ),
    Happening.PICKED_UP: ("transit", "The shipment has been picked up"),
    Happening.ORIGIN_SCAN: ("transit", "The shipment has been processed in the parcel center of origin"),
    Happening.ARRIVED: ("transit", "The shipment has been processed in the parcel center"),
    Happening.DEPARTED: ("transit", "The shipment has been prepared for onward transport"),
    Happening.OUT_FOR_DELIVERY: ("transit", "The shipment has been loaded onto the delivery vehicle"),
    Happening.DELIVERED: ("delivered", "The shipment has been successfully delivered"),
    Happening.NOT_HOME: ("failure", "The recipient was not available"),
    Happening.REFUSED: ("failure", "The recipient refused the shipment"),
    Happening.ADDRESS: ("failure", "The address is incomplete"),
    Happening.WEATHER: ("transit", "The shipment is delayed due to adverse weather conditions"),
    Happening.LATE: ("transit", "The delivery of the shipment is delayed"),
    Happening.DAMAGED: ("failure", "The shipment was damaged"),
    Happening.CUSTOMS: ("transit", "The shipment is being held by customs"),
    Happening.READY_FOR_PICKUP: ("transit", "The shipment is ready for pick-up"),
    Happening.RETURNING: ("transit", "The shipment is being returned to the sender"),
    Happening.CANCELLED: ("failure", "The shipment has been cancelled"),
}  # fmt: skip


class DHLWire(Wire):
    carrier = "dhl"
    track_path = "/track/shipments"

    def numbers(self, request: Request) -> list[str]:
        return [request.query.get("trackingNumber", "")]

    def is_authorized(self, request: Request, now: datetime) -> bool:
        return request.headers.get("dhl-api-key") == SECRET

    def track(self, request: Request, now: datetime, quirks: Mapping[str, set[str]]) -> Answer:
        (number,) = self.numbers(request)
        odd = quirks.get(number, set())
        parcel = self.parcel(number)
        if parcel is None or not parcel.seen(now):
            return Answer(
                404,
                {
                    "title": "No result found",
                    "detail": "No shipment with given tracking number found.",
                    "status": 404,
                    "instance": f"/shipment/{number}",
                },
            )
        return Answer(200, {"shipments": [_shipment(parcel, seen(parcel, now, odd), odd)]})

    def refused(self, status: int) -> Answer:
        title, detail = {
            401: ("Unauthorized", "Unauthorized for given resource."),
            429: ("Too Many Requests", "Too many requests within defined time period, please try again later."),
        }.get(status, ("Internal Server Error", "An internal server error occurred."))
        return Answer(status, {"title": title, "detail": detail, "status": status})


def _shipment(parcel: Parcel, steps: list[Step], quirks: set[str]) -> dict[str, Any]:
    events = [_event(step, quirks) for step in steps]
    latest = events[0]
    if "odd_event" in quirks:
        events.insert(1, {"timestamp": None, "statusCode": None, "status": None, "location": "somewhere"})
    shipment: dict[str, Any] = {
        "id": parcel.number,
        "service": "parcel-de",
        "origin": {"address": _address(parcel.origin)},
        "destination": {"address": _address(parcel.destination)},
        "status": latest,
        "details": {"product": {"productName": parcel.service or "DHL PAKET"}, "totalNumberOfPieces": 1},
        "events": events,
    }
    delivered = next((step for step in steps if step.what == Happening.DELIVERED), None)
    if delivered:
        shipment["details"]["proofOfDelivery"] = {
            "timestamp": f"{delivered.local:%Y-%m-%dT%H:%M:%S}",
            "signed": {"type": "Person", "name": parcel.signed_by},
        }
    elif parcel.estimate:
        shipment["estimatedTimeOfDelivery"] = f"{parcel.estimate:%Y-%m-%d}T00:00:00"
    return shipment


def _event(step: Step, quirks: set[str]) -> dict[str, Any]:
    code, words = (step.code, step.words) if step.what == Happening.OTHER else WORDS[step.what]
    words = step.words or words
    event: dict[str, Any] = {
        "timestamp": f"{step.local:%Y-%m-%dT%H:%M:%S}",
        "statusCode": step.code or code,
        "status": words,
        "description": words,
        "location": {"address": _address(step.place)},
    }
    if "zoneless" in quirks:
        event["location"] = {"address": {"addressLocality": step.place.city}}
    return event


def _address(place: Place) -> dict[str, str]:
    pairs = {"countryCode": place.country, "postalCode": place.postcode, "addressLocality": place.city}
    return {key: value for key, value in pairs.items() if value}
