from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfillment.models.shipment import Shipment
from fulfillment.models.store import Store
from fulfillment.statuses import NumberRole


class Consignment(models.Model):
    """One physical parcel that holds several orders: its rows, one for each order, are its ``shipments``."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="consignments")
    joined_by = models.CharField(max_length=150, blank=True, help_text=_("staff who said so; empty: found"))
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"consignment {self.pk}"


class ShipmentNumber(models.Model):
    """A number under which a parcel is known beside the one that its store gave: a leg of its way, or another name."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="numbers")
    carrier = models.SlugField(blank=True)
    number = models.CharField(max_length=80, db_index=True)
    role = models.CharField(
        max_length=12,
        choices=[(role.value, role.label) for role in (NumberRole.FIRST_MILE, NumberRole.LAST_MILE,
                                                       NumberRole.ALTERNATIVE)],
    )  # fmt: skip
    since = models.DateTimeField(null=True, blank=True, help_text=_("when the parcel was handed over to this carrier"))
    source = models.CharField(max_length=20, default="carrier", help_text=_("carrier, store, import, staff"))
    is_inferred = models.BooleanField(default=False, help_text=_("its role or carrier was read from its form"))
    is_followed = models.BooleanField(default=False, help_text=_("its carrier is asked and has not denied it"))
    asked_at = models.DateTimeField(null=True, blank=True, editable=False)
    heard_at = models.DateTimeField(null=True, blank=True, editable=False, help_text=_("when it first told anything"))
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("further number")
        constraints = [models.UniqueConstraint(fields=["shipment", "carrier", "number"], name="pw_shipmentnumber_once")]

    def __str__(self) -> str:
        return f"{self.carrier.upper()} {self.number}".strip()
