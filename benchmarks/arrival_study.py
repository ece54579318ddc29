"""What a learned forecast of arrival reaches on a shop's real orders: a study ahead of the model that will be built in.

    OMP_NUM_THREADS=1 .venv/bin/python -m benchmarks.arrival_study [--olist ../shared/olist] [--moment purchase]

Walks over the same orders, in the same way, as ``arrival_baseline.py``, whose lane median is the floor in the same run:
purchases from 2017-10-01 to 2018-04-30, a new model every 14 days, nothing that happened after it. Figures of a day are
those of its first minute. The four numbers under CHOSEN were chosen while looking at these very months, so the later
ones are the judge; everything else is learned on the way.

1. *Level*: how long such a parcel takes at present. Means of log days with a half-life of months by lane and seller,
   shrunk from wide to narrow, but moved to what the whole network shows in the last days. That is the mean of two: the
   deliveries completed, which run behind when things slow down, and the median of a period life table, which counts
   parcels still out and over-reacts.
2. *Trees* learn log days minus the level, at seven quantiles, from how an order differs from the others of its day.
   They see nothing that is the same for all of a day's orders: such a figure is a calendar in disguise, and with it
   they did worse than the lane median. Of recent orders only the quick ones have ended, so these weigh less, the slow
   ones more (inverse probability of being seen).
3. *Congestion*: more is handed over than delivered, more bought than usual: what enters a queue that grows waits longer
   than those that leave it. Free coefficients are of no use, there was no such time before November 2017 to learn from.
4. *Width*: what trees leave unsaid is the next crisis, so both sides of the window are stretched.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import NormalDist

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import arrival_baseline as floor  # noqa: E402
from benchmarks.arrival_baseline import EPOCH, FIRST, LAST, REFRESH_DAYS, Parcel, Predicted  # noqa: E402

#: Log days for each unit of congestion of flow and of orders, stretch above and below the median.
CHOSEN = {"flow": 0.4, "orders": 0.3, "above": 1.3, "below": 1.15}
#: What completed orders alone leave out, in log days.
SHORT_SIDED = 0.05
SHARES = np.array([0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95])
DAYS = 1000  # of the calendar, from EPOCH on
NEVER = 10**6
ROUNDS, HALF_LIFE, IPCW_DAYS = 110, 180.0, 60
#: The day after the last that the data know.
_END = (LAST - EPOCH).days

Array = np.ndarray
_Z = np.array([NormalDist().inv_cdf(share) for share in SHARES])


def day(moments: Array) -> Array:
    """The day of each moment; NEVER where there is none."""
    return np.where(np.isfinite(moments), np.floor(np.nan_to_num(moments)), NEVER).astype(int)


def numbered(*columns: Sequence[str]) -> Array:
    """Each distinct row of ``columns`` as a number from 0 on."""
    rows = ["|".join(row) for row in zip(*columns, strict=True)]
    return np.unique(rows, return_inverse=True)[1]


@dataclass(frozen=True, slots=True)
class Asked:
    """For which ``key`` something is asked at the start of which ``day``, row by row."""

    key: Array
    day: Array


def fading(key: Array, when: Array, value: Array, asked: Asked, half_life: float) -> tuple[Array, Array]:
    """Weight and sum of ``value`` by ``key``, for each row of ``asked``; what happens on its day or later is unseen."""
    seen = np.isfinite(value) & (when < DAYS)
    by_day, by_question = np.argsort(when[seen], kind="stable"), np.argsort(asked.day, kind="stable")
    keys, values = key[seen][by_day], value[seen][by_day]
    bounds = np.searchsorted(when[seen][by_day], np.arange(DAYS + 1))
    questions = np.searchsorted(asked.day[by_question], np.arange(DAYS + 1))
    size = int(max(key.max(), asked.key.max())) + 1
    weight, total = np.zeros(size), np.zeros(size)
    weights, totals = np.zeros(len(asked.day)), np.zeros(len(asked.day))
    keep = 0.5 ** (1 / half_life)
    for today in range(DAYS):
        rows = by_question[questions[today] : questions[today + 1]]
        weights[rows], totals[rows] = weight[asked.key[rows]], total[asked.key[rows]]
        span = slice(bounds[today], bounds[today + 1])
        weight += np.bincount(keys[span], minlength=size)
        total += np.bincount(keys[span], values[span], minlength=size)
        weight, total = weight * keep, total * keep
    return weights, totals


def shrunk(keys: Sequence[Array], when: Array, value: Array, asked: Array, half_life: float, by: float) -> Array:
    """The fading mean by the last of ``keys``, each filled up with ``by`` events like the mean by the one before."""
    mean: Array | None = None
    for key in keys:
        weight, total = fading(key, when, value, Asked(key, asked), half_life)
        mean = total / np.maximum(weight, 1e-9) if mean is None else (total + by * mean) / (weight + by)
    assert mean is not None
    return mean


@dataclass
class Leg:
    """From ``start`` to ``end``, nan where it has not begun or ended; ``log`` of its days."""

    start: Array
    end: Array
    log: Array
    rows: Array = field(init=False)
    age: Array = field(init=False)
    when: Array = field(init=False)
    ended: Array = field(init=False)

    def __post_init__(self) -> None:
        """One row for each parcel and day on which it was on this leg, up to 90."""
        first, last = day(self.start), np.minimum(day(self.end), _END - 1)
        last = np.minimum(last, first + 90)
        here = np.nonzero(np.isfinite(self.start) & (last >= first))[0]
        count = (last - first + 1)[here]
        self.rows = np.repeat(here, count)
        self.when = first[self.rows] + np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
        self.age = np.maximum(self.when + 0.5 - self.start[self.rows], 0)
        self.ended = (day(self.end)[self.rows] == self.when).astype(float)

    def life_table_median(self, ages: Array, half_life: float) -> Array:
        """By day: log of the median days if the endings of the last days went on; parcels still out count."""
        age = np.clip(np.digitize(self.age, ages) - 1, 0, len(ages) - 2)
        exposed, ended = np.zeros((DAYS, len(ages) - 1)), np.zeros((DAYS, len(ages) - 1))
        np.add.at(exposed, (self.when, age), 1)
        np.add.at(ended, (self.when, age), self.ended)
        medians, keep = np.zeros(DAYS), 0.5 ** (1 / half_life)
        at_risk, gone = np.zeros(len(ages) - 1), np.zeros(len(ages) - 1)
        for today in range(DAYS):
            left = np.append(1, np.cumprod(1 - np.minimum((gone + 0.5) / (at_risk + 5), 0.9)))
            medians[today] = np.interp(-0.5, -left, ages)
            at_risk, gone = at_risk * keep + exposed[today], gone * keep + ended[today]
        return np.log(np.maximum(medians, 0.3))

    def speed(
        self, expected_log: Array, keys: Sequence[Array], asked: Array, half_life: float, by: float
    ) -> list[Array]:
        """Log of endings seen over endings expected in the last days, by each of ``keys``, shrunk to the one before.

        Expected by age in units of what such a parcel was expected to take, and by weekday; learned every 14 days.
        """
        edges = np.r_[np.arange(0, 1.01, 0.1), 1.15, 1.3, 1.5, 1.75, 2, 2.5, 3, 4, 6, 1e3]
        age = np.clip(np.digitize(self.age / np.exp(expected_log[self.rows]), edges) - 1, 0, len(edges) - 2)
        weekday = (self.when + EPOCH.weekday()) % 7
        order = np.argsort(self.when, kind="stable")
        expected = np.zeros(len(self.rows))
        at_risk, gone = np.zeros((len(edges) - 1, 7)), np.zeros((len(edges) - 1, 7))
        for begin in range(0, DAYS, REFRESH_DAYS):
            rows = order[slice(*np.searchsorted(self.when[order], (begin, begin + REFRESH_DAYS)))]
            hazard, factor = (gone.sum(1) + 0.5) / (at_risk.sum(1) + 5), np.ones(7)
            for _ in range(2):
                factor = (gone.sum(0) + 5) / ((at_risk * hazard[:, None]).sum(0) + 5)
                hazard = (gone.sum(1) + 0.5) / ((at_risk * factor).sum(1) + 5)
            expected[rows] = np.minimum(hazard[age[rows]] * factor[weekday[rows]], 0.95)
            at_risk, gone = at_risk * 0.94, gone * 0.94
            np.add.at(at_risk, (age[rows], weekday[rows]), 1.0)
            np.add.at(gone, (age[rows], weekday[rows]), self.ended[rows])
        found: list[Array] = []
        for key in keys:
            questions = Asked(key, asked)
            _, seen = fading(key[self.rows], self.when, self.ended, questions, half_life)
            _, due = fading(key[self.rows], self.when, expected, questions, half_life)
            before = np.exp(found[-1]) if found else 1.0
            found.append(np.log((seen + by * before) / (due + by)))
        return found


@dataclass
class Orders:
    """Columns of the orders, one row each; moments in days since 2016-01-01."""

    parcels: list[Parcel]
    more: dict[str, Array]

    def __post_init__(self) -> None:
        self.bought = np.array([p.bought for p in self.parcels])
        arrived = np.array([p.arrived for p in self.parcels])
        handed = np.array([p.handed_over for p in self.parcels])
        self.arrived = np.where(arrived > self.bought, arrived, np.nan)
        handed = np.maximum(handed, self.bought)
        self.handed = np.where(handed > np.nan_to_num(self.arrived, nan=np.inf), np.nan, handed)
        self.due = np.array([p.due for p in self.parcels])
        self.all = np.zeros(len(self.parcels), int)
        self.alive = ~self.more["called_off"].astype(bool)
        gone = np.where(self.alive, 0, np.nan)
        self.handling = Leg(self.bought + gone, self.handed, np.log(np.maximum(self.handed - self.bought, 0.05) + 0.5))
        self.transit = Leg(self.handed + gone, self.arrived, np.log(np.maximum(self.arrived - self.handed, 0.2) + 0.3))


def read(folder: Path) -> Orders:
    """The orders with what was known of each when it was bought."""
    rows = {name: list(floor._rows(folder, name)) for name in ("orders", "order_items", "products", "sellers")}
    customers = {row["customer_id"]: row for row in floor._rows(folder, "customers")}
    places = {
        row["geolocation_zip_code_prefix"]: (float(row["geolocation_lat"]), float(row["geolocation_lng"]))
        for row in floor._rows(folder, "geolocation_by_zip")
    }
    products = {row["product_id"]: row for row in rows["products"]}
    sellers = {row["seller_id"]: row for row in rows["sellers"]}
    items: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows["order_items"]:
        items[row["order_id"]].append(row)
    columns: dict[str, list[object]] = defaultdict(list)
    kept = []
    for order, parcel in zip(rows["orders"], floor.read(folder), strict=True):
        lines = items[order["order_id"]]
        customer = customers[order["customer_id"]]
        seller = sellers.get(lines[0]["seller_id"], {}) if lines else {}
        goods = [products.get(line["product_id"], {}) for line in lines]
        here = places.get(seller.get("seller_zip_code_prefix", ""), (np.nan, np.nan))
        there = places.get(customer["customer_zip_code_prefix"], (np.nan, np.nan))
        kept.append(parcel)
        for name, value in {
            "seller": seller.get("seller_id", "?"),
            "from_zip": seller.get("seller_zip_code_prefix", "").zfill(5),
            "to_zip": customer["customer_zip_code_prefix"].zfill(5),
            "category": goods[0].get("product_category_name", "") if goods else "",
            "price": sum(float(line["price"]) for line in lines),
            "freight": sum(float(line["freight_value"]) for line in lines),
            "grams": sum(float(one.get("product_weight_g") or 0) for one in goods),
            "volume": sum(np.prod([float(one.get(f"product_{side}_cm") or 0) for side in ("length", "height", "width")])
                          for one in goods),
            "items": len(lines),
            "sellers": len({line["seller_id"] for line in lines}),
            "from_lat": here[0], "from_lng": here[1], "to_lat": there[0], "to_lng": there[1],
            "called_off": order["order_status"] in ("canceled", "unavailable") and not np.isfinite(parcel.arrived),
        }.items():  # fmt: skip
            columns[name].append(value)
    return Orders(kept, {name: np.array(values) for name, values in columns.items()})


@dataclass(frozen=True, slots=True)
class Known:
    """What is known at each order's own moment. ``level``: of log days to come; ``congestion``: to be added to it."""

    moment: Array
    level: Array
    features: Array
    congestion: Array


def known(orders: Orders, leg: str) -> Known:
    """The features of every order at its purchase or hand-over."""
    moment = orders.bought if leg == "purchase" else np.where(np.isfinite(orders.handed), orders.handed, orders.bought)
    asked, more = np.floor(moment).astype(int), orders.more
    handed_on, arrived_on, bought_on = day(orders.handed), day(orders.arrived), day(orders.bought)
    handling, transit, every = orders.handling, orders.transit, orders.all
    origin, destination = ([getattr(p, name) for p in orders.parcels] for name in ("origin", "destination"))
    seller, sent_from, sent_to = numbered(more["seller"]), numbered(origin), numbered(destination)
    lane = numbered(origin, destination)
    near_from, near_to = (numbered([code[:3] for code in more[name]]) for name in ("from_zip", "to_zip"))
    area_to = numbered([code[:2] for code in more["to_zip"]])
    areas = numbered([code[:2] for code in more["from_zip"]], [code[:2] for code in more["to_zip"]])

    def in_transit(keys: Sequence[Array], half_life: float, by: float, when: Array = asked) -> Array:
        return shrunk([every, *keys], arrived_on, transit.log, when, half_life, by)

    def in_handling(keys: Sequence[Array], half_life: float, by: float, when: Array = asked) -> Array:
        return shrunk([every, *keys], handed_on, handling.log, when, half_life, by)

    lanes = [sent_to, lane]
    usual_transit, usual_handling = in_transit([], 120, 0), in_handling([], 90, 0)
    own_transit = in_transit([*lanes, near_to], 120, 25) - usual_transit
    own_handling = in_handling([seller], 90, 8) - usual_handling
    columns = {
        "transit": own_transit,
        "transit of lane": in_transit(lanes, 120, 25) - usual_transit,
        "handling": own_handling,
    }
    for days in (7, 21):
        columns[f"lane {days}"] = in_transit(lanes, days, 15) - in_transit([], days, 0) - own_transit
        columns[f"seller {days}"] = in_handling([seller], days, 5) - in_handling([], days, 0) - own_handling
        columns[f"origin {days}"] = in_transit([sent_from, near_from], 3 * days, 15) - in_transit([], 3 * days, 0)
    expected_transit = in_transit(lanes, 120, 25, day(np.where(np.isfinite(orders.handed), orders.handed, moment)))
    beyond = transit.log - expected_transit
    for name, keys, days, by in (
        ("seller", [seller], 90, 10), ("area", [area_to], 30, 15), ("near", [area_to, near_to], 60, 10),
        ("origin", [near_from], 60, 10), ("category", [numbered(more["category"])], 120, 20),
        ("areas", [area_to, areas], 60, 10),
    ):  # fmt: skip
        columns[f"beyond {name}"] = shrunk([every, *keys], arrived_on, beyond, asked, days, by)
    expected_handling = in_handling([seller], 90, 8, bought_on)
    for days in (3, 7, 21):
        whole, *parts = transit.speed(expected_transit, [every, sent_to, lane, area_to], asked, days, 15)
        columns |= {f"speed {days} {n}": part - whole for n, part in enumerate(parts)}
        whole, *parts = handling.speed(expected_handling, [every, sent_from, seller], asked, days, 4)
        columns |= {f"hands {days} {n}": part - whole for n, part in enumerate(parts)}
    columns |= _loads(orders, asked, {"seller": seller, "to": sent_to})
    columns |= _order(orders, moment, asked)
    network = _Network(orders)
    now_transit, now_handling = network.level("transit")[asked], network.level("handling")[asked]
    level = own_transit + now_transit
    if leg == "purchase":
        level = np.logaddexp(level, own_handling + now_handling)
    else:
        columns["took"] = handling.log - usual_handling
        columns["took beyond"] = handling.log - expected_handling
    columns["promised"] = np.log(np.maximum(orders.due - moment, 0.5)) - level
    features = np.column_stack(list(columns.values())).astype(np.float32)
    return Known(moment, level, features, network.congestion()[asked])


def _loads(orders: Orders, asked: Array, keys: dict[str, Array]) -> dict[str, Array]:
    """Orders to be packed, parcels under way and orders coming in against their usual, beside the whole network's."""
    ones, found = np.ones(len(asked)), {}
    bought = np.where(orders.alive, day(orders.bought), NEVER)
    for name, key in {"all": orders.all, **keys}.items():
        since_ever = [fading(key, when, ones, Asked(key, asked), 1e9)[0]
                      for when in (bought, day(orders.handed), day(orders.arrived))]  # fmt: skip
        recent, usual = (fading(key, bought, ones, Asked(key, asked), days)[0] for days in (4, 45))
        found[f"to pack {name}"] = np.log1p((since_ever[0] - since_ever[1]).clip(0)) - np.log1p(usual / 65)
        found[f"under way {name}"] = np.log1p((since_ever[1] - since_ever[2]).clip(0)) - np.log1p(usual / 6.5)
        found[f"orders {name}"] = np.log1p(recent / 5.77) - np.log1p(usual / 65)
        found[f"size {name}"] = np.log1p(usual)
    return {
        name: value - found[f"{name.rsplit(' ', 1)[0]} all"]
        for name, value in found.items()
        if not name.endswith(" all")
    }


def _order(orders: Orders, moment: Array, asked: Array) -> dict[str, Array]:
    """Of the order itself."""
    more = orders.more
    lat, lng = np.radians(more["to_lat"] - more["from_lat"]), np.radians(more["to_lng"] - more["from_lng"])
    half = np.sin(lat / 2) ** 2 + np.sin(lng / 2) ** 2 * np.cos(np.radians(more["from_lat"])) * np.cos(
        np.radians(more["to_lat"])
    )
    logs = {name: np.log1p(more[name].astype(float)) for name in ("price", "freight", "grams", "volume")}
    plain = {
        name: more[name].astype(float) for name in ("items", "sellers", "from_lat", "from_lng", "to_lat", "to_lng")
    }
    distance = np.log1p(12_742 * np.arcsin(np.sqrt(half)))
    dear = logs["freight"] - 0.3 * distance - 0.2 * logs["grams"]
    when = {"weekday": (asked + EPOCH.weekday()) % 7.0, "hour": (moment - asked) * 24}
    return {**logs, **plain, **when, "distance": distance, "dear freight": dear}


class _Network:
    """All orders together, by day."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.days = np.arange(DAYS)

    def level(self, name: str) -> Array:
        """Of log days on one leg, at present."""
        leg: Leg = getattr(self.orders, name)
        key = np.zeros(DAYS, int)
        weight, total = fading(self.orders.all, day(leg.end), leg.log, Asked(key, self.days), 8)
        ages = np.r_[np.arange(0, 40.0), 45, 50, 60, 90] if name == "transit" else np.r_[
            np.arange(0, 15, 0.5), 16, 18, 20, 25, 30, 90]  # fmt: skip
        return (total / np.maximum(weight, 1e-6) + leg.life_table_median(ages, 8)) / 2

    def congestion(self) -> Array:
        """In log days: what comes in against what goes out, each against its own last months."""
        bought, handed, arrived = (
            np.bincount(when[when < DAYS], minlength=DAYS)
            for when in (day(self.orders.bought[self.orders.alive]), day(self.orders.handed), day(self.orders.arrived))
        )
        flow = np.log(_mean_of_last(handed, 14) / _mean_of_last(arrived, 14))
        orders = np.log(_mean_of_last(bought, 14) / _mean_of_last(bought, 56))
        return CHOSEN["flow"] * _against_usual(flow) + CHOSEN["orders"] * _against_usual(orders) + SHORT_SIDED


def _mean_of_last(count: Array, days: int) -> Array:
    """Of the ``days`` before each day, at least one."""
    sums = np.append(0, np.cumsum(count))
    means = np.ones(DAYS)
    means[days:] = (sums[days:DAYS] - sums[: DAYS - days]) / days
    return np.maximum(means, 1)


def _against_usual(signal: Array, days: int = 120) -> Array:
    usual, found = 0.0, np.zeros(DAYS)
    for today, value in enumerate(signal):
        found[today] = value - usual
        usual += (value - usual) / days
    return found


def walk(orders: Orders, leg: str) -> Predicted:
    """Every order predicted by a model of the last refresh before its moment."""
    import xgboost

    at = known(orders, leg)
    took = orders.arrived - at.moment
    target = np.log(np.maximum(took, 0.3)) - at.level
    usable = orders.alive & np.isfinite(took) & (took > 0)
    if leg == "handover":
        usable &= np.isfinite(orders.handed)
    found = np.full((len(took), len(SHARES)), np.nan)
    for begin in range((FIRST - EPOCH).days, (LAST - EPOCH).days, REFRESH_DAYS):
        past = usable & (orders.arrived < begin) & (at.moment < begin)
        coming = (at.moment >= begin) & (at.moment < begin + REFRESH_DAYS)
        matrix = xgboost.QuantileDMatrix(
            at.features[past], target[past], weight=_weights(at.moment, took, past, orders.alive, begin), max_bin=64
        )
        settings = {
            "objective": "reg:quantileerror", "quantile_alpha": SHARES, "tree_method": "hist", "max_bin": 64,
            "max_depth": 5, "eta": 0.08, "min_child_weight": 20, "subsample": 0.8, "colsample_bytree": 0.5,
            "reg_lambda": 2, "nthread": 1, "seed": 1,
        }  # fmt: skip
        model = xgboost.train(settings, matrix, ROUNDS)
        found[coming] = np.sort(model.inplace_predict(at.features[coming]), axis=1)
    logs = found + (at.level + at.congestion)[:, None]
    middle = logs[:, 3:4]
    logs = middle + (logs - middle) * np.where(logs > middle, CHOSEN["above"], CHOSEN["below"])
    places = {id(parcel): place for place, parcel in enumerate(orders.parcels)}
    out = Predicted([], [], [])
    for parcel in floor.to_predict(orders.parcels, leg):
        place = places[id(parcel)]
        shift = at.moment[place] - parcel.bought
        days = np.exp(logs[place])
        out.rows.append(parcel)
        out.quantiles.append((days[1] + shift, days[3] + shift, days[5] + shift))
        out.late.append(later_than(parcel.due - at.moment[place], logs[place]))
    return out


def _weights(moment: Array, took: Array, past: Array, alive: Array, now: int) -> Array:
    """Newer orders weigh more; of the last weeks' ones, the slow that are known stand for those that are not."""
    weights = 0.5 ** ((now - moment[past]) / HALF_LIFE)
    ages = np.sort(now - moment[alive & (moment < now) & (moment >= now - IPCW_DAYS)])
    seen = 1 - np.searchsorted(ages, took[past]) / max(len(ages), 1)
    return np.where(moment[past] >= now - IPCW_DAYS, weights / np.maximum(seen, 0.25), weights)


def later_than(days: float, logs: Array) -> float:
    """The chance of taking more than ``days``, of a distribution with SHARES at ``logs``; its ends are normal."""
    if days <= 0:
        return 1.0
    logs = np.maximum.accumulate(logs + np.arange(len(logs)) * 1e-6)
    place = int(np.clip(np.searchsorted(logs, np.log(days)) - 1, 0, len(logs) - 2))
    slope = (_Z[place + 1] - _Z[place]) / (logs[place + 1] - logs[place])
    return 1 - NormalDist().cdf(_Z[place] + slope * (np.log(days) - logs[place]))


def tables(orders: Orders, legs: Iterator[str]) -> None:
    for leg in legs:
        print(f"\nFrom {leg}\n\n{floor.HEAD}")
        base = floor.walk(orders.parcels, leg, floor.LaneMedian)
        study = walk(orders, leg)
        print(floor.line("lane median, shrunk to all by 30", floor.scores(base)))
        print(floor.line("**study**", floor.scores(study)))
        for (month, ours), (_, theirs) in zip(floor.by_month(study), floor.by_month(base), strict=True):
            print(floor.line(f"{month}, lane median", theirs))
            print(floor.line(f"{month}, study", ours))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--olist", type=Path, default=Path(os.environ.get("OLIST", "../shared/olist")))
    parser.add_argument("--moment", choices=("purchase", "handover"))
    options = parser.parse_args()
    if not options.olist.is_dir():
        sys.exit(f"{options.olist} is not there: see benchmarks/arrival_baseline.py")
    tables(read(options.olist), iter([options.moment] if options.moment else ["purchase", "handover"]))


if __name__ == "__main__":
    main()
