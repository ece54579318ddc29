"""Answers of UPS's Tracking API v1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from fulfillment.carriers.codes import ups as codes
from fulfillment.carriers.readers import further
from fulfillment.carriers.readers.base import Reader, is_same, joined, words_of
from fulfillment.facts import OtherNumber, Receipt, Scan, TrackingFailure
from fulfillment.statuses import ShipmentStatus
from fulfillment.zones import Placed, placed_day, placed_local

#: "Tracking Information Not Found", "No tracking information available", "Invalid inquiry number".
UNKNOWN_NUMBER = {"TW0001", "TV1001", "151018", "151044"}
INVALID_NUMBER = {"TV1002"}


class UPSReader(Reader):
    name = "UPS"
    connector = "ups"

    def split(self, answer: Any, asked: Sequence[str]) -> Mapping[str, Any]:
        return {str(number): part for number, part in answer}

    def missing(self, part: Any) -> TrackingFailure | None:
        for error in (part.get("response") or {}).get("errors") or []:
            return self._complaint(error, part, permanent=error.get("code") in INVALID_NUMBER)
        shipment = part["trackResponse"]["shipment"][0]
        if "package" in shipment:
            return None
        for warning in shipment.get("warnings") or []:
            return self._complaint(warning, part, permanent=False)
        return None

    def _complaint(self, error: Mapping[str, Any], part: Any, *, permanent: bool) -> TrackingFailure:
        code, words = str(error.get("code", "")), str(error.get("message", ""))
        if code in UNKNOWN_NUMBER:
            return self.unknown_number(words, part)
        return self.complaint(words, code, part, permanent=permanent)

    def events(self, part: Any, number: str) -> Iterable[Any]:
        return _package(part, number).get("activity") or []

    def named(self, part: Any) -> Iterable[Any]:
        shipment = part["trackResponse"]["shipment"][0]
        return [shipment.get("inquiryNumber"), *(package.get("trackingNumber") for package in shipment["package"])]

    def scan(self, event: Any) -> Scan:
        status, address = event["status"], (event.get("location") or {}).get("address") or {}
        kind, code, number = (str(status.get(key) or "").strip() for key in ("type", "code", "statusCode"))
        if not (kind or code or number):
            raise ValueError("the event has no status")
        at, written = _placed(event, address)
        return Scan(
            occurred_at=at.occurred_at,
            status=_status(kind, code, number),
            description=str(status.get("description") or "").strip(),
            code=code or number or kind,
            reason=codes.REASON.get(number) or codes.REASON.get(code) or "",
            location=joined(
                address.get("city"), address.get("stateProvince"), address.get("countryCode") or address.get("country")
            ),
            local_time=written,
            zone=at.zone,
            time_zone=at.time_zone,
            uncertain_minutes=at.uncertain_minutes,
            raw=event,
        )

    def estimate(self, part: Any, number: str) -> date | None:
        for entry in _package(part, number).get("deliveryDate") or []:
            if entry.get("type") in ("SDD", "RDD"):  # scheduled, rescheduled
                return datetime.strptime(str(entry["date"]), "%Y%m%d").date()
        return None

    def numbers(self, part: Any, number: str) -> Iterable[OtherNumber]:
        return further.of_ups(part, number)

    def receipt(self, part: Any, number: str) -> Receipt:
        package = _package(part, number)
        told, until = package.get("deliveryInformation") or {}, package.get("accessPointInformation") or {}
        day = words_of(until.get("pickupByDate"))
        return Receipt(
            signed_by=words_of(told.get("receivedBy")),
            left_at=words_of(told.get("location")),
            collect_until=datetime.strptime(day, "%Y%m%d").date() if day else None,
        )


def _package(part: Any, number: str) -> Any:
    """Of a shipment of several packages the one that was asked for; the first where none is named so."""
    packages = part["trackResponse"]["shipment"][0]["package"]
    return next((one for one in packages if is_same(number, str(one.get("trackingNumber") or ""))), packages[0])


def _status(kind: str, code: str, number: str) -> str:
    found = codes.BY_STATUS_CODE.get(number) or codes.BY_CODE.get(code) or codes.BY_TYPE.get(kind)
    # "We have your package" comes with the status code for "in transit"; its letters say more.
    if found == ShipmentStatus.IN_TRANSIT and codes.BY_CODE.get(code):
        found = codes.BY_CODE[code]
    return found or ShipmentStatus.UNKNOWN


def _placed(event: Mapping[str, Any], address: Mapping[str, Any]) -> tuple[Placed, str]:
    """When it was, and as UPS wrote it. The offset stands beside the local time in most answers; it once stopped to."""
    day = datetime.strptime(str(event["date"]), "%Y%m%d").date()
    place = str(address.get("countryCode") or ""), str(address.get("stateProvince") or "")
    if not event.get("time"):
        return placed_day(day, *place), day.isoformat()
    local = datetime.combine(day, datetime.strptime(str(event["time"]), "%H%M%S").time())
    offset = event.get("gmtOffset") or ""
    return placed_local(datetime.fromisoformat(f"{local.isoformat()}{offset}"), *place), local.isoformat(" ")
