"""The adapter for a project's own order models: one class, and saving those models creates and updates ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from django.core.checks import CheckMessage
from django.core.exceptions import ValidationError
from django.db import router
from django.db.models import BooleanField, Field, Manager, Model, QuerySet
from django.dispatch import Signal
from django.utils import timezone
from django.utils.module_loading import import_string

from fulfillment.conf import fulfillment as conf
from fulfillment.facts import Address, CustomerData, LineData, OrderData, ParcelData, RefundData
from fulfillment.models import Store
from fulfillment.statuses import OrderStatus
from fulfillment.stores.fields import Each, Fields
from parcelwise.errors import Misconfigured

#: How a changed thing leads to orders: a path to the order's key, or a function that returns keys.
Lead = str | Callable[[Any], Iterable[Any]]

#: Letters of the longest key that an order, a line or a parcel may have.
LONGEST_KEY = 80
_CURRENCY = re.compile("[A-Z]{3}")
_NOT_TEXT = frozenset({"user_id", "lines", "consents"})


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
    #: Field by which an order is known for good; anything unique of at most 80 letters.
    key_field: ClassVar[str] = "pk"
    #: Name of the manager that is used; empty for the model's default manager.
    manager: ClassVar[str] = ""
    #: Alias of the data base that is read; empty for the one where the router writes orders.
    using: ClassVar[str] = ""
    #: Field that marks an order as deleted: a yes/no field, or one that is empty as long as the order is there.
    deleted: ClassVar[str] = ""
    #: Model or many-to-many field whose changes matter -> path from its instance to the order's key, or a function of
    #: the instance that returns keys.
    follows: ClassVar[Mapping[Any, Lead]] = {}
    #: Signal of the project's own -> path from what it is sent with to the order's key (``"order__pk"``), or a function
    #: of the dict of what it is sent with.
    hears: ClassVar[Mapping[Signal, Lead]] = {}
    #: Relations that are fetched with the orders.
    prefetch: ClassVar[Sequence[str]] = ()
    #: Field of the order model that says when it was placed. It stands for ``placed_at`` if ``order`` does not name
    #: another, and the hourly sweep reads recent orders by it.
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
        currency = self.currency_of(order)
        columns = self.order.read(OrderData, order, currency)
        status = self.status_of(order)
        if status not in OrderStatus.values:
            raise ValueError(f"its status is “{status}”; map it to one of {', '.join(OrderStatus.values)}")
        columns.setdefault("placed_at", getattr(order, self.placed_field, None))
        if columns["placed_at"] is None:
            raise ValueError("it has no placed_at; name the field that says when an order was placed")
        key = _key(getattr(order, self.key_field))
        data = {"external_id": key, "number": key, "refunds": self.refunds(order), **columns}
        return OrderData(
            **{**data, "currency": currency, "number": str(data["number"]), "status": status},
            customer=CustomerData(**{"external_id": key, **self._texts(CustomerData, self.customer, order)}),
            ship_to=Address(**self._texts(Address, self.ship_to, order)),
            lines=tuple(self._line(row, currency) for row in self.lines.rows(order)),
            parcels=tuple(self.parcels_of(order)),
        )

    def status_of(self, order: Any) -> str:
        """Where ``order`` stands, as a value of OrderStatus."""
        return str(self.order.value("status", order) or OrderStatus.OPEN)

    def parcels_of(self, order: Any) -> Iterable[ParcelData]:
        """The parcels of ``order``; override what ``parcels`` cannot say."""
        return (self._parcel(row) for row in self.parcels.rows(order))

    def refunds(self, order: Any) -> Sequence[RefundData] | None:
        """All money that went back for ``order``; None: this project does not say."""
        return None

    def currency_of(self, order: Any) -> str:
        """The order's own currency, or else the store's; its amounts are read by it."""
        currency = str(self.order.value("currency", order) or self.currency).upper()
        if not _CURRENCY.fullmatch(currency):
            raise ValueError(f"its currency is “{currency}”, which is no ISO 4217 code")
        return currency

    def check(self) -> list[CheckMessage]:
        """Further system checks of a subclass."""
        return []

    @classmethod
    def slips(cls) -> list[str]:
        """Names in ``order``, ``customer``, ``ship_to``, ``lines`` and ``parcels`` that are no field of ours."""
        read = {"order": OrderData, "customer": CustomerData, "ship_to": Address, "lines": LineData,
                "parcels": ParcelData}  # fmt: skip
        return [f"{what}.{name}" for what, fact in read.items() for name in getattr(cls, what).unknown(fact)]

    def _texts(self, fact: type, paths: Fields, order: Any) -> dict[str, Any]:
        found = paths.read(fact, order, self.currency)
        return {
            name: value if name in _NOT_TEXT else " ".join(value) if isinstance(value, tuple) else str(value)
            for name, value in found.items()
        }

    def _line(self, row: Any, currency: str) -> LineData:
        return LineData(**{"external_id": _key(row.pk), **_keys_as_text(self.lines.read(LineData, row, currency))})

    def _parcel(self, row: Any) -> ParcelData:
        found = _keys_as_text(self.parcels.read(ParcelData, row, self.currency))
        contents: Any = found.get("contents")
        if hasattr(contents, "all"):
            found["contents"] = {str(line.pk): line.quantity for line in contents.all()} or None
        return ParcelData(**{"external_id": _key(row.pk), **found})

    def orders(self) -> QuerySet[Any]:
        """The project's orders, without those that are marked as deleted; override to leave more out."""
        model = self.order_model
        manager: Manager[Any] = getattr(model, self.manager) if self.manager else model._default_manager
        # Not where the router reads: a copy that lags would answer with the state before the change.
        found = manager.all().using(self.database).prefetch_related(*self.prefetch)
        if not self.deleted:
            return found
        if isinstance(model._meta.get_field(self.deleted), BooleanField):
            return found.exclude(**{self.deleted: True})
        return found.filter(**{f"{self.deleted}__isnull": True})

    @property
    def database(self) -> str:
        """Alias of the data base in which the orders lie."""
        return self.using or router.db_for_write(self.order_model)

    @classmethod
    def key_column(cls) -> Field[Any, Any]:
        """The field of ``order_model`` that ``key_field`` means."""
        meta: Any = cls.order_model._meta
        return meta.pk if cls.key_field == "pk" else meta.get_field(cls.key_field)  # type: ignore[no-any-return]

    def key_of(self, instance: Any) -> Any:
        """The key of the order that ``instance`` is; it may be of a proxy, a child or a parent of ``order_model``."""
        return getattr(instance, self.key_column().attname, instance.pk if self.key_field == "pk" else None)

    def there(self, keys: Iterable[str]) -> set[str]:
        """Those of ``keys`` under which there is an order now."""
        column, sound = self.key_column(), []
        for key in keys:
            try:
                sound.append(column.to_python(key))
            except (ValidationError, ValueError):
                continue  # what can be no key of an order is no key of an order
        found = self.orders().filter(**{f"{self.key_field}__in": sound})
        return {str(key) for key in found.values_list(self.key_field, flat=True)}

    def recent(self) -> QuerySet[Any]:
        """The orders of the hourly sweep."""
        since = timezone.now() - timedelta(days=self.sweep_days)
        return self.orders().filter(**{f"{self.placed_field}__gte": since})

    def find(self, external_id: str) -> OrderData | None:
        """The order as it is now; None when it no longer exists."""
        order = self.orders().filter(**{self.key_field: external_id}).first()
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


def _key(value: Any) -> str:
    key = str(value)
    if len(key) > LONGEST_KEY:
        raise ValueError(f"its key “{key[:20]}…” has {len(key)} letters, more than {LONGEST_KEY}; set key_field")
    return key


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
