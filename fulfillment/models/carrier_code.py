from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfillment.statuses import Reason, ShipmentStatus
from parcelwise.jobs import Job, JobState


class CarrierCode(Job):
    """A code of a carrier that no table knows: counted, and given its meaning by staff.

    As a job it waits to be worked into the parcels that it is of, whenever its meaning was changed.
    """

    runner = "fulfillment.services.codes.refold"
    batch_size = 1

    carrier = models.SlugField()
    code = models.CharField(max_length=60, help_text=_("the carrier's own, or a digest of its words"))
    words = models.CharField(max_length=500, blank=True, help_text=_("the carrier's own words, as they came last"))
    seen = models.PositiveIntegerField(default=0, editable=False, help_text=_("scans that came with it"))
    first_seen = models.DateTimeField(default=timezone.now, editable=False)
    last_seen = models.DateTimeField(default=timezone.now, editable=False)
    status = models.CharField(
        max_length=20,
        choices=[choice for choice in ShipmentStatus.choices if choice[0] != ShipmentStatus.UNKNOWN],
        blank=True,
        help_text=_("what it means; empty: nobody has said so yet"),
    )
    reason = models.CharField(max_length=40, choices=Reason, blank=True)
    mapped_by = models.CharField(max_length=150, blank=True, editable=False)
    mapped_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(Job.Meta):
        verbose_name = _("carrier code")
        ordering = ["status", "-seen", "carrier", "code"]
        constraints = [models.UniqueConstraint(fields=["carrier", "code"], name="pw_carriercode_once")]

    def __str__(self) -> str:
        return f"{self.carrier.upper()} {self.code}"

    @classmethod
    def resting(cls) -> str:
        """The state of a code that there is nothing to do about."""
        return JobState.DONE
