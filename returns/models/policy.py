from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fulfillment.models import Store


class ReturnPolicy(models.Model):
    """A store's rule for returns: how many days after delivery, and which carrier brings the parcel back."""

    store = models.OneToOneField(Store, on_delete=models.CASCADE, related_name="return_policy")
    window_days = models.PositiveIntegerField(default=30, help_text=_("days after delivery, the last one included"))
    carrier = models.SlugField(blank=True, help_text=_("who brings returns back; empty: the carrier that delivered"))
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = _("return policies")

    def __str__(self) -> str:
        return f"{self.window_days} days"
