"""Whose webhook is sent next: every endpoint has a line of its own, and a slow one holds up nobody but itself."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import models, router, transaction
from django.db.models import F, Q
from django.utils import timezone

from parcelwise.circuit import CircuitState
from parcelwise.conf import jobs as conf
from parcelwise.jobs import JobQuerySet, JobState

WINDOW = timedelta(minutes=1)


class DeliveryQuerySet(JobQuerySet):
    def claim(self, limit: int, *, lease: float | None = None) -> list[Any]:
        """Take up to ``limit`` due deliveries, from each endpoint as many as it may be sent now.

        Endpoints take turns, the one that was served longest ago first. One whose last try failed is sent one message
        at a time, and one whose circuit is open none until its pause is over.
        """
        using = self._db or router.db_for_write(self.model)  # type: ignore[attr-defined]
        seconds = conf.LEASE if lease is None else lease
        taken: list[Any] = []
        for endpoint in self._open_lines(using):
            taken += self._take_from(endpoint, using, limit - len(taken), seconds)
            if len(taken) >= limit:
                break
        return taken

    def _open_lines(self, using: str) -> list[int]:
        now = timezone.now()
        lines = self.model._meta.get_field("endpoint").related_model._base_manager.using(using)
        # Asked from the endpoints' side: they are few, and each looks at the head of its line by index.
        due = self.model._base_manager.using(using).filter(endpoint=models.OuterRef("pk"), not_before__lte=now)
        due = due.filter(Q(state=JobState.WAITING) | Q(state=JobState.RUNNING, lease_until__lt=now))
        ready = lines.filter(Q(next_try=None) | Q(next_try__lte=now), is_active=True)
        ready = ready.filter(models.Exists(due)).order_by(F("claimed_at").asc(nulls_first=True), "pk")
        return list(ready.values_list("pk", flat=True))

    def _take_from(self, pk: int, using: str, limit: int, lease: float) -> list[Any]:
        now = timezone.now()
        lines = self.model._meta.get_field("endpoint").related_model._base_manager.using(using).filter(pk=pk)
        with transaction.atomic(using=using):
            # Written before it is read: the row is the lock, so that workers count one after the other.
            if not lines.filter(is_active=True).update(claimed_at=now):
                return []
            endpoint = lines.get()
            mine = self.using(using).filter(endpoint=pk)
            room = min(limit, self._room(endpoint, mine, now))
            if room <= 0:
                return []
            taken = [job for job in mine._take(using, room, lease) if not job.worn_out]
            if taken:
                self._count(endpoint, lines, len(taken), now, lease)
        for job in taken:
            job.endpoint = endpoint
        return taken

    @staticmethod
    def _room(endpoint: Any, mine: JobQuerySet, now: datetime) -> int:
        """How many more messages the endpoint may be sent now."""
        under_way = mine.filter(state=JobState.RUNNING, lease_until__gte=now).count()
        match endpoint.circuit.state(now):
            case CircuitState.OPEN:
                return 0
            case CircuitState.HALF_OPEN:
                return 1
        room: int = (1 if endpoint.failures else endpoint.parallel) - under_way
        if endpoint.limit_per_minute:
            fresh = endpoint.limit_began_at and now - endpoint.limit_began_at < WINDOW
            room = min(room, endpoint.limit_per_minute - (endpoint.limit_used if fresh else 0))
        return room

    @staticmethod
    def _count(endpoint: Any, lines: models.QuerySet[Any], taken: int, now: datetime, lease: float) -> None:
        if endpoint.opened_at:  # one tries it out; for the others it stays closed until that one is back
            endpoint.next_try = endpoint.circuit.held(now + timedelta(seconds=lease)).next_try
            lines.update(next_try=endpoint.next_try)
        if endpoint.limit_per_minute:
            fresh = endpoint.limit_began_at and now - endpoint.limit_began_at < WINDOW
            used, began = (endpoint.limit_used, endpoint.limit_began_at) if fresh else (0, now)
            lines.update(limit_used=used + taken, limit_began_at=began)
