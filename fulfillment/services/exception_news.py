"""Telling that exceptions were opened and closed: a row in the transaction that did it, a signal after the commit."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial

from django.db import transaction

from fulfillment.models import ExceptionChange, ShipmentException
from parcelwise.changes import tell

OPEN, CLOSED = ExceptionChange.OPEN, ExceptionChange.CLOSED


def opened(rows: Iterable[ShipmentException], at: datetime, *, actor: str = "", again: bool = False) -> None:
    """Call it in the transaction that opened ``rows``; ``again``: they were closed before."""
    _record(rows, CLOSED if again else "", OPEN, at, actor)


def closed(rows: Iterable[ShipmentException], at: datetime, *, actor: str = "") -> None:
    """Call it in the transaction that closed ``rows``."""
    _record(rows, OPEN, CLOSED, at, actor)


def _record(rows: Iterable[ShipmentException], old: str, new: str, at: datetime, actor: str) -> None:
    changes = [
        ExceptionChange(
            exception=row,
            old=old,
            new=new,
            occurred_at=at,
            actor=actor[:120],
            why=row.resolution if new == CLOSED else "",  # the row itself says why it was opened
        )
        for row in rows
    ]
    for change in ExceptionChange.objects.bulk_create(changes, batch_size=500):
        # Robust: a failure here must not keep the caller's other hooks from running. The sweeper tells it again.
        transaction.on_commit(partial(tell, change), robust=True)
