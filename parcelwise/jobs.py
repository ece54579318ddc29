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
import random
import traceback
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, ClassVar, Self

from django.apps import apps
from django.db import connections, models, router, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from parcelwise.conf import jobs as conf
from parcelwise.errors import GiveUp, Misconfigured, RetryLater

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
            Q(state=JobState.WAITING, not_before__lte=now) | Q(state=JobState.RUNNING, lease_until__lt=now)
        )

    def claim(self, limit: int, *, lease: float | None = None) -> list[Any]:
        """Take up to ``limit`` due rows for this worker; nobody else holds them until ``lease`` seconds are over.

        The attempt is counted here, before the work, so that a row that kills its worker is stopped too.
        """
        now = timezone.now()
        until = now + timedelta(seconds=conf.LEASE if lease is None else lease)
        token = uuid.uuid4()
        using = router.db_for_write(self.model)
        with transaction.atomic(using=using):
            due = self.using(using).due(now).order_by("not_before", "pk")
            if connections[using].features.has_select_for_update_skip_locked:
                due = due.select_for_update(skip_locked=True)
            pks = list(due.values_list("pk", flat=True)[:limit])
            if not pks:
                return []
            self.using(using).filter(pk__in=pks).due(now).update(
                state=JobState.RUNNING, lease_until=until, lease_token=token, attempts=F("attempts") + 1
            )
        claimed = list(self.using(using).filter(pk__in=pks, lease_token=token).order_by("not_before", "pk"))
        return [job for job in claimed if not job.bury_if_worn_out()]

    def revive(self) -> int:
        """Put dead, cancelled or waiting rows back to the start, due now. Returns how many."""
        return self.exclude(state__in=(JobState.RUNNING, JobState.DONE)).update(
            state=JobState.WAITING, attempts=0, not_before=timezone.now(), finished_at=None
        )


class Job(models.Model):
    """One thing that must happen, with its state, attempts, next attempt, lease and last error."""

    #: Dotted path of ``runner(jobs) -> iterator of (job, Outcome)``; see :func:`one_by_one`.
    runner: ClassVar[str]
    #: Rows claimed at a time.
    batch_size: ClassVar[int] = 20
    #: Attempts before the row goes to the dead letters; None takes the setting.
    max_attempts: ClassVar[int | None] = None
    #: A recurring job forgets its attempts each time it went well.

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
        indexes = [
            models.Index(fields=["not_before"], name="pw_%(class)s_due", condition=Q(state__in=["waiting", "running"]))
        ]

    @property
    def attempts_allowed(self) -> int:
        return type(self).max_attempts or conf.MAX_ATTEMPTS

    def renew(self, lease: float | None = None) -> bool:
        """Extend the lease; False when the row is no longer this worker's."""
        until = timezone.now() + timedelta(seconds=conf.LEASE if lease is None else lease)
        return self._settle(lease_until=until)

    def finish(self) -> bool:
        return self._settle(
            state=JobState.DONE, finished_at=timezone.now(), last_error="", last_traceback="", lease_until=None
        )

    def again(self, at: datetime) -> bool:
        """It went well and is to be done again at ``at`` (a recurring job)."""
        return self._settle(
            state=JobState.WAITING, not_before=at, attempts=0, last_error="", last_traceback="", lease_until=None
        )

    def retry_later(self, error: Exception, after: float | None = None) -> bool:
        """Wait with exponential back-off and jitter, or go to the dead letters when the attempts are used up."""
        if self.attempts >= self.attempts_allowed:
            return self.bury(error)
        pause = min(conf.BACKOFF * 2 ** (self.attempts - 1), conf.BACKOFF_CAP) * random.uniform(0.75, 1.25)
        return self._settle(
            state=JobState.WAITING,
            not_before=timezone.now() + timedelta(seconds=max(pause, after or 0.0)),
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

    def bury_if_worn_out(self) -> bool:
        if self.attempts <= self.attempts_allowed:
            return False
        return self.bury(GiveUp(f"Its worker died {self.attempts - 1} times in the middle of it."))

    def settle(self, outcome: Outcome) -> bool:
        """Write down how it went. False when another worker has taken the row over meanwhile."""
        if outcome is None:
            return self.finish()
        if isinstance(outcome, datetime):
            return self.again(outcome)
        if isinstance(outcome, GiveUp | Misconfigured):
            return self.bury(outcome)
        if not isinstance(outcome, RetryLater):
            logger.error("%s %s raised", self._meta.label, self.pk, exc_info=outcome)
        return self.retry_later(outcome, getattr(outcome, "after", None))

    def _settle(self, **columns: Any) -> bool:
        mine = type(self)._base_manager.filter(pk=self.pk, state=JobState.RUNNING, lease_token=self.lease_token)
        if mine.update(**columns) != 1:
            return False
        for name, value in columns.items():
            setattr(self, name, value)
        return True


def sentence(error: Exception) -> str:
    """What went wrong, for people: the error's own text, with its kind when that is not one of ours."""
    text = str(error).strip() or "no further detail"
    if isinstance(error, RetryLater | GiveUp | Misconfigured):
        return text[:2000]
    return f"{type(error).__name__}: {text}"[:2000]


def _traceback(error: Exception) -> str:
    if isinstance(error, RetryLater | GiveUp | Misconfigured) or error.__traceback__ is None:
        return ""
    return "".join(traceback.format_exception(error))[-8000:]


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

    return runner


def kinds() -> list[type[Job]]:
    """Every concrete job model of the installed apps."""
    return [model for model in apps.get_models() if issubclass(model, Job)]


def run_batch(kind: type[Job], limit: int | None = None) -> int:
    """Claim one batch of ``kind``, run it and settle each row as soon as it is through. Returns rows claimed."""
    batch = kind._default_manager.claim(limit or kind.batch_size)  # type: ignore[attr-defined]
    if not batch:
        return 0
    unsettled = {job.pk: job for job in batch}
    try:
        pairs: Iterable[tuple[Job, Outcome]] = import_string(kind.runner)(batch)
        for job, outcome in pairs:
            unsettled.pop(job.pk, None)
            job.settle(outcome)
    except Exception as error:  # the runner itself broke: its rows wait, other kinds go on
        for job in unsettled.values():
            job.settle(error)
    return len(batch)
