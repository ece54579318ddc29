"""Silence alarms on simulated years of a shop beside a fixed rule of 72 hours, split by time.

    .venv/bin/python benchmarks/silence.py [--seed 0] [--years 10] [--orders 3000] [--budget 5] [--walk 0]

No data base: the scans of ``demo.simulate`` go straight into ``fulfillment.ml.silence``. Each year is a shop of its own
from January to December. What is learned comes from the first half alone: parcels packed two weeks before July or
earlier that had arrived by then. Measured are the parcels packed from July on, with an autumn storm and the weeks
before Christmas among them. The factor by which a carrier is slower than usual just now is brought up to date each day
from scans of the days before, as the schedule does it. ``--walk 28`` also learns anew every 28 days from what had
happened by then. ``--steady`` leaves the daily factor out, to show what it is worth.

Each year has a seed of its own, ``--seed`` and those after it; the spread over the years stands below the table: the
standard deviation, and the least and the most of a year. The curves and the budget were made with the seeds 0 to 9.

A *false alarm* is a parcel that raised one or more and moved on after all. *Earlier* is counted for the parcels that
were lost, of which no scan ever came again, from their last scan on.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from demo.simulate.cast import some_people  # noqa: E402
from demo.simulate.scans import scans  # noqa: E402
from demo.simulate.year import PlannedOrder, PlannedParcel, plan_year  # noqa: E402
from fulfillment.ml.silence import Listener, learn, score  # noqa: E402
from fulfillment.ml.waits import LISTENED, Curves, Spot, Stretch, Wait  # noqa: E402
from fulfillment.statuses import ShipmentStatus  # noqa: E402

ZONE = ZoneInfo("Europe/Berlin")
SPLIT, END = datetime(2025, 7, 1, tzinfo=ZONE), datetime(2026, 1, 1, tzinfo=ZONE)
MATURE = timedelta(days=14)
RULE = timedelta(hours=72)
ENDS = {ShipmentStatus.DELIVERED, ShipmentStatus.RETURN_TO_SENDER}
#: The last scans of parcels that were packed in December.
AFTERWARDS = timedelta(days=60)


class Stay(NamedTuple):
    """Where a parcel was seen, and until when it stayed silent; None: for ever."""

    spot: Spot
    since: datetime
    until: datetime | None


class Parcel(NamedTuple):
    packed_at: datetime
    ended_at: datetime | None
    stays: Sequence[Stay]

    @property
    def waits(self) -> list[Wait]:
        return [Wait(stay.spot, stay.since, stay.until, ZONE) for stay in self.stays if stay.until]


def year(seed: int, orders: int) -> list[Parcel]:
    dice = random.Random(seed)
    plans = plan_year(dice, some_people(dice, max(orders // 3, 10)), orders, until=END)
    return sorted((parcel(plan, each) for plan in plans for each in plan.parcels), key=lambda one: one.packed_at)


def parcel(plan: PlannedOrder, planned: PlannedParcel) -> Parcel:
    seen = scans(planned.steps, END + AFTERWARDS)
    home = plan.person.home
    stays = [
        Stay(
            Spot(
                str(scan.status), home.city.casefold() in scan.location.casefold(), planned.carrier, planned.service,
                home.country != "DE", scan.code,
            ),
            scan.occurred_at,
            after.occurred_at if after else None,
        )
        for scan, after in zip(seen, [*seen[1:], None], strict=True)
        if scan.status in LISTENED
    ]  # fmt: skip
    return Parcel(planned.packed_at, seen[-1].occurred_at if seen[-1].status in ENDS else None, stays)


def learned(parcels: Sequence[Parcel], now: datetime, budget: float, steady: bool = False) -> Listener:
    """What could be known at ``now``; the daily factors go on, each from the days before it."""
    healthy = [
        one.waits for one in parcels if one.packed_at < now - MATURE and one.ended_at is not None and one.ended_at < now
    ]
    if steady:
        curves = Curves.of(wait for waits in healthy for wait in waits)
        return Listener(curves, score(healthy, Stretch()), budget)
    found = learn(healthy, budget)
    found.stretch = Stretch.of((wait for one in parcels for wait in one.waits), found.curves)
    return found


@dataclass
class Result:
    healthy: int = 0
    alarmed: int = 0
    by_rule: int = 0
    earlier: list[float] = field(default_factory=list)
    months: Counter[int] = field(default_factory=Counter)
    months_alarmed: Counter[int] = field(default_factory=Counter)
    waits: Counter[tuple[str, str]] = field(default_factory=Counter)
    over: Counter[tuple[str, str]] = field(default_factory=Counter)
    rare: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, one: Parcel, listener: Listener) -> None:
        if one.ended_at is None:
            last = one.stays[-1]
            alarm = listener.alarm_at(last.spot, last.since, ZONE)
            self.earlier.append((last.since + RULE - alarm).total_seconds() / 3600)
            return
        self.healthy += 1
        self.months[one.packed_at.month] += 1
        alarms = [wait for wait in one.waits if wait.until > listener.alarm_at(wait.spot, wait.since, ZONE)]
        self.alarmed += bool(alarms)
        self.months_alarmed[one.packed_at.month] += bool(alarms)
        self.by_rule += any(wait.until - wait.since > RULE for wait in one.waits)
        for wait in one.waits:
            cell = wait.spot.stage, wait.spot.carrier
            self.waits[cell] += 1
            self.over[cell] += wait in alarms
            chance = listener.rarity(wait.spot, wait.since, wait.until, ZONE)
            self.rare[cell] += chance is not None and chance <= 0.01

    def join(self, other: Result) -> None:
        self.healthy += other.healthy
        self.alarmed += other.alarmed
        self.by_rule += other.by_rule
        self.earlier += other.earlier
        for name in ("months", "months_alarmed", "waits", "over", "rare"):
            getattr(self, name).update(getattr(other, name))


def measure(parcels: Sequence[Parcel], budget: float, walk: int, steady: bool = False) -> Result:
    listener = learned(parcels, SPLIT, budget, steady)
    result, known = Result(), SPLIT
    for one in parcels:
        if one.packed_at < SPLIT:
            continue
        if walk and one.packed_at >= known + timedelta(days=walk):
            known += timedelta(days=walk)
            listener = learned(parcels, known, budget, steady)
        result.add(one, listener)
    return result


def table(results: Iterator[tuple[str, Result]], budget: float) -> Result:
    print(
        "| year | healthy | 72 h: false per 1,000 | alarms: false per 1,000 | lost | earlier than 72 h, mean | least |"
    )
    print("|---|---|---|---|---|---|---|")
    every, years = Result(), list[Result]()
    for name, result in results:
        row(name, result)
        every.join(result)
        years.append(result)
    row("all", every)
    print()
    spread("72 h: false alarms per 1,000", [1000 * year.by_rule / year.healthy for year in years])
    spread("false alarms per 1,000", [1000 * year.alarmed / year.healthy for year in years])
    spread("hours earlier than 72 h", [statistics.fmean(year.earlier) for year in years if year.earlier])
    print(f"\nBudget {1000 * budget:g} per 1,000. By month, false alarms per 1,000: ", end="")
    print(
        ", ".join(f"{month}: {1000 * every.months_alarmed[month] / n:.1f}" for month, n in sorted(every.months.items()))
    )
    return every


def spread(what: str, values: list[float]) -> None:
    """Mean of the years, standard deviation, least and most."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    print(f"{what}: mean {statistics.fmean(values):.1f} ± {deviation:.1f}, {min(values):.1f} to {max(values):.1f}")


def row(name: str, result: Result) -> None:
    rates = (f"{1000 * count / result.healthy:.1f}" for count in (result.by_rule, result.alarmed))
    hours = f"{statistics.fmean(result.earlier):.1f} h | {min(result.earlier):.1f} h" if result.earlier else "– | –"
    print(f"| {name} | {result.healthy:,} | {' | '.join(rates)} | {len(result.earlier)} | {hours} |", flush=True)


def calibration(every: Result) -> None:
    print("\n| stage | carrier | waits | said to be 1 in 100 or rarer, per 100 | false alarms per 1,000 waits |")
    print("|---|---|---|---|---|")
    for (stage, carrier), n in sorted(every.waits.items()):
        cell = stage, carrier
        print(f"| {stage} | {carrier} | {n:,} | {100 * every.rare[cell] / n:.2f} | {1000 * every.over[cell] / n:.2f} |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0, help="of the first year; the others have those after it")
    parser.add_argument("--years", type=int, default=10, help="shops of which each has its year")
    parser.add_argument("--orders", type=int, default=3000, help="orders of a year")
    parser.add_argument("--budget", type=float, default=5.0, help="false alarms per 1,000 parcels")
    parser.add_argument("--walk", type=int, default=0, help="learn anew every so many days; 0: only once, in July")
    parser.add_argument("--steady", action="store_true", help="without the daily factor")
    asked = parser.parse_args()
    started, budget = time.perf_counter(), asked.budget / 1000

    def results() -> Iterator[tuple[str, Result]]:
        for seed in range(asked.seed, asked.seed + asked.years):
            yield f"seed {seed}", measure(year(seed, asked.orders), budget, asked.walk, asked.steady)

    every = table(results(), budget)
    calibration(every)
    print(f"\n{time.perf_counter() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
