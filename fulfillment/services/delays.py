"""Delay episodes: people hear once that a parcel will miss its promise, and once more only after it had recovered."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from fulfillment.conf import fulfillment as conf
from fulfillment.models import DelayEpisode, Forecast, Shipment
from fulfillment.signals import delay_expected

logger = logging.getLogger("parcelwise.fulfillment")


def watch(fresh: Sequence[Forecast], previous: Mapping[int, Forecast], *, announce: bool) -> None:
    """Open and close episodes by forecasts written just now; ``previous`` is what each parcel was told before.

    Call it in the transaction that wrote them. The data base allows one open episode per parcel, so whoever comes
    second finds it.
    """
    watched = [row for row in fresh if row.p_late is not None and not row.shipment.order.is_history]
    delayed = set(
        DelayEpisode.objects.filter(shipment__in=[row.shipment_id for row in watched], closed_at=None).values_list(
            "shipment_id", flat=True
        )
    )
    for forecast in watched:
        chance = forecast.p_late or 0.0
        if chance < conf.CALM_BELOW and forecast.shipment_id in delayed:
            close(forecast.shipment, forecast.made_at)
        elif chance >= conf.WARN_ABOVE and forecast.shipment_id not in delayed:
            _open(forecast, previous.get(forecast.shipment_id), announce)


def _open(forecast: Forecast, previous: Forecast | None, announce: bool) -> None:
    episode, opened = DelayEpisode.objects.get_or_create(
        shipment=forecast.shipment,
        closed_at=None,
        defaults={
            "forecast": forecast,
            "previous": previous,
            "opened_at": forecast.made_at,
            "announced_at": None if announce else timezone.now(),
        },
    )
    if opened and announce:
        transaction.on_commit(lambda: tell(episode))


def close(shipment: Shipment, at: datetime) -> int:
    """End the parcel's open episode, if there is one."""
    return DelayEpisode.objects.filter(shipment=shipment, closed_at=None).update(closed_at=at)


def tell(episode: DelayEpisode) -> bool:
    """Send ``delay_expected``. The episode stays unannounced, to be told again, when a receiver failed."""
    answers = delay_expected.send_robust(sender=Shipment, shipment=episode.shipment, episode=episode)
    failures = [(receiver, answer) for receiver, answer in answers if isinstance(answer, Exception)]
    for receiver, error in failures:
        logger.error("%r failed on %s", receiver, episode, exc_info=error)
    if failures:
        return False
    DelayEpisode.objects.filter(pk=episode.pk, announced_at=None).update(announced_at=timezone.now())
    return True


def announce_pending_delays(older_than: float = 60.0, limit: int = 500) -> int:
    """Tell of open episodes whose process died before it told, or where a receiver failed. Returns how many."""
    before = timezone.now() - timedelta(seconds=older_than)
    mute = DelayEpisode.objects.filter(announced_at=None, closed_at=None, opened_at__lt=before)
    return sum(tell(episode) for episode in mute.select_related("shipment__order")[:limit])
