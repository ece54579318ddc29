"""Trouble found early: each parcel is looked at when it is folded and by a sweep, because silence is no event.

Whoever finds trouble first opens it; the data base's unique constraints decide who was first.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone, translation

from fulfillment.conf import fulfillment as conf
from fulfillment.ml.silence import Listener
from fulfillment.models import CarrierAccount, DelayEpisode, Shipment, ShipmentException, TrackingEvent
from fulfillment.services import exception_news, silence
from fulfillment.services.carrier_health import is_in_trouble
from fulfillment.statuses import FINAL, OrderStatus, ShipmentStatus
from fulfillment.trouble import (
    EXPLAINED_BY,
    Finding,
    Limits,
    ParcelFacts,
    Resolution,
    Sighting,
    TroubleKind,
    findings,
    is_silence_of,
)
from parcelwise.clock import end_of
from parcelwise.models import Problem
from parcelwise.panels import reference

logger = logging.getLogger("parcelwise.fulfillment")

#: Parcels that are looked at in one transaction.
BATCH = 1000
#: Parcels older than this are in nobody's queue any more, unless they are in it already.
OLDEST = timedelta(days=180)
#: No stage is silent so short that it would be a signal; spares most folds the statistics.
NEVER_YET = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of a look: how many parcels, and the exceptions that it opened and closed."""

    parcels: int = 0
    opened: int = 0
    closed: int = 0

    def __add__(self, other: Looked) -> Looked:
        return Looked(self.parcels + other.parcels, self.opened + other.opened, self.closed + other.closed)


class Round:
    """What all parcels of one look share, read when it is first needed."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.limits = Limits(conf.HANDOVER_DAYS, conf.STUCK_DAYS)

    @cached_property
    def listener(self) -> Listener:
        return silence.listener()

    @cached_property
    def deaf_since(self) -> Mapping[tuple[str, int | None], datetime | None]:
        """By carrier and store the accounts that do not work: when they last did."""
        accounts = CarrierAccount.objects.filter(is_active=True).defer("credentials")
        return {(each.carrier, each.store_id): each.last_ok_at for each in accounts if is_in_trouble(each)}

    def heard_until(self, shipment: Shipment, sightings: Sequence[Sighting]) -> datetime | None:
        """Up to when the carrier would have told us of a scan; None when nobody asks it and it tells nothing."""
        poll = getattr(shipment, "poll", None)
        if poll is not None:
            heard: datetime | None = poll.last_asked_at
        else:
            heard = self.now if any(each.source == "carrier" for each in sightings) else None
        for place in ((shipment.carrier, shipment.order.store_id), (shipment.carrier, None)):
            if heard is not None and place in self.deaf_since:
                worked = self.deaf_since[place]
                return None if worked is None else min(heard, worked)
        return heard


def look_at(shipment: Shipment, now: datetime | None = None) -> Looked:
    """Open and close what there is to open and close of one parcel; call it in the transaction that folded it."""
    fresh = _with_company(Shipment.objects.filter(pk=shipment.pk))
    return _look(list(fresh), Round(now or timezone.now()))


def look_safely(shipment: Shipment) -> None:
    """:func:`look_at`; a look that fails costs the exception, never the tracking."""
    try:
        with transaction.atomic():
            look_at(shipment)
    except Exception as error:
        logger.exception("shipment %s could not be looked at for trouble", shipment.pk)
        sentence = f"Parcel {shipment.tracking_number} could not be looked at for trouble: {error}"
        Problem.objects.note("trouble", str(shipment.pk), sentence, subject=reference(shipment.order))


def sweep(now: datetime | None = None) -> Looked:
    """Look at every parcel under way, and at those with an exception: as time passes without news."""
    this, looked = Round(now or timezone.now()), Looked()
    for batch in _open_parcels(this.now):
        with transaction.atomic():
            looked += _look(batch, this)
    return looked


def _with_company(parcels: Iterable[Shipment]) -> Iterable[Shipment]:
    found = parcels.select_related("order__store", "poll")  # type: ignore[attr-defined]
    return found.defer("order__raw", "order__ship_to")  # type: ignore[no-any-return]


def _open_parcels(now: datetime) -> Iterator[list[Shipment]]:
    in_queue = ShipmentException.objects.filter(closed_at=None).values("shipment")
    under_way = ~Q(status__in=FINAL) & Q(created_at__gt=now - OLDEST)
    living = Q(order__is_history=False) & ~Q(order__status=OrderStatus.CANCELLED)
    parcels = Shipment.objects.filter(Q(under_way, living) | Q(pk__in=in_queue)).order_by("pk")
    last = 0
    while batch := list(_with_company(parcels.filter(pk__gt=last))[:BATCH]):  # type: ignore[index]
        yield batch
        last = batch[-1].pk


def _look(shipments: Sequence[Shipment], this: Round) -> Looked:
    if not shipments:
        return Looked()
    keys = [shipment.pk for shipment in shipments]
    known: dict[int, list[ShipmentException]] = defaultdict(list)
    for row in ShipmentException.objects.filter(shipment__in=keys):
        known[row.shipment_id].append(row)
    sightings = _sightings(keys)
    delays = {
        pk: (f"{episode}", since)
        for pk, episode, since in DelayEpisode.objects.filter(shipment__in=keys, closed_at=None).values_list(
            "shipment", "pk", "opened_at"
        )
    }
    over: dict[Resolution, list[int]] = defaultdict(list)
    fresh: list[ShipmentException] = []
    again: list[int] = []
    worse: list[ShipmentException] = []
    with translation.override(settings.LANGUAGE_CODE):  # sentences are for staff, whoever asked
        for shipment in shipments:
            facts = _facts(shipment, sightings.get(shipment.pk, ()), delays.get(shipment.pk), this)
            watched = _is_watched(shipment)
            found = findings(facts, this.limits) if watched else []
            rows = known[shipment.pk]
            ended = [row for row in rows if row.closed_at is None and _is_over(row, facts, found, watched)]
            for row in ended:
                over[_how_it_ended(row, found)].append(row.pk)
            for finding, last in _not_open(found, rows, ended):
                if last and _goes_on(last):
                    again.append(last.pk)
                elif last is None or _is_new(last, finding):
                    fresh.append(_row(shipment, finding, rows, this.now))
            worse += _raised(found, [row for row in rows if row.closed_at is None and row not in ended])
    closed = sum(len(_close(keys, how, this.now)) for how, keys in over.items())
    ShipmentException.objects.bulk_update(worse, ["severity", "why"])
    return Looked(len(shipments), len(_open(fresh)) + len(_open_again(again, this.now)), closed)


def _is_watched(shipment: Shipment) -> bool:
    return not shipment.order.is_history and shipment.order.status != OrderStatus.CANCELLED


def _sightings(keys: Sequence[int]) -> Mapping[int, Sequence[Sighting]]:
    rows = TrackingEvent.objects.filter(shipment__in=keys).order_by("shipment", "occurred_at", "pk")
    found: dict[int, list[Sighting]] = defaultdict(list)
    names = ("shipment", "occurred_at", "status", "reason", "code", "location", "source")
    for pk, at, status, reason, code, location, source in rows.values_list(*names).iterator(chunk_size=5000):
        found[pk].append(Sighting(at, status, reason, code, location, source))
    return found


def _facts(
    shipment: Shipment, sightings: Sequence[Sighting], delay: tuple[str, datetime] | None, this: Round
) -> ParcelFacts:
    zone = shipment.order.store.zone
    heard, alarm_at, rarity = None, None, None
    last = sightings[-1] if sightings else None
    if last and shipment.status not in FINAL and this.now - last.occurred_at > NEVER_YET:
        heard = this.heard_until(shipment, sightings)
        spot = silence.spot_of(vars(shipment), last) if heard else None
        # No stretch and no quiet day makes an alarm come sooner than its hours.
        if heard and spot and heard - last.occurred_at >= timedelta(hours=this.listener.patience(spot)):
            alarm_at = this.listener.alarm_at(spot, last.occurred_at, zone)
            if heard >= alarm_at:
                rarity = this.listener.rarity(spot, last.occurred_at, heard, zone)
    promised = shipment.promised_on or shipment.order.promised_on
    return ParcelFacts(
        now=this.now,
        zone=zone,
        status=shipment.status,
        direction=shipment.direction,
        carrier=shipment.carrier,
        tracking_number=shipment.tracking_number,
        reason=shipment.reason,
        created_at=shipment.created_at,
        handed_over_at=shipment.handed_over_at,
        sightings=sightings,
        heard_until=heard,
        alarm_at=alarm_at,
        rarity=rarity,
        delay=delay[0] if delay else "",
        delayed_since=delay[1] if delay else None,
        promise_over=promised is not None and end_of(promised, zone) <= this.now,
    )


def _is_over(row: ShipmentException, facts: ParcelFacts, found: Sequence[Finding], watched: bool) -> bool:
    """Whether an open exception has come to its end by itself."""
    if row.kind == TroubleKind.DISPUTED:
        return facts.status != ShipmentStatus.DELIVERED
    if any(finding.kind == row.kind and _is_same(row, finding) for finding in found):
        return False
    if not watched:
        return True
    if row.kind == TroubleKind.SILENT and is_silence_of(row.episode, facts):
        # Statistics are learned anew each night: that the line moved is no scan. What explains it is another matter.
        return _explained(row, found)
    if row.reopened_at and facts.status not in FINAL:
        return bool(facts.sightings) and facts.sightings[-1].occurred_at > row.reopened_at
    return True


def _is_same(row: ShipmentException, finding: Finding) -> bool:
    """A new silence after a scan is another one, and so is standing still elsewhere. The others go on."""
    own = row.kind in (TroubleKind.SILENT, TroubleKind.STUCK, TroubleKind.LATE)
    return row.episode == finding.episode if own else True


def _how_it_ended(row: ShipmentException, found: Sequence[Finding]) -> Resolution:
    return Resolution.EXPLAINED if _explained(row, found) else Resolution.MOVED_ON


def _explained(row: ShipmentException, found: Sequence[Finding]) -> bool:
    return bool(EXPLAINED_BY.get(TroubleKind(row.kind), frozenset()) & {finding.kind for finding in found})


def _not_open(
    found: Sequence[Finding], rows: Sequence[ShipmentException], ended: Sequence[ShipmentException]
) -> Iterator[tuple[Finding, ShipmentException | None]]:
    """Findings whose kind is not open, each with the last row of its own episode, if there was one."""
    is_open = {row.kind for row in rows if row.closed_at is None and row not in ended}
    for finding in found:
        if finding.kind not in is_open:
            own = [row for row in rows if row.kind == finding.kind and row.is_of(finding.episode)]
            yield finding, max(own, key=lambda row: row.pk, default=None)


def _goes_on(row: ShipmentException) -> bool:
    """Whether trouble that ended by itself has not ended after all: it is the same, so the same row is open again."""
    return row.closed_at is not None and not row.closed_by


def _is_new(row: ShipmentException, finding: Finding) -> bool:
    """Whether a scan after staff had resolved it says it again."""
    return bool(row.closed_at and finding.evidence_at and finding.evidence_at > row.closed_at)


def _row(shipment: Shipment, finding: Finding, rows: Sequence[ShipmentException], now: datetime) -> ShipmentException:
    """The exception to write for a finding; an episode that had one is told apart by its number."""
    same_kind = [row for row in rows if row.kind == finding.kind]
    own = sum(row.is_of(finding.episode) for row in same_kind)
    return ShipmentException(
        shipment=shipment,
        kind=finding.kind,
        episode=ShipmentException.episode_of(finding.episode, own),
        previous=max(same_kind, key=lambda row: row.pk, default=None),
        severity=finding.severity,
        why=finding.why[:500],
        since=finding.since if not own else finding.evidence_at or finding.since,
        opened_at=now,
    )


def _raised(found: Sequence[Finding], rows: Sequence[ShipmentException]) -> Iterator[ShipmentException]:
    """Open exceptions that have become more urgent."""
    for row in rows:
        for finding in found:
            if finding.kind == row.kind and finding.severity > row.severity:
                row.severity, row.why = finding.severity, finding.why[:500]
                yield row


def _open(fresh: Sequence[ShipmentException]) -> list[ShipmentException]:
    """Write ``fresh``; returns those that nobody else had written first, and has them told after the commit."""
    if not fresh:
        return []
    ShipmentException.objects.bulk_create(fresh, ignore_conflicts=True, batch_size=500)
    names = [row.uuid for row in fresh]
    ours = list(ShipmentException.objects.filter(uuid__in=names).select_related("shipment__order"))
    exception_news.opened(ours, fresh[0].opened_at)
    return ours


def _open_again(keys: Sequence[int], now: datetime) -> list[ShipmentException]:
    """Open those of ``keys`` again that closed by themselves. The lock decides who tells."""
    if not keys:
        return []
    rows = ShipmentException.objects.select_for_update(of=("self",)).filter(pk__in=keys, closed_by="")
    opened: list[ShipmentException] = []
    for row in rows.exclude(closed_at=None).select_related("shipment__order").order_by("pk"):
        row.closed_at, row.resolution = None, ""
        try:
            with transaction.atomic():
                row.save(update_fields=["closed_at", "resolution", "updated_at"])
        except IntegrityError:  # another of its kind was opened meanwhile
            continue
        opened.append(row)
    exception_news.opened(opened, now, again=True)
    return opened


def _close(over: Sequence[int], how: Resolution, now: datetime) -> list[ShipmentException]:
    """End those of ``over`` that are open still. The lock decides who tells."""
    rows = ShipmentException.objects.select_for_update(of=("self",)).filter(pk__in=over, closed_at=None).order_by("pk")
    ours = list(rows.select_related("shipment__order"))
    columns = {"closed_at": now, "closed_by": "", "resolution": how.value, "snoozed_until": None}
    ShipmentException.objects.filter(pk__in=[row.pk for row in ours]).update(**columns)
    for row in ours:
        for name, value in columns.items():
            setattr(row, name, value)
    exception_news.closed(ours, now)
    return ours
