"""EasyPost's trackers, as they are answered and as they are pushed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from fulfillment.carriers.codes import easypost as codes
from fulfillment.carriers.readers.aggregator import AggregatorReader, coded, day_written, looked_up, scan_of, when
from fulfillment.carriers.readers.base import joined, words_of
from fulfillment.facts import Receipt, Scan
from fulfillment.statuses import ShipmentStatus


class EasyPostReader(AggregatorReader):
    name = "EasyPost"

    def events(self, part: Any, number: str) -> Iterable[Any]:
        return part["tracking_details"] or []

    def named(self, part: Any) -> Iterable[Any]:
        return [part["tracking_code"]]

    def stated(self, part: Any) -> Any:
        return part.get("updated_at")

    def awaited(self, part: Any) -> bool:
        return part.get("status") in (None, "", "unknown", "pre_transit")

    def scan(self, event: Any) -> Scan:
        status, detail, written = event.get("status"), event.get("status_detail"), event["datetime"]
        if not status:
            raise ValueError("the event has no status")
        place = event.get("tracking_location") or {}
        return scan_of(
            event,
            when(written, place),
            status=looked_up([(codes.BY_DETAIL, detail), (codes.BY_STATUS, status)], otherwise=ShipmentStatus.UNKNOWN),
            code=coded(status, detail),
            reason=looked_up([(codes.REASON, detail)], otherwise=""),
            words=str(event.get("message") or event.get("description") or "").strip(),
            location=joined(place.get("city"), place.get("state"), place.get("country")),
            written=str(written),
        )

    def estimate(self, part: Any, number: str) -> date | None:
        local = (part.get("carrier_detail") or {}).get("est_delivery_date_local")
        return day_written(local or part.get("est_delivery_date"))

    def receipt(self, part: Any, number: str) -> Receipt:
        return Receipt(signed_by=words_of(part.get("signed_by")))
