"""Walk the arrival baseline forward over a shop's real orders and print its errors beside two floors.

    .venv/bin/python benchmarks/arrival_baseline.py [--olist ../shared/olist]

No data base: the rows of the CSV files go straight into ``fulfillment.ml.baseline``. Purchases from 2017-10-01 to
2018-04-30 are predicted; statistics are refreshed every 14 days and see nothing that happened after the refresh. The
floors run over the same rows in the same run: the shop's own promised date, and the lane's quantiles of completed
deliveries shrunk to those of all by 30 orders.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fulfillment.ml import baseline  # noqa: E402

EPOCH = datetime(2016, 1, 1, tzinfo=UTC)  # the shop's local time, called UTC
FIRST, LAST = datetime(2017, 10, 1, tzinfo=UTC), datetime(2018, 5, 1, tzinfo=UTC)
REFRESH_DAYS = 14
MIXED = 30
WARN_ABOVE = 0.6  # PARCELWISE["FULFILLMENT"]["WARN_ABOVE"]
SHARES = (0.1, 0.5, 0.9)


#: p10, p50 and p90 in days from the start of the leg, and the chance of being late.
Row = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Parcel:
    """Moments in days since 2016-01-01, nan where unknown; ``due`` is the end of the promised day."""

    origin: str
    destination: str
    bought: float
    handed_over: float
    arrived: float
    due: float


def _rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    with gzip.open(folder / f"{name}.csv.gz", "rt", encoding="utf-8-sig") as file:
        yield from csv.DictReader(file)


def _days(stamp: str) -> float:
    return days_of(datetime.fromisoformat(stamp).replace(tzinfo=UTC)) if stamp else float("nan")


def days_of(moment: datetime) -> float:
    return (moment - EPOCH).total_seconds() / 86_400


def moment_of(days: float) -> datetime:
    return EPOCH + timedelta(days=days)


def read(folder: Path) -> list[Parcel]:
    """One parcel per order, sent by the seller of its first item."""
    customers = {row["customer_id"]: row["customer_state"] for row in _rows(folder, "customers")}
    sellers = {row["seller_id"]: row["seller_state"] for row in _rows(folder, "sellers")}
    seller_of = {
        row["order_id"]: row["seller_id"] for row in _rows(folder, "order_items") if row["order_item_id"] == "1"
    }
    return [
        Parcel(
            sellers.get(seller_of.get(row["order_id"], ""), "?"),
            customers[row["customer_id"]],
            _days(row["order_purchase_timestamp"]),
            _days(row["order_delivered_carrier_date"]),
            _days(row["order_delivered_customer_date"]),
            _days(row["order_estimated_delivery_date"]) + 1,
        )
        for row in _rows(folder, "orders")
    ]


@dataclass(slots=True)
class Predicted:
    """Columns of one method over one moment: days from purchase, and the chance of being late."""

    rows: list[Parcel]
    quantiles: list[tuple[float, float, float]]
    late: list[float]


def start_of(parcel: Parcel, leg: str) -> float:
    return parcel.bought if leg == "purchase" else parcel.handed_over


def to_predict(parcels: list[Parcel], leg: str) -> list[Parcel]:
    """Delivered parcels bought in the span; at hand-over only those with their moments in order."""
    first, last = (FIRST - EPOCH).days, (LAST - EPOCH).days
    rows = [p for p in parcels if first <= p.bought < last and p.arrived == p.arrived]
    if leg == "handover":
        rows = [p for p in rows if p.bought <= p.handed_over < p.arrived]
    return rows


def walk(parcels: list[Parcel], leg: str, method: type[Baseline] | type[LaneMedian]) -> Predicted:
    """Every parcel predicted at its ``leg``'s start by statistics of the last refresh before that moment."""
    rounds: dict[int, list[Parcel]] = defaultdict(list)
    for parcel in to_predict(parcels, leg):
        rounds[int((start_of(parcel, leg) - (FIRST - EPOCH).days) // REFRESH_DAYS)].append(parcel)
    out = Predicted([], [], [])
    for number in sorted(rounds):
        fitted = method(parcels, leg, (FIRST - EPOCH).days + number * REFRESH_DAYS)
        for parcel in rounds[number]:
            start = start_of(parcel, leg)
            shift = start - parcel.bought
            p10, p50, p90, late = fitted.predict(parcel, start)
            out.rows.append(parcel)
            out.quantiles.append((p10 + shift, p50 + shift, p90 + shift))
            out.late.append(late)
    return out


class Baseline:
    """The product's own code: tallies of what was known at ``now``, shrunk level by level."""

    count_waiting = True

    def __init__(self, parcels: list[Parcel], leg: str, now: float) -> None:
        self.tallies: dict[str, baseline.Tally] = defaultdict(baseline.Tally)
        self.curves: dict[tuple[str, str], baseline.Curve] = {}
        for parcel in parcels:
            start = start_of(parcel, leg)
            if not start < now or parcel.arrived < start:
                continue
            arrived = parcel.arrived < now
            if not arrived and not self.count_waiting:
                continue
            days, weight = (parcel.arrived if arrived else now) - start, baseline.weight(now - start)
            for key in self.keys(parcel):
                weekday = moment_of(parcel.arrived).weekday() if arrived and not key else None
                self.tallies[key].add(days, weight, arrived, weekday)
        self.quiet = self.tallies[""].quiet_weekdays

    def keys(self, parcel: Parcel) -> tuple[str, ...]:
        return baseline.lane_keys(parcel.origin, parcel.destination)

    def curve(self, parcel: Parcel) -> baseline.Curve:
        lane = parcel.origin, parcel.destination
        if lane not in self.curves:
            curve = baseline.chain(self.tallies[key] for key in self.keys(parcel))
            assert curve is not None
            self.curves[lane] = curve
        return self.curves[lane]

    def predict(self, parcel: Parcel, start: float) -> Row:
        curve = self.curve(parcel)
        p10, p50, p90 = (self._day(start + (curve.quantile(share) or 0.0)) - start for share in SHARES)
        return p10, p50, p90, curve.missed(parcel.due - start) or 0.0

    def _day(self, days: float) -> float:
        return days_of(baseline.on_delivery_day(moment_of(days), self.quiet, UTC))


class DeliveriesOnly(Baseline):
    """Without the parcels that are still on their way."""

    count_waiting = False


class NoDestination(Baseline):
    """From the store straight to the lane."""

    def keys(self, parcel: Parcel) -> tuple[str, ...]:
        store, _, lane = baseline.lane_keys(parcel.origin, parcel.destination)
        return store, lane


class LaneMedian:
    """The floor: quantiles of completed deliveries on the lane, shrunk to those of all by 30 orders."""

    def __init__(self, parcels: list[Parcel], leg: str, now: float) -> None:
        lanes: dict[tuple[str, str], list[float]] = defaultdict(list)
        for parcel in parcels:
            start = start_of(parcel, leg)
            if start <= parcel.arrived < now:
                lanes[parcel.origin, parcel.destination].append(parcel.arrived - start)
        self.every = np.sort(np.concatenate([np.array(days) for days in lanes.values()]))
        self.common = np.quantile(self.every, SHARES)
        self.lanes = {lane: np.sort(np.array(days)) for lane, days in lanes.items()}
        self.mixed = {
            lane: (len(days) * np.quantile(days, SHARES) + MIXED * self.common) / (len(days) + MIXED)
            for lane, days in self.lanes.items()
        }

    def predict(self, parcel: Parcel, start: float) -> Row:
        lane, due = (parcel.origin, parcel.destination), parcel.due - start
        own = self.lanes.get(lane, np.array([]))
        p10, p50, p90 = self.mixed.get(lane, self.common)
        in_all = np.searchsorted(self.every, due) / len(self.every)
        in_time = (np.searchsorted(own, due) + MIXED * in_all) / (len(own) + MIXED)
        return float(p10), float(p50), float(p90), float(1 - in_time)


def promise(parcels: list[Parcel], leg: str) -> Predicted:
    """The shop's own promise, taken as a forecast without a window."""
    rows = to_predict(parcels, leg)
    return Predicted(rows, [(p.due - 1 - p.bought,) * 3 for p in rows], [])


def auc(positive: np.ndarray, score: np.ndarray) -> float:
    """Chance that a late parcel is ranked above one in time; ties count half."""
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - (count - 1) / 2)[place]
    ones = positive.sum()
    return float((rank[positive].sum() - ones * (ones + 1) / 2) / (ones * (len(positive) - ones)))


def average_precision(positive: np.ndarray, score: np.ndarray) -> float:
    order = np.argsort(-score, kind="stable")
    hits, ordered = np.cumsum(positive[order]), score[order]
    last = np.append(np.nonzero(np.diff(ordered))[0], len(ordered) - 1)  # equal scores share one threshold
    return float(np.sum(np.diff(np.append(0, hits[last] / hits[-1])) * hits[last] / (last + 1)))


def scores(found: Predicted) -> dict[str, float]:
    """Errors in days; coverage and width of the 80 % window; ranking and Brier of the chance of being late."""
    days = np.array([p.arrived - p.bought for p in found.rows])
    late = np.array([p.arrived >= p.due for p in found.rows])
    quantiles = np.array(found.quantiles)
    error = days[:, None] - quantiles
    pinball = np.maximum(np.array(SHARES) * error, (np.array(SHARES) - 1) * error).mean()
    result = {"n": float(len(days)), "mae": float(abs(error[:, 1]).mean())}
    if found.late:
        chance = np.array(found.late)
        inside = (days >= quantiles[:, 0]) & (days <= quantiles[:, 2])
        result |= {
            "coverage": float(inside.mean()),
            "days": float(
                np.mean([_on_its_days(row, said) for row, said in zip(found.rows, found.quantiles, strict=True)])
            ),
            "width": float((quantiles[:, 2] - quantiles[:, 0]).mean()),
            "pinball": float(pinball),
            "auc": auc(late, chance),
            "pr_auc": average_precision(late, chance),
            "brier": float(((chance - late) ** 2).mean()),
        }
    return result


def _on_its_days(parcel: Parcel, said: tuple[float, float, float]) -> bool:
    """Whether the parcel came on one of the calendar days that a customer is shown."""
    return int(parcel.bought + said[0]) <= int(parcel.arrived) <= int(parcel.bought + said[2])


def line(name: str, found: dict[str, float]) -> str:
    if "width" not in found:
        return f"| {name} | {found['mae']:.2f} | | | | | | | |"
    cells = [
        f"{found['mae']:.2f}",
        *(f"{found[share]:.0%}" for share in ("coverage", "days")),
        f"{found['width']:.1f}",
        *(f"{found[score]:.3f}" for score in ("pinball", "auc", "pr_auc")),
        f"{found['brier']:.4f}",
    ]
    return f"| {name} | {' | '.join(cells)} |"


def alternatives(parcels: list[Parcel]) -> None:
    """What each choice is worth: the same walk with one of them changed."""
    for leg in ("purchase", "handover"):
        print(f"\nAlternatives, from {leg}\n\n{HEAD}")
        print(line("deliveries only", scores(walk(parcels, leg, DeliveriesOnly))))
        print(line("no destination level", scores(walk(parcels, leg, NoDestination))))
        for name, values in (("HALF_LIFE", (30.0, 60.0, 120.0, 365.0)), ("SHRINK", (10.0, 60.0))):
            chosen = getattr(baseline, name)
            for value in values:
                setattr(baseline, name, value)
                print(line(f"{name} {value:g}", scores(walk(parcels, leg, Baseline))))
            setattr(baseline, name, chosen)


def by_month(found: Predicted) -> Iterator[tuple[str, dict[str, float]]]:
    months: dict[str, list[int]] = defaultdict(list)
    for place, parcel in enumerate(found.rows):
        months[f"{moment_of(parcel.bought):%Y-%m}"].append(place)
    for month, places in sorted(months.items()):
        columns = ([column[i] for i in places] for column in (found.rows, found.quantiles, found.late))
        yield month, scores(Predicted(*columns))


HEAD = (
    "| | MAE | 80 %: coverage | of whole days | width | pinball | late: AUC | PR-AUC | Brier |\n"
    "|---|---|---|---|---|---|---|---|---|"
)


def in_flight(parcels: list[Parcel], days_before: int) -> None:
    """Parcels still on their way ``days_before`` the promised day: which of them will be late?"""
    first = (FIRST - EPOCH).days
    rounds: dict[int, list[tuple[Parcel, float]]] = defaultdict(list)
    for parcel in to_predict(parcels, "purchase"):
        asked_at = parcel.due - 1 - days_before
        if parcel.bought < asked_at < parcel.arrived and asked_at >= first:
            rounds[int((asked_at - first) // REFRESH_DAYS)].append((parcel, asked_at))
    late, chance = [], []
    for number in sorted(rounds):
        fitted = {leg: Baseline(parcels, leg, first + number * REFRESH_DAYS) for leg in ("purchase", "handover")}
        for parcel, asked_at in rounds[number]:
            leg = "handover" if parcel.handed_over <= asked_at else "purchase"
            start = start_of(parcel, leg)
            missed = fitted[leg].curve(parcel).missed(parcel.due - start, asked_at - start)
            late.append(parcel.arrived >= parcel.due)
            chance.append(1.0 if missed is None else missed)
    ends_late, said = np.array(late), np.array(chance)
    rate, warned = ends_late.mean(), said >= WARN_ABOVE
    print(
        f"| {days_before} | {len(late):,} | {rate:.0%} | {auc(ends_late, said):.3f} "
        f"| {((said - ends_late) ** 2).mean():.3f} ({rate * (1 - rate):.3f}) "
        f"| {warned.mean():.0%} | {said[warned].mean():.0%} | {ends_late[warned].mean():.0%} "
        f"| {warned[ends_late].mean():.0%} |"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--olist", type=Path, default=Path(os.environ.get("OLIST", "../shared/olist")))
    parser.add_argument("--alternatives", action="store_true", help="also print what each choice is worth")
    options = parser.parse_args()
    folder: Path = options.olist
    if not (folder / "orders.csv.gz").exists():
        print(f"{folder} has no orders.csv.gz: the data set stays out of the repository.")
        return 1
    started = time.perf_counter()
    parcels = read(folder)
    for leg, title in (("purchase", "At purchase"), ("handover", "At hand-over")):
        ours = walk(parcels, leg, Baseline)
        print(f"\n{title} ({len(ours.rows):,} parcels, days from purchase)\n\n{HEAD}")
        print(line("promised date", scores(promise(parcels, leg))))
        print(line("lane median, shrunk to all by 30", scores(walk(parcels, leg, LaneMedian))))
        print(line("lanes@1", scores(ours)))
        for month, found in by_month(ours):
            print(line(f"· {month}", found))
    print(f"\nStill on their way before the promised day; warned from a chance of {WARN_ABOVE} on\n")
    print(
        "| days before | parcels | late | AUC | Brier (of rate) | warned | said | of them late | of the late warned |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for days_before in (5, 3, 1):
        in_flight(parcels, days_before)
    if options.alternatives:
        alternatives(parcels)
    print(f"\n{time.perf_counter() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
