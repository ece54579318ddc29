"""UPS: OAuth by client credentials, then Tracking API v1 (developer.ups.com, ``/api/track/v1/details/{number}``)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from fulfillment.testing.carrier_twin.parcels import Happening, Parcel, Step
from fulfillment.testing.carrier_twin.wire.base import SECRET, Answer, Request, Wire, address, offset, seen

#: What happened -> status type, two-letter code, three-digit status code, words.
WORDS = {
    Happening.LABEL: ("M", "MP", "003", "Shipper created a label, UPS has not received the package yet. "),
    Happening.PICKED_UP: ("P", "PU", "038", "Pickup Scan "),
    Happening.ORIGIN_SCAN: ("I", "OR", "005", "Origin Scan"),
    Happening.ARRIVED: ("I", "AR", "005", "Arrived at Facility"),
    Happening.DEPARTED: ("I", "DP", "005", "Departed from Facility"),
    Happening.OUT_FOR_DELIVERY: ("I", "OT", "021", "Out For Delivery Today"),
    Happening.DELIVERED: ("D", "FS", "011", "DELIVERED "),
    Happening.NOT_HOME: (
        "X", "48", "022",
        "The receiver was not available for delivery. We'll make a second attempt the next business day.",
    ),
    Happening.REFUSED: ("X", "RF", "064", "The receiver refused the delivery."),
    Happening.ADDRESS: ("X", "A2", "050", "The address is incorrect. We are trying to obtain a new delivery address."),
    Happening.WEATHER: ("X", "DJ", "032", "Severe weather conditions have delayed delivery."),
    Happening.LATE: ("X", "TI", "048", "A late UPS trailer arrival has caused a delay."),
    Happening.DAMAGED: ("X", "DM", "059", "Damage has been reported and we will notify the sender."),
    Happening.CUSTOMS: ("X", "CM", "058", "Your package is pending release from a government agency."),
    Happening.READY_FOR_PICKUP: ("I", "2Q", "040", "Delivered to UPS Access Point, awaiting customer pickup."),
    Happening.RETURNING: ("RS", "RS", "035", "Returning to Sender"),
    Happening.CANCELLED: ("MV", "VP", "007", "Shipment information voided."),
}  # fmt: skip


class UPSWire(Wire):
    carrier = "ups"
    token_path = "/security/v1/oauth/token"
    track_path = "/api/track/v1/details/"

    def numbers(self, request: Request) -> list[str]:
        return [request.path.removeprefix(self.track_path)]

    def token(self, request: Request, now: datetime) -> Answer:
        if request.basic != ("twin-ups", SECRET) or request.form.get("grant_type") != "client_credentials":
            return Answer(401, _errors("10401", "ClientId is Invalid"))
        issued = datetime.now(UTC)
        return Answer(
            200,
            {
                "token_type": "Bearer",
                "issued_at": str(int(issued.timestamp() * 1000)),
                "client_id": "twin-ups",
                "access_token": self.tokens.issue(self.carrier, issued),
                "expires_in": "14399",
                "status": "approved",
            },
        )

    def track(self, request: Request, now: datetime, quirks: Mapping[str, set[str]]) -> Answer:
        (number,) = self.numbers(request)
        odd = quirks.get(number, set())
        if not number.startswith("1Z") or len(number) != 18:
            return Answer(400, _errors("TV1002", "Invalid inquiry number"))
        parcel = self.parcel(number)
        if parcel is None or not parcel.seen(now):
            missing = {"code": "TW0001", "message": "Tracking Information Not Found"}
            return Answer(200, {"trackResponse": {"shipment": [{"inquiryNumber": number, "warnings": [missing]}]}})
        packages = [_package(parcel, seen(parcel, now, odd), odd), *self._others(parcel, now)]
        for package in packages:
            package["packageCount"] = len(packages)
        if partner := parcel.partner_at(now):
            packages[0]["alternateTrackingNumber"] = [{"number": partner, "type": "Postal Service Tracking ID"}]
        shipment = {"inquiryNumber": number, "package": packages, "userRelation": []}
        return Answer(200, {"trackResponse": {"shipment": [shipment]}})

    def _others(self, parcel: Parcel, now: datetime) -> list[dict[str, Any]]:
        """The other pieces of the shipment, which UPS tells beside the one that was asked for."""
        found = [self.parcel(number) for number in parcel.pieces]
        return [_package(piece, seen(piece, now, set()), set()) for piece in found if piece and piece.seen(now)]

    def refused(self, status: int) -> Answer:
        code, words = {
            401: ("250002", "Invalid Authentication Information."),
            429: ("10429", "Too Many Requests"),
        }.get(status, ("10500", "Internal server error"))
        return Answer(status, _errors(code, words))


def _errors(code: str, message: str) -> dict[str, Any]:
    return {"response": {"errors": [{"code": code, "message": message}]}}


def _package(parcel: Parcel, steps: list[Step], quirks: set[str]) -> dict[str, Any]:
    activity = [_activity(step, quirks) for step in steps]
    if "odd_event" in quirks:
        activity.insert(1, {"status": None, "location": None, "date": "yesterday", "time": None})
    delivered = next((step for step in steps if step.what == Happening.DELIVERED), None)
    package: dict[str, Any] = {
        "trackingNumber": parcel.number,
        "deliveryDate": [],
        "activity": activity,
        "currentStatus": {"description": activity[0]["status"]["description"], "code": _words(steps[0])[2]},
        "packageAddress": [
            {"type": "ORIGIN", "address": _place(parcel.origin.city, parcel.origin.region, parcel.origin.country)},
            {
                "type": "DESTINATION",
                "address": _place(parcel.destination.city, parcel.destination.region, parcel.destination.country),
            },
        ],
        "service": {"code": "518", "description": parcel.service or "UPS Standard"},
        "packageCount": 1,
    }
    if delivered:
        package["deliveryDate"] = [{"type": "DEL", "date": f"{delivered.local:%Y%m%d}"}]
        package["deliveryTime"] = {"type": "DEL", "endTime": f"{delivered.local:%H%M%S}"}
        package["deliveryInformation"] = {"location": "Front Door", "receivedBy": parcel.signed_by}
    elif parcel.estimate:
        package["deliveryDate"] = [{"type": "SDD", "date": f"{parcel.estimate:%Y%m%d}"}]
    return package


def _words(step: Step) -> tuple[str, str, str, str]:
    if step.what == Happening.OTHER:
        return "I", step.code, "", step.words
    kind, code, status, words = WORDS[step.what]
    return kind, step.code or code, "" if step.code else status, step.words or words


def _activity(step: Step, quirks: set[str]) -> dict[str, Any]:
    kind, code, status, words = _words(step)
    place = address(step)
    event: dict[str, Any] = {
        "location": {"address": _place(place.get("city", ""), place.get("region", ""), place.get("country", ""))},
        "status": {"type": kind, "description": words, "code": code, "statusCode": status},
        "date": f"{step.local:%Y%m%d}",
        "time": f"{step.local:%H%M%S}",
    }
    if "zoneless" not in quirks:
        utc = step.at.astimezone(UTC)
        event |= {"gmtDate": f"{utc:%Y%m%d}", "gmtOffset": offset(step.local), "gmtTime": f"{utc:%H:%M:%S}"}
    return event


def _place(city: str, region: str, country: str) -> dict[str, str]:
    pairs = {"city": city, "stateProvince": region, "countryCode": country, "country": country}
    return {key: value for key, value in pairs.items() if value}
