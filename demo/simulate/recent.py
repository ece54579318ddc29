"""Orders of the last days that are worth looking at: one that has come, one under way, one delayed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from demo.simulate.cast import Person
from demo.simulate.year import ORIGIN, PlannedOrder, plan_order
from fulfillment.testing.carrier_twin import Happening, Place, Step, believable_plan


def one_of_each(dice: random.Random, people: Iterable[Person], now: datetime) -> list[PlannedOrder]:
    """For each of ``people`` one order that has come, one under way, one delayed, one of today."""
    plans = []
    for person in people:
        plans.append(plan_order(dice, person, now - timedelta(hours=3)))
        for days, trouble, wanted in ((7, "", _has_come), (3, "", _is_under_way), (5, "weather", _is_delayed)):
            plans.append(_such_an_order(dice, person, now, (days, trouble), wanted))
    return plans


def _such_an_order(
    dice: random.Random,
    person: Person,
    now: datetime,
    shape: tuple[int, str],
    wanted: Callable[[tuple[Step, ...], datetime], bool],
) -> PlannedOrder:
    """An order of ``shape`` (days ago, what goes wrong) with one parcel that stands as ``wanted`` now."""
    days, trouble = shape
    for attempt in range(400):
        plan = plan_order(dice, person, now - timedelta(days=days + attempt // 100, hours=dice.uniform(0, 12)))
        if len(plan.parcels) != 1:
            continue
        parcel = plan.parcels[0]
        home = Place.from_json(person.home.as_json())
        parcel.steps = believable_plan(f"{dice.random()}", ORIGIN, home, parcel.packed_at, trouble=trouble)
        if wanted(parcel.steps, now):
            return plan
    return plan


def _has_come(steps: tuple[Step, ...], now: datetime) -> bool:
    return now - timedelta(days=3) < steps[-1].at < now - timedelta(hours=2)


def _is_under_way(steps: tuple[Step, ...], now: datetime) -> bool:
    return steps[-1].at > now + timedelta(hours=2) and sum(step.at < now for step in steps) >= 3


def _is_delayed(steps: tuple[Step, ...], now: datetime) -> bool:
    held_up = [step.at for step in steps if step.what == Happening.WEATHER]
    return bool(held_up) and held_up[0] < now < steps[-1].at - timedelta(hours=6)
