"""One writer for every status: :func:`move` lets the data base decide who was first and leaves a Change row.

The Change row is announced by a signal after commit; :func:`announce_pending` announces those whose process
died in between. Signals are therefore sent at least once, and receivers are keyed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar

from django.apps import apps
from django.db import models, router, transaction
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext as _

from parcelwise.models import Problem
from parcelwise.panels import reference

logger = logging.getLogger("parcelwise.changes")

#: Days for which a change is told again and again to a receiver that fails. After that staff have its Problem row.
PATIENCE_DAYS = 2

T = TypeVar("T", bound=models.Model)


class Change(models.Model):
    """One step of a status. A subclass adds a foreign key named by ``subject_field``."""

    #: Name of the foreign key to the thing that moved.
    subject_field: ClassVar[str]
    #: Sent after commit with ``change`` and the thing under ``subject_field``.
    signal: ClassVar[Signal]

    old = models.CharField(max_length=24, blank=True)
    new = models.CharField(max_length=24)
    occurred_at = models.DateTimeField(help_text="when it happened out there")
    recorded_at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=120, blank=True, help_text="who: customer, staff name, carrier, rule")
    why = models.CharField(max_length=500, blank=True)
    announced_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True
        ordering = ["recorded_at", "pk"]
        indexes = [
            models.Index(
                fields=["recorded_at"], name="pw_%(class)s_mute", condition=models.Q(announced_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.old or '∅'} → {self.new}"


def move(
    thing: Any,
    to: str,
    *,
    at: datetime,
    actor: str = "",
    why: str = "",
    announce: bool = True,
    columns: Mapping[str, Any] | None = None,
) -> Any | None:
    """Move ``thing.status`` to ``to`` and return the Change row, or None when nothing moved.

    Nothing moves when the thing's class has a table ``MOVES`` that does not allow the step, or when somebody else
    moved it since it was read. ``columns`` are written in the same guarded UPDATE. ``announce=False`` records
    history without telling anybody (imports, backfills).
    """
    model = type(thing)
    old = thing.status
    if not may_move(thing, to):
        if old != to:
            logger.info("%s %s: no move from %s to %s", model._meta.label, thing.pk, old, to)
        return None
    change_class = model.changes.rel.related_model
    using = router.db_for_write(model, instance=thing)
    with transaction.atomic(using=using):
        written = {"status": to, **(columns or {})}
        if model._base_manager.using(using).filter(pk=thing.pk, status=old).update(**written) != 1:
            return None
        for name, value in written.items():
            setattr(thing, name, value)
        change = change_class._base_manager.using(using).create(
            **{change_class.subject_field: thing},
            old=old,
            new=to,
            occurred_at=at,
            actor=actor,
            why=why[:500],
            announced_at=None if announce else timezone.now(),
        )
        if announce:
            # Robust: a failure here must not keep the caller's other hooks from running. The sweeper tells it again.
            transaction.on_commit(lambda: tell(change), using=using, robust=True)
    return change


def may_move(thing: Any, to: str) -> bool:
    """Whether ``thing``, as it was read, may take the step: by the table ``MOVES`` of its class, if it has one."""
    table: Mapping[str, Collection[str]] | None = getattr(type(thing), "MOVES", None)
    return thing.status != to and (table is None or to in table.get(thing.status, ()))


def tell(change: Change) -> bool:
    """Send the change's signal. It stays unannounced, to be told again, when a receiver failed."""
    subject = getattr(change, change.subject_field)
    return announce(change, change.signal, subject, change=change, **{change.subject_field: subject})


def announce(news: models.Model, signal: Signal, subject: models.Model, **facts: Any) -> bool:
    """Send ``signal`` with ``facts`` and write ``announced_at`` of ``news``, a Change or another row that has it.

    False when a receiver failed: the row stays unannounced, and staff read of it as a problem of ``subject``.
    """
    failures = [
        (receiver, answer)
        for receiver, answer in signal.send_robust(sender=type(subject), **facts)
        if isinstance(answer, Exception)
    ]
    for receiver, error in failures:
        _note_failure(news, subject, receiver, error)
    if failures:
        return False
    type(news)._base_manager.filter(pk=news.pk, announced_at=None).update(announced_at=timezone.now())
    return True


def tell_again(pending: Iterable[T], tell: Callable[[T], bool]) -> int:
    """Tell what was written and not announced; trouble with it is over where that works. Returns how many it was."""
    told = 0
    for news in pending:
        if tell(news):
            Problem.objects.solve("announcement", reference(news))
            told += 1
    return told


def _note_failure(news: models.Model, subject: models.Model, receiver: Any, error: Exception) -> None:
    name = f"{receiver.__module__}.{receiver.__qualname__}" if hasattr(receiver, "__qualname__") else repr(receiver)
    logger.error("%s failed on %s", name, news, exc_info=error)
    Problem.objects.note(
        "announcement",
        reference(news),
        _("“%(receiver)s” failed on “%(news)s”: %(error)s. It is told again each minute.")
        % {"receiver": name, "news": news, "error": f"{type(error).__name__}: {error}"},
        subject=reference(subject),
    )


def announce_pending(older_than: float = 60.0, limit: int = 500) -> int:
    """Tell changes that were written but not announced (their process died, or a receiver failed).

    Changes younger than ``older_than`` seconds are left to the process that wrote them. Those of more than
    ``PATIENCE_DAYS`` are left to staff, so that a receiver which always fails does not hold up the others for ever.
    """
    now = timezone.now()
    told = 0
    for model in apps.get_models():
        if not issubclass(model, Change):
            continue
        mute = model._base_manager.filter(
            announced_at=None,
            recorded_at__lt=now - timedelta(seconds=older_than),
            recorded_at__gte=now - timedelta(days=PATIENCE_DAYS),
        )
        told += tell_again(mute.order_by("recorded_at", "pk")[:limit], tell)
    return told
