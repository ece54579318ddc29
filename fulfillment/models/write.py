"""The outbox: what we tell a store's platform, once each."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fulfillment.models.order import Order
from fulfillment.models.shipment import Shipment
from fulfillment.models.store import Store
from parcelwise.jobs import Job


class WriteKind(models.TextChoices):
    TRACKING = "tracking", _("tracking number")
    TRACKING_EVENT = "tracking_event", _("tracking event")
    RETURN_REQUESTED = "return_requested", _("return requested")
    RETURN_APPROVED = "return_approved", _("return approved")
    RETURN_DECLINED = "return_declined", _("return declined")
    RETURN_CANCELLED = "return_cancelled", _("return cancelled")
    RETURN_LABEL = "return_label", _("return label")
    RETURN_PROCESSED = "return_processed", _("return processed")
    REFUND = "refund", _("refund")


class StoreWrite(Job):
    """One intention to change something at the platform. Its key makes it happen once, however often it is tried."""

    runner = "fulfillment.services.writes.send"
    # With the pauses between them these last for days: no refund is lost to a platform that is down for one.
    max_attempts = 20

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="writes")
    order = models.ForeignKey(Order, on_delete=models.CASCADE, null=True, related_name="writes")
    shipment = models.ForeignKey(Shipment, on_delete=models.SET_NULL, null=True, related_name="writes")
    kind = models.CharField(max_length=20, choices=WriteKind)
    key = models.CharField(max_length=120, unique=True, help_text=_("of the intention; the platform gets it too"))
    payload = models.JSONField(default=dict)
    after = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, related_name="followers",
        help_text=_("must have happened before"),
    )  # fmt: skip
    began_at = models.DateTimeField(
        null=True, editable=False, help_text=_("first call that may have changed something")
    )
    last_call_at = models.DateTimeField(null=True, editable=False)
    external_id = models.CharField(max_length=120, blank=True, help_text=_("what the platform calls the result"))
    result = models.JSONField(default=dict, editable=False)
    happened_at = models.DateTimeField(null=True, editable=False)
    announced_at = models.DateTimeField(null=True, editable=False)

    class Meta(Job.Meta):
        verbose_name = _("store write")
        indexes = [*Job.Meta.indexes, models.Index(fields=["store", "external_id"], name="pw_storewrite_result")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.key}"
