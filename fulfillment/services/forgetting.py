"""Takes the person out of what is stored of orders and parcels. The facts that are counted stay."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from fulfillment.erased import ERASED, blanked_address, blanked_scan
from fulfillment.facts import Address, Scan
from fulfillment.fold import fingerprint
from fulfillment.models import (
    Customer,
    ExceptionNote,
    Order,
    Shipment,
    ShipmentChange,
    ShipmentException,
    ShipmentNumber,
    Store,
    StoreSync,
    TrackingEvent,
    TrackingPoll,
)
from fulfillment.services.forgetting_traffic import forget_deliveries, forget_money_back, forget_pushes, forget_writes
from fulfillment.statuses import Direction
from parcelwise.models import Problem
from parcelwise.privacy import People, Stone
from parcelwise.privacy.tombstones import alias

#: Of the stones that remember people: those whose value is a store's uuid, a colon and a name of the store's.
SCOPES = ("order", "customer", "email")


def forget_buyers(people: People) -> int:
    """Erase what is held here of the buyers who are ``people``. Returns records changed; 0 the second time."""
    customers = Customer.objects.filter(contact__in=people)
    orders = Order.objects.filter(customer__in=customers)
    parcels = Shipment.objects.filter(order__in=orders)
    return sum(
        (
            _forget_deliveries(people),
            forget_pushes(
                set(parcels.exclude(tracking_number="").values_list("tracking_number", flat=True)), people.words
            ),
            forget_writes(orders),
            forget_money_back(orders),
            _forget_ways(parcels),
            _forget_parcels(parcels),
            _forget_exceptions(parcels),
            _forget_trouble(orders),
            _forget_orders(orders),
            _forget_customers(customers),
        )
    )


def _forget_deliveries(people: People) -> int:
    """The names that are remembered say which deliveries are about them, also where we never had an order of theirs."""
    words, count = people.words, 0
    known = set(Customer.objects.filter(contact__in=people).values_list("store", flat=True))
    named = {stone.value.partition(":")[0] for stone in people.traces.stones if stone.scope in SCOPES}
    for store in Store.objects.all():
        if store.pk not in known and str(store.uuid) not in named:
            continue
        ids = {scope: {name for each, name in _names(people, store) if each == scope and name} for scope in SCOPES}
        count += forget_deliveries(store, ids["order"], ids["customer"], words)
    return count


def _names(people: People, store: Store) -> Iterator[tuple[str, str]]:
    prefix = f"{store.uuid}:"
    for stone in people.traces.stones:
        if stone.value.startswith(prefix):
            yield stone.scope, stone.value.removeprefix(prefix)


def without_person(address: dict[str, Any]) -> dict[str, Any]:
    """An address column without what says who lives there; what was never filled in stays as it is."""
    return blanked_address(Address.from_json(address)).as_json() if address else address


def _forget_customers(customers: QuerySet[Customer]) -> int:
    """Shops call customers by their e-mail address, or by something that is made of it."""
    count = customers.exclude(consents={}).update(consents={})
    for customer in customers.exclude(external_id__startswith=ERASED):
        count += Customer.objects.filter(pk=customer.pk).update(external_id=f"{ERASED}{uuid.uuid4().hex}")
    return count


def _forget_orders(orders: QuerySet[Order]) -> int:
    count = 0
    for order in orders.only("pk", "ship_to", "raw", "digest"):
        ship_to = without_person(order.ship_to)
        if (ship_to, order.raw, order.digest) != (order.ship_to, {}, ""):
            # A new uuid ends the signed links that lie in mail boxes. The digest was made of all that goes.
            columns = {
                "ship_to": ship_to,
                "raw": {},
                "digest": "",
                "uuid": uuid.uuid4(),
                "updated_at": timezone.now(),
                "share_id": None,
            }
            count += Order.objects.filter(pk=order.pk).update(**columns)
    return count


def _forget_parcels(parcels: QuerySet[Shipment]) -> int:
    # Rows that are gone stop a worker that holds one; without a number no carrier is asked again.
    count, _by_model = TrackingPoll.objects.filter(shipment__in=parcels).delete()
    # That there was a second leg stays: what the carriers said means what it meant.
    for further in ShipmentNumber.objects.filter(shipment__in=parcels).exclude(number__startswith=ERASED):
        count += ShipmentNumber.objects.filter(pk=further.pk).update(number=f"{ERASED}{further.pk}")
    for parcel in parcels.only(
        "pk", "direction", "origin", "destination", "tracking_number", "tracking_url", "receipt"
    ):
        # Of the two addresses one is the shop's.
        theirs = "origin" if parcel.direction == Direction.BACK else "destination"
        columns = {
            theirs: without_person(getattr(parcel, theirs)),
            "tracking_number": "",
            "tracking_url": "",
            "receipt": {},
        }
        if any(getattr(parcel, name) != value for name, value in columns.items()):
            count += Shipment.objects.filter(pk=parcel.pk).update(**columns)
    return count


def _forget_ways(parcels: QuerySet[Shipment]) -> int:
    """Scans say at whose door a parcel was, and who signed. When it was, and which status, stays."""
    count = 0
    for parcel in parcels.only("pk"):
        events = list(parcel.events.all())
        taken = {event.fingerprint for event in events}
        for event in events:
            count += _forget_scan(event, taken)
    changes = ShipmentChange.objects.filter(shipment__in=parcels).exclude(why="")
    return count + changes.update(why="")


def _forget_scan(event: TrackingEvent, taken: set[str]) -> int:
    """Strip one scan, and its fingerprint too, which was made of its words."""
    names = ("description", "location", "latitude", "longitude", "raw")
    told = Scan(
        event.occurred_at,
        event.status,
        code=event.code,
        local_time=event.local_time,
        **{name: getattr(event, name) for name in names},
    )
    bare = blanked_scan(told, source=event.source)
    columns = {name: getattr(bare, name) for name in names}
    if all(getattr(event, name) == value for name, value in columns.items()):
        return 0
    mark = fingerprint(bare)
    if mark != event.fingerprint and mark in taken:
        mark = alias(Stone("scan", event.fingerprint))
    taken.add(mark)
    return TrackingEvent.objects.filter(pk=event.pk).update(**columns, fingerprint=mark)


def _forget_exceptions(parcels: QuerySet[Shipment]) -> int:
    """Reasons name places, notes whatever somebody wrote. What was wrong, when somebody acted and how it ended stay."""
    count = ShipmentException.objects.filter(shipment__in=parcels).exclude(why="").update(why="")
    notes = ExceptionNote.objects.filter(exception__shipment__in=parcels).exclude(words="")
    return count + notes.update(words="")


def _forget_trouble(orders: QuerySet[Order]) -> int:
    """Errors in reading the store's statement repeat what they failed on."""
    count = 0
    for slug, store, key in orders.values_list("store__slug", "store", "external_id"):
        count += Problem.objects.filter(kind="store", key=f"{slug}:{key}").delete()[0]
        said = StoreSync.objects.filter(store=store, external_id=key).exclude(Q(last_error="") & Q(last_traceback=""))
        count += said.update(last_error="", last_traceback="")
    return count
