from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fulfillment.models.store import CarrierAccount


class ScanProfile(models.Model):
    """When one carrier scans parcels, learned from scans known before ``through``; of no person and no parcel."""

    carrier = models.SlugField(unique=True)
    scans = models.PositiveIntegerField(help_text=_("it was learned from"))
    shapes = models.JSONField(help_text=_("by stage; see fulfillment.polling.shapes"))
    through = models.DateTimeField()

    class Meta:
        ordering = ["carrier"]

    def __str__(self) -> str:
        return f"{self.carrier} ({self.scans})"


class CarrierCalls(models.Model):
    """How many parcels an account was asked about in one hour."""

    account = models.ForeignKey(CarrierAccount, on_delete=models.CASCADE, related_name="calls")
    hour = models.DateTimeField(help_text=_("its beginning"))
    asked = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-hour"]
        verbose_name_plural = _("carrier calls")
        constraints = [models.UniqueConstraint(fields=["account", "hour"], name="pw_carriercalls_once")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.hour:%Y-%m-%d %H}: {self.asked}"
