"""Believable lives of parcels: from the same seed always the same life."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, time, timedelta

from fulfillment.testing.carrier_twin.parcels import Happening, Place, Step

#: Sorting centres by country; parcels to and from elsewhere go straight from city to city.
HUBS = {
    "DE": (Place("Leipzig", "DE", "SN"), Place("Köln", "DE", "NW"), Place("Kassel", "DE", "HE")),
    "US": (
        Place("Louisville", "US", "KY", "40214"),
        Place("Memphis", "US", "TN", "38118"),
        Place("Hodgkins", "US", "IL", "60525"),
        Place("Mesquite", "US", "TX", "75149"),
    ),
    "NL": (Place("Utrecht", "NL"),),
    "FR": (Place("Roissy-en-France", "FR"),),
    "GB": (Place("Castle Donington", "GB"),),
    "AT": (Place("Wien", "AT"),),
}

#: What goes wrong, and how often. ``lost`` is silence: no scan says so.
TROUBLE = {
    Happening.WEATHER: 0.03,
    Happening.NOT_HOME: 0.05,
    Happening.ADDRESS: 0.015,
    Happening.LATE: 0.04,
    Happening.REFUSED: 0.004,
    "lost": 0.006,
}


def believable_plan(
    seed: int | str,
    origin: Place,
    destination: Place,
    ship_at: datetime,
    *,
    speed: float = 1.0,
    trouble: str | None = None,
    day_seconds: float = 86_400.0,
) -> tuple[Step, ...]:
    """A parcel's life from the label at ``ship_at`` (aware) on.

    ``speed`` above 1 is a faster service. ``trouble`` names what goes wrong ("" for nothing; None: chance decides).
    ``day_seconds`` squeezes a day of the life into that many seconds, for demonstrations.
    """
    dice = random.Random(f"{seed}")
    trouble = _draw(dice) if trouble is None else trouble
    steps = sorted(_life(dice, origin, destination, ship_at, speed, trouble), key=lambda step: step.at)
    if day_seconds == 86_400.0:
        return tuple(steps)
    squeeze = day_seconds / 86_400.0
    return tuple(Step(ship_at + (s.at - ship_at) * squeeze, s.what, s.place, s.code, s.words) for s in steps)


def _draw(dice: random.Random) -> str:
    left = dice.random()
    for trouble, chance in TROUBLE.items():
        left -= chance
        if left < 0:
            return str(trouble)
    return ""


def _life(
    dice: random.Random, origin: Place, destination: Place, ship_at: datetime, speed: float, trouble: str
) -> Iterator[Step]:
    yield Step(ship_at, Happening.LABEL, origin)
    at = _workday(ship_at + timedelta(hours=dice.uniform(2, 9)), origin, earliest=15, latest=19, dice=dice)
    yield Step(at, Happening.PICKED_UP, origin)
    at += timedelta(hours=dice.uniform(1.5, 3.5))
    yield Step(at, Happening.ORIGIN_SCAN, origin)
    at += timedelta(hours=dice.uniform(1, 3))
    yield Step(at, Happening.DEPARTED, origin)
    for number, hub in enumerate(_route(dice, origin, destination)):
        at += timedelta(hours=dice.uniform(5, 14) * _distance(origin, destination) / speed)
        yield Step(at, Happening.ARRIVED, hub)
        if trouble == "lost":
            return
        if number == 0 and trouble in (Happening.WEATHER, Happening.LATE):
            yield Step(at + timedelta(hours=2), Happening(trouble), hub)
            at += timedelta(hours=dice.uniform(20, 52))
        at += timedelta(hours=dice.uniform(2, 7) / speed)
        yield Step(at, Happening.DEPARTED, hub)
    at += timedelta(hours=dice.uniform(3, 10) * _distance(origin, destination) / speed)
    yield Step(at, Happening.ARRIVED, destination)
    yield from _doorstep(dice, destination, at, trouble)


def _doorstep(dice: random.Random, place: Place, arrived: datetime, trouble: str) -> Iterator[Step]:
    """The last mile: out in the morning, delivered until the evening, or what stops that."""
    out = _workday(arrived + timedelta(hours=2), place, earliest=6.5, latest=9.5, dice=dice)
    if trouble == Happening.ADDRESS:
        yield Step(out, Happening.ADDRESS, place)
        out = _workday(out + timedelta(hours=18), place, earliest=6.5, latest=9.5, dice=dice)
    yield Step(out, Happening.OUT_FOR_DELIVERY, place)
    at = out + timedelta(hours=dice.uniform(1.5, 9))
    if trouble == Happening.NOT_HOME:
        yield Step(at, Happening.NOT_HOME, place)
        out = _workday(at + timedelta(hours=14), place, earliest=6.5, latest=9.5, dice=dice)
        yield Step(out, Happening.OUT_FOR_DELIVERY, place)
        at = out + timedelta(hours=dice.uniform(1.5, 9))
    if trouble == Happening.REFUSED:
        yield Step(at, Happening.REFUSED, place)
        yield Step(at + timedelta(hours=20), Happening.RETURNING, place)
        return
    yield Step(at, Happening.DELIVERED, place)


def _route(dice: random.Random, origin: Place, destination: Place) -> list[Place]:
    hubs = [dice.choice(HUBS[origin.country])] if origin.country in HUBS else []
    if destination.country != origin.country:
        hubs += [dice.choice(HUBS[destination.country])] if destination.country in HUBS else []
    elif origin.country == "US" and dice.random() < 0.6:
        hubs.append(dice.choice([hub for hub in HUBS["US"] if hub not in hubs]))
    return hubs


def _distance(origin: Place, destination: Place) -> float:
    if origin.country != destination.country:
        return 2.2
    return 1.6 if origin.country == "US" else 1.0


def _workday(at: datetime, place: Place, *, earliest: float, latest: float, dice: random.Random) -> datetime:
    """The first moment from ``at`` on that lies between two hours of the place's day and not on a Sunday."""
    local = at.astimezone(place.zone)
    day = local.date() if local.hour + local.minute / 60 <= latest else local.date() + timedelta(days=1)
    if day.weekday() == 6:
        day += timedelta(days=1)
    hours = dice.uniform(earliest, latest)
    moment = datetime.combine(day, time(), tzinfo=place.zone) + timedelta(hours=hours)
    return max(moment, at) if moment.date() == local.date() else moment
