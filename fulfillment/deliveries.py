"""What a delivery is, whoever sends it: how it is recognised inside the sender's request."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

#: Header names in lower case.
Headers = Mapping[str, str]


class OutOfTime(ValueError):
    """A delivery whose signed time is not now: somebody may have kept it and sent it again."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the headers of a delivery say. ``key``: two deliveries with the same one are the same, sent again.

    ``event_key`` is the same in deliveries of one event to several subscriptions, where the platform gives such a
    thing. ``shop`` is whose delivery it says it is, in the words of ``Store.platform_id``.
    """

    key: str
    topic: str
    event_key: str = ""
    shop: str = ""
    sent_at: datetime | None = None


class Webhooks(ABC):
    """How the platform's deliveries are recognised. Used inside the request: no data base, no network, no parsing."""

    #: Headers that are kept with the delivery, besides those that :meth:`delivery` reads.
    kept: ClassVar[tuple[str, ...]] = ()
    #: Topics that are taken from a store that is not followed any more: a platform asks for erasure after it has left.
    last_words: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def delivery(self, headers: Headers, body: bytes) -> Delivery:
        """What the headers say. ValueError when they are not those of a delivery, OutOfTime when it is an old one."""

    @abstractmethod
    def is_ping(self, headers: Headers, body: bytes) -> bool:
        """Whether this is the platform's unsigned trial call, which is answered and not stored."""

    @abstractmethod
    def is_signed(self, headers: Headers, body: bytes, secret: str) -> bool:
        """Whether ``secret`` signed these bytes, in constant time; False for whatever is not a signature."""
