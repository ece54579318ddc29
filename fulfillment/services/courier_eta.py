"""Where a courier is, and when they will be at a stop: by the shop's own speeds, or as a routing service says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

from django.utils.dateparse import parse_datetime

from fulfillment.carriers.gps import eta
from fulfillment.carriers.gps.eta import Errors
from fulfillment.carriers.gps.fixes import without_jumps
from fulfillment.carriers.gps.points import Fix, Point
from fulfillment.carriers.gps.speeds import Moved, Profile
from fulfillment.conf import gps as conf
from fulfillment.models import CourierRun, RunStop, SpeedStatistics
from fulfillment.services.positions import fixes_of, point_of

#: Positions that are looked at to find the last one that is no jump.
RECENT = 12
#: Minutes for which what a routing service said is reckoned with.
ROUTE_HOLDS = timedelta(minutes=15)
#: Seconds that the rest of a stop or of a drive takes at least.
LEAST = 20.0
OWN, ROUTING = "own", "routing"
Part = SpeedStatistics.Part


@dataclass(frozen=True, slots=True)
class Known:
    """What was learned of a store's couriers."""

    profile: Profile
    errors: dict[str, Errors]


@dataclass(frozen=True, slots=True)
class Expected:
    """When the courier will be at a stop. ``before``: stops that come first. ``by``: whose word it is."""

    arrival: datetime
    before: int
    by: str = OWN
    window: tuple[datetime, datetime] | None = None


def known_of(store_id: int) -> Known:
    """What the statistics hold."""
    hours: dict[int, Moved] = {}
    errors: dict[str, Errors] = {}
    stops, service = 0, 0.0
    for row in SpeedStatistics.objects.filter(store=store_id):
        figures = row.figures
        if row.part == Part.SPEED:
            hours[int(row.key)] = Moved(row.count, figures["metres"], figures["seconds"])
        elif row.part == Part.SERVICE:
            stops, service = row.count, figures["seconds"]
        else:
            bins = {int(number): count for number, count in figures["bins"].items()}
            errors[row.key] = Errors(bins, figures["told"], figures["held"], figures["runs"])
    return Known(Profile(hours, stops, service), errors)


def last_fix(run: CourierRun, now: datetime) -> Fix | None:
    """Where the courier is; None when nobody has known for ``GPS.STALE_MINUTES``.

    What a device said whose key was withdrawn since is not believed any more: it may be in wrong hands.
    """
    since = now - timedelta(minutes=conf.STALE_MINUTES)
    rows = run.positions.filter(at__gte=since, device__withdrawn_at=None).order_by("-at", "-pk")[:RECENT]
    way = without_jumps(fixes_of(rows))
    return way[-1] if way else None


def expected(
    run: CourierRun,
    stops: Sequence[RunStop],
    fix: Fix,
    known: Known,
    now: datetime,
    *,
    route: Mapping[str, Any] | None = None,
) -> dict[int, Expected]:
    """Stop to when the courier will be there, for the open ones in order as far as their doors are known.

    ``route`` is what a routing service said last (``CourierRun.route``); empty: the shop's own speeds say it.
    """
    open_stops = [stop for stop in stops if stop.state == RunStop.State.OPEN]
    located = list(takewhile(lambda stop: stop.latitude is not None, open_stops))
    if not located:
        return {}
    moment = now.astimezone(run.store.zone)
    here, busy, ahead = Point(fix.latitude, fix.longitude), 0.0, located
    found: dict[int, Expected] = {}
    if arrived := located[0].arrived_at:
        here, busy = _door(located[0]), max(known.profile.service - (now - arrived).total_seconds(), LEAST)
        found[located[0].pk] = Expected(now, 0)
        ahead = located[1:]
    legs = legs_said(route or {}, stops, ahead, now, is_driving=not arrived)
    by = ROUTING if legs else OWN
    times = eta.arrivals(here, moment, [_door(stop) for stop in ahead], known.profile, busy=busy, legs=legs)
    for number, (stop, arrival) in enumerate(zip(ahead, times, strict=True), 1 if arrived else 0):
        errors = known.errors.get(key_of(by, number), Errors())
        found[stop.pk] = Expected(arrival, number, by, eta.told_window(moment, arrival, errors))
    return found


def key_of(by: str, before: int) -> str:
    """Under which errors of this kind of arrival are kept."""
    return f"{by}:{eta.bucket(before)}"


def legs_said(
    route: Mapping[str, Any], stops: Iterable[RunStop], ahead: Sequence[RunStop], now: datetime, *, is_driving: bool
) -> list[float] | None:
    """Seconds of driving to each of ``ahead`` as a routing service said last; None when that holds no more.

    It was asked from where the courier was then: while they drive, what is left of the first leg is less by now.
    """
    asked_at = parse_datetime(route.get("at", ""))
    if asked_at is None or now - asked_at > ROUTE_HOLDS or not ahead:
        return None
    if any(str(stop.pk) not in route["legs"] for stop in ahead):
        return None
    legs = [float(route["legs"][str(stop.pk)]) for stop in ahead]
    if is_driving:
        settled = [stop.settled_at for stop in stops if stop.settled_at and stop.settled_at > asked_at]
        legs[0] = max(legs[0] - (now - max([asked_at, *settled])).total_seconds(), LEAST)
    return legs


def _door(stop: RunStop) -> Point:
    door = point_of(stop)
    assert door is not None
    return door


def as_row(value: Moved | Errors | Profile) -> dict[str, object]:
    """Columns of a row of statistics."""
    if isinstance(value, Moved):
        return {"count": value.count, "figures": {"metres": value.metres, "seconds": value.seconds}}
    if isinstance(value, Profile):
        return {"count": value.stops, "figures": {"seconds": value.service_seconds}}
    bins = {str(number): count for number, count in value.bins.items()}
    return {
        "count": round(value.count),
        "figures": {"bins": bins, "told": value.told, "held": value.held, "runs": value.runs},
    }
