from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfillment.models.shipment import Shipment
from fulfillment.models.store import Store
from parcelwise.models import Decision


class LaneStatistics(models.Model):
    """How long parcels took on one lane: a histogram of days, from deliveries completed before ``through``."""

    class Leg(models.TextChoices):
        PURCHASE = "purchase", _("purchase to delivery")
        HANDOVER = "handover", _("hand-over to delivery")
        LAST_MILE = "last_mile", _("out for delivery to delivery")

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="lanes")
    leg = models.CharField(max_length=12, choices=Leg)
    level = models.CharField(max_length=12, help_text=_("store, lane or service"))
    key = models.CharField(
        max_length=200, blank=True, help_text=_("empty for the store, then lane, then lane|carrier|service")
    )
    parcels = models.PositiveIntegerField()
    histogram = models.JSONField(help_text=_("parcels by bin; see fulfillment.ml.baseline for the edges"))
    through = models.DateTimeField()

    class Meta:
        verbose_name_plural = _("lane statistics")
        constraints = [models.UniqueConstraint(fields=["store", "leg", "key"], name="pw_lanestatistics_once")]

    def __str__(self) -> str:
        return f"{self.leg} {self.key or 'all'} ({self.parcels})"


class Forecast(models.Model):
    """When a parcel will arrive, as known at one moment: a window and the chance of being late."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="forecasts")
    made_at = models.DateTimeField(default=timezone.now)
    moment = models.CharField(max_length=12, help_text=_("purchase, handover or scan: what was known"))
    p10 = models.DateTimeField()
    p50 = models.DateTimeField()
    p90 = models.DateTimeField()
    p_late = models.FloatField(null=True, help_text=_("chance of missing the promise; empty without a promise"))
    promised_on = models.DateField(null=True, blank=True)
    version = models.CharField(max_length=80)
    is_current = models.BooleanField(default=True)
    decision = models.OneToOneField(Decision, on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["shipment"], condition=models.Q(is_current=True), name="pw_forecast_one_current"
            )
        ]

    def __str__(self) -> str:
        return f"{self.p10:%d %b} – {self.p90:%d %b}"


class DelayEpisode(models.Model):
    """A stretch of time in which a parcel is expected to miss its promise. People are told once per episode."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="delay_episodes")
    forecast = models.ForeignKey(Forecast, on_delete=models.CASCADE, related_name="+")
    previous = models.ForeignKey(Forecast, on_delete=models.SET_NULL, null=True, related_name="+")
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    announced_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["shipment"], condition=models.Q(closed_at__isnull=True), name="pw_delayepisode_one_open"
            )
        ]

    def __str__(self) -> str:
        return f"delay of {self.shipment_id} since {self.opened_at:%Y-%m-%d}"
