"""What every carrier's wire format has in common: a request, an answer, tokens that expire."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs

from fulfillment.testing.carrier_twin.parcels import Book, Happening, Parcel, Step

#: What the twin takes as user and password, by carrier.
SECRET = "twin-secret"
LIFETIME = 14_399


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def form(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(self.body.decode()).items()}

    @property
    def bearer(self) -> str:
        kind, _, value = self.headers.get("authorization", "").partition(" ")
        return value if kind.lower() == "bearer" else ""

    @property
    def basic(self) -> tuple[str, str]:
        kind, _, value = self.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return "", ""
        user, _, password = base64.b64decode(value).decode().partition(":")
        return user, password


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    content: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()


class Tokens:
    """Bearer tokens that outlive the twin's process, and can all be made worthless at once."""

    def __init__(self) -> None:
        self.generation = 0

    def issue(self, carrier: str, now: datetime) -> str:
        body = f"{carrier}.{int(now.timestamp()) + LIFETIME}.{self.generation}"
        return f"{body}.{self._seal(body)}"

    def accepts(self, carrier: str, token: str, now: datetime) -> bool:
        body, _, seal = token.rpartition(".")
        if not hmac.compare_digest(seal, self._seal(body)) or not body.startswith(f"{carrier}."):
            return False
        _, expires, generation = body.split(".")
        return int(expires) > now.timestamp() and int(generation) == self.generation

    @staticmethod
    def _seal(body: str) -> str:
        return hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()[:24]


class Wire:
    """One carrier's endpoints. A subclass knows the paths, the envelope and the words."""

    carrier: ClassVar[str]
    token_path: ClassVar[str] = ""
    track_path: ClassVar[str]

    def __init__(self, book: Book, tokens: Tokens) -> None:
        self.book, self.tokens = book, tokens

    def numbers(self, request: Request) -> list[str]:
        """The tracking numbers that are asked for."""
        raise NotImplementedError

    def is_authorized(self, request: Request, now: datetime) -> bool:
        return self.tokens.accepts(self.carrier, request.bearer, now)

    def token(self, request: Request, now: datetime) -> Answer:
        raise NotImplementedError

    def track(self, request: Request, now: datetime, quirks: Mapping[str, set[str]]) -> Answer:
        """The tracking answer. ``quirks`` names, by tracking number, what is odd about its events."""
        raise NotImplementedError

    def refused(self, status: int) -> Answer:
        """The carrier's own body for 401, 429 and 5xx."""
        raise NotImplementedError

    def parcel(self, number: str) -> Parcel | None:
        return self.book.get(self.carrier, number)


def seen(parcel: Parcel, now: datetime, quirks: set[str]) -> list[Step]:
    """The parcel's steps so far, newest first, with one of a kind that nobody knows if that is wished."""
    steps = parcel.seen(now)
    if "unknown_code" in quirks and steps:
        odd = Step(steps[0].at, Happening.OTHER, steps[0].place, code="ZQ", words="Parcel was quarkified")
        steps.insert(0, odd)
    return steps


def address(step: Step) -> dict[str, str]:
    """UPS and FedEx leave out what they do not know, and so does this."""
    place = step.place
    pairs = {"city": place.city, "region": place.region, "postcode": place.postcode, "country": place.country}
    return {key: value for key, value in pairs.items() if value}


def offset(moment: datetime) -> str:
    """``+01:00``."""
    text = moment.strftime("%z")
    return f"{text[:3]}:{text[3:]}"
