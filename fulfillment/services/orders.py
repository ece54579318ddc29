"""Orders: one function writes them, whatever store they come from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, is_dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, RestrictedError
from django.utils import timezone

from fulfillment.erased import as_stored
from fulfillment.facts import LineData, OrderData, ParcelData, storable_facts
from fulfillment.models import Order, OrderLine, Shipment, Store
from fulfillment.services import again, consignments, happenings, legs, money_back, shipments, tracking
from fulfillment.services.customers import record_customer
from fulfillment.signals import order_recorded
from fulfillment.statuses import OrderStatus, ShipmentStatus
from parcelwise.models import Problem
from parcelwise.panels import reference


def digest(data: OrderData) -> str:
    """A fingerprint of all that the store states of an order, to see that nothing has changed."""
    return digest_of(as_text(data))


def digest_of(text: str) -> str:
    """The digest of an order that :func:`as_text` has written."""
    return hashlib.sha256(text.encode()).hexdigest()


def as_text(data: OrderData) -> str:
    """All that the store states of an order as JSON, always the same for the same statement, without ``raw``."""
    customer = replace(data.customer, stated_at=None)
    return json.dumps(replace(data, updated_at=None, raw={}, customer=customer), sort_keys=True, default=_plain)


def _plain(value: Any) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if is_dataclass(value):
        return {name: getattr(value, name) for name in value.__dataclass_fields__}
    return dict(value) if isinstance(value, Mapping) else repr(value)


class Standing(StrEnum):
    """How a statement stands to what is known of the order."""

    NEWER = "newer"
    SAME = "same"
    OLDER = "older"
    #: Both say the same second and not the same thing: ask for the current state.
    IN_DOUBT = "in_doubt"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a statement, and the order as it is known now."""

    standing: Standing
    order: Order


def record_order(store: Store, data: OrderData, *, history: bool = False) -> Order:
    """Create or update the order that ``data`` states. Idempotent; an older statement than the stored one is ignored.

    ``history`` marks an imported order: nobody is told about it and no carrier is asked.
    """
    return record_statement(store, data, history=history, trusted=True).order


def record_statement(
    store: Store,
    data: OrderData,
    *,
    history: bool = False,
    asked_at: datetime | None = None,
    trusted: bool = False,
) -> Recorded:
    """Record ``data`` if it is newer than what is known, and say how it stands to it.

    ``asked_at``: when the question began whose answer this is, for a state that was fetched. Clocks of platforms show
    seconds, so two different statements of one second are ordered by that, and are in doubt without it. ``trusted``:
    the caller reads the truth itself and in order (the project's own models), so there is no doubt.
    """
    with transaction.atomic():
        # The store row is the lock that makes two workers with the same new order take turns.
        store = Store.objects.select_for_update().get(pk=store.pk)
        data = as_stored(store, data)
        stated = digest(data)
        known = Order.objects.filter(store=store, external_id=data.external_id).first()
        standing = _standing(known, data, stated, asked_at, trusted)
        if known and standing != Standing.NEWER:
            if standing == Standing.SAME and asked_at:
                _note_asked(known, data, asked_at)
            return Recorded(standing, known)
        order = _write(store, data, stated, history, asked_at)
    return Recorded(Standing.NEWER, order)


def _standing(known: Order | None, data: OrderData, stated: str, asked_at: datetime | None, trusted: bool) -> Standing:
    if known is None:
        return Standing.NEWER
    if known.digest == stated:
        return Standing.SAME
    if _is_gone(known) and asked_at is None and not trusted:
        return Standing.IN_DOUBT  # it was deleted there: what comes late must not bring it back
    ours, theirs = known.source_updated_at, data.updated_at
    if ours and theirs and theirs != ours:
        return Standing.NEWER if theirs > ours else Standing.OLDER
    return Standing.NEWER if trusted or _asked_later(known, asked_at) else Standing.IN_DOUBT


def _asked_later(known: Order, asked_at: datetime | None) -> bool:
    """Whether it was asked for, and not before what is known was."""
    return asked_at is not None and (known.source_asked_at is None or asked_at >= known.source_asked_at)


def _is_gone(known: Order) -> bool:
    """Whether :func:`close_missing` closed it: nothing that a store stated stands any more."""
    return known.status == OrderStatus.CANCELLED and not known.digest


def _note_asked(known: Order, data: OrderData, asked_at: datetime) -> None:
    """The same answer to a later question: what was asked before it is older, whatever it says."""
    later = max(filter(None, (known.source_asked_at, asked_at)))
    stamps = {"source_asked_at": later, "source_updated_at": data.updated_at or known.source_updated_at}
    if any(getattr(known, name) != value for name, value in stamps.items()):
        Order.objects.filter(pk=known.pk).update(**stamps)


def _write(store: Store, data: OrderData, stated: str, history: bool, asked_at: datetime | None) -> Order:
    data = storable_facts(data)
    columns = _columns(data) | {"customer": record_customer(store, data.customer), "digest": stated}
    if asked_at:
        columns["source_asked_at"] = asked_at
    if not history and _goes_on(store, data):
        columns["is_history"] = False
    order, created = Order.objects.update_or_create(
        store=store,
        external_id=data.external_id,
        defaults=columns,
        create_defaults=columns | {"is_history": history},
    )
    happenings.order_recorded(order, created=created)
    _record_lines(order, data)
    for parcel in data.parcels:
        _record_parcel(order, parcel)
    if data.parcels_stated:
        _cancel_missing(order, data)
    if len(data.parcels) > 1 and not order.is_history:
        again.recognise(order)
    money_back.record(order, data)
    transaction.on_commit(lambda: order_recorded.send_robust(sender=Order, order=order, created=created))
    return order


def _goes_on(store: Store, data: OrderData) -> bool:
    """Whether an order of the past gets a further parcel: it is followed from now on."""
    past = Order.objects.filter(store=store, external_id=data.external_id, is_history=True).first()
    if past is None:
        return False
    known = set(past.shipments.values_list("external_id", flat=True))
    return any(parcel.external_id not in known for parcel in data.parcels)


def _columns(data: OrderData) -> dict[str, object]:
    return {
        "number": data.number[:80],
        "status": data.status,
        "payment_status": data.payment_status,
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
        order.refresh_from_db()
        happenings.order_recorded(order, created=False)
    return order


def _record_lines(order: Order, data: OrderData) -> None:
    known = {line.external_id: line for line in order.lines.all()}
    stated = {line.external_id: _line_columns(position, line) for position, line in enumerate(data.lines)}
    for key, columns in stated.items():
        before = known.get(key)
        if before and any(getattr(before, name) != value for name, value in columns.items()):
            OrderLine.objects.filter(pk=before.pk).update(**columns)
    OrderLine.objects.bulk_create(
        OrderLine(order=order, external_id=key, **columns) for key, columns in stated.items() if key not in known
    )
    for key, line in known.items():
        if key not in stated:
            _drop_line(line)


def _line_columns(position: int, line: LineData) -> dict[str, Any]:
    return {
        "position": position,
        "title": line.title[:300],
        "sku": line.sku[:80],
        "product_id": line.product_id[:80],
        "category": line.category[:120],
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "weight_grams": line.weight_grams,
    }


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
    legs.open_all(shipment, parcel.numbers, shipments.STORE)
    consignments.join_found(shipment)
    tracking.ensure_poll(shipment)


def _not_handed_over(order: Order) -> QuerySet[Shipment]:
    return order.shipments.filter(direction="out", status__in=(ShipmentStatus.PENDING, ShipmentStatus.UNKNOWN))


def _cancel_missing(order: Order, data: OrderData) -> None:
    """A parcel that the store no longer names and that no carrier has seen was taken back.

    One that staff added here stays: the store may not have heard of it yet.
    """
    named = [parcel.external_id for parcel in data.parcels]
    for shipment in _not_handed_over(order).exclude(external_id__in=named):
        if not shipment.external_id.startswith(shipments.LOCAL):
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
