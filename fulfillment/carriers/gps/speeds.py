"""How fast couriers get on by hour of the week, learned from where they were, and how long a stop takes.

Speeds are those of the straight line between two stops: detours, lights and parking are in them, so no road is needed.
Few observations say little: each hour is drawn towards its like, those towards all hours, and all towards what is usual
in towns (partial pooling: a share ``n / (n + k)`` is the shop's own).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fulfillment.carriers.gps.points import Point, metres

#: Metres a second along the straight line before anything is known: a van in a town, about 15 km/h.
USUAL_SPEED = 4.2
#: Seconds at a door before anything is known.
USUAL_SERVICE = 180.0
#: Seconds of driving that weigh as much as what an hour is drawn towards.
DRIVING = 3600.0
#: Stops that weigh as much as what is usual.
STOPS = 10.0
#: Seconds within which a leg is learned from: who pauses for lunch tells nothing of the speed.
LONGEST_LEG, SHORTEST_LEG = 5400.0, 20.0
#: Metres below which a leg is mostly parking.
NEAREST_LEG = 100.0
HOURS = 168


@dataclass(frozen=True, slots=True)
class Moved:
    """Driving that was seen: ``count`` legs, metres along the straight line, seconds."""

    count: int = 0
    metres: float = 0.0
    seconds: float = 0.0

    def __add__(self, other: Moved) -> Moved:
        return Moved(self.count + other.count, self.metres + other.metres, self.seconds + other.seconds)


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a shop's couriers. ``hours``: hour of the week (0: Monday from midnight) to what was seen."""

    hours: Mapping[int, Moved] = field(default_factory=dict)
    stops: int = 0
    service_seconds: float = 0.0

    def speed(self, hour: int) -> float:
        """Metres a second along the straight line in an hour of the week."""
        own = self.hours.get(hour, Moved())
        like = sum((self.hours.get(each, Moved()) for each in _like(hour)), Moved())
        return _drawn(own, _drawn(like, _drawn(self.all, USUAL_SPEED)))

    @property
    def all(self) -> Moved:
        return sum(self.hours.values(), Moved())

    @property
    def service(self) -> float:
        """Seconds that a stop takes."""
        return (self.service_seconds + STOPS * USUAL_SERVICE) / (self.stops + STOPS)

    def drive(self, one: Point, other: Point, leaving: datetime) -> float:
        """Seconds from one to the other. ``leaving``: a moment in the shop's zone; each hour has its own speed."""
        left, at = metres(one, other), leaving
        for _hour in range(HOURS):
            speed = self.speed(hour_of_week(at))
            rest = 3600 - (at.minute * 60 + at.second + at.microsecond / 1e6)
            if left <= speed * rest:
                return (at - leaving).total_seconds() + left / speed
            left, at = left - speed * rest, at + timedelta(seconds=rest)
        return (at - leaving).total_seconds()


def hour_of_week(at: datetime) -> int:
    """0 to 167 by the clock of ``at``."""
    return at.weekday() * 24 + at.hour


def is_telling(way: float, seconds: float) -> bool:
    """Whether a leg says something about speed."""
    return way >= NEAREST_LEG and SHORTEST_LEG <= seconds <= LONGEST_LEG


def _like(hour: int) -> list[int]:
    """The same hour of all working days, or of both days of the weekend."""
    day, clock = divmod(hour, 24)
    days = range(5) if day < 5 else range(5, 7)
    return [each * 24 + clock for each in days]


def _drawn(seen: Moved, towards: float) -> float:
    return (seen.metres + DRIVING * towards) / (seen.seconds + DRIVING)
