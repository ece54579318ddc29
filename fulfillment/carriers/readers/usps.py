"""Answers of USPS's Tracking API v3."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from fulfillment.carriers.codes import usps as codes
from fulfillment.carriers.readers.base import Reader, day, joined, moment
from fulfillment.facts import Scan, TrackingFailure
from fulfillment.statuses import ShipmentStatus


class USPSReader(Reader):
    name = "USPS"
    connector = "usps"

    def split(self, answer: Any, asked: Sequence[str]) -> Mapping[str, Any]:
        return {str(number): part for number, part in answer}

    def missing(self, part: Any) -> TrackingFailure | None:
        error = part.get("error")
        if not error:
            return None
        if isinstance(error, str):
            return self.complaint(str(part.get("error_description") or error), error, part)
        words = str(error.get("message") or "")
        if str(error.get("code")) == "404":
            return self.unknown_number(words, part)
        return self.complaint(words, error.get("code"), part, permanent=str(error.get("code")) == "400")

    def events(self, part: Any, number: str) -> Iterable[Any]:
        return part.get("trackingEvents") or []

    def named(self, part: Any) -> Iterable[Any]:
        return [part.get("trackingNumber")]

    def scan(self, event: Any) -> Scan:
        code, written = str(event.get("eventCode") or ""), str(event["eventTimestamp"])
        if not code:
            raise ValueError("the event has no code")
        # Addresses at home are written without a country.
        country = str(event.get("eventCountry") or ("US" if event.get("eventState") else ""))
        if event.get("GMTOffset"):
            at = moment(f"{written[:19]}{event['GMTOffset']}", country, str(event.get("eventState") or ""))
        else:
            # A "Z" behind a local time is a habit of this carrier and no offset.
            at = moment(written.removesuffix("Z"), country, str(event.get("eventState") or ""))
        return Scan(
            occurred_at=at.occurred_at,
            status=codes.BY_EVENT.get(code, ShipmentStatus.UNKNOWN),
            description=str(event.get("eventType") or "").strip(),
            code=code,
            reason=codes.REASON.get(code, ""),
            location=joined(event.get("eventCity"), event.get("eventState"), event.get("eventCountry")),
            local_time=written,
            zone=at.zone,
            time_zone=at.time_zone,
            uncertain_minutes=at.uncertain_minutes,
            raw=event,
        )

    def estimate(self, part: Any, number: str) -> date | None:
        return day(part.get("expectedDeliveryTimeStamp") or part.get("predictedDeliveryTimeStamp"))
