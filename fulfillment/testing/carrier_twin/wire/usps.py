"""USPS: OAuth 2, then Tracking API v3 (developers.usps.com, ``/tracking/v3/tracking/{number}?expand=DETAIL``)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fulfillment.testing.carrier_twin.parcels import Happening, Parcel, Step
from fulfillment.testing.carrier_twin.wire.base import LIFETIME, SECRET, Answer, Request, Wire, offset, seen

#: What happened -> event code, words, status category.
WORDS = {
    Happening.LABEL: ("GX", "Shipping Label Created, USPS Awaiting Item", "Pre-Shipment"),
    Happening.PICKED_UP: ("03", "USPS in possession of item", "Accepted"),
    Happening.ORIGIN_SCAN: ("10", "Arrived at USPS Regional Origin Facility", "In Transit"),
    Happening.ARRIVED: ("A1", "Arrived at USPS Regional Facility", "In Transit"),
    Happening.DEPARTED: ("T1", "Departed USPS Regional Facility", "In Transit"),
    Happening.OUT_FOR_DELIVERY: ("OF", "Out for Delivery", "Out for Delivery"),
    Happening.DELIVERED: ("01", "Delivered, In/At Mailbox", "Delivered"),
    Happening.NOT_HOME: ("02", "Delivery Attempted - No Access to Delivery Location", "Delivery Attempt"),
    Happening.REFUSED: ("04", "Refused", "Alert"),
    Happening.ADDRESS: ("05", "Undeliverable as Addressed", "Alert"),
    Happening.WEATHER: ("TL", "In Transit to Next Facility, Arriving Late", "In Transit"),
    Happening.LATE: ("TL", "In Transit to Next Facility, Arriving Late", "In Transit"),
    Happening.DAMAGED: ("TL", "In Transit to Next Facility", "In Transit"),
    Happening.CUSTOMS: ("TL", "In Transit to Next Facility", "In Transit"),
    Happening.READY_FOR_PICKUP: ("16", "Available for Pickup", "Available for Pickup"),
    Happening.RETURNING: ("09", "Return to Sender", "Alert"),
    Happening.CANCELLED: ("44", "Customer Recall", "Alert"),
}


class USPSWire(Wire):
    carrier = "usps"
    token_path = "/oauth2/v3/token"
    track_path = "/tracking/v3/tracking/"

    def numbers(self, request: Request) -> list[str]:
        return [request.path.removeprefix(self.track_path)]

    def token(self, request: Request, now: datetime) -> Answer:
        form = request.form
        if (form.get("client_id"), form.get("client_secret")) != ("twin-usps", SECRET):
            return Answer(
                401,
                {
                    "error": "invalid_client",
                    "error_description": "Client authentication failed.",
                    "error_uri": "https://datatracker.ietf.org/doc/html/rfc6749#page-45",
                },
            )
        issued = datetime.now(UTC)
        return Answer(
            200,
            {
                "access_token": self.tokens.issue(self.carrier, issued),
                "token_type": "Bearer",
                "issued_at": int(issued.timestamp() * 1000),
                "expires_in": LIFETIME,
                "status": "approved",
            },
        )

    def track(self, request: Request, now: datetime, quirks: Mapping[str, set[str]]) -> Answer:
        (number,) = self.numbers(request)
        odd = quirks.get(number, set())
        parcel = self.parcel(number)
        if parcel is None or not parcel.seen(now):
            return Answer(
                404,
                _error(
                    "404",
                    "A status update is not yet available on your package. It will be available when the shipper "
                    "provides an update or the package is delivered to USPS. Check back soon.",
                ),
            )
        return Answer(200, _details(parcel, seen(parcel, now, odd), odd))

    def refused(self, status: int) -> Answer:
        words = {
            401: "The access token is invalid or has expired.",
            429: "Too many requests have been received from client in a short amount of time.",
        }.get(status, "An unexpected error has occurred. Please contact us.")
        return Answer(status, _error(str(status), words))


def _error(code: str, message: str) -> dict[str, Any]:
    detail = {"status": code, "code": code, "title": "Tracking", "detail": message, "source": {"parameter": ""}}
    return {"apiVersion": "/tracking/v3", "error": {"code": code, "message": message, "errors": [detail]}}


def _details(parcel: Parcel, steps: list[Step], quirks: set[str]) -> dict[str, Any]:
    events = [_event(step, quirks) for step in steps]
    if "odd_event" in quirks:
        events.insert(1, {"eventType": None, "eventTimestamp": "2026-13-45T99:00:00", "eventCode": None})
    _, words, category = _words(steps[0])
    details: dict[str, Any] = {
        "destinationCity": parcel.destination.city.upper(),
        "destinationState": parcel.destination.region,
        "destinationZIP": parcel.destination.postcode,
        "destinationCountryCode": parcel.destination.country,
        "mailClass": parcel.service or "USPS Ground Advantage<SUP>&#153;</SUP>",
        "originCity": parcel.origin.city.upper(),
        "originState": parcel.origin.region,
        "originZIP": parcel.origin.postcode,
        "originCountry": parcel.origin.country,
        "status": words,
        "statusCategory": category,
        "statusSummary": f"{words} in {steps[0].place.city.upper()}.",
        "trackingEvents": events,
        "trackingNumber": parcel.number,
    }
    if parcel.estimate:
        details["expectedDeliveryTimeStamp"] = f"{parcel.estimate:%Y-%m-%d}T21:00:00"
        details["expectedDeliveryType"] = "Expected Delivery by"
    return details


def _words(step: Step) -> tuple[str, str, str]:
    if step.what == Happening.OTHER:
        return step.code, step.words, "In Transit"
    code, words, category = WORDS[step.what]
    return step.code or code, step.words or words, category


def _event(step: Step, quirks: set[str]) -> dict[str, Any]:
    code, words, _ = _words(step)
    event: dict[str, Any] = {
        "eventType": words,
        "eventTimestamp": f"{step.local:%Y-%m-%dT%H:%M:%S}",
        "GMTTimestamp": f"{step.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "GMTOffset": offset(step.local),
        "eventCountry": None if step.place.country == "US" else step.place.country,
        "eventCity": step.place.city.upper(),
        "eventState": step.place.region,
        "eventZIP": step.place.postcode,
        "firm": None,
        "name": None,
        "authorizedAgent": "false",
        "eventCode": code,
        "additionalProp": None,
    }
    if "zoneless" in quirks:
        event |= {"GMTTimestamp": None, "GMTOffset": None}
    return event
