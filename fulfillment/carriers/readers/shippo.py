"""Shippo's tracks, as they are answered and as they are pushed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from fulfillment.carriers.codes import shippo as codes
from fulfillment.carriers.readers.aggregator import AggregatorReader, coded, day_written, looked_up, scan_of, when
from fulfillment.carriers.readers.base import joined
from fulfillment.facts import Scan
from fulfillment.statuses import ShipmentStatus


class ShippoReader(AggregatorReader):
    name = "Shippo"

    def events(self, part: Any, number: str) -> Iterable[Any]:
        """The history, and the status if it is not the last of it: some answers have no history."""
        history, latest = list(part["tracking_history"] or []), part.get("tracking_status")
        names = {_name(event) for event in history}
        return [*history, latest] if latest and _name(latest) not in names else history

    def named(self, part: Any) -> Iterable[Any]:
        return [part["tracking_number"]]

    def stated(self, part: Any) -> Any:
        latest = part.get("tracking_status") or {}
        return latest.get("object_updated") or latest.get("object_created")

    def awaited(self, part: Any) -> bool:
        return part.get("tracking_status") is None

    def scan(self, event: Any) -> Scan:
        status, written = event.get("status"), event["status_date"]
        if not status:
            raise ValueError("the event has no status")
        substatus = (event.get("substatus") or {}).get("code")
        place = event.get("location") or {}
        return scan_of(
            event,
            when(written, place),
            status=looked_up(
                [(codes.BY_SUBSTATUS, substatus), (codes.BY_STATUS, status)], otherwise=ShipmentStatus.UNKNOWN
            ),
            code=coded(status, substatus),
            reason=looked_up([(codes.REASON, substatus)], otherwise=""),
            words=str(event.get("status_details") or "").strip(),
            location=joined(place.get("city"), place.get("state"), place.get("country")),
            written=str(written),
        )

    def estimate(self, part: Any, number: str) -> date | None:
        return day_written(part.get("eta") or part.get("original_eta"))


def _name(event: Any) -> tuple[Any, ...]:
    """What makes two writings of one event the same; an odd one is only itself."""
    try:
        return (event["status"], event["status_date"], event.get("status_details"))
    except (KeyError, TypeError, AttributeError):
        return (id(event),)
