"""Returns and refunds as the store keeps them: what came from there, and what we wrote and it confirmed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from fulfillment.models.order import Order, OrderLine
from fulfillment.statuses import StoreReturnStatus
from parcelwise.money import show


class Refund(models.Model):
    """Money that the store has given back, or booked as given back, for an order. Never negative; minor units."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="refunds")
    external_id = models.CharField(max_length=80)
    amount = models.BigIntegerField(help_text=_("minor units of the order's currency"))
    shipping = models.BigIntegerField(default=0, help_text=_("of it for shipping, minor units"))
    refunded_at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)
    return_id = models.CharField(max_length=80, blank=True, help_text=_("the store's return that it belongs to"))

    class Meta:
        ordering = ["refunded_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["order", "external_id"], name="pw_refund_once")]

    def __str__(self) -> str:
        return show(self.amount, self.order.currency)


class RefundLine(models.Model):
    """How many pieces of an order line were refunded, and for how much."""

    refund = models.ForeignKey(Refund, on_delete=models.CASCADE, related_name="lines")
    order_line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="refund_lines")
    quantity = models.PositiveIntegerField()
    amount = models.BigIntegerField(default=0, help_text=_("minor units"))
    tax = models.BigIntegerField(default=0, help_text=_("minor units"))
    restock = models.CharField(max_length=12, blank=True, help_text=_("return, cancel, no_restock"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["refund", "order_line"], name="pw_refundline_once")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line.title}"


class StoreReturn(models.Model):
    """A return on the store's platform."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="store_returns")
    external_id = models.CharField(max_length=80)
    name = models.CharField(max_length=80, blank=True)
    status = models.CharField(max_length=12, choices=StoreReturnStatus)
    requested_at = models.DateTimeField(null=True, blank=True)
    decline_reason = models.CharField(max_length=80, blank=True)
    tracking_number = models.CharField(max_length=80, blank=True)
    label_url = models.URLField(max_length=1000, blank=True)

    class Meta:
        ordering = ["requested_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["order", "external_id"], name="pw_storereturn_once")]

    def __str__(self) -> str:
        return self.name or self.external_id


class StoreReturnLine(models.Model):
    store_return = models.ForeignKey(StoreReturn, on_delete=models.CASCADE, related_name="lines")
    external_id = models.CharField(max_length=80)
    order_line = models.ForeignKey(OrderLine, on_delete=models.CASCADE, related_name="store_return_lines")
    quantity = models.PositiveIntegerField()
    reason = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store_return", "external_id"], name="pw_storereturnline_once")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.order_line.title}"
