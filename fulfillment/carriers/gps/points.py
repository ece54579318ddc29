"""Points on the earth and the way between them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

#: Mean radius in metres (IUGG).
RADIUS = 6_371_008.8


@dataclass(frozen=True, slots=True)
class Point:
    """Degrees, WGS 84."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a device was at a moment. ``accuracy``: metres around it within which it was (68 %), as the device says."""

    at: datetime
    latitude: float
    longitude: float
    accuracy: float = 0.0


def metres(one: Point | Fix, other: Point | Fix) -> float:
    """The great-circle distance (haversine)."""
    north, south = math.radians(one.latitude), math.radians(other.latitude)
    high = math.sin((south - north) / 2) ** 2
    wide = math.sin(math.radians(other.longitude - one.longitude) / 2) ** 2
    return 2 * RADIUS * math.asin(math.sqrt(min(1.0, high + math.cos(north) * math.cos(south) * wide)))


def can_reach(one: Fix, other: Fix, fastest: float) -> bool:
    """Whether a courier of at most ``fastest`` metres a second can have been at both."""
    seconds = abs((other.at - one.at).total_seconds())
    return metres(one, other) <= fastest * seconds + one.accuracy + other.accuracy
