"""An ordinary small shop. Nothing in this file knows of Parcelwise."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.utils import timezone


class Product(models.Model):
    sku = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=160)
    category = models.CharField(max_length=60)
    price = models.DecimalField(max_digits=9, decimal_places=2)
    weight_grams = models.PositiveIntegerField(default=500)

    def __str__(self) -> str:
        return self.name


class Order(models.Model):
    class State(models.TextChoices):
        PAID = "paid"
        SHIPPED = "shipped"
        CANCELLED = "cancelled"

    number = models.CharField(max_length=20, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True)
    email = models.EmailField()
    name = models.CharField(max_length=120)
    phone = models.CharField(max_length=32, blank=True)
    language = models.CharField(max_length=8, default="en")
    street = models.CharField(max_length=160)
    postcode = models.CharField(max_length=16)
    city = models.CharField(max_length=80)
    region = models.CharField(max_length=40, blank=True)
    country = models.CharField(max_length=2, default="DE")
    state = models.CharField(max_length=10, choices=State, default=State.PAID)
    shipping_price = models.DecimalField(max_digits=9, decimal_places=2, default=0)
    bought_at = models.DateTimeField(default=timezone.now)
    deliver_by = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["-bought_at"]

    def __str__(self) -> str:
        return self.number

    @property
    def total(self) -> Decimal:
        return sum((line.price * line.quantity for line in self.lines.all()), self.shipping_price)


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT)
    quantity = models.PositiveIntegerField(default=1)
    price = models.DecimalField(max_digits=9, decimal_places=2)

    def __str__(self) -> str:
        return f"{self.quantity} × {self.product}"


class Parcel(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="parcels")
    carrier = models.CharField(max_length=20)
    service = models.CharField(max_length=40, blank=True)
    tracking_code = models.CharField(max_length=40, blank=True)
    lines = models.ManyToManyField(OrderLine, related_name="parcels", blank=True)
    packed_at = models.DateTimeField(default=timezone.now)
    cancelled = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.carrier} {self.tracking_code}"
