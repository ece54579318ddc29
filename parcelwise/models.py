"""What every floor above shares: people, decisions, models that learn, trouble, and the worker's heartbeat."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as say
from django.utils.translation import gettext_lazy as _

from parcelwise.endpoints import WebhookDelivery as WebhookDelivery
from parcelwise.endpoints import WebhookEndpoint as WebhookEndpoint
from parcelwise.endpoints import WebhookEvent as WebhookEvent
from parcelwise.jobs import Job
from parcelwise.keys import AnsweredWrite as AnsweredWrite
from parcelwise.keys import ApiKey as ApiKey
from parcelwise.sealed import SealedField
from parcelwise.storable import storable


class Contact(models.Model):
    """A person who can be reached. Knows how, not what for."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True, db_index=True)
    phone = models.CharField(max_length=32, blank=True)
    language = models.CharField(max_length=12, blank=True, help_text=_("BCP 47, e.g. de or pt-br"))
    time_zone = models.CharField(max_length=64, blank=True, help_text=_("IANA name, e.g. Europe/Berlin"))
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    erased_at = models.DateTimeField(null=True, editable=False, help_text=_("nobody is known since then"))

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        if self.erased_at and not (self.name or self.email):
            return say("Erased person")
        return self.name or self.email or str(self.uuid)


class Decision(models.Model):
    """One decision of a rule or a model, with what it knew, why, and how it turned out."""

    kind = models.CharField(max_length=40, help_text=_("what was decided: arrival, return, …"))
    subject = models.CharField(max_length=120, db_index=True, help_text=_("model label and key of what it is about"))
    version = models.CharField(max_length=80, help_text=_("rule set or model that decided"))
    inputs = models.JSONField(default=dict)
    outcome = models.JSONField(default=dict)
    reasons = models.JSONField(default=list, help_text=_("sentences in plain words"))
    decided_at = models.DateTimeField(default=timezone.now, db_index=True)
    came_true = models.JSONField(null=True, blank=True, help_text=_("what happened later"))
    came_true_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-decided_at", "-pk"]
        indexes = [models.Index(fields=["kind", "-decided_at"], name="pw_decision_kind")]

    def __str__(self) -> str:
        return f"{self.kind} · {self.subject} · {self.version}"


class ModelVersion(models.Model):
    """One trained version of a model: its scores beside the baseline's, and whether it is live."""

    class Stage(models.TextChoices):
        CANDIDATE = "candidate", _("candidate")
        CHAMPION = "champion", _("champion")
        RETIRED = "retired", _("retired")
        REFUSED = "refused", _("refused by the gate")

    name = models.CharField(max_length=40, help_text=_("what it predicts: arrival, …"))
    scope = models.CharField(max_length=120, blank=True, help_text=_("whose data it learned from; empty for all"))
    version = models.CharField(max_length=80)
    stage = models.CharField(max_length=12, choices=Stage, default=Stage.CANDIDATE)
    trained_through = models.DateTimeField(null=True, help_text=_("nothing later was seen in training"))
    rows = models.PositiveIntegerField(default=0)
    scores = models.JSONField(default=dict)
    baseline_scores = models.JSONField(default=dict)
    artifact = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    why = models.TextField(blank=True, help_text=_("why it was promoted or refused"))
    created_at = models.DateTimeField(default=timezone.now)
    promoted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name", "-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["name", "scope", "version"], name="pw_modelversion_once"),
            models.UniqueConstraint(
                fields=["name", "scope"], condition=models.Q(stage="champion"), name="pw_modelversion_one_champion"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class Heartbeat(models.Model):
    """The last sign of life of a part of the system."""

    name = models.CharField(max_length=40, unique=True)
    beat_at = models.DateTimeField()
    pid = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} at {self.beat_at:%H:%M:%S}"


class ProblemQuerySet(models.QuerySet["Problem"]):
    def note(self, kind: str, key: str, sentence: str, *, subject: str = "", raw: str = "") -> Problem:
        """Record trouble for staff. The same open trouble again is counted, not repeated."""
        now = timezone.now()
        columns: dict[str, Any] = {
            "sentence": storable(sentence)[:1000],
            "subject": storable(subject)[:120],
            "raw": storable(raw)[: Problem.RAW_LIMIT],
            "last_seen": now,
        }
        problem, fresh = self.get_or_create(
            kind=kind, key=storable(key)[:200], solved_at=None, defaults={**columns, "first_seen": now}
        )
        if not fresh:
            self.filter(pk=problem.pk).update(times=F("times") + 1, **columns)
        return problem

    def solve(self, kind: str, key: str) -> int:
        """Mark open trouble as over (the next poll went well, staff dealt with it)."""
        return self.filter(kind=kind, key=storable(key)[:200], solved_at=None).update(solved_at=timezone.now())


class Problem(models.Model):
    """Something that went wrong and that staff should see: a plain sentence and the raw input."""

    RAW_LIMIT = 100_000

    kind = models.CharField(max_length=40, help_text=_("where: carrier, import, store, …"))
    key = models.CharField(max_length=200, help_text=_("what it is about, so that repeats are counted"))
    sentence = models.CharField(max_length=1000)
    subject = models.CharField(max_length=120, blank=True, db_index=True)
    raw = models.TextField(blank=True, help_text=_("the input as it came"))
    times = models.PositiveIntegerField(default=1)
    first_seen = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now, db_index=True)
    solved_at = models.DateTimeField(null=True, blank=True)

    objects = ProblemQuerySet.as_manager()

    class Meta:
        ordering = ["-last_seen"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"], condition=models.Q(solved_at__isnull=True), name="pw_problem_open_once"
            )
        ]

    def __str__(self) -> str:
        return self.sentence


class Tombstone(models.Model):
    """A name that was erased and must not come back: a keyed hash that says nothing to who does not ask for the name.

    Read and written by :mod:`parcelwise.privacy.tombstones`.
    """

    scope = models.CharField(max_length=40, help_text=_("what kind of name: email, order, …"))
    digest = models.CharField(max_length=64, unique=True, help_text=_("HMAC-SHA256 of scope and name"))
    key_id = models.CharField(max_length=8, help_text=_("which key it was made under"))
    erased_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-erased_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.scope} {self.digest[:8]}"


class PrivacyRequest(Job):
    """Somebody wants to have, or to have erased, what is stored of them. Names nobody once it is through."""

    class Kind(models.TextChoices):
        EXPORT = "export", _("export")
        ERASE = "erase", _("erase")
        ERASE_ALL = "erase_all", _("erase everybody of one source")

    runner = "parcelwise.privacy.requests.run"
    batch_size = 1
    # With the pauses between them these last for days: the law gives a month.
    max_attempts = 20

    kind = models.CharField(max_length=10, choices=Kind)
    key = models.CharField(
        max_length=200, unique=True, null=True, editable=False, help_text=_("the same request again is the same row")
    )
    reference = models.CharField(max_length=200, help_text=_("what asked for it: shopify customers/redact, …"))
    subject = models.CharField(max_length=254, blank=True, help_text=_("whom it is about; emptied when it is through"))
    actor = models.CharField(max_length=150, blank=True, help_text=_("who asked for it here"))
    due_on = models.DateField(help_text=_("the last day on which it is in time"))
    whom = SealedField(editable=False)
    contacts = models.JSONField(default=list, editable=False, help_text=_("keys of the contacts it came to"))
    counts = models.JSONField(default=dict, editable=False, help_text=_("records exported or erased, by app"))
    answered_at = models.DateTimeField(null=True, editable=False)
    result = SealedField(editable=False)
    keep_until = models.DateTimeField(null=True, editable=False, help_text=_("the exported data are deleted then"))

    class Meta(Job.Meta):
        ordering = ["-created_at", "-pk"]
        permissions = [
            ("export_person", _("Can export all that is stored of a person")),
            ("erase_person", _("Can erase a person")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.reference})"
