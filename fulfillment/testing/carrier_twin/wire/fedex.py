"""FedEx: OAuth by client credentials, then Track API v1 (developer.fedex.com, ``POST /track/v1/trackingnumbers``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fulfillment.testing.carrier_twin.parcels import Happening, Parcel, Step
from fulfillment.testing.carrier_twin.wire.base import LIFETIME, SECRET, Answer, Request, Wire, seen

#: What happened -> event type, event description, derived status, exception code, exception description.
WORDS = {
    Happening.LABEL: ("OC", "Shipment information sent to FedEx", "IN", "", ""),
    Happening.PICKED_UP: ("PU", "Picked up", "PU", "", ""),
    Happening.ORIGIN_SCAN: ("AR", "Arrived at FedEx location", "IT", "", ""),
    Happening.ARRIVED: ("AR", "Arrived at FedEx location", "IT", "", ""),
    Happening.DEPARTED: ("DP", "Departed FedEx location", "IT", "", ""),
    Happening.OUT_FOR_DELIVERY: ("OD", "On FedEx vehicle for delivery", "IT", "", ""),
    Happening.DELIVERED: ("DL", "Delivered", "DL", "", ""),
    Happening.NOT_HOME: ("DE", "Delivery exception", "DE", "08", "Customer not available or business closed"),
    Happening.REFUSED: ("DE", "Delivery exception", "DE", "07", "Shipment refused by recipient"),
    Happening.ADDRESS: ("DE", "Delivery exception", "DE", "03", "Incorrect address"),
    Happening.WEATHER: ("DY", "Delay", "DY", "", "Weather delay"),
    Happening.LATE: ("DY", "Delay", "DY", "", "Operational delay"),
    Happening.DAMAGED: ("SE", "Shipment exception", "SE", "10", "Damaged, handling per shipper instructions"),
    Happening.CUSTOMS: ("CD", "Clearance delay", "CD", "55", "Regulatory agency clearance delay"),
    Happening.READY_FOR_PICKUP: ("HL", "Ready for pickup", "HL", "", ""),
    Happening.RETURNING: ("RS", "Returning package to shipper", "RS", "", ""),
    Happening.CANCELLED: ("CA", "Shipment cancelled by sender", "CA", "", ""),
}


class FedExWire(Wire):
    carrier = "fedex"
    token_path = "/oauth/token"
    track_path = "/track/v1/trackingnumbers"

    def numbers(self, request: Request) -> list[str]:
        asked = json.loads(request.body or b"{}").get("trackingInfo") or []
        return [str(entry["trackingNumberInfo"]["trackingNumber"]) for entry in asked]

    def token(self, request: Request, now: datetime) -> Answer:
        form = request.form
        if (form.get("client_id"), form.get("client_secret")) != ("twin-fedex", SECRET):
            return Answer(401, _errors("NOT.AUTHORIZED.ERROR", "The given client credentials were not valid."))
        token = self.tokens.issue(self.carrier, datetime.now().astimezone())
        return Answer(200, {"access_token": token, "token_type": "bearer", "expires_in": LIFETIME, "scope": "CXS-TP"})

    def track(self, request: Request, now: datetime, quirks: Mapping[str, set[str]]) -> Answer:
        results = [self._result(number, now, quirks.get(number, set())) for number in self.numbers(request)]
        return Answer(200, {"transactionId": "624deea6-b709-470c-8c39-4b5511281492", "output": {
            "completeTrackResults": results
        }})  # fmt: skip

    def refused(self, status: int) -> Answer:
        code, words = {
            401: ("NOT.AUTHORIZED.ERROR", "Access token expired. Please modify your request and try again."),
            429: ("RATE.LIMIT.EXCEEDED", "We have received too many requests. Please try again later."),
        }.get(status, ("INTERNAL.SERVER.ERROR", "We encountered an unexpected error and are working to resolve it."))
        return Answer(status, _errors(code, words))

    def _result(self, number: str, now: datetime, quirks: set[str]) -> dict[str, Any]:
        info = {"trackingNumberInfo": {"trackingNumber": number, "carrierCode": "FDXE", "trackingNumberUniqueId": ""}}
        parcel = self.parcel(number)
        if parcel is None or not parcel.seen(now):
            missing = {
                "code": "TRACKING.TRACKINGNUMBER.NOTFOUND",
                "message": "Tracking number cannot be found. Please correct the tracking number and try again.",
            }
            return {"trackingNumber": number, "trackResults": [{**info, "error": missing}]}
        return {
            "trackingNumber": number,
            "trackResults": [{**info, **_details(parcel, seen(parcel, now, quirks), quirks), **_named(parcel, now)}],
        }


def _errors(code: str, message: str) -> dict[str, Any]:
    return {"transactionId": "9a8f1c", "errors": [{"code": code, "message": message}]}


def _details(parcel: Parcel, steps: list[Step], quirks: set[str]) -> dict[str, Any]:
    events = [_event(step, quirks) for step in steps]
    latest = events[0]
    if "odd_event" in quirks:
        events.insert(1, {"date": "the day before", "eventType": None, "eventDescription": None, "scanLocation": []})
    details: dict[str, Any] = {
        "latestStatusDetail": {
            "code": latest["derivedStatusCode"],
            "derivedCode": latest["derivedStatusCode"],
            "statusByLocale": latest["eventDescription"],
            "description": latest["eventDescription"],
            "scanLocation": latest["scanLocation"],
        },
        "serviceDetail": {"type": "FEDEX_INTERNATIONAL_PRIORITY", "description": parcel.service or "FedEx Priority"},
        "scanEvents": events,
        "dateAndTimes": [],
    }
    delivered = next((step for step in steps if step.what == Happening.DELIVERED), None)
    if delivered:
        details["deliveryDetails"] = {"receivedByName": parcel.signed_by, "locationDescription": "Front Desk"}
        details["dateAndTimes"] = [{"type": "ACTUAL_DELIVERY", "dateTime": delivered.local.isoformat("T", "seconds")}]
    elif parcel.estimate:
        day = f"{parcel.estimate:%Y-%m-%d}"
        details["estimatedDeliveryTimeWindow"] = {"window": {"begins": f"{day}T00:00:00", "ends": f"{day}T20:00:00"}}
    return details


def _named(parcel: Parcel, now: datetime) -> dict[str, Any]:
    """Other numbers of the shipment, among references of the shop's."""
    told = {"STANDARD_MPS": list(parcel.pieces), "PARTNER_CARRIER_NUMBER": list(filter(None, [parcel.partner_at(now)]))}
    named = [{"type": kind, "values": values, "carrierCode": ""} for kind, values in told.items() if values]
    return {"additionalTrackingInfo": {"packageIdentifiers": named, "hasAssociatedShipments": bool(parcel.pieces)}}


def _event(step: Step, quirks: set[str]) -> dict[str, Any]:
    if step.what == Happening.OTHER:
        kind, words, derived, exception, why = step.code, step.words, step.code, "", ""
    else:
        kind, words, derived, exception, why = WORDS[step.what]
        kind, words = step.code or kind, step.words or words
    place = step.place
    written = step.local.isoformat("T", "seconds")
    event: dict[str, Any] = {
        "date": written[:19] if "zoneless" in quirks else written,
        "eventType": kind,
        "eventDescription": words,
        "exceptionCode": exception,
        "exceptionDescription": why,
        "scanLocation": {
            "streetLines": [""],
            "city": place.city.upper(),
            "stateOrProvinceCode": place.region,
            "postalCode": place.postcode,
            "countryCode": place.country,
            "residential": False,
        },
        "locationType": "FEDEX_FACILITY",
        "derivedStatusCode": derived,
        "derivedStatus": words,
    }
    if step.what == Happening.WEATHER:
        event["delayDetail"] = {"type": "WEATHER", "subType": "SNOW", "status": "DELAYED"}
    elif step.what == Happening.LATE:
        event["delayDetail"] = {"type": "OPERATIONAL", "status": "DELAYED"}
    return event
