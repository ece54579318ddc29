"""The adapter for a project's own order models: one class, and saving those models creates and updates ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.module_loading import import_string

from fulfillment.conf import fulfillment as conf
from fulfillment.facts import Address, CustomerData, LineData, OrderData, ParcelData
from fulfillment.models import Store
from fulfillment.statuses import OrderStatus
from fulfillment.stores.fields import Each, Fields
from parcelwise.errors import Misconfigured


class ModelStore:
    """Subclass it, name your models, and say which of their attributes is what where the names differ::

        class ShopStore(ModelStore):
            slug, name, currency, time_zone = "shop", "My shop", "EUR", "Europe/Berlin"
            order_model = Order
            follows = {OrderLine: "order_id", Parcel: "order_id", Parcel.lines: "order_id"}
            order = Fields(placed_at="bought_at", promised_on="deliver_by")
            lines = Each("lines", title="product.name", unit_price="price")
            parcels = Each("parcels", tracking_number="tracking_code", contents="lines")

    List the class in ``PARCELWISE["FULFILLMENT"]["STORES"]``. What cannot be said so is said by overriding
    :meth:`state`.
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
    #: Relations that are fetched with the orders.
    prefetch: ClassVar[Sequence[str]] = ()
    #: Field of the order model that says when it was placed; the hourly sweep reads recent orders by it.
    placed_field: ClassVar[str] = "created_at"
    #: Days that the hourly sweep looks back.
    sweep_days: ClassVar[int] = 60
    #: Fields of OrderData, CustomerData and Address, read from the order.
    order: ClassVar[Fields] = Fields()
    customer: ClassVar[Fields] = Fields()
    ship_to: ClassVar[Fields] = Fields()
    #: Fields of LineData and ParcelData, read from each row of a relation of the order. A parcel's ``contents`` is a
    #: relation to order lines, or a function that returns {line's key: pieces}.
    lines: ClassVar[Each] = Each("lines")
    parcels: ClassVar[Each] = Each("parcels")

    def state(self, order: Any) -> OrderData:
        """All that is true of ``order`` now. ValueError when a field makes no sense."""
        columns = self.order.read(OrderData, order, self.currency)
        status = str(columns.pop("status", OrderStatus.OPEN))
        if status not in OrderStatus.values:
            raise ValueError(f"its status is “{status}”; map it to one of {', '.join(OrderStatus.values)}")
        if "placed_at" not in columns:
            raise ValueError("it has no placed_at; name the field that says when an order was placed")
        data = {"external_id": str(order.pk), "number": str(order.pk), "currency": self.currency, **columns}
        return OrderData(
            **data,
            status=status,
            customer=CustomerData(**{"external_id": str(order.pk), **self._texts(CustomerData, self.customer, order)}),
            ship_to=Address(**self._texts(Address, self.ship_to, order)),
            lines=tuple(self._line(row) for row in self.lines.rows(order)),
            parcels=tuple(self._parcel(row) for row in self.parcels.rows(order)),
        )

    @classmethod
    def slips(cls) -> list[str]:
        """Names in ``order``, ``customer``, ``ship_to``, ``lines`` and ``parcels`` that are no field of ours."""
        read = {"order": OrderData, "customer": CustomerData, "ship_to": Address, "lines": LineData,
                "parcels": ParcelData}  # fmt: skip
        return [f"{what}.{name}" for what, fact in read.items() for name in getattr(cls, what).unknown(fact)]

    def _texts(self, fact: type, paths: Fields, order: Any) -> dict[str, Any]:
        found = paths.read(fact, order, self.currency)
        return {
            name: value if name in ("user_id", "lines") else " ".join(value) if isinstance(value, tuple) else str(value)
            for name, value in found.items()
        }

    def _line(self, row: Any) -> LineData:
        return LineData(**{"external_id": str(row.pk), **_keys_as_text(self.lines.read(LineData, row, self.currency))})

    def _parcel(self, row: Any) -> ParcelData:
        found = _keys_as_text(self.parcels.read(ParcelData, row, self.currency))
        contents: Any = found.get("contents")
        if hasattr(contents, "all"):
            found["contents"] = {str(line.pk): line.quantity for line in contents.all()} or None
        return ParcelData(**{"external_id": str(row.pk), **found})

    def orders(self) -> QuerySet[Any]:
        """The project's orders; override to leave some out."""
        return self.order_model._default_manager.prefetch_related(*self.prefetch)

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


def _keys_as_text(found: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if name.endswith("_id") else value for name, value in found.items()}


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
