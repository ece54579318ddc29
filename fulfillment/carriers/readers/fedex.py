"""Answers of FedEx's Track API v1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from fulfillment.carriers.codes import fedex as codes
from fulfillment.carriers.readers import further
from fulfillment.carriers.readers.base import Reader, day, joined, moment, words_of
from fulfillment.facts import OtherNumber, Receipt, Scan, TrackingFailure
from fulfillment.statuses import Reason, ShipmentStatus

UNKNOWN_NUMBER = ("TRACKING.TRACKINGNUMBER.NOTFOUND", "TRACKING.DATA.NOTFOUND")
INVALID_NUMBER = ("TRACKING.TRACKINGNUMBER.INVALID", "TRACKING.TRACKINGNUMBER.EMPTY")


class FedExReader(Reader):
    name = "FedEx"
    connector = "fedex"
    at_once = 10

    def split(self, answer: Any, asked: Sequence[str]) -> Mapping[str, Any]:
        if "output" not in answer:
            return dict.fromkeys(asked, answer)
        results = answer["output"].get("completeTrackResults") or []
        return {str(result["trackingNumber"]): result for result in results}

    def missing(self, part: Any) -> TrackingFailure | None:
        if "trackResults" not in part:
            for error in part.get("errors") or []:
                return self._complaint(error, part)
            return None
        if any(result.get("scanEvents") for result in part["trackResults"]):
            return None
        for result in part["trackResults"]:
            if result.get("error"):
                return self._complaint(result["error"], part)
        return None

    def _complaint(self, error: Mapping[str, Any], part: Any) -> TrackingFailure:
        code, words = str(error.get("code", "")), str(error.get("message", ""))
        if code.startswith(UNKNOWN_NUMBER):
            return self.unknown_number(words, part)
        return self.complaint(words, code, part, permanent=code.startswith(INVALID_NUMBER))

    def named(self, part: Any) -> Iterable[Any]:
        return [part.get("trackingNumber")]

    def events(self, part: Any, number: str) -> Iterable[Any]:
        """Numbers come back into use: the result with the newest label is the parcel that is meant."""
        results = [result["scanEvents"] for result in part.get("trackResults") or [] if result.get("scanEvents")]
        return max(results, key=_newest, default=[])

    def scan(self, event: Any) -> Scan:
        kind, exception = str(event["eventType"] or ""), str(event.get("exceptionCode") or "")
        if not kind:
            raise ValueError("the event has no type")
        place = event.get("scanLocation") or {}
        at = moment(event["date"], place.get("countryCode") or "", place.get("stateOrProvinceCode") or "")
        exception = exception.lstrip("0").zfill(2) if exception else ""
        return Scan(
            occurred_at=at.occurred_at,
            status=_status(kind, exception),
            description=str(event.get("exceptionDescription") or event.get("eventDescription") or "").strip(),
            code=f"{kind}{exception}",
            reason=_reason(event, exception),
            location=joined(place.get("city"), place.get("stateOrProvinceCode"), place.get("countryCode")),
            local_time=str(event["date"]),
            zone=at.zone,
            time_zone=at.time_zone,
            uncertain_minutes=at.uncertain_minutes,
            raw=event,
        )

    def estimate(self, part: Any, number: str) -> date | None:
        for result in part["trackResults"]:
            for name in ("estimatedDeliveryTimeWindow", "standardTransitTimeWindow"):
                window = (result.get(name) or {}).get("window") or {}
                if found := day(window.get("ends") or window.get("begins")):
                    return found
        return None

    def numbers(self, part: Any, number: str) -> Iterable[OtherNumber]:
        return further.of_fedex(part, number)

    def receipt(self, part: Any, number: str) -> Receipt:
        told: Mapping[str, Any] = {}
        held: Mapping[str, Any] = {}
        for result in part["trackResults"]:
            told = told or result.get("deliveryDetails") or {}
            held = held or result.get("holdAtLocation") or {}
        return Receipt(
            signed_by=words_of(told.get("signedByName")) or words_of(told.get("receivedByName")),
            left_at=words_of(told.get("locationDescription")),
            collect_at=_counter(held.get("locationContactAndAddress") or {}),
        )


def _counter(place: Mapping[str, Any]) -> str:
    """The shop or counter where FedEx holds it: its name and street, as far as stated. Never a person's name."""
    address = place.get("address") or {}
    street = " ".join(words_of(line) for line in address.get("streetLines") or [])
    town = " ".join(filter(None, (words_of(address.get("postalCode")), words_of(address.get("city")))))
    return joined(words_of((place.get("contact") or {}).get("companyName")), street.strip(), town)


def _newest(events: Iterable[Any]) -> str:
    dates = (str(event.get("date")) for event in events if isinstance(event, Mapping))
    return max((written for written in dates if written[:1].isdigit()), default="")


def _status(kind: str, exception: str) -> str:
    if kind == "DE" and exception in codes.ATTEMPTS:
        return ShipmentStatus.DELIVERY_FAILED
    return codes.BY_EVENT.get(kind, ShipmentStatus.UNKNOWN)


def _reason(event: Mapping[str, Any], exception: str) -> str:
    delay = str((event.get("delayDetail") or {}).get("type") or "")
    found: Reason | None = codes.DELAY.get(delay) or codes.REASON.get(exception)
    return found.value if found else ""
