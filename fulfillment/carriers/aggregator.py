"""Aggregators: one account with somebody who asks many carriers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from fulfillment.carriers.asking import Outcome, ask_for_all
from fulfillment.carriers.base import TRACK, Asked, Carrier
from fulfillment.carriers.calls import call, content_of
from fulfillment.carriers.readers.aggregator import AggregatorReader
from fulfillment.facts import TrackingFailure, TrackingUpdate
from parcelwise.errors import Misconfigured, ParcelwiseError
from parcelwise.outbound import Answer


class Aggregator(Carrier):
    """A subclass knows the addresses, the header with the key, and what the answers look like."""

    can = frozenset({TRACK})
    #: The account's own address at the aggregator, without a final slash.
    server: ClassVar[str]
    reader: ClassVar[AggregatorReader]
    #: Our carrier -> the aggregator's name for it.
    carriers: ClassVar[Mapping[str, str]]

    @property
    def name(self) -> str:
        return self.reader.name

    @property
    def key(self) -> str:
        """The API key; Misconfigured when there is none."""
        key = self.credentials.get("api_key")
        if not isinstance(key, str) or not key:
            raise Misconfigured(f"The credentials of the {self.name} account have no “api_key”.")
        return key

    def covered(self) -> frozenset[str] | None:
        return None

    @abstractmethod
    def headers(self) -> Mapping[str, str]: ...

    @abstractmethod
    def parts(self, asked: Sequence[Asked]) -> Sequence[Any]:
        """The object of each parcel as the aggregator answers it, or a TrackingFailure. Raises what ``call`` does."""

    def track(self, numbers: Sequence[str]) -> list[TrackingUpdate | TrackingFailure]:
        return self.track_parcels([Asked(number, self.account.carrier) for number in numbers])

    def track_parcels(self, asked: Sequence[Asked]) -> list[TrackingUpdate | TrackingFailure]:
        return ask_for_all(asked, self.reader.at_once, self._ask)

    def _ask(self, group: Sequence[Asked]) -> Sequence[Outcome]:
        """One group. An error of ours stands for every parcel in it."""
        try:
            parts = self.parts(group)
        except ParcelwiseError as error:
            return [error] * len(group)
        return [
            part if isinstance(part, TrackingFailure) else self.reader.read(parcel.number, part)
            for parcel, part in zip(group, parts, strict=True)
        ]

    def call(self, method: str, path: str, **sent: Any) -> Answer:
        """One call to ``path`` below the aggregator's address."""
        server = self.account.server_url.rstrip("/") or self.server
        return call(
            method,
            f"{server}{path}",
            headers=self.headers(),
            secrets=(self.key,),
            deadline=self.account.deadline,
            **sent,
        )

    def refused(self, parcel: Asked, answer: Answer, words: str, code: Any) -> TrackingFailure:
        """The aggregator's own words about one parcel. A wrong number stays wrong (400, 422)."""
        permanent = answer.status in (400, 422)
        failure = self.reader.complaint(words, code, answer.hide(answer.text), permanent=permanent)
        return TrackingFailure(parcel.number, failure.sentence, permanent=failure.permanent, raw=failure.raw)

    def content(self, answer: Answer) -> Any:
        return content_of(answer)
