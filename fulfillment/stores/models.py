"""The adapter for a project's own order models: one class, and saving those models creates and updates ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from fulfillment.conf import fulfillment as conf
from fulfillment.facts import Address, OrderData
from fulfillment.models import Store
from parcelwise.errors import Misconfigured


class ModelStore:
    """Subclass it, name your models, and state one of your orders as :class:`~fulfillment.facts.OrderData`::

        class ShopStore(ModelStore):
            slug, name, currency, time_zone = "shop", "My shop", "EUR", "Europe/Berlin"
            order_model = Order
            follows = {OrderLine: "order_id", Parcel: "order_id", Parcel.lines: "order_id"}

            def state(self, order: Order) -> OrderData: ...

    List the class in ``PARCELWISE["FULFILLMENT"]["STORES"]``.
    """

    slug: ClassVar[str]
    name: ClassVar[str]
    currency: ClassVar[str] = "EUR"
    time_zone: ClassVar[str] = "UTC"
    address: ClassVar[Address] = Address()
    support_email: ClassVar[str] = ""
    #: The project's order model.
    order_model: ClassVar[type[Model]]
    #: Model or many-to-many field whose changes matter -> path from its instance to the order's primary key.
    follows: ClassVar[Mapping[Any, str]] = {}
    #: Field of the order model that says when it was placed; the hourly sweep reads recent orders by it.
    placed_field: ClassVar[str] = "created_at"
    #: Days that the hourly sweep looks back.
    sweep_days: ClassVar[int] = 60

    def state(self, order: Any) -> OrderData:
        """All that is true of ``order`` now."""
        raise NotImplementedError(f"{type(self).__name__}.state(order) must return OrderData")

    def orders(self) -> QuerySet[Any]:
        """The project's orders; override to leave some out or to prefetch what ``state`` reads."""
        return self.order_model._default_manager.all()

    def recent(self) -> QuerySet[Any]:
        """The orders of the hourly sweep."""
        since = timezone.now() - timedelta(days=self.sweep_days)
        return self.orders().filter(**{f"{self.placed_field}__gte": since})

    def find(self, external_id: str) -> OrderData | None:
        """The order as it is now; None when it no longer exists."""
        order = self.orders().filter(pk=external_id).first()
        return None if order is None else self.state(order)

    def store(self) -> Store:
        """The Store row that stands for this adapter, made at first use."""
        store, _created = Store.objects.get_or_create(
            slug=self.slug,
            defaults={
                "name": self.name,
                "kind": "models",
                "currency": self.currency,
                "time_zone": self.time_zone,
                "address": self.address.as_json(),
                "support_email": self.support_email,
            },
        )
        return store


def adapters() -> list[ModelStore]:
    """An adapter of each class in ``PARCELWISE["FULFILLMENT"]["STORES"]``; Misconfigured when one cannot be loaded."""
    found = []
    for path in conf.STORES:
        try:
            found.append(import_string(path)())
        except ImportError as error:
            raise Misconfigured(f"PARCELWISE['FULFILLMENT']['STORES']: {error}") from error
    return found


def adapter_of(slug: str) -> ModelStore:
    """The adapter whose store is ``slug``; Misconfigured when no setting names it."""
    for adapter in adapters():
        if adapter.slug == slug:
            return adapter
    raise Misconfigured(f"No adapter for the store “{slug}” in PARCELWISE['FULFILLMENT']['STORES'].")
