"""Asking a routing service about the runs under way. Never in a visitor's request: a worker asks, pages read."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from itertools import takewhile

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from fulfillment.carriers.gps.points import Fix, Point
from fulfillment.carriers.gps.routing import RoutingProvider, provider_of
from fulfillment.conf import gps as conf
from fulfillment.models import CourierRun, RoutingService, RunStop
from fulfillment.services.courier_eta import expected, known_of, last_fix
from fulfillment.services.positions import point_of
from parcelwise.circuit import Policy
from parcelwise.errors import GiveUp, Misconfigured, ParcelwiseError, RetryLater
from parcelwise.models import Problem

logger = logging.getLogger("parcelwise.fulfillment")

POLICY = Policy(failures=3)
#: Answers about one run that are kept to be held against what came.
MOST_SAID = 300


def ask_all(now: datetime | None = None) -> int:
    """Ask about every run under way that is due. Returns answers."""
    service = RoutingService.objects.filter(is_active=True).first()
    if service is None:
        return 0
    now, answers = now or timezone.now(), 0
    for run in CourierRun.objects.filter(state=CourierRun.State.UNDER_WAY).select_related("store"):
        asked_at = parse_datetime(run.route.get("at", ""))
        if asked_at and now - asked_at < timedelta(seconds=conf.ROUTE_SECONDS):
            continue
        if service.circuit.wait(now) is not None:
            break
        answers += ask(service, run, now)
    return answers


def ask(service: RoutingService, run: CourierRun, now: datetime) -> bool:
    """Ask about one run. What goes wrong opens the service's circuit in the end; the shop's own speeds go on."""
    fix = last_fix(run, now)
    stops = list(run.stops.all())
    ahead = list(takewhile(point_of, (stop for stop in stops if stop.state == RunStop.State.OPEN)))
    if fix is None or not ahead:
        return False
    try:
        route = _route(provider_of(service), fix, ahead, now)
    except GiveUp as error:  # about these places alone
        RoutingService.objects.filter(pk=service.pk).update(last_error=str(error))
        return False
    except (RetryLater, Misconfigured) as error:
        _failed(service, error, now)
        return False
    said = expected(run, stops, fix, known_of(run.store_id), now, route=route)
    told = {pk: (each.before, round((each.arrival - now).total_seconds(), 1)) for pk, each in said.items()}
    kept = [*run.said, [now.isoformat(), told]][-MOST_SAID:]
    CourierRun.objects.filter(pk=run.pk).update(route=route, said=kept)
    _worked(service, now)
    return True


def _route(provider: RoutingProvider, fix: Fix, ahead: list[RunStop], now: datetime) -> dict[str, object]:
    """``at``, and ``legs``: stop to seconds of driving from the one before it."""
    asked = ahead[: provider.most - 1]
    doors = [door for stop in asked if (door := point_of(stop))]
    legs = provider.legs([Point(fix.latitude, fix.longitude), *doors], now)
    told = {str(stop.pk): round(leg.seconds, 1) for stop, leg in zip(asked, legs, strict=True)}
    return {"at": now.isoformat(), "legs": told}


def _failed(service: RoutingService, error: ParcelwiseError, now: datetime) -> None:
    after = error.after if isinstance(error, RetryLater) else None
    service.circuit = service.circuit.failed(now, POLICY, at_once=isinstance(error, Misconfigured), after=after)
    service.last_error = str(error)
    service.save(update_fields=[*RoutingService.CIRCUIT, "last_error"])
    if service.opened_at:
        sentence = f"The routing service {service} does not answer: {error} Arrivals are reckoned without it."
        Problem.objects.note("routing", str(service.pk), sentence)


def _worked(service: RoutingService, now: datetime) -> None:
    if service.opened_at:
        Problem.objects.solve("routing", str(service.pk))
    service.circuit, service.last_error, service.last_ok_at = service.circuit.worked(), "", now
    service.save(update_fields=[*RoutingService.CIRCUIT, "last_error", "last_ok_at"])
