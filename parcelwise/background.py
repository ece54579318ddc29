"""The only door to the task queue. The queue wakes workers and keeps the clock; job rows say what is due."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.apps import apps
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from parcelwise import jobs
from parcelwise.conf import jobs as conf
from parcelwise.models import Heartbeat

logger = logging.getLogger("parcelwise.background")

PREFIX = "parcelwise:"
#: Names of heartbeats: a worker is alive (it answered, or it got something done), and the last pulse was answered.
WORKER, PULSE = "worker", "pulse"


@dataclass(frozen=True, slots=True)
class Every:
    """A standing order of the schedule: ``path`` is called without arguments every ``minutes`` minutes."""

    path: str
    minutes: int


_standing: dict[str, Every] = {}


def every(path: str, *, minutes: int) -> None:
    """Have ``path`` called every ``minutes`` minutes. Call it in ``AppConfig.ready``."""
    _standing[path] = Every(path, minutes)


def standing_orders() -> list[Every]:
    return sorted(_standing.values(), key=lambda order: order.path)


def wake() -> None:
    """Wake a worker once the current transaction is committed. Harmless to call often, harmless to lose."""
    if conf.RUNNER != "django_q":
        return
    connection = transaction.get_connection()
    if any(entry[1] is _enqueue_run for entry in connection.run_on_commit):
        return
    transaction.on_commit(_enqueue_run)


def _enqueue_run() -> None:
    _enqueue("parcelwise.tasks.run_due_jobs")


def send_pulse() -> bool:
    """Put a pulse in the queue: a worker that is alive answers it with a heartbeat. False: the queue is away."""
    return _enqueue("parcelwise.tasks.pulse")


def _enqueue(path: str) -> bool:
    from django_q.tasks import async_task  # import needs configured settings

    try:
        async_task(path, task_name=f"{PREFIX}{path.rsplit('.', 1)[1]}", save=False)
    except Exception:
        # A broker that is away costs time, never work: the rows are due and the next pulse finds them.
        logger.exception("the queue did not take %s", path)
        return False
    return True


_last_beat = 0.0


def beat(name: str = WORKER) -> None:
    """Write a sign of life; a worker that gets on with a long batch gives one at most every ``PULSE`` seconds."""
    global _last_beat
    now = time.monotonic()
    if name == WORKER:
        if now - _last_beat < conf.PULSE:
            return
        _last_beat = now
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": timezone.now(), "pid": os.getpid()})


def write_schedule() -> None:
    """Bring django-q2's schedule in line with the standing orders."""
    from django_q.models import Schedule

    wanted = {f"{PREFIX}{order.path}": order for order in standing_orders()}
    Schedule.objects.filter(name__startswith=PREFIX).exclude(name__in=wanted).delete()
    for name, order in wanted.items():
        columns = {"func": order.path, "schedule_type": Schedule.MINUTES, "minutes": order.minutes, "repeats": -1}
        Schedule.objects.update_or_create(
            name=name, defaults=columns, create_defaults={**columns, "next_run": timezone.now()}
        )


def forget_failures(names_somebody: Callable[[str], bool]) -> int:
    """Delete the errors of our scheduled tasks that say something of a person. Returns how many."""
    if not apps.is_installed("django_q"):
        return 0
    failures = apps.get_model("django_q", "Failure")
    ours = failures.objects.filter(Q(name__startswith=PREFIX) | Q(func__in=list(_standing)))
    named = [failure.pk for failure in ours if names_somebody(str(failure.result))]
    gone: int = failures.objects.filter(pk__in=named).delete()[0] if named else 0
    return gone


def run_due(budget: float = 20.0, progress: Callable[[], None] = lambda: None) -> int:
    """Work off due jobs of every kind in turn until none is due or ``budget`` seconds are over. Returns rows run.

    ``progress`` is called after each row that is through. A row is never cut off: the budget is looked at between rows.
    """
    until = time.monotonic() + budget
    total = 0
    while True:
        found = 0
        for kind in jobs.kinds():
            found += jobs.run_batch(kind, until=until, progress=progress)
            if time.monotonic() > until:
                return total + found
        total += found
        if not found:
            return total
