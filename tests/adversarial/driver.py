"""Drives one adversarial day: a twin lives it, the network does its worst, our side works in between.

Real HTTP both ways: the twin's deliveries go to the real intake, our questions to the twin. Only time is not real: the
twin's clock is frozen and moved from event to event, and ours follows it.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django.db.models import QuerySet
from django.utils import timezone

from fulfillment import tasks
from fulfillment.models import InboxEvent, Order, Refund, Store, StoreRun, StoreSync, StoreWrite, WriteKind
from fulfillment.services import runs, telling_stores
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from parcelwise.testing import run_jobs

#: When the day begins. Night in Europe, so that it is one date in the shop's zone, too.
DAWN = datetime(2026, 11, 20, 1, tzinfo=UTC)
#: Orders of the day. The whole one has 2,000: PARCELWISE_DAY_ORDERS=2000 pytest tests/adversarial
ORDERS = int(os.environ.get("PARCELWISE_DAY_ORDERS", "40"))
#: Whom our staff refund and what they pack.
SEED = int(os.environ.get("PARCELWISE_DAY_SEED", "7"))
#: How often our worker gets round to it, and the schedule; less often on a small day, where there is less to do.
WORK_EVERY = timedelta(minutes=10 if ORDERS >= 500 else 20)
OUTAGE = timedelta(minutes=10)


@dataclass
class Day:
    """Our side of one day. Pass :meth:`meanwhile` to the twin's ``live_a_day``."""

    twin: Any
    store: Store
    clock: time_machine.Coordinates
    worked_at: datetime = DAWN
    taken_back: int = 0
    #: (when, what happens then), in order.
    plan: list[tuple[datetime, Callable[[], None]]] = field(default_factory=list)

    def at(self, hours: float, act: Callable[[], None]) -> None:
        self.plan.append((DAWN + timedelta(hours=hours), act))
        self.plan.sort(key=lambda entry: entry[0])

    def ours_is_away(self, hours: float) -> None:
        """Nobody can reach us for ten minutes, and nothing works here."""
        start = DAWN + timedelta(hours=hours)
        self.twin.post.cut(start, start + OUTAGE)

    def theirs_is_away(self, hours: float) -> None:
        self.at(hours, lambda: self.twin.faults.outage("503", seconds=0))
        self.at(hours + OUTAGE / timedelta(hours=1), self.twin.faults.recover)

    def meanwhile(self, now: datetime) -> None:
        self.clock.move_to(now)
        while self.plan and self.plan[0][0] <= now:
            self.plan.pop(0)[1]()
        if now - self.worked_at >= WORK_EVERY:
            self.worked_at = now
            self.work()

    def work(self) -> None:
        tasks.reconcile_platforms()
        tasks.look_after_webhooks()
        run_jobs(600)

    def evening(self) -> None:
        """The day is over: what is still under way arrives, the walks are made, and nothing is left to do."""
        self.twin.faults.clear()
        self.clock.shift(timedelta(hours=6))
        self.twin.clock.change(now=timezone.now())
        self.twin.post.send_due()
        self.rest()
        self.taken_back = look_at_refused_parcels()
        for kind in (StoreRun.Kind.CHANGES, StoreRun.Kind.DEEP):
            runs.start(self.store, kind, since=DAWN if kind == StoreRun.Kind.CHANGES else None)
            self.rest()

    def rest(self) -> None:
        """Work until nothing waits any more, however long its pause."""
        for _round in range(200):
            run_jobs(600)
            waiting = [kind.objects.filter(state__in=(JobState.WAITING, JobState.RUNNING)) for kind in JOBS]
            if not any(rows.exists() for rows in waiting):
                return
            self.clock.shift(timedelta(minutes=15))
            self.twin.clock.change(now=timezone.now())
            self.twin.post.send_due()
        left = [f"{job!r} {job.last_error}" for rows in waiting for job in rows[:5]]
        raise AssertionError(f"there is work that never ends: {left}")


JOBS = (InboxEvent, StoreSync, StoreRun, StoreWrite)


def just_placed(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Orders so young that the shop itself will hardly send them before we have told it that we did."""
    return orders.filter(placed_at__gte=timezone.now() - timedelta(minutes=25))


def two_of(orders: QuerySet[Order], dice: random.Random) -> list[Order]:
    """The same two in each run."""
    found = list(orders.order_by("external_id"))
    return dice.sample(found, min(2, len(found)))


def look_at_refused_parcels() -> int:
    """What staff do with parcels that both sides have packed: take ours back. Returns how many there were.

    While a platform is away the shop's own people may send what ours have packed.
    """
    refused = StoreWrite.objects.filter(kind=WriteKind.TRACKING, state=JobState.DEAD).select_related("shipment")
    return sum(telling_stores.take_back(write.shipment) == "" for write in refused)


def dead_letters(deleted: Collection[str] = ()) -> list[str]:
    """What failed for good. What was to be written to an order that was ``deleted`` there has to."""
    writes = StoreWrite.objects.filter(state=JobState.DEAD).exclude(order__external_id__in=deleted)
    others = [kind.objects.filter(state=JobState.DEAD) for kind in JOBS if kind is not StoreWrite]
    return [f"{job!r}: {job.last_error}" for rows in (writes, *others) for job in rows]


def open_problems() -> list[str]:
    return [f"{problem.key}: {problem.sentence}" for problem in Problem.objects.filter(solved_at=None)]


def differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    """Where two states differ, field by field; at most a few, so that the report can be read."""
    found = []
    for key in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(key), theirs.get(key)
        if one == other:
            continue
        if one is None or other is None:
            found.append(f"{key}: {'missing here' if one is None else 'not at the platform'}")
            continue
        found += [
            f"{key} {name}: here {one.get(name)!r}, there {other.get(name)!r}"
            for name in sorted(one.keys() | other.keys())
            if one.get(name) != other.get(name)
        ]
    return found[:20]


def refunds_by_note() -> Mapping[str, int]:
    """How often each of our own refunds is in our tables, by its reason."""
    counts: dict[str, int] = {}
    for note in Refund.objects.filter(note__startswith="Ours ").values_list("note", flat=True):
        counts[note] = counts.get(note, 0) + 1
    return counts
