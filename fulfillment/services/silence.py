"""Statistics of silence: learned from the shop's own scans by the schedule, and made into a listener."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date

from fulfillment.conf import fulfillment as conf
from fulfillment.ml.silence import Listener, Scores, learn
from fulfillment.ml.waits import LISTENED, RECENT, Cell, Curves, Spot, Stretch, Wait
from fulfillment.models import Shipment, SilenceStatistics, TrackingEvent
from fulfillment.statuses import Direction, ShipmentStatus
from fulfillment.trouble import Sighting

Part = SilenceStatistics.Part
#: Parcels that were handed over longer ago teach nothing any more.
MEMORY = timedelta(days=365)
#: A parcel is healthy when it had so long a time to arrive and did.
MATURE = timedelta(days=14)
#: Parcels of which the newest teach; more change nothing any more.
MOST_PARCELS = 20_000
BATCH = 2000
#: What stores state is no scan: their word comes when it comes.
STORE = "store"
_ARRIVED = (ShipmentStatus.DELIVERED, ShipmentStatus.RETURN_TO_SENDER)


def refresh_silence(now: datetime | None = None) -> int:
    """Learn anew from the parcels that were done before ``now``; returns how many they are."""
    now = now or timezone.now()
    healthy = [waits for waits in _parcels(now, since=now - MEMORY, until=now - MATURE) if waits]
    if not healthy:
        return 0
    listener = learn(healthy, _budget())
    rows = [*_cells(listener.curves, now), *_quiet(listener.curves, now), _scores(listener.scores, now)]
    _write(rows, (Part.CELL, Part.QUIET, Part.SCORES), now)
    refresh_stretch(now)
    return len(healthy)


def refresh_stretch(now: datetime | None = None) -> int:
    """Learn from the scans of the last days how much slower carriers are just now. Returns factors written."""
    now = now or timezone.now()
    curves = _curves()
    if not curves.cells:
        return 0
    events = TrackingEvent.objects.filter(occurred_at__gte=now - timedelta(days=RECENT + 1), occurred_at__lt=now)
    recent = [wait for parcel in _waits_of(events.exclude(source=STORE)) for wait in parcel]
    stretch = Stretch.of(recent, curves)
    by_key: dict[str, dict[str, float]] = defaultdict(dict)
    for (key, day), factor in stretch.factors.items():
        by_key[key][day.isoformat()] = round(factor, 4)
    rows = [
        SilenceStatistics(part=Part.STRETCH, key=key, count=len(days), figures=days, through=now)
        for key, days in by_key.items()
    ]
    _write(rows, (Part.STRETCH,), now)
    return len(rows)


def listener() -> Listener:
    """What is known of silence, in one query."""
    rows: dict[str, list[SilenceStatistics]] = defaultdict(list)
    for row in SilenceStatistics.objects.all():
        rows[row.part].append(row)
    curves = _curves_of(rows[Part.CELL], rows[Part.QUIET])
    scores = next((Scores(row.count, tuple(row.figures.get("lowest", ()))) for row in rows[Part.SCORES]), Scores())
    factors = {
        (row.key, day): float(factor)
        for row in rows[Part.STRETCH]
        for text, factor in row.figures.items()
        if (day := parse_date(text))
    }
    return Listener(curves, scores, _budget(), Stretch(factors))


def spot_of(columns: Mapping[str, Any], sighting: Sighting) -> Spot | None:
    """Where a parcel was seen; None where it is not the carrier's turn."""
    if sighting.status not in LISTENED or sighting.source == STORE:
        return None
    origin, destination = columns["origin"] or {}, columns["destination"] or {}
    city = str(destination.get("city") or "").casefold()
    home, abroad = (str(each.get("country") or "").upper() for each in (origin, destination))
    return Spot(
        str(sighting.status),
        bool(city) and city in sighting.location.casefold(),
        columns["carrier"],
        columns["service"],
        bool(home and abroad) and home != abroad,
        sighting.code,
    )


def _budget() -> float:
    return conf.SILENCE_BUDGET / 1000


def _parcels(now: datetime, since: datetime, until: datetime) -> Iterator[list[Wait]]:
    """The waits of parcels that began within ``since`` .. ``until`` and had arrived by ``now``, by the newest."""
    done = (
        Shipment.objects.filter(handed_over_at__gte=since, handed_over_at__lt=until, last_event_at__lt=now)
        .filter(direction=Direction.OUT, status__in=_ARRIVED)
        .order_by("-handed_over_at")
        .values_list("pk", flat=True)[:MOST_PARCELS]
    )
    keys = list(done)
    for start in range(0, len(keys), BATCH):
        events = TrackingEvent.objects.filter(shipment__in=keys[start : start + BATCH], occurred_at__lt=now)
        yield from _waits_of(events.exclude(source=STORE))


def _waits_of(events: Any) -> Iterator[list[Wait]]:
    """By parcel the stretches between its scans."""
    names = ("carrier", "service", "origin", "destination", "order__store__time_zone")
    rows = events.order_by("shipment", "occurred_at", "pk").values_list(
        "shipment", "occurred_at", "status", "code", "location", *(f"shipment__{name}" for name in names)
    )
    zones: dict[str, ZoneInfo] = {}
    before: tuple[int, Spot | None, datetime] | None = None
    waits: list[Wait] = []
    for pk, at, status, code, location, *rest in rows.iterator(chunk_size=BATCH):
        columns = dict(zip(names, rest, strict=True))
        zone = zones.setdefault(columns[names[-1]], ZoneInfo(columns[names[-1]]))
        if before and before[0] != pk:
            yield waits
            before, waits = None, []
        if before and before[1] and at > before[2]:
            waits.append(Wait(before[1], before[2], at, zone))
        before = pk, spot_of(columns, Sighting(at, status, "", code, location)), at
    if before:
        yield waits


def _cells(curves: Curves, now: datetime) -> Iterator[SilenceStatistics]:
    for key, cell in curves.cells.items():
        yield SilenceStatistics(part=Part.CELL, key=key[:255], count=cell.waits, figures=cell.as_json(), through=now)


def _quiet(curves: Curves, now: datetime) -> Iterator[SilenceStatistics]:
    for key, days in curves.quiet.items():
        yield SilenceStatistics(part=Part.QUIET, key=key[:255], figures={"days": sorted(days)}, through=now)


def _scores(scores: Scores, now: datetime) -> SilenceStatistics:
    return SilenceStatistics(
        part=Part.SCORES, count=scores.parcels, figures={"lowest": list(scores.lowest)}, through=now
    )


def _curves() -> Curves:
    rows = SilenceStatistics.objects.filter(part__in=(Part.CELL, Part.QUIET))
    return _curves_of([row for row in rows if row.part == Part.CELL], [row for row in rows if row.part == Part.QUIET])


def _curves_of(cells: Iterable[SilenceStatistics], quiet: Iterable[SilenceStatistics]) -> Curves:
    return Curves(
        {row.key: Cell.from_json(row.figures) for row in cells},
        {row.key: frozenset(row.figures.get("days", ())) for row in quiet},
    )


def _write(rows: Sequence[SilenceStatistics], parts: Sequence[str], now: datetime) -> None:
    with transaction.atomic():
        SilenceStatistics.objects.bulk_create(
            rows,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["part", "key"],
            update_fields=["count", "figures", "through"],
        )
        SilenceStatistics.objects.filter(part__in=parts, through__lt=now).delete()
