from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfillment.models.store import Store
from parcelwise.jobs import Job


class StoreSync(Job):
    """One order of a store that must be read again, written in the transaction that changed it there."""

    runner = "fulfillment.services.sync.read_order"

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="syncs")
    external_id = models.CharField(max_length=80)
    why = models.CharField(max_length=80, blank=True)

    class Meta(Job.Meta):
        verbose_name = _("store sync")
        # Not unique: a waiting row that a worker takes before this transaction commits would swallow the change.
        # The worker settles all waiting rows of the order that it covers instead.
        indexes = [*Job.Meta.indexes, models.Index(fields=["store", "external_id", "state"], name="pw_storesync_order")]

    def __str__(self) -> str:
        return f"{self.store} {self.external_id}"


class ImportRun(models.Model):
    """One run of ``import_orders``: what came in, what was refused, and where the refused rows are."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="imports")
    mapping = models.CharField(max_length=255)
    files = models.JSONField(default=list)
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    rows_read = models.PositiveIntegerField(default=0)
    rows_rejected = models.PositiveIntegerField(default=0)
    orders_created = models.PositiveIntegerField(default=0)
    orders_updated = models.PositiveIntegerField(default=0)
    orders_unchanged = models.PositiveIntegerField(default=0)
    rejects_file = models.CharField(max_length=500, blank=True)
    reasons = models.JSONField(default=dict, help_text=_("reason -> number of rows"))
    error = models.TextField(blank=True)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.mapping} {self.started_at:%Y-%m-%d %H:%M}"
