"""When a courier will be at each of the next stops, and a window that was measured to hold."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from fulfillment.carriers.gps.points import Point
from fulfillment.carriers.gps.speeds import Profile

#: Share of arrivals that a window is to hold.
LEVEL = 0.8
#: Runs that must have been looked at before a window is made at all, and before one is told to anybody; windows that
#: must have been looked at afterwards until then, and the share of them that must have held.
SOME_RUNS, ENOUGH_RUNS, ENOUGH, HOLDING = 3, 10, 50, 0.77
#: A longer window is no help.
LONGEST = timedelta(minutes=120)
#: Minutes to which the ends of a window are rounded, outwards.
STEP = 5
#: Bins of an octave in which errors are kept.
BINS = 16
#: Arrivals after which older ones begin to count less: traffic and couriers change.
FADE = 20_000


@dataclass(frozen=True, slots=True)
class Errors:
    """How long it took against what was said: bins of log2(actual / expected), and how windows told before fared.

    ``told`` and ``held`` count windows that were made from the runs before and looked at afterwards; ``runs`` is how
    many runs it rests on. The arrivals of one run are much alike, so their number alone says little.
    """

    bins: Mapping[int, float] = field(default_factory=dict)
    told: float = 0.0
    held: float = 0.0
    runs: int = 0

    @property
    def count(self) -> float:
        return sum(self.bins.values())

    @property
    def coverage(self) -> float:
        return self.held / self.told if self.told else 0.0

    @property
    def is_proven(self) -> bool:
        """Whether windows may be told to people."""
        return self.runs >= ENOUGH_RUNS and self.told >= ENOUGH and self.coverage >= HOLDING

    def quantile(self, share: float) -> float:
        """The factor below which ``share`` of arrivals lay, counted up by one as split conformal prediction does.

        The outer edge of its bin, so that what is kept in bins is no narrower than what was seen.
        """
        is_upper, count = share > 0.5, self.count
        wanted = share * (count + 1) if is_upper else share * (count + 1) - 1
        below = 0.0
        for number in sorted(self.bins):
            below += self.bins[number]
            if below >= min(max(wanted, 0.0), count) and below > 0:
                return float(2 ** ((number + is_upper) / BINS))
        return 1.0

    def after(self, run: Sequence[tuple[float, float]]) -> Errors:
        """With the arrivals of one more run, each as expected and actual seconds.

        All its windows are looked at first as they were made, without knowing anything of this run.
        """
        if not run:
            return self
        told, held, bins = self.told, self.held, dict(self.bins)
        if self.runs >= SOME_RUNS:
            told += len(run)
            held += sum(low <= actual <= high for (low, high), actual in ((self.window(e), a) for e, a in run))
        for expected, actual in run:
            number = bin_of(expected, actual)
            bins[number] = bins.get(number, 0.0) + 1
        fade = 0.5 if sum(bins.values()) > FADE else 1.0
        return Errors({each: count * fade for each, count in bins.items()}, told * fade, held * fade, self.runs + 1)

    def window(self, expected: float) -> tuple[float, float]:
        """Seconds from now between which the courier comes in ``LEVEL`` of all cases."""
        edge = (1 - LEVEL) / 2
        return expected * self.quantile(edge), expected * self.quantile(1 - edge)


def bin_of(expected: float, actual: float) -> int:
    ratio = max(actual, 1.0) / max(expected, 1.0)
    return math.floor(BINS * min(max(math.log2(ratio), -4.0), 4.0))


def bucket(before: int) -> str:
    """Errors of the next stop are others than those of the tenth."""
    return next(name for most, name in ((0, "0"), (1, "1"), (3, "2-3"), (7, "4-7"), (10**9, "8+")) if before <= most)


def arrivals(
    place: Point,
    now: datetime,
    stops: Sequence[Point],
    profile: Profile,
    *,
    busy: float = 0.0,
    legs: Sequence[float] | None = None,
) -> list[datetime]:
    """When the courier at ``place`` gets to each of ``stops`` in turn.

    ``now`` is in the shop's zone. ``busy``: seconds until the courier leaves ``place``. ``legs``: seconds of driving to
    each stop as somebody else knows them (a routing service); else the profile says.
    """
    found: list[datetime] = []
    at, here = _after(now, busy), place
    for number, stop in enumerate(stops):
        at = _after(at, legs[number] if legs is not None else profile.drive(here, stop, at))
        found.append(at)
        at, here = _after(at, profile.service), stop
    return found


def told_window(now: datetime, arrival: datetime, errors: Errors) -> tuple[datetime, datetime] | None:
    """The window for people, its ends rounded outwards to five minutes; None while it has not been seen to hold."""
    if not errors.is_proven:
        return None
    low, high = errors.window(max((arrival.astimezone(UTC) - now.astimezone(UTC)).total_seconds(), 60.0))
    first, last = _rounded(_after(now, low), up=False), _rounded(_after(now, high), up=True)
    return (first, last) if last.astimezone(UTC) - first.astimezone(UTC) <= LONGEST else None


def _rounded(at: datetime, *, up: bool) -> datetime:
    down = at.replace(minute=at.minute - at.minute % STEP, second=0, microsecond=0)
    return _after(down, STEP * 60) if up and down < at else down


def _after(at: datetime, seconds: float) -> datetime:
    """So many seconds later, on the same clock; a sum in the zone itself is an hour off when clocks are changed."""
    return (at.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(at.tzinfo)
