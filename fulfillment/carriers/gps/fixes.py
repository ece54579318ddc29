"""Which positions can be true. Phones send whatever they have: the sea off Ghana, tomorrow, the next cell tower."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fulfillment.carriers.gps.points import Fix, can_reach

#: Metres of inaccuracy above which a position says nothing about a door.
COARSEST = 150.0
#: Seconds by which the clock of a phone may be ahead.
AHEAD = 120.0
#: Degrees around 0, 0 within which a position is that of a device that has none.
NULL_ISLAND = 0.05
#: Metres a second that no delivery courier exceeds (180 km/h).
FASTEST = 50.0


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between which moments a position is taken: a run has a beginning, and what is old is not kept."""

    earliest: datetime
    latest: datetime


def why_not(fix: Fix, now: datetime) -> str:
    """Why ``fix`` cannot be true, in one of a few words; empty when it can."""
    if not all(math.isfinite(degrees) for degrees in (fix.latitude, fix.longitude)):
        return "no_number"
    if abs(fix.latitude) > 90 or abs(fix.longitude) > 180:
        return "not_on_earth"
    if abs(fix.latitude) < NULL_ISLAND and abs(fix.longitude) < NULL_ISLAND:
        return "null_island"
    if not math.isfinite(fix.accuracy) or fix.accuracy < 0 or fix.accuracy > COARSEST:
        return "inaccurate"
    if fix.at > now + timedelta(seconds=AHEAD):
        return "future"
    return ""


def without_jumps(fixes: Iterable[Fix]) -> list[Fix]:
    """In order of time, without those that the courier cannot have come from and gone on to.

    A position is a jump when it cannot be reached from the one before and the one after cannot be reached from it; at
    the end, when what is before agrees with itself and not with it. Depends on the set alone, not on who came first.
    """
    ordered = sorted(set(fixes), key=lambda fix: (fix.at, fix.latitude, fix.longitude, fix.accuracy))
    kept: list[Fix] = []
    for number, fix in enumerate(ordered):
        before = kept[-1] if kept else None
        after = ordered[number + 1] if number + 1 < len(ordered) else None
        if before is not None and not can_reach(before, fix, FASTEST):
            settled = len(kept) > 1  # somebody else said the same as ``before``
            if settled and (after is None or can_reach(before, after, FASTEST) or not can_reach(fix, after, FASTEST)):
                continue
        elif before is None and after is not None and not can_reach(fix, after, FASTEST):
            later = ordered[number + 2] if number + 2 < len(ordered) else None
            if later is not None and can_reach(after, later, FASTEST):
                continue
        kept.append(fix)
    return kept
