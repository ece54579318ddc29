"""Delay episodes: people hear once that a parcel will miss its promise, and once more only after it had recovered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from fulfillment.conf import fulfillment as conf
from fulfillment.models import DelayEpisode, Forecast, Shipment, TrackingEvent, TrackingPoll
from fulfillment.services import happenings
from fulfillment.signals import delay_expected
from parcelwise import changes

#: So long a parcel that is new here is not called late by the calendar alone: its carrier is about to be asked, and a
#: parcel that a store states late, or a first sync brings in, may have arrived long ago.
FIRST_ANSWER = timedelta(hours=2)


def watch(fresh: Sequence[Forecast], previous: Mapping[int, Forecast], *, announce: bool) -> None:
    """Open and close episodes by what is forecast now; ``previous`` is what each parcel was told before.

    Call it in the transaction that wrote the forecasts. The data base allows one open episode per parcel, so whoever
    comes second finds it.
    """
    watched = [row for row in fresh if row.p_late is not None and not row.shipment.order.is_history]
    delayed = set(
        DelayEpisode.objects.filter(shipment__in=[row.shipment_id for row in watched], closed_at=None).values_list(
            "shipment_id", flat=True
        )
    )
    unheard = _unheard([row.shipment for row in watched if row.shipment_id not in delayed])
    for forecast in watched:
        chance = forecast.p_late or 0.0
        if chance < conf.CALM_BELOW and forecast.shipment_id in delayed:
            close(forecast.shipment, forecast.made_at)
        elif chance >= conf.WARN_ABOVE and forecast.shipment_id not in delayed | unheard:
            _open(forecast, previous.get(forecast.shipment_id), announce)


def _unheard(shipments: Sequence[Shipment]) -> set[int]:
    """Those that are new here and whose carrier has not been heard of them."""
    border = timezone.now() - FIRST_ANSWER
    fresh = [each.pk for each in shipments if each.tracking_number and each.created_at > border]
    if not fresh:
        return set()
    asked = TrackingPoll.objects.filter(shipment__in=fresh, last_asked_at__isnull=False).values("shipment")
    told = TrackingEvent.objects.filter(shipment__in=fresh).exclude(source="store").values("shipment")
    unheard = Shipment.objects.filter(pk__in=fresh).exclude(pk__in=asked).exclude(pk__in=told)
    return set(unheard.values_list("pk", flat=True))


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
        happenings.delay_expected(episode)
        transaction.on_commit(lambda: tell(episode))


def close(shipment: Shipment, at: datetime) -> int:
    """End the parcel's open episode, if there is one."""
    with transaction.atomic():
        closed = DelayEpisode.objects.filter(shipment=shipment, closed_at=None).update(closed_at=at)
        if closed:
            happenings.delays_over(shipment, at)
    return closed


def tell(episode: DelayEpisode) -> bool:
    """Send ``delay_expected``. The episode stays unannounced, to be told again, when a receiver failed."""
    shipment = episode.shipment
    return changes.announce(episode, delay_expected, shipment, shipment=shipment, episode=episode)


def announce_pending_delays(older_than: float = 60.0, limit: int = 500, now: datetime | None = None) -> int:
    """Tell of open episodes whose process died before it told, or where a receiver failed. Returns how many.

    Those of more than ``changes.PATIENCE_DAYS`` are left to staff, as changes are.
    """
    now = now or timezone.now()
    mute = DelayEpisode.objects.filter(
        announced_at=None,
        closed_at=None,
        opened_at__lt=now - timedelta(seconds=older_than),
        opened_at__gte=now - timedelta(days=changes.PATIENCE_DAYS),
    )
    return changes.tell_again(mute.select_related("shipment__order").order_by("opened_at")[:limit], tell)
