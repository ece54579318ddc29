"""What a routing service is to us."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, cast

from fulfillment.carriers.gps.points import Point
from fulfillment.models import RoutingService
from parcelwise.errors import RetryLater

#: Seconds that a call may take: an older answer is no answer to where a courier is.
DEADLINE = 5.0


@dataclass(frozen=True, slots=True)
class Leg:
    """From one point to the next by road."""

    seconds: float
    metres: float


class RoutingProvider:
    """Knows how long it takes by road. Raises RetryLater, GiveUp or Misconfigured, nothing else."""

    #: Points of one question.
    most: ClassVar[int] = 100
    #: Whether it knows of traffic at the moment of leaving.
    knows_traffic: ClassVar[bool] = False

    def __init__(self, service: RoutingService) -> None:
        self.service = service

    def legs(self, points: Sequence[Point], leaving: datetime) -> list[Leg]:
        """One leg between each two of ``points`` (at most ``most``), driven in that order."""
        raise NotImplementedError

    def credential(self, name: str) -> str:
        """One of the service's credentials; empty when there is none of that name."""
        return str(cast(dict[str, Any], self.service.credentials).get(name) or "")


def told_legs(legs: Sequence[Leg], points: Sequence[Point]) -> list[Leg]:
    """``legs`` when they are as many as there must be and of lengths that there are; RetryLater otherwise."""
    usable = all(
        math.isfinite(leg.seconds) and math.isfinite(leg.metres) and 0 <= leg.seconds < 86_400 and leg.metres >= 0
        for leg in legs
    )
    if len(legs) != len(points) - 1 or not usable:
        raise RetryLater("The routing service's answer is not one to this question.")
    return list(legs)
