from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.dispatch import Signal
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfillment.models.shipment import Shipment
from fulfillment.signals import exception_closed, exception_opened
from fulfillment.trouble import Resolution, Severity, TroubleKind, what_to_do
from parcelwise.changes import Change
from parcelwise.stamped import StampedQuerySet


class ShipmentException(models.Model):
    """Trouble with a parcel that somebody should look at: one row for each episode, open until it is resolved or over.

    The data base sees to it that it is opened once: one open row for a parcel and kind, one row ever for an episode.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="exceptions")
    kind = models.CharField(max_length=20, choices=TroubleKind)
    episode = models.CharField(max_length=80, help_text=_("names the stretch of time in which this trouble lasts"))
    severity = models.PositiveSmallIntegerField(choices=Severity, default=Severity.MEDIUM)
    why = models.CharField(max_length=500, blank=True)
    since = models.DateTimeField(help_text=_("when the trouble began"))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.CharField(max_length=150, blank=True, help_text=_("who stated it; empty: a rule"))
    snoozed_until = models.DateTimeField(null=True, blank=True, help_text=_("out of the way until then"))
    reopened_at = models.DateTimeField(null=True, blank=True, help_text=_("by staff; stays open until the next scan"))
    staff_told_at = models.DateTimeField(null=True, editable=False, help_text=_("when staff were mailed of it"))
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=150, blank=True, help_text=_("empty: it closed itself"))
    resolution = models.CharField(max_length=20, choices=Resolution, blank=True)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)
    previous = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="later", editable=False,
        help_text=_("of the same kind and parcel: the one before, which was over"),
    )  # fmt: skip

    objects = StampedQuerySet.as_manager()

    class Meta:
        ordering = ["-severity", "since", "pk"]
        base_manager_name = "objects"
        constraints = [
            models.UniqueConstraint(
                fields=["shipment", "kind"], condition=models.Q(closed_at__isnull=True), name="pw_exception_one_open"
            ),
            models.UniqueConstraint(fields=["shipment", "kind", "episode"], name="pw_exception_once_per_episode"),
        ]
        indexes = [
            models.Index(
                fields=["-severity", "since"], condition=models.Q(closed_at__isnull=True), name="pw_exception_queue"
            ),
            models.Index(fields=["closed_at"], name="pw_exception_closed"),
            models.Index(fields=["staff_told_at"], name="pw_exception_staff_told"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.shipment}"

    @staticmethod
    def episode_of(name: str, before: int) -> str:
        """The episode called ``name``, of which there were so many rows ``before``."""
        return f"{name[:70]}+{before + 1}" if before else name[:80]

    def is_of(self, name: str) -> bool:
        """Whether it is of the episode called ``name``, the first time or again."""
        return self.episode == name[:80] or self.episode.rpartition("+")[0] == name[:70]

    @property
    def suggestion(self) -> str:
        """What staff can do about it."""
        return what_to_do(self.kind, self.shipment.carrier)


class ExceptionChange(Change):
    """An exception was opened or closed. Who listens hears of it at least once, by the signal that fits ``new``."""

    OPEN, CLOSED = "open", "closed"

    subject_field = "exception"

    exception = models.ForeignKey(ShipmentException, on_delete=models.CASCADE, related_name="changes")

    class Meta(Change.Meta):
        pass

    @property
    def signal(self) -> Signal:  # type: ignore[override]
        """By what it has become."""
        return exception_opened if self.new == self.OPEN else exception_closed


class ExceptionNote(models.Model):
    """What somebody wrote to an exception, or did with it."""

    exception = models.ForeignKey(ShipmentException, on_delete=models.CASCADE, related_name="notes")
    written_at = models.DateTimeField(default=timezone.now)
    author = models.CharField(max_length=150, blank=True)
    words = models.TextField(max_length=2000)

    class Meta:
        ordering = ["written_at", "pk"]

    def __str__(self) -> str:
        return self.words[:80]


class SilenceStatistics(models.Model):
    """How long healthy parcels stay without a scan (see fulfillment.ml.waits), from those done before ``through``."""

    class Part(models.TextChoices):
        CELL = "cell", _("waits of a stage, carrier, service and code, by bin of hours")
        QUIET = "quiet", _("weekdays on which a stage does not move")
        SCORES = "scores", _("least chances of healthy parcels")
        STRETCH = "stretch", _("how much slower a carrier is just now")

    part = models.CharField(max_length=8, choices=Part)
    key = models.CharField(max_length=255, blank=True)
    count = models.PositiveIntegerField(default=0, help_text=_("waits or parcels that it rests on"))
    figures = models.JSONField(default=dict)
    through = models.DateTimeField()

    class Meta:
        ordering = ["part", "key"]
        verbose_name_plural = _("silence statistics")
        constraints = [models.UniqueConstraint(fields=["part", "key"], name="pw_silencestatistics_once")]

    def __str__(self) -> str:
        return f"{self.part} {self.key}".strip()
