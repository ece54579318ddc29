"""What a post carries: deliveries, the attempts that were made, and what can go wrong on the way."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: Makes headers and raw body at the moment of sending; None: there is nothing to send any more.
Build = Callable[[datetime], "tuple[Mapping[str, str], bytes] | None"]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One thing to tell one subscription. ``key`` says what it is about, such as ``"order.updated 13"``."""

    number: int
    url: str
    subscription: str
    key: str
    due: datetime
    build: Build = field(repr=False)
    #: 1 for the first try.
    attempt: int = 1
    #: Whether this is the second copy that the network made of it.
    copy: bool = False
    #: Whether it never arrives, and the platform does not notice.
    lost: bool = False

    @property
    def rank(self) -> tuple[datetime, int, int]:
        return self.due, self.number, self.attempt


@dataclass(frozen=True, slots=True)
class Recorded:
    """A delivery as it left the platform."""

    number: int
    url: str
    subscription: str
    key: str
    at: datetime
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of one try. ``status`` is 0 where no answer came, and ``error`` says why."""

    delivery: Delivery
    at: datetime
    status: int
    ok: bool
    #: Whether the platform will not try this delivery again.
    final: bool
    error: str = ""


@dataclass(slots=True)
class Weather:
    """What the network does to deliveries; the same ``seed`` does the same again.

    ``duplicate``, ``lose`` and ``late`` are shares of all deliveries; the platform does not notice that one was lost,
    so it does not try again (for a failure that it notices, see ``Post.cut``). ``shuffle`` moves each by up to so many
    seconds, ``late_by`` those that are late by up to so many.
    """

    duplicate: float = 0.0
    lose: float = 0.0
    shuffle: float = 0.0
    late: float = 0.0
    late_by: float = 3600.0
    seed: int = 0
    dice: random.Random = field(default_factory=random.Random, repr=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)

    def copies(self) -> int:
        """How many of one delivery arrive: 0, 1 or 2."""
        if self.dice.random() < self.lose:
            return 0
        return 2 if self.dice.random() < self.duplicate else 1

    def delay(self) -> timedelta:
        seconds = self.dice.uniform(0, self.shuffle)
        if self.dice.random() < self.late:
            seconds += self.dice.uniform(0, self.late_by)
        return timedelta(seconds=seconds)
