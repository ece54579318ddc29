"""Learned profiles: one streaming pass over a carrier's scans, by whoever keeps the schedule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby

from django.utils import timezone

from fulfillment.models import ScanProfile, Shipment, TrackingEvent
from fulfillment.polling.learning import Tallies
from fulfillment.services import polling
from fulfillment.statuses import FINAL, Direction, ShipmentStatus

#: Parcels made known before this teach nothing more: carriers change their ways.
MEMORY = timedelta(days=120)
#: The newest parcels of a carrier that are looked at.
PARCELS = 20_000


def refresh_profiles(now: datetime | None = None) -> int:
    """Learn the profile of every carrier from what was known before ``now``. Returns profiles written."""
    now = now or timezone.now()
    recent = Shipment.objects.filter(created_at__gt=now - MEMORY, created_at__lt=now, direction=Direction.OUT)
    carriers = recent.exclude(carrier="").order_by().values_list("carrier", flat=True).distinct()
    written = sum(refresh_profile(carrier, now) for carrier in sorted(carriers))
    polling.forget_profiles()
    return written


def refresh_profile(carrier: str, now: datetime) -> bool:
    """The same for one carrier; False when its scans are too few to say anything."""
    tallies, scans = Tallies(), 0
    for shipment, events in _lives(carrier, now):
        scans += len(events)
        _add(tallies, shipment, events, now)
    profile = tallies.profile()
    if not profile.shapes:
        return False
    columns = {"scans": scans, "shapes": profile.as_json(), "through": now}
    ScanProfile.objects.update_or_create(carrier=carrier, defaults=columns)
    return True


def _lives(carrier: str, now: datetime) -> Iterator[tuple[Shipment, list[TrackingEvent]]]:
    newest = Shipment.objects.filter(
        carrier=carrier, direction=Direction.OUT, created_at__gt=now - MEMORY, created_at__lt=now
    ).order_by("-pk")
    first = newest.values_list("pk", flat=True)[PARCELS - 1 : PARCELS].first() or 0
    events = (
        TrackingEvent.objects.filter(shipment__in=newest.filter(pk__gte=first).order_by(), source="carrier")
        # What happened before and was heard of later was not known then.
        .filter(recorded_at__lt=now, occurred_at__lt=now)
        .exclude(status=ShipmentStatus.UNKNOWN)
        .exclude(zone="date")
        .select_related("shipment__order__store")
        .defer("raw", "shipment__order__raw")
        .order_by("shipment_id", "occurred_at", "pk")
    )
    for _pk, found in groupby(events.iterator(chunk_size=2000), key=lambda event: event.shipment_id):
        life = list(found)
        yield life[0].shipment, life


def _add(tallies: Tallies, shipment: Shipment, events: list[TrackingEvent], now: datetime) -> None:
    for event, after in zip(events, [*events[1:], None], strict=True):
        if event.status in FINAL:
            return
        shipment.status = event.status  # as it stood then; the row is not saved
        stage = polling.stage_of_parcel(shipment, event)
        zone = polling.zone_of(shipment, stage)
        until = after.occurred_at if after else now
        tallies.add(stage, event.code, event.occurred_at, until, zone, scanned=after is not None)
