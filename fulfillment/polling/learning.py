"""A carrier's own profile from scans: counted by silence and hour of the week, shrunk towards what is usual.

The chance of a scan is taken as a rate by silence times a factor by hour. Both are fitted in turn to counts and hours
of waiting (piecewise exponential survival; Holford 1980, *Biometrics* 36:299). Parcels that still wait count with the
hours that they have waited, so that slow ones are not left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from fulfillment.polling.shapes import BINS, CELLS, EDGES, Profile, Shape, bin_of, cell_of
from fulfillment.polling.stages import keys_of
from fulfillment.polling.usual import USUAL
from fulfillment.statuses import ShipmentStatus

#: Scans from which a stage, or a stage with one code of the carrier, has a shape of its own.
ENOUGH = 60
#: Imaginary scans that behave as is usual, in each bin and in each cell.
SHRINK = 2.0
#: Waiting longer than this many hours teaches nothing about when to ask.
LONGEST = 14 * 24.0
ROUNDS = 6


@dataclass(slots=True)
class Tally:
    """Hours waited and scans seen, by (bin of silence, cell of the week)."""

    waited: dict[tuple[int, int], float] = field(default_factory=lambda: defaultdict(float))
    seen: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))

    @property
    def scans(self) -> int:
        return sum(self.seen.values())

    def add(self, since: datetime, until: datetime, zone: tzinfo, *, scanned: bool) -> None:
        """One wait from the scan at ``since`` until the next one, or until ``until`` without one."""
        hours = max((until - since).total_seconds() / 3600, 0.0)
        local = since.astimezone(zone)
        at, end = 0.0, min(hours, LONGEST)
        while at < end:
            moment = local + timedelta(hours=at)
            left = 1 - (moment.minute / 60 + moment.second / 3600)
            number = bin_of(at)
            edge = EDGES[number + 1] if number + 1 < BINS else LONGEST
            # No step shorter than a second, whatever the rounding of the edges.
            step = max(min(left, edge - at, end - at), 1 / 3600)
            self.waited[number, cell_of(moment)] += step
            at += step
        if scanned and hours <= LONGEST:
            self.seen[bin_of(hours), cell_of(local + timedelta(hours=hours))] += 1


class Tallies:
    """The tallies of one carrier by key."""

    def __init__(self) -> None:
        self.by_key: dict[str, Tally] = defaultdict(Tally)

    def add(self, stage: str, code: str, since: datetime, until: datetime, zone: tzinfo, *, scanned: bool) -> None:
        for key in keys_of(stage, code):
            self.by_key[key].add(since, until, zone, scanned=scanned)

    def profile(self) -> Profile:
        """Shapes of all keys with enough scans; a narrow one is shrunk towards its stage, a stage to what is usual."""
        stages: dict[str, Shape] = {}
        for key, tally in self._enough():
            if ":" not in key:
                stages[key] = fit(tally, USUAL.shape((key, ShipmentStatus.UNKNOWN)))
        narrow = {key: fit(tally, stages.get(key.partition(":")[0])) for key, tally in self._enough() if ":" in key}
        return Profile({**stages, **narrow})

    def _enough(self) -> Iterable[tuple[str, Tally]]:
        return [(key, tally) for key, tally in sorted(self.by_key.items()) if tally.scans >= ENOUGH]


def fit(tally: Tally, prior: Shape | None) -> Shape:
    """Rates and factors that fit ``tally``, shrunk towards ``prior``."""
    prior = prior or USUAL.shapes[ShipmentStatus.UNKNOWN]
    week = list(prior.week)
    rates = list(prior.rates)
    by_bin, by_cell = _margins(tally.seen)
    for _ in range(ROUNDS):
        expected = _expected(tally.waited, week, 1, 0)
        rates = [
            (by_bin[number] + SHRINK) / (expected[number] + SHRINK / max(prior.rates[number], 1e-4))
            for number in range(BINS)
        ]
        expected = _expected(tally.waited, rates, 0, 1)
        week = [(by_cell[cell] + SHRINK * prior.week[cell]) / (expected[cell] + SHRINK) for cell in range(CELLS)]
        top = max(week)
        week = [factor / top for factor in week]
    return Shape(tuple(rates), tuple(week), tally.scans)


def _margins(seen: Mapping[tuple[int, int], int]) -> tuple[dict[int, int], dict[int, int]]:
    by_bin: dict[int, int] = defaultdict(int)
    by_cell: dict[int, int] = defaultdict(int)
    for (number, cell), count in seen.items():
        by_bin[number] += count
        by_cell[cell] += count
    return by_bin, by_cell


def _expected(
    waited: Mapping[tuple[int, int], float], factors: Sequence[float], factor_axis: int, axis: int
) -> dict[int, float]:
    """Hours waited times the factor of the one axis, summed up for each place of the other."""
    found: dict[int, float] = defaultdict(float)
    for key, hours in waited.items():
        found[key[axis]] += hours * factors[key[factor_axis]]
    return found
