"""A parcel's plan, and the book in which the twin keeps its parcels."""

from __future__ import annotations

import json
import sqlite3
import threading
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fulfillment.zones import zone_of_place


class Happening(StrEnum):
    """What can happen to a parcel; each carrier has its own code and words for it."""

    LABEL = "label"
    PICKED_UP = "picked_up"
    ORIGIN_SCAN = "origin_scan"
    ARRIVED = "arrived"
    DEPARTED = "departed"
    OUT_FOR_DELIVERY = "out_for_delivery"
    DELIVERED = "delivered"
    NOT_HOME = "not_home"
    REFUSED = "refused"
    ADDRESS = "address"
    WEATHER = "weather"
    LATE = "late"
    DAMAGED = "damaged"
    CUSTOMS = "customs"
    READY_FOR_PICKUP = "ready_for_pickup"
    RETURNING = "returning"
    CANCELLED = "cancelled"
    #: Something in the carrier's own code, which the step names.
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a scan is made. ``country`` is ISO 3166-1 alpha-2, ``region`` a state code."""

    city: str
    country: str
    region: str = ""
    postcode: str = ""

    @property
    def zone(self) -> ZoneInfo:
        return zone_of_place(self.country, self.region) or ZoneInfo("UTC")

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Place:
        """Reads an ``Address`` of the shop as well: what is not needed is left out."""
        return cls(**{key: str(value.get(key) or "") for key in ("city", "country", "region", "postcode")})


@dataclass(frozen=True, slots=True)
class Step:
    """One scan that is due at ``at`` (aware). ``code`` and ``words`` replace the carrier's usual ones."""

    at: datetime
    what: Happening
    place: Place
    code: str = ""
    words: str = ""

    @property
    def local(self) -> datetime:
        return self.at.astimezone(self.place.zone)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "at": self.at.isoformat(), "what": str(self.what)}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Step:
        at = datetime.fromisoformat(value["at"])
        if at.tzinfo is None:
            raise ValueError("a step needs a time with an offset")
        place = Place.from_json(value["place"])
        return cls(at, Happening(value["what"]), place, str(value.get("code", "")), str(value.get("words", "")))


@dataclass(frozen=True, slots=True)
class Parcel:
    """A parcel that the twin knows, with everything that will ever happen to it."""

    carrier: str
    number: str
    origin: Place
    destination: Place
    steps: tuple[Step, ...]
    service: str = ""
    signed_by: str = ""
    estimate: date | None = None
    #: Numbers of the other pieces of its shipment.
    pieces: tuple[str, ...] = ()
    #: Number under which a partner brings it to the door, and from when on the carrier tells it.
    partner: str = ""
    partner_since: datetime | None = None

    def partner_at(self, now: datetime) -> str:
        """The partner's number, once the parcel was handed over."""
        return self.partner if self.partner and (self.partner_since is None or self.partner_since <= now) else ""

    def seen(self, now: datetime) -> list[Step]:
        """What has happened by ``now``, newest first, as carriers list it."""
        return sorted((step for step in self.steps if step.at <= now), key=lambda step: step.at, reverse=True)

    def as_json(self) -> dict[str, Any]:
        return {
            "carrier": self.carrier,
            "number": self.number,
            "origin": asdict(self.origin),
            "destination": asdict(self.destination),
            "steps": [step.as_json() for step in self.steps],
            "service": self.service,
            "signed_by": self.signed_by,
            "estimate": self.estimate.isoformat() if self.estimate else None,
            "pieces": list(self.pieces),
            "partner": self.partner,
            "partner_since": self.partner_since.isoformat() if self.partner_since else None,
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Parcel:
        return cls(
            carrier=value["carrier"],
            number=value["number"],
            origin=Place.from_json(value["origin"]),
            destination=Place.from_json(value["destination"]),
            steps=tuple(Step.from_json(step) for step in value["steps"]),
            service=value.get("service") or "",
            signed_by=value.get("signed_by") or "",
            estimate=date.fromisoformat(value["estimate"]) if value.get("estimate") else None,
            pieces=tuple(value.get("pieces") or ()),
            partner=value.get("partner") or "",
            partner_since=datetime.fromisoformat(value["partner_since"]) if value.get("partner_since") else None,
        )


def usual_estimate(parcel_steps: tuple[Step, ...]) -> date | None:
    """The day a carrier would name: that of the first time the parcel is taken out, else three days after the label."""
    for step in parcel_steps:
        if step.what in (Happening.OUT_FOR_DELIVERY, Happening.READY_FOR_PICKUP):
            return step.local.date()
    return (parcel_steps[0].local + timedelta(days=3)).date() if parcel_steps else None


class Book:
    """The parcels, in an SQLite file so that a twin that is started again still knows them, or in memory."""

    def __init__(self, path: str | Path = ":memory:") -> None:
        if str(path) != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._db = sqlite3.connect(str(path), check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS parcels (carrier TEXT, number TEXT, body TEXT, PRIMARY KEY (carrier, number))"
        )

    def put(self, *parcels: Parcel) -> None:
        rows = [(parcel.carrier, parcel.number, json.dumps(parcel.as_json())) for parcel in parcels]
        with self._lock:
            self._db.execute("BEGIN")
            self._db.executemany("INSERT OR REPLACE INTO parcels VALUES (?, ?, ?)", rows)
            self._db.execute("COMMIT")

    def get(self, carrier: str, number: str) -> Parcel | None:
        with self._lock:
            row = self._db.execute(
                "SELECT body FROM parcels WHERE carrier = ? AND number = ?", (carrier, number)
            ).fetchone()
        return Parcel.from_json(json.loads(row[0])) if row else None

    def __len__(self) -> int:
        with self._lock:
            (count,) = self._db.execute("SELECT count(*) FROM parcels").fetchone()
        return int(count)

    def close(self) -> None:
        with self._lock:
            self._db.close()
