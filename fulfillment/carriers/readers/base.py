"""What reading a carrier's answer has in common: one event at a time, so that an odd one does not lose the others."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, ClassVar

from fulfillment.carriers.codes.table import table
from fulfillment.facts import OtherNumber, Receipt, Scan, TrackingFailure, TrackingUpdate
from fulfillment.statuses import ShipmentStatus
from fulfillment.zones import Placed, placed_day, placed_local

#: What an event of an unexpected shape raises while it is read.
ODD = (KeyError, IndexError, TypeError, ValueError, AttributeError, OverflowError)


class Reader(ABC):
    """Turns one carrier's answers into typed facts. Pure: no models, no HTTP."""

    #: The carrier's name, for people.
    name: ClassVar[str]
    #: Whose table of codes is asked where the reader's own tables know nothing.
    connector: ClassVar[str]
    #: Numbers that one call may ask for.
    at_once: ClassVar[int] = 1

    @abstractmethod
    def split(self, answer: Any, asked: Sequence[str]) -> Mapping[str, Any]:
        """Tracking number -> its part of the answer. Raises one of ``ODD`` when the answer has another shape."""

    @abstractmethod
    def missing(self, part: Any) -> TrackingFailure | None:
        """What the carrier says instead of events, or None when there are events."""

    @abstractmethod
    def events(self, part: Any, number: str) -> Iterable[Any]:
        """The events of ``number``; a part may hold those of other parcels of the same shipment too."""

    @abstractmethod
    def named(self, part: Any) -> Iterable[Any]:
        """The numbers of which the part says that its events are about; none where the carrier does not repeat it."""

    @abstractmethod
    def scan(self, event: Any) -> Scan: ...

    @abstractmethod
    def estimate(self, part: Any, number: str) -> date | None: ...

    def receipt(self, part: Any, number: str) -> Receipt:
        """Who signed, where it was left or waits: what this carrier tells of it."""
        return Receipt()

    def numbers(self, part: Any, number: str) -> Iterable[OtherNumber]:
        """Further numbers of the parcel and of its siblings that the answer names; see ``readers.further``."""
        return ()

    def read(self, number: str, part: Any) -> TrackingUpdate | TrackingFailure:
        """One parcel's part of the answer. "No events and no word why" is a failure, not an empty parcel."""
        try:
            failure = self.missing(part)
            events = [] if failure else list(self.events(part, number))
            named = [] if failure else [str(name) for name in self.named(part) if name]
        except ODD:
            return self.senseless(number, part)
        if failure:
            return replace(failure, tracking_number=number)
        if named and not any(is_same(number, name) for name in named):
            return self.mixed_up(number, named[0], part)
        if not events:
            return self.senseless(number, part)
        scans, unreadable = [], []
        for event in events:
            try:
                scans.append(self._looked_up(self.scan(event)))
            except ODD as error:
                unreadable.append((as_text(event), f"{type(error).__name__}: {error}"))
        return TrackingUpdate(
            number,
            tuple(scans),
            self._estimate(part, number),
            tuple(unreadable),
            raw={"answer": part},
            receipt=self._receipt(part, number),
            numbers=self._numbers(part, number),
        )

    def _looked_up(self, scan: Scan) -> Scan:
        if scan.status != ShipmentStatus.UNKNOWN:
            return scan
        status, reason = table(self.connector).meaning(scan.code)
        return replace(scan, status=status, reason=scan.reason or reason)

    def _estimate(self, part: Any, number: str) -> date | None:
        try:
            return self.estimate(part, number)
        except ODD:
            return None

    def _receipt(self, part: Any, number: str) -> Receipt:
        try:
            return self.receipt(part, number)
        except ODD:
            return Receipt()

    def _numbers(self, part: Any, number: str) -> tuple[OtherNumber, ...]:
        try:
            return tuple({each.number: each for each in reversed(list(self.numbers(part, number)))}.values())[::-1]
        except ODD:
            return ()

    def senseless(self, number: str, part: Any) -> TrackingFailure:
        return TrackingFailure(
            number, f"{self.name} answered without any news and without saying why.", raw=as_text(part)
        )

    def mixed_up(self, number: str, named: str, part: Any) -> TrackingFailure:
        sentence = f"{self.name} answered about another parcel ({named[:40]}) when it was asked for this one."
        return TrackingFailure(number, sentence, raw=as_text(part))

    def unknown_number(self, words: str, part: Any) -> TrackingFailure:
        """The label exists and the carrier has not seen it, or never will: nobody can tell the two apart."""
        sentence = f"{self.name} does not know this number yet: “{words}”"
        return TrackingFailure("", sentence, unknown_number=True, raw=as_text(part))

    def complaint(self, words: str, code: Any, part: Any, *, permanent: bool = False) -> TrackingFailure:
        return TrackingFailure("", f"{self.name} says “{words}” ({code}).", permanent=permanent, raw=as_text(part))


#: Letters and digits that two writings of a number must share at its end.
_SHARED = 8


def is_same(asked: str, named: str) -> bool:
    """Whether two writings mean one number: blanks, hyphens, case, and a routing code in front make no other of it."""
    one, other = (re.sub(r"[^0-9A-Z]", "", written.upper()) for written in (asked, named))
    return one == other or (min(len(one), len(other)) >= _SHARED and (one.endswith(other) or other.endswith(one)))


def as_text(value: Any) -> str:
    """The input as it came, for staff."""
    try:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:100_000]
    except (TypeError, ValueError):
        return repr(value)[:100_000]


def moment(written: str, country: str = "", region: str = "") -> Placed:
    """A carrier's own ISO 8601 time; a date alone is a day. Midnight is an hour here: they write it as such."""
    if len(written) == len("2026-03-04"):
        return placed_day(date.fromisoformat(written), country, region)
    return placed_local(datetime.fromisoformat(written), country, region)


def day(written: str | None) -> date | None:
    """The day of an ISO 8601 date or time; None for nothing."""
    return date.fromisoformat(written[:10]) if written else None


def words_of(value: Any) -> str:
    """A name or a place in an answer; empty for nothing, and for what is neither a text nor a number."""
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def joined(*parts: Any) -> str:
    return ", ".join(str(part).strip() for part in parts if part)
