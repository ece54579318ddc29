"""Answers of the connectors that have no reader of ours: their own parser, guarded, and our tables of codes.

Of what the parser makes, the status is not taken: connectors say "in transit" where they know nothing. Each event's own
code and words are looked up in our table of the connector.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from fulfillment.carriers.codes.table import table
from fulfillment.carriers.connectors import HOME, Connector
from fulfillment.carriers.pruning import parse_most
from fulfillment.carriers.readers.base import ODD, as_text, is_same, words_of
from fulfillment.facts import Receipt, Scan, TrackingFailure, TrackingUpdate
from fulfillment.statuses import ShipmentStatus
from fulfillment.zones import placed

#: In what words carriers say that they do not know a number; what they say is asked about again, never taken as news.
_NOT_FOUND = re.compile(
    r"not (be )?found|no (tracking )?(information|info|record|records|result|results|data|events?)\b|does not exist"
    r"|not exist|unknown (tracking|number|parcel|shipment|item)|introuvable|aucun|nicht gefunden|no history",
    re.IGNORECASE,
)
_HOURS = ("%H:%M:%S", "%H:%M")

#: The connector's parser: details and messages.
Parse = Callable[[Any], tuple[Sequence[Any], Sequence[Any]]]


class ConnectorReader:
    """Reads one parcel's answer of ``connector``."""

    def __init__(self, connector: Connector, parse: Parse) -> None:
        self._connector, self._parse, self._table = connector, parse, table(connector.name)

    def read(self, number: str, answer: Any) -> TrackingUpdate | TrackingFailure:
        raw = text_of(answer)
        try:
            (details, messages), odd = self._parsed(answer)
            found, said = self._of(number, details or ()), [_words(each) for each in messages or ()]
        except Exception as error:
            # Whatever a parser raises on a strange answer, it is about this parcel.
            return self._failure(number, f"answered with something that cannot be read ({type(error).__name__}).", raw)
        unreadable = [(text_of(event), why) for event, why in odd]
        scans: list[Scan] = []
        for event in getattr(found, "events", None) or ():
            try:
                scans.append(self._scan(event))
            except ODD as error:
                unreadable.append((as_text(str(event)), f"{type(error).__name__}: {error}"))
        if not scans and not unreadable:
            return self._without_events(number, [words for words in said if words], raw)
        return TrackingUpdate(
            number,
            tuple(self._ended(scans, found)),
            _day(found),
            tuple(unreadable),
            raw={"answer": raw},
            receipt=Receipt(signed_by=words_of(getattr(getattr(found, "info", None), "signed_by", None))),
        )

    def _parsed(self, answer: Any) -> Any:
        told, odd = parse_most(self._parse, answer)
        if any(told) or not hasattr(answer, "tag"):
            return told, odd
        # Some look below the root of an XML answer only, and miss the one that is all of it.
        root = answer.makeelement("answers")
        root.append(copy.deepcopy(answer))
        return parse_most(self._parse, root)

    def _of(self, number: str, details: Sequence[Any]) -> Any:
        """The details of the asked parcel: the only ones, or those that name it."""
        if len(details) == 1:
            return details[0]
        return next((one for one in details if is_same(number, str(one.tracking_number or ""))), None)

    def _scan(self, event: Any) -> Scan:
        code, words = str(event.code or "").strip(), str(event.description or "").strip()
        if not (code or words):
            raise ValueError("the event has neither a code nor words")
        written, moment = _moment(event)
        at = placed(moment, HOME.get(self._connector.name, ""))
        status, reason = self._table.meaning(code, words)
        return Scan(
            occurred_at=at.occurred_at,
            status=status,
            reason=reason,
            description=words or code,
            code=code,
            location=str(event.location or "").strip(),
            local_time=written,
            zone=at.zone,
            time_zone=at.time_zone,
            uncertain_minutes=at.uncertain_minutes,
            raw={name: str(getattr(event, name)) for name in ("date", "time", "code", "description", "location")},
        )

    def _ended(self, scans: Sequence[Scan], found: Any) -> list[Scan]:
        """*Delivered* is the one thing that a connector says of the whole parcel and never by default."""
        if getattr(found, "delivered", None) is not True or not scans:
            return list(scans)
        last = max(scans, key=lambda scan: scan.occurred_at)
        if any(scan.status == ShipmentStatus.DELIVERED for scan in scans) or last.status != ShipmentStatus.UNKNOWN:
            return list(scans)
        return [replace(scan, status=ShipmentStatus.DELIVERED.value) if scan is last else scan for scan in scans]

    def _without_events(self, number: str, said: Sequence[str], raw: str) -> TrackingFailure:
        if not said:
            return self._failure(number, "answered without any news and without saying why.", raw)
        words = "; ".join(said)[:500]
        if _NOT_FOUND.search(words):
            sentence = f"{self._connector.label} does not know this number yet: “{words}”"
            return TrackingFailure(number, sentence, unknown_number=True, raw=raw)
        return self._failure(number, f"says “{words}”.", raw)

    def _failure(self, number: str, what: str, raw: str) -> TrackingFailure:
        return TrackingFailure(number, f"{self._connector.label} {what}", raw=raw)


def _moment(event: Any) -> tuple[str, str]:
    """Day and hour as the connector gives them, and as ISO 8601. It drops offsets, so there is none."""
    day, hour = str(event.date or "").strip(), str(event.time or "").strip()
    date.fromisoformat(day)
    if not hour:
        return day, day
    return f"{day} {hour}", f"{day}T{_hour(hour):%H:%M:%S}"


def _hour(written: str) -> datetime:
    """Connectors write ``21:30 PM`` and ``09:30 PM``, often both in one answer."""
    digits, _, half = written.partition(" ")
    for shape in _HOURS:
        try:
            found = datetime.strptime(digits, shape)
        except ValueError:
            continue
        if half and (found.hour >= 12) != (half.upper() == "PM"):
            return datetime.strptime(f"{digits} {half}", shape.replace("%H", "%I") + " %p")
        return found
    raise ValueError(f"“{written}” is no hour")


def _day(found: Any) -> date | None:
    try:
        return date.fromisoformat(str(found.estimated_delivery)[:10])
    except ODD:
        return None


def _words(message: Any) -> str:
    code, words = str(getattr(message, "code", "") or ""), str(getattr(message, "message", "") or "")
    return f"{words} ({code})" if words and code else words or code


def text_of(answer: Any) -> str:
    """The answer as it came, for staff; XML as XML."""
    if hasattr(answer, "tag"):
        from lxml import etree  # only where a connector brought it

        return str(etree.tostring(answer, encoding="unicode"))[:100_000]
    return as_text(answer)
