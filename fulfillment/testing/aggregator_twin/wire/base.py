"""What the three have in common: parcels of many carriers, an object for each, and pushes of the same object."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from typing import Any

from fulfillment.testing.carrier_twin.parcels import Parcel, Step
from fulfillment.testing.carrier_twin.wire import Answer, Request, Wire
from fulfillment.testing.carrier_twin.wire.base import seen

#: What the twin takes as API key, whoever it stands for.
API_KEY = "twin-aggregator-key"
#: Carriers whose parcels the twin may know.
CARRIERS = ("ups", "fedex", "usps", "dhl")

NOBODY: frozenset[str] = frozenset()


class AggregatorWire(Wire):
    """One aggregator. ``trackers`` are the numbers that it was told to follow."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.trackers: dict[str, str] = {}

    def object(self, number: str, now: datetime, quirks: Collection[str] = NOBODY) -> dict[str, Any]:
        """What the aggregator knows of a number: its tracker, track or tracking."""
        raise NotImplementedError

    def push(self, number: str, now: datetime, secret: str) -> tuple[Mapping[str, str], bytes]:
        """Headers and body of a signed push about ``number``."""
        raise NotImplementedError

    def find(self, number: str) -> Parcel | None:
        found = (self.book.get(carrier, number) for carrier in CARRIERS)
        return next((parcel for parcel in found if parcel), None)

    def sent(self, request: Request) -> dict[str, Any]:
        try:
            body = json.loads(request.body or b"{}")
        except ValueError:
            return {}
        return body if isinstance(body, dict) else {}

    def steps(self, number: str, now: datetime, quirks: Collection[str]) -> list[Step]:
        """What has happened, newest first."""
        parcel = self.find(number)
        return seen(parcel, now, set(quirks)) if parcel else []

    def estimate(self, number: str) -> date | None:
        parcel = self.find(number)
        return parcel.estimate if parcel else None


def name_of(prefix: str, text: str) -> str:
    """A name as the aggregators make them, the same for the same ``text``."""
    return prefix + hashlib.sha256(text.encode()).hexdigest()[:32]


def utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def local(at: datetime) -> str:
    """A time that does not say where."""
    return f"{at:%Y-%m-%dT%H:%M:%S}"


__all__ = ["API_KEY", "CARRIERS", "AggregatorWire", "Answer", "Request", "local", "name_of", "utc"]
