"""Reading orders for pages: a fixed number of queries, however many parcels and events there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Max, OuterRef, Prefetch, QuerySet, Subquery

from fulfillment.legs import told_once
from fulfillment.models import (
    CourierRun,
    DelayEpisode,
    Forecast,
    Order,
    ProofOfDelivery,
    RunStop,
    Shipment,
    ShipmentException,
    ShipmentLine,
    Store,
    TrackingEvent,
)
from fulfillment.statuses import Direction
from fulfillment.trouble import TroubleKind


def orders_of(user: Any) -> QuerySet[Order]:
    """The orders of a logged-in customer; none for anybody without a login."""
    if not getattr(user, "is_authenticated", False):
        return Order.objects.none()
    return Order.objects.filter(customer__contact__user_id=user.pk)


def orders_of_customer(store: Store, external_id: str) -> QuerySet[Order]:
    """The orders of one of the store's customers, by what the store calls them; none for an empty ``external_id``."""
    if not external_id:
        return Order.objects.none()
    return Order.objects.filter(store=store, customer__store=store, customer__external_id=external_id)


def for_visit(orders: QuerySet[Order]) -> QuerySet[Order]:
    """With store, contact and lines. The store's own words, which no page shows, stay in the database."""
    return orders.select_related("store", "customer__contact").defer("raw").prefetch_related("lines")


def parcels_with_forecast() -> QuerySet[Shipment]:
    """Parcels to the customer with ``current_forecast`` and ``open_delay``, each a list of at most one."""
    return (
        Shipment.objects.filter(direction=Direction.OUT)
        .select_related("poll", "last_mile")
        .prefetch_related(
            Prefetch("consignment__shipments", Shipment.objects.select_related("order__customer").defer("order__raw")),
            Prefetch("forecasts", Forecast.objects.filter(is_current=True).order_by("pk"), to_attr="current_forecast"),
            Prefetch("delay_episodes", DelayEpisode.objects.filter(closed_at=None), to_attr="open_delay"),
        )
        .order_by("pk")
    )


def for_list(orders: QuerySet[Order]) -> QuerySet[Order]:
    """With ``parcels`` and lines: all that a card in a list of orders says."""
    parcels = parcels_with_forecast().prefetch_related("lines")
    return for_visit(orders).prefetch_related(Prefetch("shipments", parcels, to_attr="parcels"))


def for_page(order: Order) -> list[Shipment]:
    """The parcels to the customer with all that the order page says of them."""
    lines = ShipmentLine.objects.select_related("order_line").order_by("order_line__position", "pk")
    disputes = ShipmentException.objects.filter(kind=TroubleKind.DISPUTED).order_by("opened_at", "pk")
    return as_one_way(
        parcels_with_scans(order).prefetch_related(
            Prefetch("lines", lines),
            Prefetch("exceptions", disputes, to_attr="disputes"),
            Prefetch("proofs", ProofOfDelivery.objects.defer("image")),
        )
    )


def parcels_with_scans(order: Order) -> QuerySet[Shipment]:
    """The parcels to the customer with their ``scans``, newest first: all that a page of their way says of them."""
    events = TrackingEvent.objects.defer("raw").order_by("-occurred_at", "-pk")
    return parcels_with_forecast().filter(order=order).prefetch_related(Prefetch("events", events, to_attr="scans"))


def as_one_way(parcels: Iterable[Shipment]) -> list[Shipment]:
    """``parcels`` whose ``scans`` tell the way once where two carriers told it; see :mod:`fulfillment.legs`."""
    found = list(parcels)
    for shipment in found:
        if shipment.last_mile:
            shipment.scans = told_once(shipment.scans, [shipment.last_mile])  # type: ignore[attr-defined]
    return found


def page_state(orders: QuerySet[Order], *more: Subquery) -> list[Any]:
    """What changes when the page of the one order among ``orders`` does: one query. Empty without such an order.

    ``more`` is what other apps show there (:func:`fulfillment.order_page.newest_additions`).
    """

    def of_parcel(rows: QuerySet[Any], found: Any) -> Subquery:
        rows = rows.filter(shipment=OuterRef("shipments__pk")).order_by().values("shipment")
        return Subquery(rows.annotate(found=found).values("found"))

    # Where the courier is counts while they bring the parcel.
    driven = RunStop.objects.filter(state=RunStop.State.OPEN, run__state=CourierRun.State.UNDER_WAY)
    parcel = ("pk", "status", "reason", "carrier", "tracking_number", "carrier_estimate", "promised_on", "updated_at")
    return list(
        orders.order_by("shipments__pk").values_list(
            "updated_at",
            "status",
            "payment_status",
            "customer__contact__language",
            "customer__contact__time_zone",
            *(f"shipments__{name}" for name in parcel),
            "shipments__poll__last_asked_at",
            "shipments__poll__state",
            of_parcel(TrackingEvent.objects.all(), Max("recorded_at")),
            of_parcel(TrackingEvent.objects.all(), Count("pk")),
            of_parcel(Forecast.objects.filter(is_current=True), Max("pk")),
            of_parcel(DelayEpisode.objects.filter(closed_at=None), Max("pk")),
            of_parcel(RunStop.objects.filter(state="open", run__state="under_way"), Max("run__positions__recorded_at")),
            of_parcel(ShipmentException.objects.filter(kind=TroubleKind.DISPUTED), Max("opened_at")),
            of_parcel(ShipmentException.objects.filter(kind=TroubleKind.DISPUTED), Max("closed_at")),
            of_parcel(ProofOfDelivery.objects.all(), Count("pk")),
            of_parcel(driven, Max("run__positions__pk")),
            *more,
        )
    )


def store_choices() -> list[tuple[str, str]]:
    """Key and name of every store, with the time zone its days are counted in."""
    stores = Store.objects.order_by("name", "pk").values_list("pk", "name", "time_zone")
    return [(str(key), f"{name} ({zone})") for key, name, zone in stores]
