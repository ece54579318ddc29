"""What outgoing webhooks tell of that no signal tells at least once: noted in the transaction that does it.

What is sent of it is declared in ``fulfillment/outgoing.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from fulfillment.models import DelayEpisode, Forecast, Order, Shipment, Store
from fulfillment.windows import window_of
from parcelwise.outgoing.noting import Happening, happened, note
from parcelwise.panels import reference


def scope_of(store_id: int) -> str:
    """The name under which an endpoint is limited to one store."""
    return f"{Store._meta.label_lower}:{store_id}"


def order_recorded(order: Order, *, created: bool) -> None:
    """A store stated something new of an order. Imported history is told to nobody."""
    if order.is_history:
        return
    happened(
        "order.recorded",
        order,
        key=f"order:{order.uuid}:{order.updated_at.isoformat()}",
        at=order.updated_at,
        subject=reference(order),
        scope=scope_of(order.store_id),
        facts={"created": created},
    )


def arrivals_changed(fresh: Iterable[Forecast], previous: Mapping[int, Forecast]) -> None:
    """Parcels got new forecasts. Only a window of other days, or another promise, is worth telling."""
    note(
        Happening(
            "arrival.changed",
            forecast,
            key=f"arrival:{forecast.shipment.uuid}:{forecast.pk}",
            at=forecast.made_at,
            subject=reference(forecast.shipment.order),
            scope=scope_of(forecast.shipment.order.store_id),
            facts={"previous": before.pk if before else None},
        )
        for forecast in fresh
        if not forecast.shipment.order.is_history and _says_else(forecast, before := previous.get(forecast.shipment_id))
    )


def _says_else(forecast: Forecast, before: Forecast | None) -> bool:
    if before is None or before.promised_on != forecast.promised_on:
        return True
    zone = forecast.shipment.order.store.zone
    now, then = (window_of(each.p10, each.p50, each.p90, zone) for each in (forecast, before))
    return (now.first, now.last) != (then.first, then.last)


def delay_expected(episode: DelayEpisode) -> None:
    """A parcel will probably miss its promise."""
    _delay("expected", episode, episode.opened_at)


def delays_over(shipment: Shipment, at: datetime) -> None:
    """The parcel's delay, which was closed at ``at``, is over: it has arrived, or it will be in time after all."""
    for episode in DelayEpisode.objects.filter(shipment=shipment, closed_at=at).select_related("shipment__order"):
        _delay("over", episode, at)


def _delay(what: str, episode: DelayEpisode, at: datetime) -> None:
    order = episode.shipment.order
    happened(
        f"delay.{what}",
        episode,
        key=f"delay:{episode.shipment.uuid}:{episode.pk}:{what}",
        at=at,
        subject=reference(order),
        scope=scope_of(order.store_id),
    )
