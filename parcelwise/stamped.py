"""Rows that know when they changed last, by whatever way they are written."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models
from django.utils import timezone

Row = TypeVar("Row", bound=models.Model)


class StampedQuerySet(models.QuerySet[Row]):
    """``update()`` writes ``updated_at`` too, which Django does for ``save()`` alone; without columns, it alone.

    The model has ``updated_at = DateTimeField(auto_now=True)`` and, for :func:`parcelwise.changes.move`,
    ``base_manager_name = "objects"``.
    """

    def update(self, **columns: Any) -> int:
        return super().update(**{"updated_at": timezone.now(), **columns})
