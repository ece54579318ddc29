from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfillment.models import Order, OrderLine, Shipment
from parcelwise.changes import Change
from parcelwise.models import Decision
from parcelwise.stamped import StampedQuerySet
from returns.signals import return_moved


class ReturnStatus(models.TextChoices):
    REQUESTED = "requested", _("Requested")
    APPROVED = "approved", _("Approved")
    DECLINED = "declined", _("Declined")
    IN_TRANSIT = "in_transit", _("On its way back")
    RECEIVED = "received", _("Received")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")


class ReturnReason(models.TextChoices):
    TOO_SMALL = "too_small", _("Too small")
    TOO_LARGE = "too_large", _("Too large")
    CHANGED_MIND = "changed_mind", _("I changed my mind")
    NOT_AS_DESCRIBED = "not_as_described", _("Not as described")
    DAMAGED = "damaged", _("Arrived damaged")
    DEFECTIVE = "defective", _("Does not work")
    WRONG_ITEM = "wrong_item", _("Wrong item")
    TOO_LATE = "too_late", _("Arrived too late")
    OTHER = "other", _("Another reason")


class ReturnRequest(models.Model):
    """A customer wants to send something back. The RMA number is what people and labels call it."""

    MOVES = {
        ReturnStatus.REQUESTED: {ReturnStatus.APPROVED, ReturnStatus.DECLINED, ReturnStatus.CANCELLED},
        ReturnStatus.DECLINED: {ReturnStatus.APPROVED},  # staff overrule the rule
        ReturnStatus.APPROVED: {ReturnStatus.IN_TRANSIT, ReturnStatus.RECEIVED, ReturnStatus.CANCELLED},
        ReturnStatus.IN_TRANSIT: {ReturnStatus.RECEIVED},
        ReturnStatus.RECEIVED: {ReturnStatus.CLOSED},
    }

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("RMA number"), max_length=20, unique=True)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="returns")
    status = models.CharField(max_length=12, choices=ReturnStatus, default=ReturnStatus.REQUESTED)
    decision = models.OneToOneField(Decision, on_delete=models.SET_NULL, null=True, related_name="+")
    shipment = models.OneToOneField(
        Shipment, on_delete=models.SET_NULL, null=True, blank=True, related_name="returned_by",
        help_text=_("the parcel that brings it back"),
    )  # fmt: skip
    form_key = models.CharField(max_length=64, unique=True, null=True, editable=False)
    requested_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    objects = StampedQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at", "-pk"]
        base_manager_name = "objects"
        indexes = [
            # Staff look at the newest, mostly of one status; KPIs count by the day of arrival or closing.
            models.Index(fields=["requested_at"], name="pw_return_requested"),
            models.Index(fields=["status", "requested_at"], name="pw_return_status"),
            models.Index(fields=["received_at"], name="pw_return_received"),
            models.Index(fields=["closed_at"], name="pw_return_closed"),
        ]

    def __str__(self) -> str:
        return self.number


class ReturnLine(models.Model):
    request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="lines")
    # Restricted: a line that the store drops from an order stays as long as a return speaks of it.
    order_line = models.ForeignKey(OrderLine, on_delete=models.RESTRICT, related_name="return_lines")
    quantity = models.PositiveIntegerField()
    reason = models.CharField(max_length=20, choices=ReturnReason)
    comment = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["request", "order_line"], name="pw_returnline_once")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line.title}"


class ReturnedPieces(models.Model):
    """How many pieces of an order line are returned or on their way: taken by one guarded UPDATE, so never too many."""

    order_line = models.OneToOneField(OrderLine, on_delete=models.CASCADE, related_name="returned")
    quantity = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.quantity} of {self.order_line_id}"


class ReturnChange(Change):
    subject_field = "request"
    signal = return_moved

    request = models.ForeignKey(ReturnRequest, on_delete=models.CASCADE, related_name="changes")

    class Meta(Change.Meta):
        pass
