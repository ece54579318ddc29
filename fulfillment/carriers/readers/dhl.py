"""Answers of DHL's Shipment Tracking Unified API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from fulfillment.carriers.codes import dhl as codes
from fulfillment.carriers.readers import further
from fulfillment.carriers.readers.base import Reader, day, joined, moment, words_of
from fulfillment.facts import OtherNumber, Receipt, Scan, TrackingFailure
from fulfillment.statuses import ShipmentStatus


class DHLReader(Reader):
    name = "DHL"
    connector = "dhl_universal"

    def split(self, answer: Any, asked: Sequence[str]) -> Mapping[str, Any]:
        return dict(zip(asked, answer, strict=True))

    def missing(self, part: Any) -> TrackingFailure | None:
        if "shipments" in part or "status" not in part:
            return None
        words = str(part.get("detail") or part.get("title") or "")
        if str(part["status"]) == "404":
            return self.unknown_number(words, part)
        return self.complaint(words, part["status"], part, permanent=str(part["status"]) == "400")

    def events(self, part: Any, number: str) -> Iterable[Any]:
        return part["shipments"][0].get("events") or []

    def named(self, part: Any) -> Iterable[Any]:
        return [part["shipments"][0].get("id")]

    def scan(self, event: Any) -> Scan:
        code, written = str(event.get("statusCode") or ""), str(event["timestamp"])
        words = str(event.get("description") or event.get("status") or "").strip()
        if not code:
            raise ValueError("the event has no status code")
        place = (event.get("location") or {}).get("address") or {}
        at = moment(written, str(place.get("countryCode") or ""))
        said = [_plain(words), _plain(str(event.get("status") or ""))]
        return Scan(
            occurred_at=at.occurred_at,
            status=_first(codes.BY_WORDS, said) or codes.BY_CODE.get(code.lower(), ShipmentStatus.UNKNOWN),
            description=words,
            code=code,
            reason=_first(codes.REASON, said) or "",
            location=joined(place.get("addressLocality"), place.get("countryCode")),
            local_time=written,
            zone=at.zone,
            time_zone=at.time_zone,
            uncertain_minutes=at.uncertain_minutes,
            raw=event,
        )

    def estimate(self, part: Any, number: str) -> date | None:
        return day(part["shipments"][0].get("estimatedTimeOfDelivery"))

    def numbers(self, part: Any, number: str) -> Iterable[OtherNumber]:
        return further.of_dhl(part, number)

    def receipt(self, part: Any, number: str) -> Receipt:
        told = (part["shipments"][0].get("details") or {}).get("proofOfDelivery") or {}
        who = told.get("signed") or {}
        full = " ".join(filter(None, (words_of(who.get("givenName")), words_of(who.get("familyName")))))
        return Receipt(
            signed_by=full or words_of(who.get("name")),
            proof_url=words_of(told.get("documentUrl")) or words_of(told.get("signatureUrl")),
        )


def _plain(words: str) -> str:
    return words.partition(".")[0].strip().lower()


def _first(table: Mapping[str, Any], keys: Iterable[str]) -> Any:
    return next((table[key] for key in keys if key in table), None)
