"""How long parcels take, from a store's own history: curves of waiting, shrunk from the store down to one service.

Pure Python, without a data base and without numpy, so that the core package can predict on its own. A :class:`Tally`
counts parcels of one group by how long they took; :func:`estimate` makes a :class:`Curve` of it.

Two properties of a shop's history decide the form:

* Deliveries alone are biased short, because the slow parcels are still out. A parcel that is still on its way therefore
  counts as "took longer than this" (Kaplan and Meier 1958, *JASA* 53:457, with the actuarial half for a parcel that
  leaves the count inside a bin).
* The level drifts. A parcel counts half as much for every :data:`HALF_LIFE` days since it set out.

A small group borrows from its parent: :data:`SHRINK` imaginary parcels that behave exactly like the parent are added.
The figures were chosen by ``benchmarks/arrival_baseline.py``; see ``docs/arrival.md``.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from math import log
from statistics import NormalDist
from typing import Any

#: Days after which a parcel counts half.
HALF_LIFE = 120.0
#: Parcels of the parent that are mixed into a group.
SHRINK = 30.0
#: Parcels of general knowledge (:data:`NORMS`, a carrier's estimate) that are mixed into a store's own history.
NORM_WEIGHT = 10.0
#: A weekday with less than this share of the arrivals is one on which nobody delivers …
QUIET_SHARE = 0.03
#: … which is asked from this many parcels on.
QUIET_FROM = 100


def _steps(*parts: tuple[float, float, float]) -> tuple[float, ...]:
    """Edges from each (start, end, step), and the last end."""
    edges = [start + step * i for start, end, step in parts for i in range(round((end - start) / step))]
    return (*edges, parts[-1][1])


#: Edges of the bins in days: quarter days where it matters, wider where parcels are rare.
EDGES = _steps((0, 10, 0.25), (10, 20, 0.5), (20, 40, 1), (40, 60, 2), (60, 90, 5))
#: Nothing is known of a parcel that is out longer than this many days.
HORIZON = EDGES[-1]
BINS = len(EDGES) - 1


def weight(age: float) -> float:
    """How much a parcel counts that set out ``age`` days ago."""
    return float(0.5 ** (age / HALF_LIFE))


def bin_of(days: float) -> int:
    """The bin of a duration in days; what is beyond the horizon is in the last one."""
    return min(bisect_right(EDGES, days) - 1, BINS - 1)


@dataclass(slots=True)
class Tally:
    """Weights of one group's parcels by bin: those that arrived, and those last seen still on their way."""

    parcels: int = 0
    arrived: dict[int, float] = field(default_factory=dict)
    waiting: dict[int, float] = field(default_factory=dict)
    #: Weights of the arrived by weekday (Monday is 0), where they were given.
    weekdays: dict[int, float] = field(default_factory=dict)

    def add(self, days: float, weight: float, arrived: bool, weekday: int | None = None) -> None:
        """Count a parcel that arrived after ``days`` (on ``weekday``), or was still out after ``days``."""
        if arrived and weekday is not None:
            self.weekdays[weekday] = self.weekdays.get(weekday, 0.0) + weight
        if days > HORIZON:
            days, arrived = HORIZON, False
        column = self.arrived if arrived else self.waiting
        place = bin_of(days)
        column[place] = column.get(place, 0.0) + weight
        self.parcels += arrived

    def as_json(self) -> dict[str, Any]:
        return {
            name: {str(place): round(value, 4) for place, value in sorted(column.items())}
            for name, column in (("arrived", self.arrived), ("waiting", self.waiting), ("weekdays", self.weekdays))
            if column
        }

    @classmethod
    def from_json(cls, parcels: int, value: Mapping[str, Mapping[str, float]]) -> Tally:
        arrived, waiting, weekdays = (
            {int(place): share for place, share in value.get(name, {}).items()}
            for name in ("arrived", "waiting", "weekdays")
        )
        return cls(parcels, arrived, waiting, weekdays)

    @property
    def quiet_weekdays(self) -> frozenset[int]:
        """Weekdays on which next to nothing arrives; none before there are enough parcels to tell."""
        if self.parcels < QUIET_FROM or not self.weekdays:
            return frozenset()
        line = QUIET_SHARE * sum(self.weekdays.values())
        return frozenset(day for day in range(7) if self.weekdays.get(day, 0.0) < line)


@dataclass(frozen=True, slots=True)
class Curve:
    """The share of parcels still on their way at each edge: from 1 at the start, falling."""

    waiting: tuple[float, ...]

    def still_out(self, days: float) -> float:
        """The share still on its way after ``days``, linear between the edges."""
        if days <= 0:
            return 1.0
        if days >= HORIZON:
            return self.waiting[-1]
        place = bin_of(days)
        left, right = EDGES[place], EDGES[place + 1]
        return self.waiting[place] + (self.waiting[place + 1] - self.waiting[place]) * (days - left) / (right - left)

    def missed(self, days: float, elapsed: float = 0.0) -> float | None:
        """The chance that a parcel out for ``elapsed`` days needs more than ``days`` in all.

        None when no parcel is known to have been out for ``elapsed`` days.
        """
        if days <= elapsed:
            return 1.0
        alive = self.still_out(elapsed)
        return min(self.still_out(days) / alive, 1.0) if alive > 0 else None

    def quantile(self, share: float, elapsed: float = 0.0) -> float | None:
        """Days in all by which ``share`` of the parcels out for ``elapsed`` days have arrived.

        Cut at the horizon when fewer arrive at all; None when no parcel is known to have been out so long.
        """
        alive = self.still_out(elapsed)
        if alive <= 0 or elapsed >= HORIZON:
            return None
        target = alive * (1.0 - share)
        for place in range(bin_of(max(elapsed, 0.0)), BINS):
            upper, lower = self.waiting[place], self.waiting[place + 1]
            if lower <= target and upper > lower:
                inside = (upper - target) / (upper - lower)
                return max(EDGES[place] + (EDGES[place + 1] - EDGES[place]) * max(inside, 0.0), elapsed)
        return HORIZON


def estimate(tally: Tally, parent: Curve | None = None, shrink: float = SHRINK) -> Curve:
    """The curve of a group, with ``shrink`` imaginary parcels that behave like ``parent``.

    In each bin the share that arrives is (arrived + k·parent's) / (exposed + k·parent's): without parcels the group is
    its parent, with very many it is itself.
    """
    exposed = sum(tally.arrived.values()) + sum(tally.waiting.values())
    out = 1.0
    curve = [out]
    for place in range(BINS):
        came, left = tally.arrived.get(place, 0.0), tally.waiting.get(place, 0.0)
        risk = exposed - left / 2
        if parent is not None:
            upper, lower = parent.waiting[place], parent.waiting[place + 1]
            hazard = _ratio(came + shrink * (upper - lower), risk + shrink * upper)
        else:
            hazard = _ratio(came, risk)
        out *= 1.0 - hazard
        curve.append(out)
        exposed = max(exposed - came - left, 0.0)
    return Curve(tuple(curve))


def _ratio(part: float, whole: float) -> float:
    return min(max(part / whole, 0.0), 1.0) if whole > 1e-9 else 0.0


def chain(tallies: Iterable[Tally], prior: Curve | None = None) -> Curve | None:
    """The curve of the last of ``tallies``, each shrunk to the one before it and the first to ``prior``."""
    curve, shrink = prior, NORM_WEIGHT
    for tally in tallies:
        curve, shrink = estimate(tally, curve, shrink), SHRINK
    return curve


#: What is usual where nothing is known: (leg, within one country) -> days that half and that nine in ten parcels need.
#: Rules of thumb after what large carriers publish for their standard ground services (UPS Ground and FedEx Ground 1 to
#: 5 working days, USPS Ground Advantage 2 to 5, DHL Paket 1 to 2; standard export services 3 to 10), plus a day in the
#: shop. They are not measured, and a forecast that rests on them says so.
NORMS: Mapping[tuple[str, bool], tuple[float, float]] = {
    ("purchase", True): (3.5, 7.0),
    ("purchase", False): (8.0, 16.0),
    ("handover", True): (2.2, 5.0),
    ("handover", False): (6.0, 13.0),
    ("last_mile", True): (0.25, 0.8),
    ("last_mile", False): (0.25, 1.0),
}


def norm(leg: str, domestic: bool) -> Curve:
    """The usual curve of a leg: log-normal through the two figures of :data:`NORMS`."""
    half, nine_in_ten = NORMS[leg, domestic]
    spread = log(nine_in_ten / half) / NormalDist().inv_cdf(0.9)
    days = NormalDist(log(half), spread)
    return Curve((1.0, *(1.0 - days.cdf(log(edge)) for edge in EDGES[1:])))


def of_estimate(days: float) -> Curve:
    """A carrier's own estimate as a curve, its day beginning ``days`` after the start.

    Assumed, not measured: one parcel in ten comes earlier, seven on the day, and the rest over the next four days.
    """
    known = ((0.0, 1.0), (max(days, 0.0), 0.9), (max(days, 0.0) + 1, 0.2), (max(days, 0.0) + 5, 0.0))
    return Curve((1.0, *(_between(known, edge) for edge in EDGES[1:])))


def _between(points: tuple[tuple[float, float], ...], x: float) -> float:
    for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
        if x <= x1:
            return y0 if x1 <= x0 else y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]


def on_delivery_day(moment: datetime, quiet: Collection[int], zone: tzinfo) -> datetime:
    """``moment``, or the first moment of the next day in ``zone`` whose weekday is not ``quiet``. Keeps the order."""
    day = moment.astimezone(zone).date()
    if day.weekday() not in quiet or len(quiet) > 6:
        return moment
    while day.weekday() in quiet:
        day += timedelta(days=1)
    return datetime.combine(day, time(), tzinfo=zone)


def lane_keys(origin: str, destination: str, carrier: str = "", service: str = "") -> tuple[str, ...]:
    """Keys of the groups a parcel belongs to, widest first: see :data:`LEVELS`."""
    keys = ["", f">{destination}", f"{origin}>{destination}"]
    if carrier:
        keys.append(f"{origin}>{destination}|{carrier}|{service}")
    return tuple(keys)


#: Names of the levels that :func:`lane_keys` returns, in its order: the whole store, all to one region, all from one
#: region to another, and one carrier's service on that lane.
LEVELS = ("store", "destination", "lane", "service")
