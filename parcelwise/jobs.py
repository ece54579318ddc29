"""Durable work: a row that is written with its cause and worked off by whoever claims it first.

A job's state lives in the data base alone. The queue only wakes workers, so a lost, doubled or killed
queue task costs time and nothing else. Subclass :class:`Job`, name the function that does the work and
insert rows in the transaction that causes them::

    class LabelPurchase(Job):
        runner = "returns.services.labels.buy"
        shipment = models.ForeignKey(...)

    @one_by_one
    def buy(job): ...          # return None: done · a datetime: again then · raise RetryLater / GiveUp
"""

from __future__ import annotations

import logging
import math
import random
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import wraps
from textwrap import indent
from typing import Any, ClassVar, Self

from django.apps import apps
from django.db import connections, models, router, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from parcelwise.conf import jobs as conf
from parcelwise.errors import GiveUp, Misconfigured, Postponed, RetryLater
from parcelwise.storable import one_line, storable

logger = logging.getLogger("parcelwise.jobs")

#: What a runner says of one job: None (done), a datetime (again then), or the exception that stopped it.
Outcome = None | datetime | Exception


class JobState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    DEAD = "dead", _("needs attention")
    CANCELLED = "cancelled", _("cancelled")


OPEN = (JobState.WAITING, JobState.RUNNING)


class JobQuerySet(models.QuerySet[Any]):
    def due(self, now: datetime | None = None) -> Self:
        """Rows that may be claimed: waiting and due, or held by a worker whose lease has run out."""
        now = now or timezone.now()
        return self.filter(
            Q(state=JobState.WAITING) | Q(state=JobState.RUNNING, lease_until__lt=now),
            not_before__lte=now,
        )

    def claim(self, limit: int, *, lease: float | None = None) -> list[Any]:
        """Take up to ``limit`` due rows for this worker; nobody else holds them until ``lease`` seconds are over.

        The attempt is counted here, before the work, so that a row that kills its worker is stopped too. A row whose
        lease ran out is claimed alone: the one of a batch that killed its worker must not use up the attempts of the
        others.
        """
        using = self._db or router.db_for_write(self.model)  # type: ignore[attr-defined]
        # Mostly nothing is due. To see that, no transaction is begun: on SQLite each takes the one lock of all writers.
        if not self.using(using).due().exists():
            return []
        while taken := self._take(using, limit, conf.LEASE if lease is None else lease):
            if fit := [job for job in taken if not job.worn_out]:
                return fit
        return []

    def _take(self, using: str, limit: int, lease: float) -> list[Any]:
        now, token = timezone.now(), uuid.uuid4()
        with transaction.atomic(using=using):
            rows = self.using(using)
            # A row that runs was due when it was claimed: the redundant bound lets the index answer.
            left = rows.filter(state=JobState.RUNNING, not_before__lte=now, lease_until__lt=now)
            fresh = rows.filter(state=JobState.WAITING, not_before__lte=now).order_by("not_before", "pk")
            pks = _lock(left.order_by("not_before", "pk"), using, 1) or _lock(fresh, using, limit)
            if not pks:
                return []
            # Where rows cannot be locked one by one, the guard decides who was first, and the token says it was us.
            rows.filter(pk__in=pks).due(now).update(
                state=JobState.RUNNING,
                lease_until=now + timedelta(seconds=lease),
                lease_token=token,
                attempts=F("attempts") + 1,
            )
        taken = list(self.using(using).filter(pk__in=pks, lease_token=token).order_by("not_before", "pk"))
        for job in taken:
            if job.worn_out:
                job.bury(GiveUp(f"Its worker died {job.attempts - 1} times in the middle of it."))
        return taken

    def revive(self) -> int:
        """Put dead, cancelled or waiting rows back to the start, due now. Returns how many."""
        return self.exclude(state__in=(JobState.RUNNING, JobState.DONE)).update(
            state=JobState.WAITING, attempts=0, not_before=timezone.now(), finished_at=None
        )

    def cancel(self) -> int:
        """Take rows that wait or need attention off the list; a row that runs is past stopping. Returns how many."""
        return self.filter(state__in=(JobState.WAITING, JobState.DEAD)).update(
            state=JobState.CANCELLED, finished_at=timezone.now()
        )


def _lock(rows: models.QuerySet[Any], using: str, limit: int) -> list[Any]:
    if connections[using].features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    return list(rows.values_list("pk", flat=True)[:limit])


class Job(models.Model):
    """One thing that must happen, with its state, attempts, next attempt, lease and last error."""

    #: Dotted path of ``runner(jobs) -> iterator of (job, Outcome)``; see :func:`one_by_one`.
    runner: ClassVar[str]
    #: Rows claimed at a time.
    batch_size: ClassVar[int] = 20
    #: Attempts before the row goes to the dead letters; None takes the setting.
    max_attempts: ClassVar[int | None] = None

    state = models.CharField(max_length=12, choices=JobState, default=JobState.WAITING, editable=False)
    attempts = models.PositiveIntegerField(default=0, editable=False)
    not_before = models.DateTimeField(default=timezone.now, editable=False, help_text=_("not tried before this time"))
    lease_until = models.DateTimeField(null=True, editable=False)
    lease_token = models.UUIDField(null=True, editable=False)
    last_error = models.TextField(blank=True, editable=False)
    last_traceback = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects = JobQuerySet.as_manager()

    class Meta:
        abstract = True
        # Whole, not partial: SQLite uses a partial index only where a query repeats its condition without parameters.
        indexes = [models.Index(fields=["state", "not_before"], name="pw_%(class)s_due")]

    @property
    def attempts_allowed(self) -> int:
        return type(self).max_attempts or conf.MAX_ATTEMPTS

    @property
    def worn_out(self) -> bool:
        """More attempts were begun than allowed, so the last one never came to its end."""
        return self.attempts > self.attempts_allowed

    def renew(self, lease: float | None = None) -> bool:
        """Extend the lease; False when the row is no longer this worker's."""
        until = timezone.now() + timedelta(seconds=conf.LEASE if lease is None else lease)
        return self._settle(lease_until=until)

    def finish(self) -> bool:
        return self._settle(
            state=JobState.DONE, finished_at=timezone.now(), last_error="", last_traceback="", lease_until=None
        )

    def again(self, at: datetime) -> bool:
        """It went well and is to be done again at ``at``: a recurring job, which forgets its attempts each time."""
        return self._settle(
            state=JobState.WAITING, not_before=at, attempts=0, last_error="", last_traceback="", lease_until=None
        )

    def retry_later(self, error: Exception, after: float | None = None) -> bool:
        """Wait with exponential back-off and jitter, or go to the dead letters when the attempts are used up."""
        if self.attempts >= self.attempts_allowed:
            return self.bury(error)
        doublings = min(self.attempts - 1, 30)  # 2**30 is past every cap and still a float
        pause = min(conf.BACKOFF * 2**doublings, conf.BACKOFF_CAP) * random.uniform(0.75, 1.25)
        return self._settle(
            state=JobState.WAITING,
            not_before=timezone.now() + timedelta(seconds=max(pause, min(after or 0.0, conf.BACKOFF_CAP))),
            lease_until=None,
            last_error=sentence(error),
            last_traceback=_traceback(error),
        )

    def bury(self, error: Exception) -> bool:
        """To the dead letters: staff see it and can run it again."""
        logger.error("%s %s needs attention: %s", self._meta.label, self.pk, sentence(error))
        return self._settle(
            state=JobState.DEAD,
            finished_at=timezone.now(),
            lease_until=None,
            last_error=sentence(error),
            last_traceback=_traceback(error),
        )

    def release(self) -> bool:
        """Give back a row that was claimed and not begun, as if it had never been claimed."""
        return self._settle(state=JobState.WAITING, attempts=self.attempts - 1, lease_until=None)

    def postpone(self, error: Postponed) -> bool:
        """It was not begun and would be in vain before ``error.until``: no attempt is used up."""
        return self._settle(
            state=JobState.WAITING,
            attempts=self.attempts - 1,
            not_before=error.until,
            lease_until=None,
            last_error=sentence(error),
            last_traceback="",
        )

    def settle(self, outcome: Outcome) -> bool:
        """Write down how it went. False when another worker has taken the row over meanwhile."""
        if outcome is None:
            return self.finish()
        if isinstance(outcome, datetime):
            return self.again(outcome)
        if isinstance(outcome, GiveUp | Misconfigured):
            return self.bury(outcome)
        if isinstance(outcome, Postponed):
            return self.postpone(outcome)
        if not isinstance(outcome, RetryLater):
            # Indented: what somebody else wrote, and an error repeats, does not pass for lines of the log.
            raised = indent(_traceback(outcome), "    ")
            logger.error("%s %s raised\n%s", self._meta.label, self.pk, raised)
        return self.retry_later(outcome, getattr(outcome, "after", None))

    def _settle(self, **columns: Any) -> bool:
        rows = type(self)._base_manager.using(self._state.db)
        mine = rows.filter(pk=self.pk, state=JobState.RUNNING, lease_token=self.lease_token)
        if mine.update(**columns) != 1:
            return False
        for name, value in columns.items():
            setattr(self, name, value)
        return True


def sentence(error: Exception) -> str:
    """What went wrong, for people: the error's own text, with its kind when that is not one of ours."""
    text = one_line(str(error)) or "no further detail"
    if not isinstance(error, RetryLater | GiveUp | Misconfigured):
        text = f"{type(error).__name__}: {text}"
    return text[:2000]


def _traceback(error: Exception) -> str:
    if isinstance(error, RetryLater | GiveUp | Misconfigured) or error.__traceback__ is None:
        return ""
    # A terminal that shows a log obeys what comes after an escape.
    return storable("".join(traceback.format_exception(error))).replace("\x1b", "\ufffd")[-8000:]


def renew_all(batch: Sequence[Any], lease: float | None = None) -> list[Any]:
    """Extend the lease of a whole batch; returns the jobs that are still this worker's.

    For runners that serve many jobs with one call: before each call that may take long, so that the jobs behind it do
    not run out of their lease.
    """
    if not batch:
        return []
    until = timezone.now() + timedelta(seconds=conf.LEASE if lease is None else lease)
    mine = (
        type(batch[0])
        ._base_manager.using(batch[0]._state.db)
        .filter(
            pk__in=[job.pk for job in batch],
            state=JobState.RUNNING,
            lease_token__in={job.lease_token for job in batch},
        )
    )
    mine.update(lease_until=until)
    kept = set(mine.values_list("pk", flat=True))
    return [job for job in batch if job.pk in kept]


def one_by_one(work: Callable[[Any], Outcome]) -> Callable[[Sequence[Any]], Iterator[tuple[Any, Outcome]]]:
    """Make a runner of a function for one job. The lease is renewed before each, so no row is worked on twice."""

    @wraps(work)
    def runner(batch: Sequence[Any]) -> Iterator[tuple[Any, Outcome]]:
        for job in batch:
            if not job.renew():
                continue
            try:
                outcome = work(job)
            except Exception as error:
                outcome = error
            yield job, outcome

    runner.begins_each_when_asked = True  # type: ignore[attr-defined]
    return runner


def kinds() -> list[type[Job]]:
    """Every concrete job model of the installed apps."""
    return [model for model in apps.get_models() if issubclass(model, Job) and not model._meta.proxy]


def run_batch(
    kind: type[Job],
    limit: int | None = None,
    *,
    until: float = math.inf,
    progress: Callable[[], None] = lambda: None,
) -> int:
    """Claim one batch of ``kind``, run it and settle each row as soon as it is through. Returns rows claimed.

    Past ``until`` (of ``time.monotonic``) rows of a :func:`one_by_one` runner that were not begun are given back.
    """
    batch = kind._default_manager.claim(limit or kind.batch_size)
    unsettled = {job.pk: job for job in batch}
    try:
        _run(kind, batch, unsettled, until, progress)
    except Exception as error:  # the runner itself broke: its rows wait, other kinds go on
        for job in unsettled.values():
            job.settle(error)
    return len(batch)


def _run(
    kind: type[Job], batch: list[Any], unsettled: dict[Any, Job], until: float, progress: Callable[[], None]
) -> None:
    if not batch:
        return
    runner = import_string(kind.runner)
    for job, outcome in runner(batch):
        unsettled.pop(job.pk, None)
        job.settle(outcome)
        progress()
        if time.monotonic() > until and getattr(runner, "begins_each_when_asked", False):
            for waiting in unsettled.values():
                waiting.release()
            return
    for job in unsettled.values():  # those that another worker holds by now stay as they are
        job.settle(RetryLater("Its runner ended without a word about it."))
