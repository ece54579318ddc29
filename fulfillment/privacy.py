"""What is held of the people who bought: their orders, and the ways of their parcels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from fulfillment import (
    courier_privacy,  # noqa: F401 - its holding is declared too
    models,
)
from fulfillment.erased import ERASED, customer_stone, email_stone, order_stone
from fulfillment.models import Customer, Order, Shipment, Store
from fulfillment.promises import UNDER_WAY
from fulfillment.services.disclosure import orders_told
from fulfillment.services.forgetting import forget_buyers
from fulfillment.services.forgetting_traffic import forget_store
from fulfillment.statuses import Direction
from parcelwise.panels import reference
from parcelwise.privacy import Holding, People, Stone, Traces, erased_among

#: Customers or orders compared with the tombstones in one go.
BATCH = 500
#: Letters from which a line of an address says whose it is.
LONG_LINE = 10


class Orders(Holding):
    name = "orders"
    title = _("Orders and parcels")
    removes = _(
        "addresses but for country and region, tracking numbers, words and places of scans, notes on refunds and "
        "exceptions, what the store stated; parcels under way are no longer followed"
    )
    keeps = _("numbers, items and amounts of orders; carriers, days and statuses of parcels")
    personal = (
        Customer,
        Order,
        Shipment,
        models.ExceptionNote,
        models.InboxEvent,
        models.Refund,
        models.ShipmentChange,
        models.ShipmentException,
        models.ShipmentNumber,
        models.StoreReturn,
        models.StoreReturnLine,
        models.StoreSync,
        models.StoreWrite,
        models.TrackingEvent,
        models.TrackingPoll,
    )
    impersonal = (
        models.CarrierAccount,
        models.CarrierCode,
        models.Consignment,
        models.DelayEpisode,
        models.ExceptionChange,
        models.Forecast,
        models.ImportRun,
        models.CarrierCalls,
        models.LaneStatistics,
        models.OrderLine,
        models.ScanProfile,
        models.RefundLine,
        models.ShipmentLine,
        models.SilenceStatistics,
        models.StoreRun,
        Store,
    )
    texts = {models.CarrierAccount: ("last_error",), models.CarrierCode: ("words",), models.ImportRun: ("error",)}
    decisions = ("arrival",)

    def traces(self, people: People) -> Traces:
        customers = Customer.objects.filter(contact__in=people).select_related("store", "contact")
        stores = sorted({customer.store_id for customer in customers})
        # The lock under which statements are recorded: none is half way in while somebody is erased.
        list(Store.objects.select_for_update().filter(pk__in=stores).order_by("pk"))
        orders = Order.objects.filter(customer__in=customers).select_related("store")
        parcels = Shipment.objects.filter(order__in=orders)
        records = [*map(reference, customers), *map(reference, orders), *map(reference, parcels)]
        stones = [stone for customer in customers for stone in _stones(customer)]
        stones += [order_stone(order.store, order.external_id) for order in orders]
        return Traces(frozenset(records), frozenset(_words(customers, orders, parcels)), frozenset(stones))

    def export(self, people: People) -> list[dict[str, Any]]:
        return orders_told(people)

    def erase(self, people: People) -> int:
        stores = Store.objects.filter(pk__in=people.keys(Store._meta.label_lower))
        return forget_buyers(people) + sum(map(forget_store, stores))

    def warnings(self, people: People) -> list[str]:
        live = Order.objects.filter(customer__contact__in=people, is_history=False)
        count = Shipment.objects.filter(order__in=live, direction=Direction.OUT, status__in=UNDER_WAY).count()
        sentence = ngettext(
            "%(count)d parcel is under way. It loses its number and is not followed any more.",
            "%(count)d parcels are under way. They lose their numbers and are not followed any more.",
            count,
        )
        return [sentence % {"count": count}] if count else []

    def returned(self) -> Iterator[int]:
        """Buyers of a restored copy: they were made before the erasure that their name remembers."""
        buyers = Customer.objects.filter(contact__erased_at=None).select_related("store", "contact").order_by("pk")
        for batch in _batches(buyers):
            moments = erased_among(stone for customer in batch for stone in _stones(customer))
            for customer in batch:
                known = [moments[stone] for stone in _stones(customer) if stone in moments]
                if known and customer.contact.created_at <= max(known):
                    yield customer.contact_id
        theirs = Order.objects.filter(customer__contact__erased_at=None).select_related("store", "customer__contact")
        for orders in _batches(theirs.order_by("pk")):
            moments = erased_among(order_stone(order.store, order.external_id) for order in orders)
            for order in orders:
                erased_at = moments.get(order_stone(order.store, order.external_id))
                if erased_at and order.contact.created_at <= erased_at:
                    yield order.customer.contact_id


def contacts_called(email: str, store: str = "") -> list[int]:
    """Keys of the contacts with this e-mail address; of one store's customers, given its slug."""
    customers = Customer.objects.filter(Q(contact__email__iexact=email) | Q(external_id__iexact=email))
    if store:
        customers = customers.filter(store__slug=store)
    return sorted(set(customers.values_list("contact", flat=True)))


def contacts_of_store(store: str) -> list[int]:
    """Keys of the contacts of all customers of the store with this uuid."""
    return sorted(set(Customer.objects.filter(store__uuid=store).values_list("contact", flat=True)))


def _stones(customer: Customer) -> list[Stone]:
    named, email = not customer.external_id.startswith(ERASED), customer.contact.email
    stones = [customer_stone(customer.store, customer.external_id)] if named else []
    return [*stones, email_stone(customer.store, email)] if email else stones


def _words(customers: Iterable[Customer], orders: Iterable[Order], parcels: Iterable[Shipment]) -> Iterator[str]:
    shops = {word for order in orders for word in (order.store.origin.name, *order.store.origin.lines)}
    for customer in customers:
        if "@" in customer.external_id:
            yield customer.external_id
    addresses = [order.destination for order in orders]
    for parcel in parcels:
        yield parcel.tracking_number
        yield from parcel.numbers.values_list("number", flat=True)
        addresses += [parcel.origin_address, parcel.destination_address]
    for address in addresses:
        lines = (line for line in address.lines if len(line) >= LONG_LINE)
        yield from {address.name, *lines} - shops


def _batches(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    found = rows.iterator(chunk_size=BATCH)
    while batch := list(islice(found, BATCH)):
        yield batch
