"""What reading the answers of tracking aggregators has in common: one object for a parcel, polled or pushed alike."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from fulfillment.carriers.readers.base import ODD, Reader
from fulfillment.facts import Scan, TrackingFailure, TrackingUpdate
from fulfillment.zones import Placed, placed


class AggregatorReader(Reader):
    """Reads one parcel's object (EasyPost's tracker, Shippo's track, AfterShip's tracking)."""

    @abstractmethod
    def stated(self, part: Any) -> Any:
        """When the object was last changed, as it is written there; None when it does not say."""

    @abstractmethod
    def awaited(self, part: Any) -> bool:
        """Whether the object says that the carrier has not seen the parcel yet, so that it has no events."""

    def read(self, number: str, part: Any) -> TrackingUpdate | TrackingFailure:
        answer = super().read(number, part)
        if isinstance(answer, TrackingFailure):
            return answer
        return replace(answer, stated_at=self._moment(part))

    def _looked_up(self, scan: Scan) -> Scan:
        """An aggregator's words are its own; no carrier's table knows them."""
        return scan

    def _moment(self, part: Any) -> datetime | None:
        try:
            at = datetime.fromisoformat(str(self.stated(part) or ""))
        except ODD:
            return None
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def split(self, answer: Any, asked: Sequence[str]) -> Mapping[str, Any]:
        return dict.fromkeys(asked, answer)

    def missing(self, part: Any) -> TrackingFailure | None:
        numbers = [name for name in self.named(part) if name]
        if numbers and not list(self.events(part, "")) and self.awaited(part):
            return self.unknown_number("no events", part)
        return None


def scan_of(  # noqa: PLR0913 - a scan has that many sides
    event: Any, at: Placed, *, status: str, code: str, reason: str, words: str, location: str, written: str
) -> Scan:
    """A scan of an aggregator."""
    return Scan(
        occurred_at=at.occurred_at,
        status=status,
        description=words,
        code=code,
        reason=reason,
        location=location,
        local_time=written,
        zone=at.zone,
        time_zone=at.time_zone,
        uncertain_minutes=at.uncertain_minutes,
        raw=event,
    )


def coded(*parts: Any) -> str:
    """The code of a scan in the aggregator's words: ``in_transit/arrived_at_facility``."""
    return "/".join(str(part) for part in parts if part)


def looked_up(tables: Iterable[tuple[Mapping[str, Any], Any]], otherwise: Any) -> Any:
    """The first that a table says of its word; a table may know a word without saying anything."""
    for table, word in tables:
        found = table.get(str(word)) if word else None
        if found is not None:
            return found
    return otherwise


def place_of(place: Any) -> tuple[str, str]:
    """Country and state of a place, for its time zone."""
    return str(place.get("country") or ""), str(place.get("state") or "")


def when(written: Any, place: Any) -> Placed:
    return placed(str(written), *place_of(place))


def day_written(written: Any) -> date | None:
    """The day of a promise. Its hour is left: mostly midnight, which stands for a day in nobody's zone."""
    return date.fromisoformat(str(written)[:10]) if written else None
