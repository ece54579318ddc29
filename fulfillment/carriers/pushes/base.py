"""What every push has in common: a JSON body about one parcel, recognised by its signature."""

from __future__ import annotations

import hashlib
import hmac
import json
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from fulfillment.deliveries import Headers, Webhooks
from fulfillment.facts import TrackingFailure, TrackingUpdate
from parcelwise.errors import GiveUp


@dataclass(frozen=True, slots=True)
class Pushed:
    """What a push says of one parcel. ``answer`` is None where it only says that there is news.

    ``carrier`` is in our own words, and empty where the push does not name one that we know.
    """

    number: str
    carrier: str = ""
    answer: TrackingUpdate | TrackingFailure | None = None


class Pushes(Webhooks):
    """How a gateway's pushes are recognised (inside the request) and read (by a worker)."""

    #: Topics that are about a parcel; others are kept and not read.
    topics: ClassVar[frozenset[str]]

    @abstractmethod
    def pushed(self, content: Mapping[str, Any]) -> Sequence[Pushed]:
        """What the body says. Raises whatever an odd shape raises."""

    def read(self, body: bytes) -> Sequence[Pushed]:
        """What a stored push says; GiveUp when it makes no sense."""
        try:
            content = json.loads(body)
            return self.pushed(content)
        except (ValueError, RecursionError, *_ODD) as error:
            raise GiveUp(f"The push cannot be read: {type(error).__name__}: {error}") from error

    def is_ping(self, headers: Headers, body: bytes) -> bool:
        return False


_ODD = (KeyError, IndexError, TypeError, AttributeError)


def content_of(body: bytes) -> Mapping[str, Any]:
    """The body's object, of a push whose signature was good; empty when it is none (it is kept for staff then)."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def is_digest(secret: bytes, signed: bytes, given: bytes) -> bool:
    """Whether ``given`` is the HMAC-SHA256 of ``signed`` in hexadecimal letters."""
    return hmac.compare_digest(hmac.new(secret, signed, hashlib.sha256).hexdigest().encode(), given)


def our_carrier(named: Any, table: Mapping[str, str]) -> str:
    """Our slug for the aggregator's name of a carrier; empty when it is in no table or means several of ours."""
    found = [slug for slug, name in table.items() if name == named]
    return found[0] if len(found) == 1 else ""
