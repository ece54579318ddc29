"""How long parcels stay without a scan: waits, counted into curves. Pure Python, without a data base.

See :mod:`fulfillment.ml.silence` for what they are for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from math import exp, floor, log
from typing import NamedTuple

from fulfillment.statuses import ShipmentStatus
from parcelwise.clock import midnight, working_hours

#: Stages in which the next scan is the carrier's to make.
LISTENED = frozenset(
    {ShipmentStatus.PICKED_UP, ShipmentStatus.IN_TRANSIT, ShipmentStatus.OUT_FOR_DELIVERY, ShipmentStatus.UNKNOWN,
     ShipmentStatus.DELIVERY_DELAYED, ShipmentStatus.DELIVERY_FAILED, ShipmentStatus.ON_HOLD}
)  # fmt: skip
#: Each bin of hours is so much wider than the one before it.
STEP = 1.05
#: Waits under this many hours are all the same.
LEAST = 0.25
#: Waits of the wider cell that are mixed into the typical wait …
SHRINK_PACE = 20.0
#: … and waits of the whole stage that are mixed into the tail, of which there is much less to see.
SHRINK_TAIL = 200.0
#: Beyond the longest wait that was seen the chance falls with this power of the hours.
TAIL_POWER = 6.0
#: A weekday with a smaller share of a stage's next scans is one on which it does not move …
QUIET_SHARE = 0.03
#: … which is asked from this many waits on. Before, Sundays are taken for quiet.
QUIET_FROM, QUIET_DEFAULT = 100, frozenset({6})
#: Days whose waits say how fast the carrier is just now, the waits of the usual that are mixed in, and the power to
#: which the factor is raised, because it is always some days behind.
RECENT, SHRINK_STRETCH, CAUTION = 3, 10.0, 1.5


class Spot(NamedTuple):
    """Where a parcel was last seen, as far as it says how long it may stay silent."""

    status: str
    near: bool
    carrier: str
    service: str
    abroad: bool
    code: str

    @property
    def stage(self) -> str:
        return f"{self.status}@destination" if self.near else self.status

    @property
    def keys(self) -> tuple[str, ...]:
        """Cells from wide to narrow: the stage, the carrier's, the service's at home or abroad, the code's."""
        carrier = f"{self.stage}|{self.carrier}"
        service = f"{carrier}|{self.service}|{'abroad' if self.abroad else 'home'}"
        return self.stage, carrier, service, f"{service}|{self.code}"


class Wait(NamedTuple):
    """One stretch between two scans of a parcel; ``zone`` is where its weekdays are counted."""

    spot: Spot
    since: datetime
    until: datetime
    zone: tzinfo


def usual_hours(wait: Wait, quiet: Collection[int], stretch: Stretch) -> float:
    """The wait in working hours, divided by the stretch of its days: the most that it ever came to, day by day."""
    most, day = 0.0, wait.since.astimezone(wait.zone).date()
    last = wait.until.astimezone(wait.zone).date()
    if day == last:  # nearly all of them
        passed = wait.until.astimezone(UTC) - wait.since.astimezone(UTC)
        hours = 0.0 if day.weekday() in quiet and len(quiet) < 7 else passed.total_seconds() / 3600
        return hours / stretch.at(wait.spot, day)
    while day <= last:
        until = min(wait.until, midnight(day + timedelta(days=1), wait.zone))
        most = max(most, working_hours(wait.since, until, wait.zone, quiet) / stretch.at(wait.spot, day))
        day += timedelta(days=1)
    return most


def _bin(hours: float) -> int:
    return floor(log(max(hours, LEAST) / LEAST) / log(STEP))


def _edge(place: float) -> float:
    """The hours at which a bin begins."""
    return float(LEAST * STEP**place)


class Stretch:
    """How much longer waits take just now than usual, day by day: before Christmas, in a storm, in a strike.

    ``factors`` holds, by stage and carrier, the factor that was known when a day began; from 1 up, 1 where none is.
    """

    def __init__(self, factors: Mapping[tuple[str, date], float] | None = None) -> None:
        self.factors = factors or {}

    @classmethod
    def of(cls, waits: Iterable[Wait], curves: Curves) -> Stretch:
        """From waits against the typical wait of their cells: each day sees the :data:`RECENT` days before it."""
        ended: dict[tuple[str, date], tuple[int, float]] = {}
        for wait in waits:
            hours = working_hours(wait.since, wait.until, wait.zone, curves.quiet_of(wait.spot))
            behind = (_bin(hours) - curves.pace(wait.spot)) * log(STEP)
            day = wait.until.astimezone(wait.zone).date()
            for key in wait.spot.keys[:2]:
                for number in range(1, RECENT + 1):
                    place = key, day + timedelta(days=number)
                    count, total = ended.get(place, (0, 0.0))
                    ended[place] = count + 1, total + behind
        return cls({place: _factor(place, ended) for place in ended})

    def at(self, spot: Spot, day: date) -> float:
        stage, carrier = spot.keys[:2]
        return self.factors.get((carrier, day)) or self.factors.get((stage, day)) or 1.0


def _factor(place: tuple[str, date], ended: Mapping[tuple[str, date], tuple[int, float]]) -> float:
    """The carrier's mean, shrunk to its stage's, shrunk to none."""
    key, day = place
    behind = 0.0
    for name in dict.fromkeys((key.partition("|")[0], key)):
        count, total = ended.get((name, day), (0, 0.0))
        behind = (total + SHRINK_STRETCH * behind) / (count + SHRINK_STRETCH)
    return exp(max(behind, 0.0) * CAUTION)


@dataclass(slots=True)
class Cell:
    """Waits of one group, counted by bin."""

    waits: int = 0
    counts: dict[int, int] = field(default_factory=dict)

    def add(self, place: int) -> None:
        self.waits += 1
        self.counts[place] = self.counts.get(place, 0) + 1

    def median(self) -> float:
        """The bin in which the middle wait lies."""
        seen = 0
        for place in sorted(self.counts):
            seen += self.counts[place]
            if 2 * seen >= self.waits:
                return float(place)
        return 0.0

    def as_json(self) -> dict[str, int]:
        return {str(place): count for place, count in sorted(self.counts.items())}

    @classmethod
    def from_json(cls, counts: Mapping[str, int]) -> Cell:
        return cls(sum(counts.values()), {int(place): count for place, count in counts.items()})


class Tail:
    """The share of a cell's waits that are at least so long, with a power law beyond the longest."""

    __slots__ = ("_longest", "_shares", "_waits")

    def __init__(self, cell: Cell) -> None:
        left, self._shares, self._waits = cell.waits, dict[int, float](), cell.waits
        places = sorted(cell.counts)
        self._longest = places[-1] if places else 0
        for place in range(places[0], self._longest + 1) if places else ():
            self._shares[place] = left / (cell.waits + 1)
            left -= cell.counts.get(place, 0)

    def share(self, place: int) -> float:
        """Waits in ``place`` itself are counted as longer: it errs on the side of patience."""
        if not self._waits or place < min(self._shares):
            return 1.0
        if place <= self._longest:
            return self._shares[place]
        return float(STEP ** (-TAIL_POWER * (place - self._longest)) / (self._waits + 1))


class Curves:
    """What is known of the waits of many parcels: a chance for each wait."""

    def __init__(self, cells: Mapping[str, Cell], quiet: Mapping[str, frozenset[int]]) -> None:
        self.cells, self.quiet = cells, quiet
        self._pace: dict[str, float] = {}
        self._tails: dict[str, Tail] = {}
        self._shapes: dict[str, Tail] = self._pooled()

    @classmethod
    def of(cls, waits: Iterable[Wait], stretch: Stretch | None = None) -> Curves:
        """Counted from ``waits``, as they would have been without the ``stretch`` of their days."""
        known = list(waits)
        quiet = _quiet(known)
        cells: dict[str, Cell] = defaultdict(Cell)
        for wait in known:
            place = _bin(usual_hours(wait, _quiet_of(quiet, wait.spot), stretch or Stretch()))
            for key in wait.spot.keys:
                cells[key].add(place)
        return cls(dict(cells), quiet)

    def pace(self, spot: Spot) -> float:
        """The typical wait as a bin; that of all where the stage is unknown."""
        return self._narrowest(spot)[1] if spot.stage in self.cells else 0.0

    def quiet_of(self, spot: Spot) -> frozenset[int]:
        return _quiet_of(self.quiet, spot)

    def chance(self, spot: Spot, hours: float) -> float | None:
        """The share of healthy parcels that stay silent for so many working hours here; None for an unknown stage."""
        return self._chance(spot, _bin(hours))

    def patience(self, spot: Spot, chance: float) -> float | None:
        """Working hours from which on the chance is at most ``chance``; None for an unknown stage."""
        if spot.stage not in self.cells:
            return None
        low, high = 0, 400  # 0.25 h … a century
        while low < high:
            middle = (low + high) // 2
            if (self._chance(spot, middle) or 0.0) <= chance:
                high = middle
            else:
                low = middle + 1
        return _edge(low) * (1 + 1e-9)  # not under it, however the powers are rounded

    def _chance(self, spot: Spot, place: int) -> float | None:
        shape = self._shapes.get(spot.stage)
        if shape is None:
            return None
        key, pace = self._narrowest(spot)
        own = self.cells[key]
        weight = own.waits / (own.waits + SHRINK_TAIL)
        if key not in self._tails:
            self._tails[key] = Tail(own)
        return weight * self._tails[key].share(place) + (1 - weight) * shape.share(round(place - pace))

    def _narrowest(self, spot: Spot) -> tuple[str, float]:
        """The narrowest cell that was ever seen, and its typical wait as a bin, shrunk level by level."""
        key = next(key for key in reversed(spot.keys) if key in self.cells)
        if key not in self._pace:
            pace: float | None = None
            for name in spot.keys[: spot.keys.index(key) + 1]:
                cell = self.cells[name]
                own = cell.median()
                pace = own if pace is None else (cell.waits * own + SHRINK_PACE * pace) / (cell.waits + SHRINK_PACE)
            self._pace[key] = pace or 0.0
        return key, self._pace[key]

    def _pooled(self) -> dict[str, Tail]:
        """For each stage the waits of its narrowest cells as multiples of their own typical wait."""
        pooled: dict[str, Cell] = defaultdict(Cell)
        for key, cell in self.cells.items():
            stage, *rest = key.split("|")
            if len(rest) < 4:
                continue
            pace = cell.median()
            for place, count in cell.counts.items():
                shifted = round(place - pace)
                pooled[stage].counts[shifted] = pooled[stage].counts.get(shifted, 0) + count
                pooled[stage].waits += count
        return {stage: Tail(cell) for stage, cell in pooled.items()}


def _quiet(waits: Sequence[Wait]) -> dict[str, frozenset[int]]:
    """By stage and carrier the weekdays on which next to no wait ends."""
    days: dict[str, list[int]] = defaultdict(lambda: [0] * 7)
    for wait in waits:
        days[wait.spot.keys[1]][wait.until.astimezone(wait.zone).weekday()] += 1
    return {
        key: frozenset(day for day in range(7) if counts[day] < QUIET_SHARE * sum(counts))
        for key, counts in days.items()
        if sum(counts) >= QUIET_FROM
    }


def _quiet_of(quiet: Mapping[str, frozenset[int]], spot: Spot) -> frozenset[int]:
    return quiet.get(spot.keys[1], QUIET_DEFAULT)
