"""Where webhooks go, what they say and how each fared. What is done with them is in :mod:`parcelwise.outgoing`."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from random import uniform
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from parcelwise.circuit import Circuit
from parcelwise.jobs import Job, JobState, sentence
from parcelwise.sealed import SealedField
from parcelwise.storable import storable
from parcelwise.turns import DeliveryQuerySet

#: Seconds before each further try: ten tries in 75 hours, as Standard Webhooks advises.
PAUSES = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
#: The longest time in seconds that a receiver's Retry-After is obeyed for.
LONGEST_WAIT = 24 * 3600.0


class WebhookEndpoint(models.Model):
    """An address that is told what happens, with its secrets and how the line to it is."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80, help_text=_("what staff call it: Warehouse, Helpdesk, …"))
    url = models.CharField(_("address"), max_length=500)
    scope = models.CharField(
        max_length=120, blank=True, db_index=True, help_text=_("whose events it gets; empty: those of all")
    )
    types = models.JSONField(_("events"), default=list, help_text=_("names, or families such as shipment.*"))
    parallel = models.PositiveSmallIntegerField(
        _("calls at a time"), default=4, help_text=_("that it can answer, by all workers together")
    )
    limit_per_minute = models.PositiveIntegerField(
        null=True, blank=True, help_text=_("messages that it is sent in a minute; empty: any number")
    )
    is_active = models.BooleanField(_("switched on"), default=True)
    off_since = models.DateTimeField(null=True, editable=False)
    off_because = models.CharField(max_length=300, blank=True, editable=False)
    secrets = SealedField(editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    # How the line is, as all workers know it.
    claimed_at = models.DateTimeField(null=True, editable=False)
    limit_began_at = models.DateTimeField(null=True, editable=False)
    limit_used = models.PositiveIntegerField(default=0, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False, help_text=_("tries that failed in a row"))
    failing_since = models.DateTimeField(null=True, editable=False)
    opened_at = models.DateTimeField(null=True, editable=False)
    next_try = models.DateTimeField(null=True, editable=False)
    tries_in_vain = models.PositiveIntegerField(default=0, editable=False)
    last_ok_at = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, editable=False)
    last_error_at = models.DateTimeField(null=True, editable=False)

    #: The columns of ``circuit``.
    CIRCUIT = ("failures", "opened_at", "next_try", "tries_in_vain")

    class Meta:
        app_label = "parcelwise"
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def circuit(self) -> Circuit:
        return Circuit(self.failures, self.opened_at, self.next_try, self.tries_in_vain)

    @circuit.setter
    def circuit(self, circuit: Circuit) -> None:
        self.failures, self.tries_in_vain = circuit.failures, circuit.in_vain
        self.opened_at, self.next_try = circuit.opened_at, circuit.next_try

    def wants(self, kind: str) -> bool:
        """Whether it is told of events called ``kind``."""
        return any(fnmatchcase(kind, pattern) for pattern in self.types)

    def keys(self, now: datetime | None = None) -> list[str]:
        """The secrets that messages are signed with, newest first. Misconfigured when they cannot be decrypted."""
        now = now or timezone.now()
        sealed: Any = self.secrets
        held: list[Mapping[str, Any]] = sealed.get("keys", [])
        return [key["secret"] for key in held if not key["until"] or datetime.fromisoformat(key["until"]) > now]


class WebhookEvent(Job):
    """Something that happened and that somebody wants to be told. The message is written once and never changes."""

    runner = "parcelwise.outgoing.making.make"
    batch_size = 50

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=80)
    key = models.CharField(max_length=200, unique=True, help_text=_("the same thing noted again is the same event"))
    source = models.CharField(max_length=120, blank=True, help_text=_("the record that the message is made of"))
    subject = models.CharField(max_length=120, blank=True, db_index=True, help_text=_("what staff look it up by"))
    scope = models.CharField(max_length=120, blank=True)
    facts = models.JSONField(default=dict, help_text=_("what the record will not say any more when it is read"))
    occurred_at = models.DateTimeField(default=timezone.now)
    body = models.TextField(blank=True, editable=False)
    erased_at = models.DateTimeField(null=True, editable=False, help_text=_("what it said of a person is gone"))

    class Meta(Job.Meta):
        app_label = "parcelwise"
        ordering = ["-pk"]
        indexes = [*Job.Meta.indexes, models.Index(fields=["created_at"], name="pw_webhookevent_created")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def name(self) -> str:
        """What receivers know it by (``webhook-id``): the same at each try and at each endpoint."""
        return f"evt_{self.uuid.hex}"


class WebhookDelivery(Job):
    """One message to one endpoint, with what came of each try."""

    runner = "parcelwise.outgoing.delivering.deliver"
    batch_size = 32
    max_attempts: ClassVar[int | None] = len(PAUSES) + 1

    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    status = models.PositiveSmallIntegerField(null=True, editable=False, help_text=_("of the last answer"))
    tries = models.JSONField(default=list, editable=False, help_text=_("at, ms, status, answer and error of each"))

    objects = DeliveryQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Job.Meta):
        app_label = "parcelwise"
        ordering = ["-pk"]
        verbose_name_plural = _("webhook deliveries")
        constraints = [models.UniqueConstraint(fields=["event", "endpoint"], name="pw_webhookdelivery_once")]
        indexes = [
            *Job.Meta.indexes,
            models.Index(fields=["endpoint", "state", "not_before"], name="pw_webhookdelivery_line"),
            models.Index(fields=["endpoint", "finished_at"], name="pw_webhookdelivery_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.event.kind} → {self.endpoint}"

    def tried(self, attempt: Mapping[str, Any]) -> None:
        """Keep what came of a try; it is written with the state, by ``settle``."""
        self.tries = [*self.tries, dict(attempt)][-3 * len(PAUSES) :]
        self.status = attempt.get("status")

    def retry_later(self, error: Exception, after: float | None = None) -> bool:
        """Wait as long as the plan says and the receiver asks for; dead when the tries are used up."""
        if self.attempts >= self.attempts_allowed:
            return self.bury(error)
        pause = PAUSES[max(self.attempts, 1) - 1] * uniform(0.9, 1.1)
        return self._settle(
            state=JobState.WAITING,
            not_before=timezone.now() + timedelta(seconds=max(pause, min(after or 0.0, LONGEST_WAIT))),
            lease_until=None,
            last_error=storable(sentence(error)),
        )

    def call_off(self, error: Exception) -> bool:
        """It failed and is not tried again: a test."""
        columns = {"state": JobState.CANCELLED, "finished_at": timezone.now(), "lease_until": None}
        return self._settle(**columns, last_error=storable(sentence(error)))

    def _settle(self, **columns: Any) -> bool:
        if not super()._settle(**columns, tries=self.tries, status=self.status):
            return False
        if self.tries != bare(self.tries):
            self._forget_if_erased()
        return True

    def _forget_if_erased(self) -> None:
        """What came while the person was erased is not kept either. Asked after writing: erasing locks the row."""
        if WebhookEvent.objects.filter(pk=self.event_id, erased_at__isnull=False).exists():
            row = type(self)._base_manager.filter(pk=self.pk)
            row.filter(state=JobState.WAITING).update(state=JobState.CANCELLED, finished_at=timezone.now())
            row.update(tries=bare(self.tries), last_error="")


def bare(tries: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """When tries were made and what status came, without anybody's words."""
    return [{name: value for name, value in one.items() if name not in ("answer", "error")} for one in tries]
