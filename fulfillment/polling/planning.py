"""The moment of the next ask: the one from which calls and waiting together cost least until the next scan is known.

What is lost by asking late is what a customer does not know until then. A scan that is known ``d`` minutes late costs
``d + d * d / PATIENCE``, weighed by the stage: twice as late is more than twice as bad, so that no parcel waits very
long for the sake of many. A call costs ``Terms.price``. The moments of all asks until the next scan are chosen
together, backwards from the horizon (dynamic programming over steps of a quarter of an hour)::

    J(t) = min over T of  E[cost of a scan between t and T] + price + P(no scan between t and T) * J(T)

For a steady chance of a scan the pause shrinks with its cube root, as long as it is longer than ``PATIENCE``; hours in
which nobody scans cost nothing and are slept through.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from math import exp, inf

from fulfillment.polling.shapes import Profile, Shape, cell_of
from fulfillment.polling.stages import AT_DESTINATION, keys_of, status_of
from fulfillment.polling.usual import USUAL
from fulfillment.statuses import FINAL, ShipmentStatus

#: Minutes between two moments that are weighed against each other, and how many of them are looked ahead.
STEP, AHEAD = 15, 120
#: Minutes of delay at which lateness itself costs as much again.
PATIENCE = 5.0
#: Part of a pause by which it is moved at most, either way, so that parcels do not fall on one minute.
JITTER = 0.05
#: Scans per hour beyond which it makes no difference any more (and exponentials of their sums stay above zero).
FASTEST = 20.0
#: How much a minute of not knowing counts by stage; 1 where nothing is said.
WEIGHTS: Mapping[str, float] = {
    # A customer waits at the door for this one, and it is over within the day: the others together pay for it.
    ShipmentStatus.OUT_FOR_DELIVERY: 36.0,
    ShipmentStatus.DELIVERY_FAILED: 2.0,
    ShipmentStatus.PENDING: 0.8,
    ShipmentStatus.RETURN_TO_SENDER: 0.5,
    ShipmentStatus.READY_FOR_PICKUP: 0.5,
}


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a parcel at ``now``. Moments are aware; ``zone`` is that of the place where it is.

    ``silent_since`` is its last scan, or when it was made known. ``code`` is the carrier's own of the last scan.
    ``expected_from`` is the first day on which it may arrive. ``pushes``: its carrier tells of news unasked.
    """

    stage: str
    now: datetime
    silent_since: datetime
    zone: tzinfo = UTC
    code: str = ""
    expected_from: date | None = None
    pushes: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What asking costs. Pauses in minutes; ``price`` in weighed minutes of delay; ``pressure`` multiplies it.

    ``fixed`` holds pauses by status that were set by hand and replace the plan.
    """

    price: float = 2050.0
    pressure: float = 1.0
    least: float = 15.0
    most: float = 720.0
    most_pushed: float = 1440.0
    fixed: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Next:
    """Ask at ``at``, because of ``why`` (:data:`REASONS`). ``chance`` of news by then; ``value`` of asking then:
    weighed minutes of not knowing that each further minute adds. ``rate``: scans per hour at that moment."""

    at: datetime
    why: str
    chance: float = 0.0
    value: float = 0.0
    rate: float = 0.0


#: The plan · the longest pause · the shortest one · its carrier tells unasked · set by hand
REASONS = ("worth", "most", "least", "pushed", "fixed")


def next_ask(facts: Facts, profile: Profile = USUAL, terms: Terms = Terms(), *, jitter: float = 0.5) -> Next | None:
    """When to ask; None for a parcel that has arrived. ``jitter`` from 0 to 1 moves it by up to :data:`JITTER`."""
    if facts.stage in FINAL:
        return None
    spread = 2 * jitter - 1
    fixed = terms.fixed.get(status_of(facts.stage))
    if fixed is not None:
        pause = timedelta(minutes=fixed) * (1 + 3 * JITTER * spread)
        return Next(facts.now + pause, "fixed", value=weight_of(facts.stage))
    shape = profile.shape(keys_of(facts.stage, facts.code)) or USUAL.shape((facts.stage, ShipmentStatus.UNKNOWN))
    assert shape is not None
    hoped = _hoped(facts, shape)
    most = terms.most_pushed if facts.pushes else terms.most
    steps = len(hoped) - 1 if facts.pushes else _best(hoped, facts.stage, terms)
    minutes = steps * STEP * (1 + JITTER * spread)
    why = "pushed" if facts.pushes else "least" if minutes < terms.least else "most" if minutes > most else "worth"
    minutes = min(max(minutes, terms.least), most)
    at = min(round(minutes / STEP), AHEAD)
    chance = 1 - exp(-hoped[at])
    rate = (hoped[at] - hoped[at - 1]) * 60 / STEP if at else 0.0
    return Next(facts.now + timedelta(minutes=minutes), why, chance, weight_of(facts.stage) * chance, rate)


def weight_of(stage: str) -> float:
    """How much a minute of not knowing counts."""
    return WEIGHTS.get(stage, 1.0)


def _hoped(facts: Facts, shape: Shape) -> list[float]:
    """The expected number of scans from now until each step (the cumulative hazard)."""
    local, silent = facts.now.astimezone(facts.zone), (facts.now - facts.silent_since).total_seconds() / 3600
    hoped = [0.0]
    for number in range(AHEAD):
        minutes = (number + 0.5) * STEP
        moment = local + timedelta(minutes=minutes)
        rate = shape.hazard(silent + minutes / 60, cell_of(moment)) * _nearness(facts, moment)
        hoped.append(hoped[-1] + min(rate, FASTEST) * STEP / 60)
    return hoped


def _best(hoped: Sequence[float], stage: str, terms: Terms) -> float:
    """Steps until the first of the asks that together cost least. The longest pause bounds each of them."""
    price, furthest = terms.price * terms.pressure / weight_of(stage), max(int(terms.most // STEP), 1)
    left = [exp(-value) for value in hoped]
    costs, first = [0.0] * (AHEAD + 1), 1
    tried: list[float] = []
    for start in range(AHEAD - 1, -1, -1):
        late = waiting = 0.0
        least, tried = inf, []
        for end in range(start + 1, min(start + furthest, AHEAD) + 1):
            missed = 1 - left[end] / left[start]
            late += missed * STEP
            waiting += (missed + 2 * late / PATIENCE) * STEP
            if waiting > least:
                break
            cost = waiting + price + (1 - missed) * costs[end]
            tried.append(cost)
            if cost < least:
                least, first = cost, end - start
        costs[start] = least
    return first + _between(tried, first - 1)


def _between(costs: Sequence[float], place: int) -> float:
    """How far from ``place`` the least of a parabola through it and its neighbours lies: at most half a step."""
    if not 0 < place < len(costs) - 1:
        return 0.0
    before, least, after = costs[place - 1 : place + 2]
    bend = before - 2 * least + after
    return (before - after) / (2 * bend) if bend > 0 else 0.0


def _nearness(facts: Facts, local: datetime) -> float:
    """Before the first day on which a parcel may arrive, it is rarely taken to the door."""
    if facts.expected_from is None or facts.stage != AT_DESTINATION:
        return 1.0
    return 1.0 if local.date() >= facts.expected_from else 0.25
