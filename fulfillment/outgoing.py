"""What webhooks tell of orders, parcels, windows, delays and exceptions.

The form of each message is a promise: docs/webhooks.md shows one of each, and a test compares.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Model
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from fulfillment.models import (
    DelayEpisode,
    ExceptionChange,
    Forecast,
    Order,
    Shipment,
    ShipmentChange,
    ShipmentException,
    Store,
)
from fulfillment.services.happenings import scope_of
from fulfillment.signals import exception_closed, exception_opened, shipment_moved
from fulfillment.statuses import ShipmentStatus
from fulfillment.trouble import Severity
from fulfillment.windows import window_of
from parcelwise.outgoing.kinds import Webhook, offers_scopes
from parcelwise.outgoing.making import stamp
from parcelwise.outgoing.noting import happened
from parcelwise.panels import reference


@offers_scopes
def stores() -> Iterable[tuple[str, str]]:
    return [(scope_of(pk), name) for pk, name in Store.objects.order_by("name").values_list("pk", "name")]


def store_told(store: Store) -> dict[str, Any]:
    return {"id": str(store.uuid), "slug": store.slug}


def order_told(order: Order) -> dict[str, Any]:
    """By what names the receiver knows the order."""
    return {"id": str(order.uuid), "external_id": order.external_id, "number": order.number}


def parcel_told(shipment: Shipment) -> dict[str, Any]:
    return {
        "id": str(shipment.uuid),
        "external_id": shipment.external_id,
        "direction": shipment.direction,
        "carrier": shipment.carrier,
        "service": shipment.service,
        "tracking_number": shipment.tracking_number,
    }


def about_parcel(shipment: Shipment) -> dict[str, Any]:
    order = shipment.order
    return {"store": store_told(order.store), "order": order_told(order), "shipment": parcel_told(shipment)}


def arrival_told(forecast: Forecast | None) -> dict[str, Any] | None:
    """The window as days in the store's zone; ``chance_late`` from 0 to 1, or null without a promise."""
    if forecast is None:
        return None
    window = window_of(forecast.p10, forecast.p50, forecast.p90, forecast.shipment.order.store.zone)
    return {
        "first": window.first.isoformat(),
        "last": window.last.isoformat(),
        "likely": window.likely.isoformat(),
        "promised_on": forecast.promised_on.isoformat() if forecast.promised_on else None,
        "chance_late": None if forecast.p_late is None else round(forecast.p_late, 2),
    }


class OrderEvents(Webhook):
    kinds = {"order.recorded": _("An order was placed or changed.")}
    source = Order

    def fetch(self, key: str) -> Model | None:
        return Order.objects.select_related("store").defer("raw", "ship_to").filter(pk=key).first()

    def data(self, source: Order, facts: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "created": facts["created"],
            "store": store_told(source.store),
            "order": order_told(source)
            | {
                "status": source.status,
                "payment_status": source.payment_status,
                "placed_at": stamp(source.placed_at),
                "promised_on": source.promised_on.isoformat() if source.promised_on else None,
                "currency": source.currency,
                "total": source.total,
                "shipping": source.shipping,
                "lines": [
                    {
                        "external_id": line.external_id,
                        "sku": line.sku,
                        "title": line.title,
                        "quantity": line.quantity,
                        "unit_price": line.unit_price,
                    }
                    for line in source.lines.order_by("position", "pk")[:100]
                ],
                "shipments": [parcel_told(each) | {"status": each.status} for each in source.shipments.all()[:50]],
            },
        }


class ParcelEvents(Webhook):
    kinds = {
        f"shipment.{status}": _("A parcel has come to the status “%(status)s”.") % {"status": status.label}
        for status in ShipmentStatus
    }
    source = ShipmentChange

    def fetch(self, key: str) -> Model | None:
        return ShipmentChange.objects.select_related("shipment__order__store").filter(pk=key).first()

    def data(self, source: ShipmentChange, facts: Mapping[str, Any]) -> dict[str, Any]:
        shipment = source.shipment
        return about_parcel(shipment) | {
            "status": source.new,
            "previous_status": source.old,
            "reason": shipment.reason,
            "culprit": shipment.culprit,
            "occurred_at": stamp(source.occurred_at),
            "recorded_at": stamp(source.recorded_at),
        }


@receiver(shipment_moved, dispatch_uid="parcelwise.fulfillment.outgoing.shipment")
def parcel_moved(shipment: Shipment, change: ShipmentChange, **_facts: Any) -> None:
    happened(f"shipment.{change.new}", change, key=f"shipmentchange:{change.pk}", at=change.occurred_at,
             subject=reference(shipment.order), scope=scope_of(shipment.order.store_id))  # fmt: skip


class ArrivalEvents(Webhook):
    kinds = {"arrival.changed": _("A parcel got its first arrival window, or one of other days.")}
    source = Forecast

    def fetch(self, key: str) -> Model | None:
        return Forecast.objects.select_related("shipment__order__store").filter(pk=key).first()

    def data(self, source: Forecast, facts: Mapping[str, Any]) -> dict[str, Any]:
        before = self.fetch(facts["previous"]) if facts["previous"] else None
        assert before is None or isinstance(before, Forecast)
        return about_parcel(source.shipment) | {"arrival": arrival_told(source), "previous": arrival_told(before)}


class DelayEvents(Webhook):
    kinds = {
        "delay.expected": _("A parcel will probably miss what the customer was promised."),
        "delay.over": _("It will be in time after all, or it has arrived or is no longer awaited."),
    }
    source = DelayEpisode

    def fetch(self, key: str) -> Model | None:
        return (
            DelayEpisode.objects.select_related(
                "shipment__order__store", "forecast__shipment__order__store", "previous__shipment__order__store"
            )
            .filter(pk=key)
            .first()
        )

    def data(self, source: DelayEpisode, facts: Mapping[str, Any]) -> dict[str, Any]:
        return about_parcel(source.shipment) | {
            "delay": {"id": source.pk, "since": stamp(source.opened_at), "over_at": stamp(source.closed_at)},
            "arrival": arrival_told(source.forecast),
            "previous": arrival_told(source.previous),
            "status": source.shipment.status,
        }


class ExceptionEvents(Webhook):
    kinds = {
        "exception.opened": _("Trouble with a parcel was opened for staff, or opened again."),
        "exception.closed": _("It is over, or staff resolved it."),
    }
    source = ExceptionChange

    def fetch(self, key: str) -> Model | None:
        return ExceptionChange.objects.select_related("exception__shipment__order__store").filter(pk=key).first()

    def data(self, source: ExceptionChange, facts: Mapping[str, Any]) -> dict[str, Any]:
        row = source.exception
        return about_parcel(row.shipment) | {
            "exception": {
                "id": str(row.uuid),
                "kind": row.kind,
                "severity": Severity(row.severity).name.lower(),
                "since": stamp(row.since),
                "opened_at": stamp(row.opened_at),
                "opened_again": source.old == ExceptionChange.CLOSED,
                "closed_at": stamp(source.occurred_at) if source.new == ExceptionChange.CLOSED else None,
                "resolution": source.why if source.new == ExceptionChange.CLOSED else "",
            }
        }


@receiver(exception_opened, dispatch_uid="parcelwise.fulfillment.outgoing.opened")
def exception_was_opened(exception: ShipmentException, change: ExceptionChange, **_facts: Any) -> None:
    _note("exception.opened", exception, change)


@receiver(exception_closed, dispatch_uid="parcelwise.fulfillment.outgoing.closed")
def exception_was_closed(exception: ShipmentException, change: ExceptionChange, **_facts: Any) -> None:
    _note("exception.closed", exception, change)


def _note(kind: str, exception: ShipmentException, change: ExceptionChange) -> None:
    order = exception.shipment.order
    happened(kind, change, key=f"exceptionchange:{change.pk}", at=change.occurred_at,
             subject=reference(order), scope=scope_of(order.store_id))  # fmt: skip
