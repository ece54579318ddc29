"""One writer for every status: :func:`move` lets the data base decide who was first and leaves a Change row.

The Change row is announced by a signal after commit; :func:`announce_pending` announces those whose process
died in between. Signals are therefore sent at least once, and receivers are keyed.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.apps import apps
from django.db import models, transaction
from django.dispatch import Signal
from django.utils import timezone

logger = logging.getLogger("parcelwise.changes")


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
    table: Mapping[str, Any] | None = getattr(model, "MOVES", None)
    if old == to or (table is not None and to not in table.get(old, ())):
        if old != to:
            logger.info("%s %s: no move from %s to %s", model._meta.label, thing.pk, old, to)
        return None
    change_class = model.changes.rel.related_model
    with transaction.atomic():
        written = {"status": to, **(columns or {})}
        if model._base_manager.filter(pk=thing.pk, status=old).update(**written) != 1:
            return None
        for name, value in written.items():
            setattr(thing, name, value)
        change = change_class._base_manager.create(
            **{change_class.subject_field: thing},
            old=old,
            new=to,
            occurred_at=at,
            actor=actor,
            why=why[:500],
            announced_at=None if announce else timezone.now(),
        )
        if announce:
            transaction.on_commit(lambda: tell(change))
    return change


def tell(change: Change) -> bool:
    """Send the change's signal. It stays unannounced, to be told again, when a receiver failed."""
    subject = getattr(change, change.subject_field)
    failures = [
        (receiver, answer)
        for receiver, answer in change.signal.send_robust(
            sender=type(subject), change=change, **{change.subject_field: subject}
        )
        if isinstance(answer, Exception)
    ]
    for receiver, error in failures:
        logger.error("%r failed on %s", receiver, change, exc_info=error)
    if failures:
        return False
    type(change)._base_manager.filter(pk=change.pk, announced_at=None).update(announced_at=timezone.now())
    return True


def announce_pending(older_than: float = 60.0, limit: int = 500) -> int:
    """Tell changes that were written but not announced (their process died, or a receiver failed)."""
    before = timezone.now() - timedelta(seconds=older_than)
    told = 0
    for model in apps.get_models():
        if issubclass(model, Change):
            mute = model._base_manager.filter(announced_at=None, recorded_at__lt=before)
            for change in mute.order_by("recorded_at")[:limit]:
                told += tell(change)
    return told
