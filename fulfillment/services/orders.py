"""Orders: one function writes them, whatever store they come from."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet, RestrictedError
from django.utils import timezone

from fulfillment.facts import OrderData, ParcelData, storable_facts
from fulfillment.models import Order, OrderLine, Shipment, Store
from fulfillment.services import shipments, tracking
from fulfillment.services.customers import record_customer
from fulfillment.signals import order_recorded
from fulfillment.statuses import OrderStatus, ShipmentStatus
from parcelwise.models import Problem
from parcelwise.panels import reference


def digest(data: OrderData) -> str:
    """A fingerprint of all that the store states of an order, to see that nothing has changed."""
    stated = asdict(replace(data, updated_at=None, raw={}))
    return hashlib.sha256(json.dumps(stated, sort_keys=True, default=_plain).encode()).hexdigest()


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return repr(value)


def record_order(store: Store, data: OrderData, *, history: bool = False) -> Order:
    """Create or update the order that ``data`` states. Idempotent; an older statement than the stored one is ignored.

    ``history`` marks an imported order: nobody is told about it and no carrier is asked.
    """
    stated = digest(data)
    with transaction.atomic():
        # The store row is the lock that makes two workers with the same new order take turns.
        store = Store.objects.select_for_update().get(pk=store.pk)
        known = Order.objects.filter(store=store, external_id=data.external_id).first()
        if known and (known.digest == stated or _is_stale(known, data)):
            return known
        data = storable_facts(data)
        columns = _columns(data) | {"customer": record_customer(store, data.customer), "digest": stated}
        order, created = Order.objects.update_or_create(
            store=store,
            external_id=data.external_id,
            defaults=columns,
            create_defaults=columns | {"is_history": history},
        )
        _record_lines(order, data)
        for parcel in data.parcels:
            _record_parcel(order, parcel)
        _cancel_missing(order, data)
        transaction.on_commit(lambda: order_recorded.send_robust(sender=Order, order=order, created=created))
    return order


def _columns(data: OrderData) -> dict[str, object]:
    return {
        "number": data.number[:80],
        "status": data.status,
        "placed_at": data.placed_at,
        "promised_on": data.promised_on,
        "currency": data.currency,
        "total": data.total,
        "shipping": data.shipping,
        "ship_to": data.ship_to.as_json(),
        "raw": dict(data.raw),
        "source_updated_at": data.updated_at,
        "updated_at": timezone.now(),
    }


def close_missing(store: Store, external_id: str) -> Order | None:
    """The store no longer has this order: it is cancelled here, and its history stays."""
    order = Order.objects.filter(store=store, external_id=external_id).exclude(status=OrderStatus.CANCELLED).first()
    if order is None:
        return None
    with transaction.atomic():
        Order.objects.filter(pk=order.pk).update(status=OrderStatus.CANCELLED, digest="", updated_at=timezone.now())
        for shipment in _not_handed_over(order):
            shipments.record_cancellation(shipment)
    return order


def _is_stale(known: Order, data: OrderData) -> bool:
    return bool(data.updated_at and known.source_updated_at and data.updated_at < known.source_updated_at)


def _record_lines(order: Order, data: OrderData) -> None:
    for position, line in enumerate(data.lines):
        OrderLine.objects.update_or_create(
            order=order,
            external_id=line.external_id,
            defaults={
                "position": position,
                "title": line.title[:300],
                "sku": line.sku[:80],
                "product_id": line.product_id[:80],
                "category": line.category[:120],
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                "weight_grams": line.weight_grams,
            },
        )
    stated = [line.external_id for line in data.lines]
    for gone in order.lines.exclude(external_id__in=stated):
        _drop_line(gone)


def _drop_line(line: OrderLine) -> None:
    """The store no longer has this line. One that went into a parcel or a return keeps its row: that is history."""
    if not line.shipment_lines.exists():
        try:
            with transaction.atomic():
                line.delete()
        except RestrictedError:
            pass
        else:
            return
    OrderLine.objects.filter(pk=line.pk).update(quantity=0)


def _record_parcel(order: Order, parcel: ParcelData) -> None:
    shipment = shipments.record_parcel(order, parcel, history=order.is_history)
    if order.is_history:
        return
    tracking.ensure_poll(shipment)


def _not_handed_over(order: Order) -> QuerySet[Shipment]:
    return order.shipments.filter(direction="out", status__in=(ShipmentStatus.PENDING, ShipmentStatus.UNKNOWN))


def _cancel_missing(order: Order, data: OrderData) -> None:
    """A parcel that the store no longer names and that no carrier has seen was taken back."""
    named = [parcel.external_id for parcel in data.parcels]
    for shipment in _not_handed_over(order).exclude(external_id__in=named):
        shipments.record_cancellation(shipment)


def note_unreadable(store: Store, external_id: str, error: Exception) -> None:
    """Record for staff that an order of the store could not be read."""
    order = Order.objects.filter(store=store, external_id=external_id).first()
    Problem.objects.note(
        "store",
        f"{store.slug}:{external_id}",
        f"Order {external_id} of {store.name} could not be read: {error}",
        subject=reference(order) if order else "",
    )
