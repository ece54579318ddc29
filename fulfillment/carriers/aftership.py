"""AfterShip: a tracking for each number, made when it is first asked for (aftership.com/docs/tracking)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fulfillment.carriers.aggregator import Aggregator
from fulfillment.carriers.base import Asked
from fulfillment.carriers.calls import Garbled
from fulfillment.carriers.codes import aftership as codes
from fulfillment.carriers.pushes.aftership import AfterShipPushes
from fulfillment.carriers.readers.aftership import AfterShipReader
from fulfillment.carriers.readers.base import as_text, is_same
from fulfillment.facts import TrackingFailure
from parcelwise.outbound import Answer

#: The version of the interface that is asked for.
VERSION = "2026-07"
TRACKINGS = f"/tracking/{VERSION}/trackings"
#: AfterShip's own number for "there is such a tracking already".
ALREADY = 4003


class AfterShip(Aggregator):
    server = "https://api.aftership.com"
    reader = AfterShipReader()
    carriers = codes.CARRIERS
    pushes = AfterShipPushes()

    def headers(self) -> Mapping[str, str]:
        return {"as-api-key": self.key}

    def parts(self, asked: Sequence[Asked]) -> Sequence[Any]:
        """One call for all that AfterShip knows, and one for each that it does not."""
        known = self._known([parcel.number for parcel in asked])
        return [self._newest(parcel, known) or self._new(parcel) for parcel in asked]

    def _known(self, numbers: Sequence[str]) -> list[Any]:
        answer = self.call("GET", TRACKINGS, params={"tracking_numbers": ",".join(numbers), "limit": 200})
        content = self.content(answer)
        found = (content.get("data") or {}).get("trackings") if isinstance(content, dict) else None
        if not isinstance(found, list):
            raise Garbled("AfterShip answered without any trackings and without saying why.", as_text(content))
        return found

    def _newest(self, parcel: Asked, known: Sequence[Any]) -> Any:
        slug = self.carriers.get(parcel.carrier)
        own = [
            each
            for each in known
            if isinstance(each, dict)
            and is_same(parcel.number, str(each.get("tracking_number") or ""))
            and slug in (None, each.get("slug"))
        ]
        return max(own, key=lambda each: str(each.get("created_at") or ""), default=None)

    def _new(self, parcel: Asked) -> Any:
        wanted = {"tracking_number": parcel.number}
        if slug := self.carriers.get(parcel.carrier):
            wanted["slug"] = slug
        answer = self.call("POST", TRACKINGS, json=wanted)
        content = self.content(answer)
        if answer.status < 400:
            return content.get("data") if isinstance(content, dict) else content
        return self._refusal(parcel, answer, content)

    def _refusal(self, parcel: Asked, answer: Answer, content: Any) -> TrackingFailure:
        meta = content.get("meta") if isinstance(content, dict) else None
        meta = meta if isinstance(meta, dict) else {}
        words, code = str(meta.get("message") or ""), meta.get("code") or answer.status
        if code == ALREADY:  # made by somebody else since we looked; the next look finds it
            return TrackingFailure(parcel.number, f"AfterShip says “{words}” ({code}).", after=60.0)
        return self.refused(parcel, answer, words, code)
