"""Circles around places, and what it means to be inside.

What happened is the *earliest pair* of positions that proves it. Further positions can only make more pairs, and the
earliest of a set does not depend on the order in which it became known: so any order and any duplication of pings gives
the same events, a batch that was buffered offline moves an event to when it really was, and it is enough to look at the
minutes around new positions. One position alone proves nothing: a single jump gives no event.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from fulfillment.carriers.gps.fixes import FASTEST
from fulfillment.carriers.gps.points import Fix, Point, can_reach, metres

#: Seconds within which two positions belong together.
LINK = 300.0
#: Seconds that a courier stays at a door at least; who drives past stays shorter.
DWELL = 20.0


@dataclass(frozen=True, slots=True)
class Fences:
    """Radii in metres: around the start, around a stop, and around its door."""

    start: float = 150.0
    near: float = 500.0
    door: float = 60.0


def departed_at(start: Point, fixes: Sequence[Fix], fences: Fences) -> datetime | None:
    """When the courier was outside of the fence around the start for the first time."""
    return _earliest(fixes, lambda fix: metres(fix, start) - fix.accuracy > fences.start)


def near_at(stop: Point, fixes: Sequence[Fix], fences: Fences) -> datetime | None:
    """When the courier came near the stop."""
    return _earliest(fixes, lambda fix: metres(fix, stop) <= fences.near)


def arrived_at(stop: Point, fixes: Sequence[Fix], fences: Fences) -> datetime | None:
    """When the courier came to the door and stayed."""
    return _earliest(fixes, lambda fix: metres(fix, stop) <= fences.door, DWELL)


def left_at(stop: Point, fixes: Sequence[Fix], fences: Fences, since: datetime, until: datetime) -> datetime | None:
    """The last moment at the door between two others."""
    inside = [fix.at for fix in fixes if since <= fix.at <= until and metres(fix, stop) <= fences.door]
    return max(inside, default=None)


def earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    """What two parts of the truth say together."""
    return min(filter(None, (one, other)), default=None)


def _earliest(fixes: Sequence[Fix], is_inside: Callable[[Fix], bool], dwell: float = 0.0) -> datetime | None:
    inside = sorted((fix for fix in fixes if is_inside(fix)), key=lambda fix: fix.at)
    for number, fix in enumerate(inside):
        for later in inside[number + 1 :]:
            seconds = (later.at - fix.at).total_seconds()
            if seconds > LINK:
                break
            if seconds > 0 and seconds >= dwell and can_reach(fix, later, FASTEST):
                return fix.at
    return None
