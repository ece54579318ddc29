"""Answers of a carrier whose JSON staff have described."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from fulfillment.carriers.codes.table import folded
from fulfillment.carriers.json_mapping import ISO, PATHS, JsonMapping, parse_time
from fulfillment.carriers.paths import pick
from fulfillment.carriers.readers.base import Reader, joined
from fulfillment.facts import Scan, TrackingFailure
from fulfillment.statuses import ShipmentStatus
from fulfillment.zones import FURTHEST_OFFSET, placed


class DescribedReader(Reader):
    """Reads as ``mapping`` says; ``name`` is the carrier's, for people."""

    connector = ""

    def __init__(self, name: str, mapping: JsonMapping) -> None:
        self.name = name  # type: ignore[misc]
        self._mapping = mapping
        self._steps = {path: mapping.steps(path) for path in PATHS}
        self._codes = {folded(code): told for code, told in mapping.codes.items()}

    def split(self, answer: Any, asked: Sequence[str]) -> Mapping[str, Any]:
        return dict.fromkeys(asked, answer)

    def missing(self, part: Any) -> TrackingFailure | None:
        return None

    def events(self, part: Any, number: str) -> Iterable[Any]:
        found = pick(part, self._steps["events"], number)
        if found is not None and not isinstance(found, list):
            raise TypeError(f"“{self._mapping.events}” is no list")
        return found or []

    def named(self, part: Any) -> Iterable[Any]:
        found = pick(part, self._steps["number_at"]) if self._mapping.number_at else None
        return [found] if isinstance(found, str | int) else []

    def scan(self, event: Any) -> Scan:
        code, words = self._text(event, "code"), self._text(event, "text")
        if not (code or words):
            raise ValueError("the event has neither a code nor words")
        written = " ".join(filter(None, (self._text(event, "time"), self._text(event, "time_2"))))
        at, zone, name, doubt = self._moment(written)
        status, reason = self._meaning(code, words)
        return Scan(
            occurred_at=at,
            status=status,
            reason=reason,
            description=words or code,
            code=code,
            location=joined(self._text(event, "place"), self._text(event, "place_2")),
            local_time=written,
            zone=zone,
            time_zone=name,
            uncertain_minutes=doubt,
            raw=event if isinstance(event, dict) else {"event": event},
        )

    def estimate(self, part: Any, number: str) -> date | None:
        found = pick(part, self._steps["eta"], number) if self._mapping.eta else None
        if not isinstance(found, str | int):
            return None
        written = str(found)
        try:
            return parse_time(written, self._mapping).date()
        except ValueError:
            return date.fromisoformat(written[:10])

    def _text(self, event: Any, name: str) -> str:
        found = pick(event, self._steps[name]) if self._steps[name] else None
        return str(found).strip() if isinstance(found, str | int | float) and not isinstance(found, bool) else ""

    def _meaning(self, code: str, words: str) -> tuple[str, str]:
        for said in (code, words):
            if told := self._codes.get(folded(said)):
                return told
        return ShipmentStatus.UNKNOWN.value, ""

    def _moment(self, written: str) -> tuple[datetime, str, str, int]:
        """The moment, how its offset is known, the zone that staff named, and the minutes of doubt."""
        local = parse_time(written, self._mapping)
        if local.tzinfo is not None:
            return local, "given", "", 0
        if self._mapping.time_zone:
            return local.replace(tzinfo=ZoneInfo(self._mapping.time_zone)), "inferred", self._mapping.time_zone, 0
        if self._mapping.time_format == ISO:
            told = placed(written)
            return told.occurred_at, told.zone, told.time_zone, told.uncertain_minutes
        return local.replace(tzinfo=UTC), "assumed", "", FURTHEST_OFFSET
