"""How the JSON of any carrier is read, as staff describe it: an address, places in the answer, and what codes mean.

Pure: no models, no network.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from fulfillment.carriers.paths import Step, steps_of
from fulfillment.statuses import Reason, ShipmentStatus

#: Names of formats of times beside those of ``strptime``.
ISO, UNIX, UNIX_MS = "iso", "unix", "unix_ms"
#: The fields that are places in the answer; those below ``events`` are places in one event.
PATHS = ("events", "number_at", "eta", "code", "text", "time", "time_2", "place", "place_2")
_OF_THE_LINE = frozenset({"host", "content-length", "transfer-encoding", "connection", "accept-encoding"})
_NAMES = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class JsonMapping:
    """``url`` has ``{number}`` in it; ``{…}`` in it and in ``header_value`` may also name a credential.

    ``events`` is the place of the list; ``number_at`` where the answer repeats the number, ``eta`` the carrier's
    estimate. In an event: ``code``, ``text``, ``time`` (with ``time_2`` where the hour stands apart), ``place`` and
    ``place_2``. ``codes`` maps a code, or the words where there is none, to a status and perhaps a reason.
    """

    url: str = ""
    header: str = ""
    header_value: str = ""
    events: str = ""
    number_at: str = ""
    eta: str = ""
    code: str = ""
    text: str = ""
    time: str = ""
    time_2: str = ""
    time_format: str = ISO
    time_zone: str = ""
    place: str = ""
    place_2: str = ""
    codes: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> JsonMapping:
        """From what an account keeps; what is not known here is left out."""
        names = {each.name for each in fields(cls)} - {"codes"}
        codes = {str(code): (str(told[0]), str(told[1])) for code, told in (stored.get("codes") or {}).items()}
        return cls(**{name: str(value) for name, value in stored.items() if name in names}, codes=codes)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "codes": {code: list(told) for code, told in self.codes.items()}}

    def steps(self, name: str) -> tuple[Step, ...]:
        return steps_of(getattr(self, name))

    def address(self, number: str, credentials: Mapping[str, Any]) -> str:
        """Where ``number`` is asked for. KeyError names a credential that is missing."""
        return _filled(self.url, {**credentials, "number": number}, lambda value: quote(value, safe=""))

    def headers(self, credentials: Mapping[str, Any]) -> dict[str, str]:
        sent = {"Accept": "application/json"}
        if self.header:
            sent[self.header] = _filled(self.header_value, credentials, str)
        return sent


def _filled(template: str, values: Mapping[str, Any], write: Any) -> str:
    return _NAMES.sub(lambda found: write(str(values[found[1]])), template)


def faults(mapping: JsonMapping) -> Iterator[tuple[str, str]]:
    """What is wrong with the mapping before it is tried: field and sentence."""
    yield from _faults_of_address(mapping)
    for name in PATHS:
        try:
            mapping.steps(name)
        except ValueError as error:
            yield name, str(error)
    for name in ("events", "time"):
        if not getattr(mapping, name):
            yield name, "Say where it is."
    if not (mapping.code or mapping.text):
        yield "code", "Say where the code is, or where the words are."
    yield from _faults_of_times(mapping)
    yield from _faults_of_codes(mapping)


def _faults_of_codes(mapping: JsonMapping) -> Iterator[tuple[str, str]]:
    for code, (status, reason) in mapping.codes.items():
        if status not in ShipmentStatus.values or status == ShipmentStatus.UNKNOWN:
            yield "codes", f"“{code}”: there is no status “{status}”. Known: {', '.join(ShipmentStatus.values[:-1])}."
        if reason and reason not in Reason.values:
            yield "codes", f"“{code}”: there is no reason “{reason}”."


def _faults_of_address(mapping: JsonMapping) -> Iterator[tuple[str, str]]:
    try:
        parts = urlsplit(mapping.url)
        host = parts.netloc
    except ValueError:
        parts, host = None, ""
    if parts is None or parts.scheme not in ("http", "https") or not host:
        yield "url", "This is no http or https address."
    elif "{" in host or "@" in host:
        yield "url", "The server is written out: neither a number nor a credential decides who is asked."
    elif "{number}" not in mapping.url:
        yield "url", "The address has {number} where the tracking number goes."
    if mapping.header and not re.fullmatch(r"[A-Za-z0-9-]{1,60}", mapping.header):
        yield "header", "The name of a header has letters, digits and hyphens only."
    if mapping.header.lower() in _OF_THE_LINE:
        yield "header", "This header belongs to the line and is not set here."


def _faults_of_times(mapping: JsonMapping) -> Iterator[tuple[str, str]]:
    if mapping.time_format not in (ISO, UNIX, UNIX_MS) and "%" not in mapping.time_format:
        yield "time_format", "Write iso, unix, unix_ms, or a format such as %d.%m.%Y %H:%M."
    try:
        if mapping.time_zone:
            ZoneInfo(mapping.time_zone)
    except (ValueError, OSError, KeyError):
        yield "time_zone", "There is no such time zone. Write it as Europe/Berlin."


def parse_time(written: str, mapping: JsonMapping) -> datetime:
    """The time of an event, perhaps naive. ValueError when it is not written in the mapping's format."""
    if mapping.time_format in (UNIX, UNIX_MS):
        seconds = int(written) / (1000 if mapping.time_format == UNIX_MS else 1)
        return datetime.fromtimestamp(seconds, tz=ZoneInfo("UTC"))
    if mapping.time_format == ISO:
        return datetime.fromisoformat(written)
    return datetime.strptime(written, mapping.time_format)
