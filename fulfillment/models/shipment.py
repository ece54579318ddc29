from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfillment.facts import Address
from fulfillment.models.carrier_code import CarrierCode
from fulfillment.models.order import Order, OrderLine
from fulfillment.signals import shipment_moved
from fulfillment.statuses import Culprit, Direction, Reason, ShipmentStatus
from parcelwise.changes import Change
from parcelwise.jobs import Job
from parcelwise.stamped import StampedQuerySet


class Shipment(models.Model):
    """One parcel. Status, times and reason are a pure fold over its tracking events and are never set by hand."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="shipments")
    external_id = models.CharField(max_length=80)
    direction = models.CharField(max_length=4, choices=Direction, default=Direction.OUT)
    carrier = models.SlugField(blank=True, help_text=_("ups, fedex, usps, dhl, …"))
    service = models.CharField(max_length=80, blank=True)
    # Carriers recycle numbers, so this is not unique.
    tracking_number = models.CharField(max_length=80, blank=True, db_index=True)
    tracking_url = models.URLField(max_length=500, blank=True)
    origin = models.JSONField(default=dict)
    destination = models.JSONField(default=dict)

    status = models.CharField(max_length=20, choices=ShipmentStatus, default=ShipmentStatus.PENDING)
    reason = models.CharField(max_length=40, choices=Reason, blank=True)
    culprit = models.CharField(max_length=12, choices=Culprit, blank=True)
    handed_over_at = models.DateTimeField(null=True, blank=True, help_text=_("first seen by the carrier"))
    first_attempt_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    # Dates in the store's zone, kept for grouping by day without converting every row.
    attempted_on = models.DateField(null=True, blank=True)
    delivered_on = models.DateField(null=True, blank=True)
    promised_on = models.DateField(null=True, blank=True)
    last_event_at = models.DateTimeField(null=True, blank=True)
    carrier_estimate = models.DateField(null=True, blank=True, help_text=_("the carrier's own estimate"))
    estimate_stated_at = models.DateTimeField(null=True, blank=True, editable=False)
    receipt = models.JSONField(
        default=dict, blank=True, help_text=_("who signed, where it was left or waits, as the carrier says")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    # How it stands to other parcels; see docs/parcels.md. Written by services.legs, consignments, pieces and again.
    last_mile = models.ForeignKey(
        "parcelwise_fulfillment.ShipmentNumber", on_delete=models.SET_NULL, null=True, blank=True, related_name="+",
        editable=False, db_index=False, help_text=_("under which it is delivered, once it was handed over"),
    )  # fmt: skip
    consignment = models.ForeignKey(
        "parcelwise_fulfillment.Consignment", on_delete=models.SET_NULL, null=True, blank=True,
        related_name="shipments", editable=False, help_text=_("the one physical parcel that holds several orders"),
    )  # fmt: skip
    is_kept_apart = models.BooleanField(default=False, editable=False, help_text=_("staff said that it is alone"))
    master = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="pieces", editable=False,
        help_text=_("the first parcel of a shipment of several pieces"),
    )  # fmt: skip
    replaces = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replacements", editable=False,
        help_text=_("the lost, damaged or returned parcel whose contents it brings again"),
    )  # fmt: skip
    returns_of = models.ManyToManyField(
        "self", symmetrical=False, blank=True, related_name="ways_back", editable=False,
        help_text=_("the parcels that it brings back"),
    )  # fmt: skip

    objects = StampedQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        base_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["order", "external_id"], name="pw_shipment_once")]
        indexes = [
            # Covers the on-time rate: counted by day and carrier without reading a single parcel.
            models.Index(
                fields=["direction", "delivered_on", "carrier", "promised_on", "attempted_on", "order", "replaces"],
                name="pw_shipment_on_time",
            ),
            models.Index(fields=["status"], name="pw_shipment_status"),
        ]

    #: Not stored: the further number under which it is asked for in this round; None: its own.
    leg: Any = None

    def __str__(self) -> str:
        return f"{self.carrier.upper()} {self.tracking_number}".strip() or f"parcel {self.external_id}"

    @property
    def asked_as(self) -> tuple[str, str]:
        """Number and carrier under which it is asked for in this round."""
        return (self.leg.number, self.leg.carrier) if self.leg else (self.tracking_number, self.carrier)

    @property
    def origin_address(self) -> Address:
        return Address.from_json(self.origin)

    @property
    def destination_address(self) -> Address:
        return Address.from_json(self.destination)


class ShipmentLine(models.Model):
    """How many pieces of an order line are in a parcel."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="shipment_lines")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shipment", "order_line"], name="pw_shipmentline_once")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line.title}"


class TrackingEvent(models.Model):
    """One scan, as the carrier gave it and as we read it. Rows are added; only staff's word on its code changes one."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="events")
    fingerprint = models.CharField(max_length=64, editable=False)
    occurred_at = models.DateTimeField()
    status = models.CharField(max_length=20, choices=ShipmentStatus)
    reason = models.CharField(max_length=40, choices=Reason, blank=True)
    code = models.CharField(max_length=40, blank=True, help_text=_("the carrier's own code"))
    description = models.CharField(max_length=500, blank=True, help_text=_("the carrier's own words"))
    location = models.CharField(max_length=200, blank=True)
    local_time = models.CharField(max_length=40, blank=True, help_text=_("the time as the carrier wrote it"))
    zone = models.CharField(
        max_length=10, default="given", help_text=_("offset given, inferred or assumed; date: only the day is known")
    )
    time_zone = models.CharField(max_length=64, blank=True, help_text=_("the zone that was inferred from the place"))
    uncertain_minutes = models.PositiveSmallIntegerField(default=0, help_text=_("by which the time may be off"))
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    source = models.CharField(max_length=20, default="carrier", help_text=_("carrier, store, import, gps, staff"))
    carrier_code = models.ForeignKey(
        CarrierCode, on_delete=models.SET_NULL, null=True, blank=True, related_name="events", db_index=False,
        editable=False, help_text=_("of a code that no table knows: the row in which staff say what it means"),
    )  # fmt: skip
    leg = models.ForeignKey(
        "parcelwise_fulfillment.ShipmentNumber", on_delete=models.CASCADE, null=True, blank=True,
        related_name="events", db_index=False, editable=False,
        help_text=_("of what is known under another number than the store's: that number"),
    )  # fmt: skip
    raw = models.JSONField(default=dict, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["occurred_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["shipment", "fingerprint"], name="pw_trackingevent_once")]
        indexes = [
            models.Index(fields=["leg"], condition=models.Q(leg__isnull=False), name="pw_trackingevent_leg"),
            models.Index(
                fields=["carrier_code"], condition=models.Q(carrier_code__isnull=False), name="pw_trackingevent_code"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.occurred_at:%Y-%m-%d %H:%M} {self.description or self.status}"


class ShipmentChange(Change):
    subject_field = "shipment"
    signal = shipment_moved

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="changes")

    class Meta(Change.Meta):
        pass


class TrackingPoll(Job):
    """The standing task to ask a carrier about one parcel, until it has arrived."""

    runner = "fulfillment.services.tracking.poll"
    batch_size = 40
    # With the pauses between them these last for a week: no parcel is lost to a carrier that is down for a day.
    max_attempts = 40

    shipment = models.OneToOneField(Shipment, on_delete=models.CASCADE, related_name="poll")
    last_asked_at = models.DateTimeField(null=True, blank=True)
    asked = models.PositiveIntegerField(default=0, help_text=_("times the carrier was asked"))
    pushed_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("last push about it; empty once asking brought other news")
    )
    value = models.FloatField(default=1.0, editable=False, help_text=_("of asking when it is due; who comes first"))
    plan = models.JSONField(default=dict, blank=True, editable=False, help_text=_("why it is asked when it is"))

    class Meta(Job.Meta):
        verbose_name = _("tracking poll")

    def __str__(self) -> str:
        return f"poll of {self.shipment_id}"
