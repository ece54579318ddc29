from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfillment.facts import Address
from fulfillment.models.store import Store
from fulfillment.statuses import OrderStatus, PaymentStatus
from parcelwise.models import Contact
from parcelwise.money import show
from parcelwise.stamped import StampedQuerySet


class Customer(models.Model):
    """A buyer of one store. How to reach them is their contact's business."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="customers")
    external_id = models.CharField(max_length=80)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="+")
    stated_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("when the store's newest statement about them was true")
    )
    consents = models.JSONField(default=dict, blank=True, help_text=_("to marketing, by channel, as the store states"))

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "external_id"], name="pw_customer_once")]

    def __str__(self) -> str:
        return str(self.contact)


class Order(models.Model):
    """What a customer bought. A few columns that are queried, and the store's own words beside them."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="orders")
    external_id = models.CharField(max_length=80)
    number = models.CharField(max_length=80, db_index=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    status = models.CharField(max_length=12, choices=OrderStatus, default=OrderStatus.OPEN)
    payment_status = models.CharField(max_length=20, choices=PaymentStatus, blank=True)
    placed_at = models.DateTimeField(db_index=True)
    promised_on = models.DateField(null=True, blank=True, help_text=_("last day of the promise, in the store's zone"))
    currency = models.CharField(max_length=3)
    total = models.BigIntegerField(default=0, help_text=_("minor units"))
    shipping = models.BigIntegerField(default=0, help_text=_("minor units"))
    ship_to = models.JSONField(default=dict)
    raw = models.JSONField(default=dict, blank=True)
    share_id = models.UUIDField(
        null=True, blank=True, unique=True, editable=False, help_text=_("of the link that the customer shares")
    )
    is_history = models.BooleanField(default=False, help_text=_("imported: nobody is told about it"))
    source_updated_at = models.DateTimeField(null=True, blank=True)
    source_asked_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("when the question began whose answer this is")
    )
    digest = models.CharField(
        max_length=64, blank=True, editable=False, help_text=_("of the source's statement, to see that nothing changed")
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)

    objects = StampedQuerySet.as_manager()

    class Meta:
        ordering = ["-placed_at", "-pk"]
        base_manager_name = "objects"
        constraints = [models.UniqueConstraint(fields=["store", "external_id"], name="pw_order_once")]

    def __str__(self) -> str:
        return self.number

    @property
    def destination(self) -> Address:
        return Address.from_json(self.ship_to)

    @property
    def contact(self) -> Contact:
        return self.customer.contact

    @property
    def total_shown(self) -> str:
        return show(self.total, self.currency)


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    external_id = models.CharField(max_length=80)
    position = models.PositiveIntegerField(default=0)
    title = models.CharField(max_length=300)
    sku = models.CharField(max_length=80, blank=True)
    product_id = models.CharField(max_length=80, blank=True)
    category = models.CharField(max_length=120, blank=True)
    quantity = models.PositiveIntegerField()
    unit_price = models.BigIntegerField(default=0, help_text=_("minor units, for one piece"))
    weight_grams = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["order", "external_id"], name="pw_orderline_once")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"
