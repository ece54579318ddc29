"""EasyPost: a tracker for each parcel, made when it is first asked for (docs.easypost.com, "Trackers")."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any

from fulfillment.carriers.aggregator import Aggregator
from fulfillment.carriers.base import Asked
from fulfillment.carriers.codes import easypost as codes
from fulfillment.carriers.pushes.easypost import EasyPostPushes
from fulfillment.carriers.readers.base import is_same
from fulfillment.carriers.readers.easypost import EasyPostReader
from fulfillment.facts import TrackingFailure

TRACKERS = "/v2/trackers"


class EasyPost(Aggregator):
    server = "https://api.easypost.com"
    reader = EasyPostReader()
    carriers = codes.CARRIERS
    pushes = EasyPostPushes()

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(f"{self.key}:".encode()).decode()}

    def parts(self, asked: Sequence[Asked]) -> Sequence[Any]:
        return [self._tracker(parcel) for parcel in asked]

    def _tracker(self, parcel: Asked) -> Any:
        """The newest tracker of the number, because carriers use numbers again; a new one when there is none."""
        wanted = {"tracking_code": parcel.number}
        if carrier := self.carriers.get(parcel.carrier):
            wanted["carrier"] = carrier
        content = self.content(self.call("GET", TRACKERS, params=wanted))
        known = content.get("trackers") if isinstance(content, dict) else None
        if not isinstance(known, list):
            return content
        own = [each for each in known if isinstance(each, dict) and is_same(parcel.number, f"{_code(each)}")]
        return max(own, key=_age) if own else self._new(parcel, wanted)

    def _new(self, parcel: Asked, wanted: Mapping[str, str]) -> Any:
        """EasyPost makes one tracker of a number, however often it is told to."""
        answer = self.call("POST", TRACKERS, json={"tracker": wanted})
        content = self.content(answer)
        if answer.status < 400:
            return content
        return self._refusal(parcel, answer, content)

    def _refusal(self, parcel: Asked, answer: Any, content: Any) -> TrackingFailure:
        error = content.get("error") if isinstance(content, dict) else None
        error = error if isinstance(error, dict) else {}
        return self.refused(parcel, answer, str(error.get("message") or ""), error.get("code") or answer.status)


def _code(tracker: Mapping[str, Any]) -> Any:
    return tracker.get("tracking_code") or ""


def _age(tracker: Mapping[str, Any]) -> str:
    return str(tracker.get("created_at") or "")
