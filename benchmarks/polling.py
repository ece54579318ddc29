"""Calls a parcel and scan-to-knowledge delay over one simulated month: a fixed pause of two hours, and the plan.

    .venv/bin/python benchmarks/polling.py [--parcels 1000] [--seed 7]

Parcels live as the carrier twin lets them live (``believable_plan``); every policy follows the same ones from the label
until delivery, at most for 30 days. "Learned" profiles are made from the two months before the month that is measured,
each scan as it happened by then; nothing of the measured month is in them. "Usual" are the profiles that are shipped.
"From a cold start" begins with those on the first day and learns every night from what its own asks have told so far.
A second world has the same parcels with every life drawn out by 1.37 from the label on, so that scans fall on any hour
and on Sundays too: what it costs when a carrier keeps none of the usual hours.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from fulfillment.polling import USUAL, Facts, Profile, Terms, next_ask, stage_of  # noqa: E402
from fulfillment.polling.learning import Tallies  # noqa: E402
from fulfillment.polling.stages import AT_ORIGIN  # noqa: E402
from fulfillment.statuses import FINAL, ShipmentStatus  # noqa: E402
from fulfillment.testing.carrier_twin import Happening, Place, Step, believable_plan  # noqa: E402
from fulfillment.testing.carrier_twin.wire import dhl, fedex, ups, usps  # noqa: E402

S = ShipmentStatus
STATUS = {
    Happening.LABEL: S.PENDING, Happening.PICKED_UP: S.PICKED_UP, Happening.ORIGIN_SCAN: S.IN_TRANSIT,
    Happening.ARRIVED: S.IN_TRANSIT, Happening.DEPARTED: S.IN_TRANSIT, Happening.OUT_FOR_DELIVERY: S.OUT_FOR_DELIVERY,
    Happening.DELIVERED: S.DELIVERED, Happening.NOT_HOME: S.DELIVERY_FAILED, Happening.REFUSED: S.DELIVERY_FAILED,
    Happening.ADDRESS: S.ON_HOLD, Happening.WEATHER: S.DELIVERY_DELAYED, Happening.LATE: S.DELIVERY_DELAYED,
    Happening.RETURNING: S.RETURN_TO_SENDER,
}  # fmt: skip
#: What the carriers say of each step: their code and their words, as the twin's wires send them.
SAID = {
    "ups": {what: (words[1], words[3]) for what, words in ups.WORDS.items()},
    "fedex": {what: (words[0] + words[3], words[1]) for what, words in fedex.WORDS.items()},
    "usps": {what: words[:2] for what, words in usps.WORDS.items()},
    "dhl": dhl.WORDS,
}
CITIES = {
    "DE": [Place("Hamburg", "DE", "HH"), Place("München", "DE", "BY"), Place("Berlin", "DE", "BE"),
           Place("Köln", "DE", "NW")],
    "US": [Place("New York", "US", "NY"), Place("Chicago", "US", "IL"), Place("Austin", "US", "TX"),
           Place("Seattle", "US", "WA")],
    "EU": [Place("Wien", "AT"), Place("Paris", "FR"), Place("London", "GB"), Place("Utrecht", "NL")],
}  # fmt: skip
START = datetime(2026, 3, 2, tzinfo=UTC)
MONTH = timedelta(days=30)


@dataclass(frozen=True)
class Life:
    carrier: str
    origin: Place
    destination: Place
    steps: tuple[Step, ...]

    def code(self, step: Step) -> str:
        return SAID[self.carrier][step.what][0]

    def stage(self, step: Step) -> str:
        words = SAID[self.carrier][step.what][1]
        return stage_of(
            STATUS[step.what],
            place=step.place.city,
            words=words,
            destination_city=self.destination.city,
            abroad=self.origin.country != self.destination.country,
        )

    def zone(self, stage: str):  # type: ignore[no-untyped-def]
        return (self.origin if stage in AT_ORIGIN else self.destination).zone


def lives(count: int, start: datetime, seed: str, stretch: float = 1.0) -> list[Life]:
    """``count`` parcels of one month of a shop in Germany and one in the United States."""
    dice = random.Random(f"{seed}")
    found = []
    for number in range(count):
        country = dice.choice(("DE", "DE", "US"))
        abroad = country == "DE" and dice.random() < 0.2
        origin, goal = CITIES[country][0], dice.choice(CITIES["EU" if abroad else country][0 if abroad else 1 :])
        labelled = start + timedelta(days=dice.randrange(30), hours=dice.uniform(7, 20))
        plan = believable_plan(f"{seed}-{number}", origin, goal, labelled)
        steps = tuple(Step(labelled + (s.at - labelled) * stretch, s.what, s.place) for s in plan)
        found.append(Life(dice.choice(tuple(SAID)), origin, goal, steps))
    return found


def learned(past: Iterable[Life], until: datetime) -> dict[str, Profile]:
    """A profile for each carrier from the scans before ``until``."""
    tallies = {carrier: Tallies() for carrier in SAID}
    for life in past:
        for step, after in zip(life.steps, (*life.steps[1:], None), strict=True):
            if step.at >= until or STATUS[step.what] in FINAL:
                break
            stage = life.stage(step)
            seen = after is not None and after.at < until
            end = after.at if after is not None and seen else until
            tallies[life.carrier].add(stage, life.code(step), step.at, end, life.zone(stage), scanned=seen)
    return {carrier: each.profile().over(USUAL) for carrier, each in tallies.items()}


Ask = Callable[[Life, Step, datetime, random.Random], datetime]


def fixed(pauses: dict[str, float]) -> Ask:
    return lambda life, last, now, dice: (
        now + timedelta(minutes=pauses.get(STATUS[last.what], 120)) * dice.uniform(0.85, 1.15)
    )


def planned(profiles: dict[str, Profile], terms: Terms) -> Ask:
    def ask(life: Life, last: Step, now: datetime, dice: random.Random) -> datetime:
        stage = life.stage(last)
        facts = Facts(stage, now, last.at, life.zone(stage), life.code(last))
        found = next_ask(facts, profiles[life.carrier], terms, jitter=dice.random())
        assert found is not None
        return found.at

    return ask


@dataclass
class Outcome:
    calls: list[int]
    delays: list[float]
    doorstep: list[float]

    def hear(self, life: Life, known: int, now: datetime) -> int:
        """Note the delay of each scan of which an ask at ``now`` tells; how many are known then."""
        while known < len(life.steps) and life.steps[known].at <= now:
            delay = (now - life.steps[known].at).total_seconds() / 60
            self.delays.append(delay)
            if life.steps[known].what == Happening.DELIVERED:
                self.doorstep.append(delay)
            known += 1
        return known


def follow(parcels: list[Life], ask: Ask, seed: int = 1) -> Outcome:
    """Follow each parcel from its label on; a scan is known at the first ask after it."""
    outcome = Outcome([], [], [])
    for number, life in enumerate(parcels):
        dice = random.Random(f"{seed}-{number}")
        now, known, calls = life.steps[0].at, 1, 0
        while known < len(life.steps) and now - life.steps[0].at < MONTH:
            now = ask(life, life.steps[known - 1], now, dice)
            calls += 1
            known = outcome.hear(life, known, now)
        outcome.calls.append(calls)
    return outcome


def follow_from_cold(parcels: list[Life], terms: Terms, seed: int = 1) -> Outcome:
    """The same day by day: each night the profiles are learned from the scans that are known by then."""
    outcome, profiles = Outcome([0] * len(parcels), [], []), dict.fromkeys(SAID, USUAL)
    dice = [random.Random(f"{seed}-{number}") for number in range(len(parcels))]
    asked, known = [life.steps[0].at for life in parcels], [1] * len(parcels)
    for day in range(61):
        night, ask = START + timedelta(days=day + 1), planned(profiles, terms)
        for number, life in enumerate(parcels):
            while asked[number] < night and known[number] < len(life.steps):
                if asked[number] - life.steps[0].at >= MONTH:
                    break
                asked[number] = now = ask(life, life.steps[known[number] - 1], asked[number], dice[number])
                outcome.calls[number] += 1
                known[number] = outcome.hear(life, known[number], now)
        profiles = _learned_so_far(parcels, asked, known, night)
    return outcome


def _learned_so_far(
    parcels: list[Life], asked: list[datetime], known: list[int], night: datetime
) -> dict[str, Profile]:
    """From the scans of which an ask before ``night`` has told; the last ask of a parcel may lie beyond it."""
    tallies = {carrier: Tallies() for carrier in SAID}
    for life, last_asked, count in zip(parcels, asked, known, strict=True):
        steps = [step for step in life.steps[:count] if step.at < night]
        if last_asked >= night:
            steps = [step for step in steps if step.at < night - timedelta(hours=12)]
        for place, step in enumerate(steps):
            if STATUS[step.what] in FINAL:
                break
            after = steps[place + 1] if place + 1 < len(steps) else None
            if after is None and last_asked >= night:
                break  # what it was asked for since is not known yet
            stage, end = life.stage(step), after.at if after else last_asked
            tallies[life.carrier].add(stage, life.code(step), step.at, end, life.zone(stage), scanned=after is not None)
    return {carrier: each.profile().over(USUAL) for carrier, each in tallies.items()}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--parcels", type=int, default=1000)
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--price", type=float, default=Terms().price)
    asked = arguments.parse_args()
    terms = Terms(price=asked.price)
    for world, stretch in (("as the twin has it", 1.0), ("drawn out by 1.37", 1.37)):
        month = lives(asked.parcels, START, f"{asked.seed}", stretch)
        past = [
            life
            for back in (1, 2)
            for life in lives(asked.parcels, START - back * MONTH, f"past-{asked.seed}-{back}", stretch)
        ]
        policies: dict[str, Callable[[], Outcome]] = {
            "every 2 h": lambda month=month: follow(month, fixed({})),
            "by status (before)": lambda month=month: follow(month, fixed(BEFORE)),
            "plan, usual profiles": lambda month=month: follow(month, planned(dict.fromkeys(SAID, USUAL), terms)),
            "plan, from a cold start": lambda month=month: follow_from_cold(month, terms),
            "plan, learned profiles": lambda month=month, past=past: follow(
                month, planned(learned(past, START), terms)
            ),
        }
        print(f"\n{world}: {len(month):,} parcels, {sum(len(life.steps) - 1 for life in month):,} scans")
        report(policies)


#: Minutes by status of the schedule before the plan.
BEFORE = {
    S.PENDING: 180, S.PICKED_UP: 180, S.IN_TRANSIT: 120, S.OUT_FOR_DELIVERY: 20, S.DELIVERY_DELAYED: 120,
    S.DELIVERY_FAILED: 120, S.ON_HOLD: 180, S.READY_FOR_PICKUP: 240, S.RETURN_TO_SENDER: 360,
}  # fmt: skip


def report(policies: dict[str, Callable[[], Outcome]]) -> None:
    print(
        f"{'policy':26}{'calls':>7}{'':>8}{'median':>8}{'p90':>6}{'p99':>6}{'mean':>6}"
        f"{'delivered: median':>19}{'p90':>5}"
    )
    floor = 0.0
    for name, policy in policies.items():
        found = policy()
        calls = statistics.mean(found.calls)
        floor = floor or calls
        shares = statistics.quantiles(found.delays, n=100)
        doors = statistics.quantiles(found.doorstep, n=100)
        print(
            f"{name:26}{calls:7.1f}{calls / floor - 1:+8.0%}{shares[49]:6.0f} m{shares[89]:6.0f}{shares[98]:6.0f}"
            f"{statistics.mean(found.delays):6.0f}{doors[49]:17.0f} m{doors[89]:5.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
