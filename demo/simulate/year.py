"""The shop's year as a plan: orders by season and weekday, parcels by lane and carrier, and what went wrong."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from demo.simulate.cast import ARTICLES, Article, Person
from fulfillment.facts import Address
from fulfillment.testing.carrier_twin import Place, Step, believable_plan

ZONE = ZoneInfo("Europe/Berlin")
ORIGIN = Place("Hamburg", "DE", "HH", "20457")

#: Carrier -> (share at home, share abroad, speed, chance of trouble against the usual)
CARRIERS = {"dhl": (0.62, 0.30, 1.0, 1.0), "ups": (0.28, 0.45, 1.25, 0.8), "fedex": (0.10, 0.25, 1.1, 1.5)}
SERVICES = {"dhl": "paket", "ups": "standard", "fedex": "regional_economy"}

#: Share of orders whose buyer pays for speed, who carries those, and how much faster.
EXPRESS, EXPRESS_CARRIER, EXPRESS_SERVICE, EXPRESS_SPEED = 0.14, "ups", "express_saver", 3.2

#: Orders of a weekday (Monday first) and of a month, against the average.
WEEKDAY = (1.15, 1.05, 1.0, 0.98, 0.9, 0.82, 1.1)
MONTH = (0.75, 0.75, 0.9, 1.05, 1.15, 1.2, 1.15, 1.0, 0.9, 0.95, 1.35, 1.5)

#: A storm: parcels handed over in these days of the year take this many times as long.
STORMS = {range(38, 44): 1.7, range(292, 296): 1.5}


@dataclass(slots=True)
class PlannedParcel:
    carrier: str
    service: str
    articles: list[int]
    packed_at: datetime
    steps: tuple[Step, ...]


@dataclass(slots=True)
class PlannedOrder:
    person: Person
    bought_at: datetime
    deliver_by: date
    lines: list[tuple[Article, int]]
    parcels: list[PlannedParcel] = field(default_factory=list)
    cancelled: bool = False


def plan_year(
    dice: random.Random, people: list[Person], orders: int, *, until: datetime, days: int = 365
) -> Iterator[PlannedOrder]:
    """About ``orders`` orders of the ``days`` days before ``until``, oldest first."""
    first = until.astimezone(ZONE).date() - timedelta(days=days)
    for number in range(days):
        day = first + timedelta(days=number)
        expected = orders / days * WEEKDAY[day.weekday()] * MONTH[day.month - 1]
        for moment in sorted(_moment(dice, day) for _ in range(_poisson(dice, expected))):
            if moment < until:
                yield plan_order(dice, dice.choice(people), moment)


def plan_order(dice: random.Random, person: Person, bought_at: datetime) -> PlannedOrder:
    """One order with its parcels and their lives."""
    articles = dice.sample(ARTICLES, dice.choices((1, 2, 3), (62, 27, 11))[0])
    lines = [(article, dice.choices((1, 2), (88, 12))[0]) for article in articles]
    express = dice.random() < EXPRESS
    order = PlannedOrder(person, bought_at, promise(bought_at, person.home.country, express=express), lines)
    if dice.random() < 0.015:
        order.cancelled = True
        return order
    groups = [list(range(len(lines)))]
    if len(lines) > 1 and dice.random() < 0.22:  # the rest follows in a second parcel
        groups = [groups[0][:1], groups[0][1:]]
    for index, group in enumerate(groups):
        order.parcels.append(_parcel(dice, person.home, bought_at, group, late_start=index, express=express))
    return order


def _parcel(
    dice: random.Random, home: Address, bought_at: datetime, group: list[int], late_start: int, express: bool
) -> PlannedParcel:
    abroad = home.country != "DE"
    carrier = dice.choices(list(CARRIERS), [share[1 if abroad else 0] for share in CARRIERS.values()])[0]
    service, speed = SERVICES[carrier], CARRIERS[carrier][2]
    if express:
        carrier, service, speed = EXPRESS_CARRIER, EXPRESS_SERVICE, EXPRESS_SPEED
    packed_at = _packing(dice, bought_at) + timedelta(days=late_start * dice.randint(1, 3))
    trouble = None if dice.random() < CARRIERS[carrier][3] / 1.5 else ""
    steps = believable_plan(
        f"{dice.random()}",
        ORIGIN,
        Place.from_json(home.as_json()),
        packed_at,
        speed=speed / _season_factor(packed_at.date()),
        trouble=trouble,
    )
    return PlannedParcel(carrier, service, group, packed_at, steps)


def _season_factor(day: date) -> float:
    """How much longer parcels take: the weeks before Christmas, and two storms."""
    number = day.timetuple().tm_yday
    factor = 1.0 + 0.9 * math.exp(-(((number - 347) / 9) ** 2))
    for days, slow in STORMS.items():
        if number in days:
            factor *= slow
    return factor


def _packing(dice: random.Random, bought_at: datetime) -> datetime:
    """Packed the same working day when bought before noon, else on the next; sometimes a day later."""
    local = bought_at.astimezone(ZONE)
    day = local.date()
    if local.hour >= 12:
        day += timedelta(days=1)
    if dice.random() < 0.12:
        day += timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    moment = datetime.combine(day, time(13), tzinfo=ZONE) + timedelta(minutes=dice.randint(0, 110))
    return max(moment, bought_at + timedelta(minutes=20))


def promise(bought_at: datetime, country: str, *, express: bool = False) -> date:
    """Four working days at home, six abroad; three and four by express."""
    day = bought_at.astimezone(ZONE).date()
    left = (3 if country == "DE" else 4) if express else (4 if country == "DE" else 6)
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < 5
    return day


def _moment(dice: random.Random, day: date) -> datetime:
    hour = min(23.9, max(0.0, dice.choice((dice.gauss(12.5, 3), dice.gauss(20, 2)))))
    return datetime.combine(day, time(), tzinfo=ZONE) + timedelta(hours=hour)


def _poisson(dice: random.Random, expected: float) -> int:
    """A Poisson number by Knuth's method; ``expected`` is small."""
    limit, count, product = math.exp(-expected), 0, dice.random()
    while product > limit:
        count, product = count + 1, product * dice.random()
    return count
