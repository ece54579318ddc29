"""Shippo: a track for each number of a named carrier (docs.goshippo.com, "Tracking")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fulfillment.carriers.aggregator import Aggregator
from fulfillment.carriers.base import Asked
from fulfillment.carriers.codes import shippo as codes
from fulfillment.carriers.pushes.shippo import ShippoPushes
from fulfillment.carriers.readers.shippo import ShippoReader
from fulfillment.facts import TrackingFailure
from parcelwise.outbound import Answer

TRACKS = "/tracks/"
#: The version of the interface that is asked for.
VERSION = "2018-02-08"


class Shippo(Aggregator):
    server = "https://api.goshippo.com"
    reader = ShippoReader()
    carriers = codes.CARRIERS
    pushes = ShippoPushes()

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"ShippoToken {self.key}", "Shippo-API-Version": VERSION}

    def covered(self) -> frozenset[str] | None:
        return frozenset(self.carriers)

    def parts(self, asked: Sequence[Asked]) -> Sequence[Any]:
        return [self._track(parcel) for parcel in asked]

    def _track(self, parcel: Asked) -> Any:
        # Tests of an account are made with Shippo's own name and numbers of its own: SHIPPO_TRANSIT.
        carrier = "shippo" if parcel.number.startswith("SHIPPO_") else self.carriers.get(parcel.carrier)
        if not carrier:
            sentence = f"Shippo has to be told the carrier, and has no name for “{parcel.carrier or '?'}”."
            return TrackingFailure(parcel.number, sentence, permanent=True)
        answer = self._asked(carrier, parcel.number)
        content = self.content(answer)
        if answer.status < 400:
            return content
        if answer.status == 404:
            unknown = self.reader.unknown_number(_words(content), content)
            return TrackingFailure(parcel.number, unknown.sentence, unknown_number=True, raw=unknown.raw)
        return self.refused(parcel, answer, _words(content), answer.status)

    def _asked(self, carrier: str, number: str) -> Answer:
        """Told of a number, Shippo pushes what happens to it, and answers the same as to a question."""
        if self.is_pushed_to_us:
            return self.call("POST", TRACKS, json={"carrier": carrier, "tracking_number": number})
        return self.call("GET", f"{TRACKS}{carrier}/{quote(number, safe='')}")


def _words(content: Any) -> str:
    """Shippo's refusals: ``{"detail": "…"}``, or the complaints by field."""
    if isinstance(content, dict):
        return str(content.get("detail") or content.get("message") or content)[:300]
    return str(content)[:300]
