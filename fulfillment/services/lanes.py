"""Lane statistics: one streaming pass over a store's parcels, by whoever keeps the schedule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from fulfillment.conf import fulfillment as conf
from fulfillment.facts import Address
from fulfillment.ml import baseline
from fulfillment.ml.features import Leg, place
from fulfillment.models import LaneStatistics, Shipment, Store, TrackingEvent
from fulfillment.statuses import Direction, OrderStatus, ShipmentStatus
from parcelwise.clock import days_between

#: Orders older than this weigh less than 2 % and are left out.
MEMORY = timedelta(days=730)

Tallies = dict[tuple[str, str, str], baseline.Tally]


def refresh_lanes(store: Store, now: datetime | None = None) -> int:
    """Bring the statistics of ``store`` up to ``now``; nothing that happened later is seen. Returns rows written."""
    now = now or timezone.now()
    tallies: Tallies = defaultdict(baseline.Tally)
    for seen in _observed(store, now):
        for level, key in zip(baseline.LEVELS, seen.keys, strict=False):
            weekday = seen.weekday if level == "store" else None
            tallies[seen.leg, level, key].add(seen.days, seen.weight, seen.arrived, weekday)
    if not tallies:
        # A store that has sold nothing for years, or whose old history was imported: what it taught stays.
        return 0
    rows = [
        LaneStatistics(
            store=store, leg=leg, level=level, key=key, parcels=tally.parcels, histogram=tally.as_json(), through=now
        )
        for (leg, level, key), tally in tallies.items()
    ]
    with transaction.atomic():
        LaneStatistics.objects.bulk_create(
            rows,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["store", "leg", "key"],
            update_fields=["level", "parcels", "histogram", "through"],
        )
        LaneStatistics.objects.filter(store=store, through__lt=now).delete()
    return len(rows)


def refresh_all_lanes(now: datetime | None = None) -> int:
    """:func:`refresh_lanes` for every active store. Returns rows written."""
    return sum(refresh_lanes(store, now) for store in Store.objects.filter(is_active=True))


class _Seen(NamedTuple):
    """One leg of one parcel as it stood: arrived after ``days`` on ``weekday``, or still out."""

    leg: str
    keys: tuple[str, ...]
    days: float
    weight: float
    arrived: bool
    weekday: int | None


def _observed(store: Store, now: datetime) -> Iterator[_Seen]:
    """Every leg that a parcel had begun before ``now``."""
    zone = store.zone
    out_since = _out_for_delivery(store, now)
    rows = (
        Shipment.objects.filter(order__store=store, direction=Direction.OUT)
        .filter(order__placed_at__gt=now - MEMORY, order__placed_at__lt=now)
        .exclude(status=ShipmentStatus.CANCELLED)
        .exclude(order__status=OrderStatus.CANCELLED)
        .order_by()
        .values_list(
            "pk", "status", "order__placed_at", "handed_over_at", "last_event_at", "delivered_at", "origin",
            "destination", "carrier", "service",
        )
    )  # fmt: skip
    for row in rows.iterator(2000):
        pk, status, placed_at, handed_over_at, last_event_at, delivered_at, origin, destination, *service = row
        places = place(Address.from_json(origin)), place(Address.from_json(destination))
        keys = baseline.lane_keys(*places, *service)
        if arrived := delivered_at is not None and delivered_at < now:
            end = delivered_at
        else:
            end = _watched_until(status, last_event_at or handed_over_at or placed_at, now)
        weekday = end.astimezone(zone).weekday() if arrived else None
        begun = ((Leg.PURCHASE, placed_at), (Leg.HANDOVER, handed_over_at), (Leg.LAST_MILE, out_since.get(pk)))
        for leg, start in begun:
            # Real shops hold parcels that were delivered before they were ordered: no duration, no evidence.
            if start is not None and start < now and start <= end:
                weight = baseline.weight(days_between(start, now))
                yield _Seen(leg.value, keys, days_between(start, end), weight, arrived, weekday)


def _watched_until(status: str, last_seen: datetime, now: datetime) -> datetime:
    """How long a parcel that has not arrived tells something.

    A lost one, and one that turned back, would stay "still on its way" for ever, and drag the far end of every window
    to the horizon. From when nobody asks its carrier any more it counts as last seen at its last scan.
    """
    given_up = now - last_seen > timedelta(days=conf.STOP_AFTER_DAYS) or status == ShipmentStatus.RETURN_TO_SENDER
    return last_seen if given_up else now


def _out_for_delivery(store: Store, now: datetime) -> dict[int, datetime]:
    events = TrackingEvent.objects.filter(
        shipment__order__store=store, status=ShipmentStatus.OUT_FOR_DELIVERY, occurred_at__lt=now
    )
    return dict(events.order_by().values_list("shipment_id").annotate(Min("occurred_at")).iterator())
