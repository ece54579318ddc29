"""What a run teaches once it is over: how fast it went, how long doors took, and how what was said held.

Positions are deleted soon; these sums stay, and name nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from fulfillment.carriers.gps import fences
from fulfillment.carriers.gps.eta import Errors
from fulfillment.carriers.gps.fixes import without_jumps
from fulfillment.carriers.gps.points import Fix, Point, metres
from fulfillment.carriers.gps.speeds import Moved, Profile, hour_of_week, is_telling
from fulfillment.conf import gps as conf
from fulfillment.models import CourierRun, RunStop, SpeedStatistics, Store
from fulfillment.services.courier_eta import OWN, ROUTING, Known, as_row, expected, key_of, known_of
from fulfillment.services.positions import fixes_of, point_of

#: After the end of a run: what was buffered offline has come by then.
SETTLES = timedelta(minutes=30)
#: Between two moments of a run at which it is looked at what would have been said.
STEP = timedelta(minutes=4)
#: After the courier said that a stop is done: they may still be at the door.
LEAVING = timedelta(minutes=3)
Part = SpeedStatistics.Part
#: Expected and actual seconds by kind of arrival.
Pairs = dict[str, list[tuple[float, float]]]


@dataclass(frozen=True, slots=True)
class Visit:
    """Who was at which door from when to when."""

    door: Point
    arrived: datetime
    left: datetime


def learn_all(now: datetime | None = None) -> int:
    """Learn from the runs that are over and were not learned from. Returns how many."""
    before = (now or timezone.now()) - SETTLES
    over = CourierRun.objects.filter(state=CourierRun.State.DONE, learned_at=None, ended_at__lt=before)
    return sum(learn(run) for run in over.select_related("store").order_by("ended_at", "pk"))


def learn(run: CourierRun) -> bool:
    """Learn from one run, once."""
    with transaction.atomic():
        Store.objects.select_for_update().get(pk=run.store_id)
        if not CourierRun.objects.filter(pk=run.pk, learned_at=None).update(learned_at=timezone.now()):
            return False
        way = without_jumps(fixes_of(run.positions.all()))
        stops = list(run.stops.all())
        if len(way) < 2:
            return True
        known = known_of(run.store_id)
        pairs = said_by_ourselves(run, stops, way, known)
        for key, more in said_by_others(run, stops).items():
            pairs.setdefault(key, []).extend(more)
        for key, seen in pairs.items():
            _keep(run, Part.ERRORS, key, known.errors.get(key, Errors()).after(seen))
        visits = list(visits_of(stops, way))
        for hour, moved in driven(run, way, visits).items():
            _keep(run, Part.SPEED, str(hour), known.profile.hours.get(hour, Moved()) + moved)
        seconds = sum((visit.left - visit.arrived).total_seconds() for visit in visits)
        profile = known.profile
        _keep(run, Part.SERVICE, "", Profile({}, profile.stops + len(visits), profile.service_seconds + seconds))
    return True


def visits_of(stops: Sequence[RunStop], way: Sequence[Fix]) -> Iterator[Visit]:
    """The doors at which the courier was, in the order in which they were there."""
    bounds = fences.Fences(near=conf.NEAR_METRES, door=conf.DOOR_METRES)
    reached = [(stop.arrived_at, stop.pk, stop) for stop in stops if stop.arrived_at]
    for arrived, _pk, stop in sorted(reached, key=lambda visit: visit[:2]):
        left = None
        if door := point_of(stop):
            left = fences.left_at(door, way, bounds, arrived, (stop.settled_at or arrived) + LEAVING)
        if door and left:
            yield Visit(door, arrived, left)


def driven(run: CourierRun, way: Sequence[Fix], visits: Sequence[Visit]) -> dict[int, Moved]:
    """Hour of the week, by the shop's clock, to what was driven in it from door to door."""
    found: dict[int, Moved] = {}
    here = point_of(run) or Point(way[0].latitude, way[0].longitude)
    left = run.departed_at or way[0].at
    for visit in visits:
        seconds, length = (visit.arrived - left).total_seconds(), metres(here, visit.door)
        if is_telling(length, seconds):
            middle = (left + (visit.arrived - left) / 2).astimezone(run.store.zone)
            hour = hour_of_week(middle)
            found[hour] = found.get(hour, Moved()) + Moved(1, length, seconds)
        here, left = visit.door, visit.left
    return found


def said_by_ourselves(run: CourierRun, stops: Sequence[RunStop], way: Sequence[Fix], known: Known) -> Pairs:
    """What would have been said every few minutes with what was known before this run, against what came."""
    pairs: Pairs = {}
    at, last = way[0].at, way[-1].at
    number = 0
    while at <= last:
        while number + 1 < len(way) and way[number + 1].at <= at:
            number += 1
        if at - way[number].at <= timedelta(minutes=conf.STALE_MINUTES):
            then = [as_of(stop, at) for stop in stops]
            for pk, told in expected(run, then, way[number], known, at).items():
                _pair(pairs, key_of(OWN, told.before), stops, pk, at, (told.arrival - at).total_seconds())
        at += STEP
    return pairs


def said_by_others(run: CourierRun, stops: Sequence[RunStop]) -> Pairs:
    """What was reckoned with the routing service's answers, against what came."""
    pairs: Pairs = {}
    for moment, told in run.said:
        at = parse_datetime(moment)
        for pk, (before, seconds) in told.items() if at else ():
            _pair(pairs, key_of(ROUTING, before), stops, int(pk), at, seconds)  # type: ignore[arg-type]
    return pairs


def as_of(stop: RunStop, at: datetime) -> RunStop:
    """The stop as it was known at a moment."""
    is_open = stop.settled_at is None or stop.settled_at > at
    return RunStop(
        pk=stop.pk,
        run_id=stop.run_id,
        position=stop.position,
        latitude=stop.latitude,
        longitude=stop.longitude,
        state=RunStop.State.OPEN if is_open else stop.state,
        arrived_at=stop.arrived_at if stop.arrived_at and stop.arrived_at <= at else None,
        settled_at=None if is_open else stop.settled_at,
    )


def _pair(pairs: Pairs, key: str, stops: Sequence[RunStop], pk: int, at: datetime, seconds: float) -> None:
    came = next((stop.arrived_at for stop in stops if stop.pk == pk), None)
    if came is not None and came > at and seconds > 0:
        pairs.setdefault(key, []).append((seconds, (came - at).total_seconds()))


def _keep(run: CourierRun, part: str, key: str, value: Moved | Errors | Profile) -> None:
    columns = {**as_row(value), "through": timezone.now()}
    SpeedStatistics.objects.update_or_create(store_id=run.store_id, part=part, key=key, defaults=columns)
