"""Positions of couriers: taken once each, turned into events, and deleted.

A position is taken for the run that was under way at *its* time, however late it comes. What follows from it is in
:mod:`fulfillment.carriers.gps.fences`: the order in which positions come makes no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from fulfillment.carriers.gps import fences
from fulfillment.carriers.gps.fixes import why_not
from fulfillment.carriers.gps.points import Fix, Point, metres
from fulfillment.carriers.gps.wire import Ping, Unreadable, read_ping
from fulfillment.conf import gps as conf
from fulfillment.models import CourierDevice, CourierPosition, CourierRun, RunStop
from fulfillment.services import courier_events

#: Positions of one call.
MOST = 500
ACCEPTED, DUPLICATE, REFUSED = "accepted", "duplicate", "refused"
LINK = timedelta(seconds=fences.LINK)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one ping; ``why`` is a word of docs/gps.md."""

    status: str
    why: str = ""
    id: str = ""

    def as_json(self) -> dict[str, str]:
        told = {"id": self.id, "status": self.status, "why": self.why}
        return {name: value for name, value in told.items() if value}


def take(device: CourierDevice, said: Sequence[Any], now: datetime | None = None) -> list[Taken]:
    """Record pings of ``device``, one answer for each in the order given. A bad one loses only itself."""
    now = now or timezone.now()
    pings = [read_ping(each) for each in said]
    runs = _runs(device, now)
    wanted = [ping.key for ping in pings if isinstance(ping, Ping)]
    known = set(CourierPosition.objects.filter(device=device, key__in=wanted).values_list("key", flat=True))
    answers: list[Taken] = []
    fresh: list[CourierPosition] = []
    for ping in pings:
        answer, run = _judged(ping, runs, known, now)
        answers.append(answer)
        if run is not None and isinstance(ping, Ping):
            known.add(ping.key)
            fresh.append(_row(device, run, ping, now))
    if fresh:
        with transaction.atomic():
            CourierPosition.objects.bulk_create(fresh, ignore_conflicts=True)
        for run in runs:
            mine = [Fix(row.at, row.latitude, row.longitude, row.accuracy) for row in fresh if row.run_id == run.pk]
            if mine:
                look(run, mine)
    return answers


def look(run: CourierRun, fresh: Sequence[Fix]) -> None:
    """Find out what ``fresh`` positions, together with those around them, say of the run's stops."""
    since, until = min(fix.at for fix in fresh) - LINK, max(fix.at for fix in fresh) + LINK
    bounds = fences.Fences(near=conf.NEAR_METRES, door=conf.DOOR_METRES)
    start = point_of(run)
    asks_start = start is not None and (run.departed_at is None or run.departed_at > since)
    # A pair that proves something new has a fresh one in it, so most positions are about no stop.
    stops = [stop for stop in run.stops.all() if _may_tell(fresh, stop, since, bounds)]
    if not (stops or asks_start):
        return
    fixes = fixes_of(run.positions.filter(at__gte=since, at__lte=until))
    departed = fences.departed_at(start, fixes, bounds) if start and asks_start else None
    if departed and _is_earlier(departed, run.departed_at):
        courier_events.departed(run, departed)
    for stop in stops:
        door = point_of(stop)
        if door is None:
            continue
        before = [fix for fix in fixes if stop.settled_at is None or fix.at <= stop.settled_at]
        near, arrived = fences.near_at(door, before, bounds), fences.arrived_at(door, before, bounds)
        if near and _is_earlier(near, stop.near_at):
            courier_events.near(stop, near)
        if arrived and _is_earlier(arrived, stop.arrived_at):
            courier_events.arrived(stop, arrived)


def _may_tell(fresh: Iterable[Fix], stop: RunStop, since: datetime, bounds: fences.Fences) -> bool:
    """Whether one of ``fresh`` is near the stop, and its events are not known from earlier than they can tell."""
    if (door := point_of(stop)) is None:
        return False
    if stop.near_at and stop.arrived_at and max(stop.near_at, stop.arrived_at) <= since:
        return False
    return any(metres(fix, door) <= bounds.near for fix in fresh)


def look_again(now: datetime | None = None) -> None:
    """Look once more at the last minutes of runs: a process may have died between a position and its event."""
    now = now or timezone.now()
    for run in CourierRun.objects.filter(state=CourierRun.State.UNDER_WAY):
        if recent := fixes_of(run.positions.filter(at__gte=now - 2 * LINK)):
            look(run, recent)


def fixes_of(rows: QuerySet[CourierPosition]) -> list[Fix]:
    return [Fix(*row) for row in rows.values_list("at", "latitude", "longitude", "accuracy")]


def point_of(place: CourierRun | RunStop) -> Point | None:
    """Where it is, if that is known."""
    if place.latitude is None or place.longitude is None:
        return None
    return Point(place.latitude, place.longitude)


def forget_old(now: datetime | None = None) -> int:
    """Delete positions that were kept long enough. Returns how many."""
    before = (now or timezone.now()) - timedelta(hours=conf.KEEP_HOURS)
    return CourierPosition.objects.filter(at__lt=before).delete()[0]


def _runs(device: CourierDevice, now: datetime) -> list[CourierRun]:
    since = now - timedelta(hours=2 * conf.KEEP_HOURS)
    found = CourierRun.objects.filter(courier=device.courier_id, started_at__gte=since)
    return list(found.exclude(state=CourierRun.State.PLANNED).order_by("-started_at"))


def _judged(
    ping: Ping | Unreadable, runs: Sequence[CourierRun], known: set[str], now: datetime
) -> tuple[Taken, CourierRun | None]:
    """The answer, and the run that the position is taken for."""
    if isinstance(ping, Unreadable):
        return Taken(REFUSED, ping.why, ping.id), None
    id_ = ping.key[2:] if ping.key.startswith("i:") else ""
    if ping.key in known:
        return Taken(DUPLICATE, id=id_), None
    why = why_not(ping.fix, now)
    if not why and ping.fix.at < now - timedelta(hours=conf.KEEP_HOURS):
        why = "too_old"
    run = next((run for run in runs if _is_of(ping.fix.at, run)), None)
    if not why and run is None:
        why = "no_run"
    return (Taken(REFUSED, why, id_), None) if why else (Taken(ACCEPTED, id=id_), run)


def _is_of(at: datetime, run: CourierRun) -> bool:
    return run.started_at is not None and run.started_at <= at and (run.ended_at is None or at <= run.ended_at)


def _row(device: CourierDevice, run: CourierRun, ping: Ping, now: datetime) -> CourierPosition:
    fix = ping.fix
    return CourierPosition(
        device=device,
        run=run,
        key=ping.key,
        at=fix.at,
        latitude=fix.latitude,
        longitude=fix.longitude,
        accuracy=fix.accuracy,
        recorded_at=now,
    )


def _is_earlier(found: datetime | None, known: datetime | None) -> bool:
    return found is not None and (known is None or found < known)
