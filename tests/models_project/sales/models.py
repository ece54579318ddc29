"""Orders in every shape that a project may give them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.dispatch import Signal
from django.utils import timezone

paid = Signal()


class Hidden(models.Manager):
    """Hides what was deleted, as soft deletion usually does."""

    def get_queryset(self):
        return super().get_queryset().filter(deleted_at=None)


class AbstractSale(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    created_at = models.DateTimeField(default=timezone.now)
    email = models.EmailField()
    city = models.CharField(max_length=40, default="Kiel")

    class Meta:
        abstract = True


class Sale(AbstractSale):
    tenant = models.CharField(max_length=10, default="north")
    buyer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    deleted_at = models.DateTimeField(null=True)

    objects = Hidden()
    everything = models.Manager()


class SaleByPhone(Sale):
    """The same table under another class."""

    class Meta:
        proxy = True


class ExpressSale(Sale):
    """A further table that goes on where the other ends."""

    courier = models.CharField(max_length=20)


class SaleLine(models.Model):
    sale = models.ForeignKey(Sale, on_delete=models.CASCADE, related_name="lines")
    title = models.CharField(max_length=80)
    quantity = models.PositiveIntegerField(default=1)
    is_deleted = models.BooleanField(default=False)


class Bag(models.Model):
    sale = models.ForeignKey(Sale, on_delete=models.CASCADE, related_name="parcels")
    tracking_number = models.CharField(max_length=40)


class CounterSale(models.Model):
    receipt = models.TextField(primary_key=True)
    created_at = models.DateTimeField(default=timezone.now)
    email = models.EmailField()
    is_deleted = models.BooleanField(null=True)


class OldSale(models.Model):
    created_at = models.DateTimeField(default=timezone.now)
    email = models.EmailField()

    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)
        if self.email == "stop@example.com":
            raise RuntimeError("the till is out of paper")
