"""How often an account may be asked: what it has used, how short calls are, and who comes first."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from fulfillment.conf import fulfillment as conf
from fulfillment.models import CarrierAccount, CarrierCalls, TrackingPoll
from fulfillment.services.account_parcels import polls_of
from parcelwise.jobs import JobState

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
#: Seconds for which a process keeps what it knows of an account's load.
KEEP = 60.0
#: The most that pressure makes of the price of a call.
MOST = 400.0
#: What waiting for its turn adds to a parcel's value: none waits for ever behind more valuable ones.
AGEING = 1.3

_pressures: dict[int, tuple[float, float]] = {}


@dataclass(frozen=True, slots=True)
class Cut:
    """Who of a batch is asked now, most valuable first, and who waits until when."""

    now: list[TrackingPoll]
    later: list[tuple[TrackingPoll, datetime]]


def per_hour(account: CarrierAccount) -> float | None:
    """Parcels that the account may be asked for in an hour on average; None: any number."""
    limits = []
    if account.limit_per_minute:
        limits.append(60.0 * account.limit_per_minute)
    if (day := per_day(account)) is not None:
        limits.append(day / 24)
    return min(limits, default=None)


def per_day(account: CarrierAccount) -> int | None:
    """Parcels that the account may be asked for in a day: its own limit, else its carrier's; None: any number."""
    return account.limit_per_day if account.limit_per_day is not None else conf.POLL_PER_DAY.get(account.carrier)


def record(account: CarrierAccount, count: int, now: datetime | None = None) -> None:
    """Count ``count`` asked parcels in the account's hour."""
    if count < 1:
        return
    hour = (now or timezone.now()).replace(minute=0, second=0, microsecond=0)
    rows = CarrierCalls.objects.filter(account=account, hour=hour)
    if not rows.update(asked=F("asked") + count):
        CarrierCalls.objects.get_or_create(account=account, hour=hour)
        rows.update(asked=F("asked") + count)


def used(account: CarrierAccount, since: datetime) -> int:
    """Parcels asked for in the hours that began after ``since``."""
    total: int | None = CarrierCalls.objects.filter(account=account, hour__gt=since).aggregate(n=Sum("asked"))["n"]
    return total or 0


def due(account: CarrierAccount, until: datetime) -> QuerySet[TrackingPoll]:
    """Polls of the account's parcels that wait and are due by ``until``."""
    return polls_of(account).filter(state=JobState.WAITING, not_before__lte=until)


def pressure(account: CarrierAccount) -> float:
    """What the price of a call is multiplied by: 1 while the next hour's asks fit in the limit.

    Pauses grow with the cube root of the price, so the cube of the overload makes the asks fit again.
    """
    limit = per_hour(account)
    if limit is None:
        return 1.0
    kept_at, known = _pressures.get(account.pk, (0.0, 1.0))
    if account.pk not in _pressures or time.monotonic() - kept_at > KEEP:
        load = due(account, timezone.now() + HOUR).count() / max(limit, 1.0)
        known = min(max(load, 1.0) ** 3, MOST)
        _pressures[account.pk] = (time.monotonic(), known)
    return known


def forget_pressure() -> None:
    """Count anew at the next use in this process."""
    _pressures.clear()


def cut(account: CarrierAccount, batch: Sequence[TrackingPoll], now: datetime | None = None) -> Cut:
    """Whom of ``batch`` to ask while the account's calls are short: those of the most value of all that are due."""
    now = now or timezone.now()
    ranked = sorted(batch, key=lambda job: (-job.value, job.not_before, job.pk))
    room = _room(account, now)
    if room is None:
        return Cut(ranked, [])
    others = list(due(account, now).order_by("-value").values_list("value", flat=True)[: room or 1])
    bar = others[-1] if room and len(others) >= room else 0.0
    allowed = [job for job in ranked if job.value >= bar][: max(room, 0)]
    kept = {job.pk for job in allowed}
    waiting = [job for job in ranked if job.pk not in kept]
    if waiting:
        TrackingPoll.objects.filter(pk__in=[job.pk for job in waiting]).update(value=F("value") * AGEING)
    pause = _until_room(account, room)
    return Cut(allowed, [(job, now + pause * random.uniform(0.7, 1.3)) for job in waiting])


def _room(account: CarrierAccount, now: datetime) -> int | None:
    """Calls that are left in the current window; None when there is no limit."""
    rooms = [account.limit_per_minute] if account.limit_per_minute else []
    if (day := per_day(account)) is not None:
        # An hour may take an eighth of what is left, so that the morning does not use up the evening.
        left = max(day - used(account, now - DAY), 0)
        this_hour = used(account, now - HOUR)
        rooms.append(min(left, max(max(day // 8, 1) - this_hour, 0)))
    return min(rooms, default=None)


def _until_room(account: CarrierAccount, room: int) -> timedelta:
    return timedelta(minutes=1) if room and account.limit_per_minute else timedelta(minutes=30)
