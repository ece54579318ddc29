"""All that is held of somebody's orders, for whom they belong to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fulfillment.models import Order, Shipment, ShipmentException, StoreReturn, TrackingEvent
from parcelwise.models import Contact


def orders_told(contacts: Iterable[Contact]) -> list[dict[str, Any]]:
    """Every order of ``contacts`` with its lines and parcels, oldest first. Amounts are minor units."""
    orders = Order.objects.filter(customer__contact__in=list(contacts)).order_by("placed_at", "pk")
    found = orders.select_related("store", "customer").prefetch_related(
        "lines",
        "refunds",
        "store_returns__lines",
        "shipments__lines__order_line",
        "shipments__numbers",
        "shipments__events",
        "shipments__forecasts",
        "shipments__changes",
        "shipments__exceptions__notes",
    )
    return [_order(order) for order in found]


def _columns(record: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}


def _order(order: Order) -> dict[str, Any]:
    return {
        "store": order.store.name,
        "customer": order.customer.external_id,
        "consents": order.customer.consents,
        **_columns(
            order, "number", "external_id", "status", "placed_at", "promised_on", "currency", "total", "shipping"
        ),
        "ship_to": order.ship_to,
        "lines": [
            _columns(line, "title", "sku", "category", "quantity", "unit_price", "weight_grams")
            for line in order.lines.all()
        ],
        "parcels": [_parcel(parcel) for parcel in order.shipments.all()],
        "refunds": [_columns(each, "amount", "shipping", "refunded_at", "note") for each in order.refunds.all()],
        "returns_at_the_store": [_return(each) for each in order.store_returns.all()],
        "as_the_store_stated_it": order.raw,
    }


def _return(stated: StoreReturn) -> dict[str, Any]:
    return {
        **_columns(stated, "name", "status", "requested_at", "decline_reason", "tracking_number", "label_url"),
        "lines": [_columns(line, "quantity", "reason", "note") for line in stated.lines.all()],
    }


def _parcel(parcel: Shipment) -> dict[str, Any]:
    names = ("direction", "carrier", "service", "tracking_number", "tracking_url", "origin", "destination", "status")
    times = (
        "reason",
        "promised_on",
        "carrier_estimate",
        "handed_over_at",
        "first_attempt_at",
        "delivered_at",
        "receipt",
    )
    return {
        **_columns(parcel, *names, *times),
        "contents": [{"title": line.order_line.title, "quantity": line.quantity} for line in parcel.lines.all()],
        "further_numbers": [_columns(each, "carrier", "number", "role") for each in parcel.numbers.all()],
        "scans": [_scan(event) for event in parcel.events.all()],
        "history": [_columns(change, "occurred_at", "old", "new", "actor", "why") for change in parcel.changes.all()],
        "predictions": [
            _columns(forecast, "made_at", "p10", "p50", "p90", "p_late", "version")
            for forecast in parcel.forecasts.all()
        ],
        "exceptions": [_exception(exception) for exception in parcel.exceptions.all()],
    }


def _exception(exception: ShipmentException) -> dict[str, Any]:
    return {
        **_columns(exception, "kind", "why", "since", "opened_at", "opened_by", "closed_at", "resolution"),
        "notes": [_columns(note, "written_at", "words") for note in exception.notes.all()],
    }


def _scan(event: TrackingEvent) -> dict[str, Any]:
    names = ("occurred_at", "status", "description", "location", "latitude", "longitude", "source", "raw")
    return _columns(event, *names)
