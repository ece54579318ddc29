"""Asking carriers where parcels are: one standing job for each parcel, worked off account by account in batches."""

from __future__ import annotations

import logging
import random
from collections.abc import Generator, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.db.models import F, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from fulfillment.carriers import account_for, gateway_for
from fulfillment.carriers.base import TRACK
from fulfillment.carriers.links import TRACKING_PAGES, tracking_page
from fulfillment.conf import fulfillment as conf
from fulfillment.facts import TrackingFailure, TrackingUpdate
from fulfillment.models import CarrierAccount, Shipment, TrackingPoll
from fulfillment.services import carrier_health
from fulfillment.services.shipments import apply_update
from fulfillment.statuses import FINAL, ShipmentStatus
from parcelwise.background import wake
from parcelwise.errors import GiveUp, Misconfigured, ParcelwiseError, RetryLater
from parcelwise.jobs import JobState, Outcome, renew_all
from parcelwise.models import Problem
from parcelwise.panels import reference

logger = logging.getLogger("parcelwise.fulfillment")

#: Numbers asked for at a time; their rows are settled before the next are asked for.
CHUNK = 10
#: Numbers that try out whether an account that had trouble works again.
PROBE = 2
#: Minutes between two polls, by status; ``PARCELWISE["FULFILLMENT"]["POLL_MINUTES"]`` goes over it.
POLL_MINUTES: dict[str, float] = {
    ShipmentStatus.PENDING: 180,
    ShipmentStatus.UNKNOWN: 180,
    ShipmentStatus.PICKED_UP: 180,
    ShipmentStatus.IN_TRANSIT: 120,
    ShipmentStatus.OUT_FOR_DELIVERY: 20,
    ShipmentStatus.DELIVERY_DELAYED: 120,
    ShipmentStatus.DELIVERY_FAILED: 120,
    ShipmentStatus.ON_HOLD: 180,
    ShipmentStatus.READY_FOR_PICKUP: 240,
    ShipmentStatus.RETURN_TO_SENDER: 360,
}
#: A number that its carrier does not know for so long was probably never handed over, or is mistyped.
UNKNOWN_FOR = timedelta(days=3)

Pair = tuple[TrackingPoll, Outcome]


def ensure_poll(shipment: Shipment) -> TrackingPoll | None:
    """Have the parcel's carrier asked from now on, if it can be; call it in the transaction that makes the parcel.

    Returns the standing job, or None for a parcel nobody can be asked about: without a number, of the past, arrived,
    or of a carrier without a gateway. Such a parcel keeps its link to the carrier's own page; a number of no known
    carrier becomes a problem for staff.
    """
    if not shipment.tracking_number or shipment.order.is_history or shipment.status in FINAL:
        return None
    _link(shipment)
    account = account_for(shipment)
    if account is None:
        _note_unknown_carrier(shipment)
        return None
    if not _can_track(account):
        return None
    Problem.objects.solve("carrier", f"unknown:{shipment.pk}")
    poll, is_new = TrackingPoll.objects.get_or_create(shipment=shipment)
    if not is_new:
        # A dead one is left to staff: an order that is saved often would hide it.
        over = TrackingPoll.objects.filter(pk=poll.pk, state__in=(JobState.DONE, JobState.CANCELLED))
        over.update(state=JobState.WAITING, attempts=0, not_before=timezone.now(), finished_at=None)
        poll.refresh_from_db()
    wake()
    return poll


def poll(jobs: Sequence[TrackingPoll]) -> Iterator[Pair]:
    """Runner of ``TrackingPoll``: an account that fails delays its own parcels and no others."""
    prefetch_related_objects(jobs, "shipment__order__store")
    accounts: dict[tuple[str, int], CarrierAccount | None] = {}
    by_account: dict[int, tuple[CarrierAccount, list[TrackingPoll]]] = {}
    for job in jobs:
        key = (job.shipment.carrier, job.shipment.order.store_id)
        if key not in accounts:
            accounts[key] = account_for(job.shipment)
        account = accounts[key]
        if account is None or job.shipment.status in FINAL:
            yield job, None
        else:
            by_account.setdefault(account.pk, (account, []))[1].append(job)
    for account, waiting in by_account.values():
        yield from _poll_account(account, waiting)


def _poll_account(account: CarrierAccount, jobs: Iterable[TrackingPoll]) -> Iterator[Pair]:
    waiting = iter(jobs)
    if (pause := carrier_health.pause(account)) is not None:
        # Somebody has just tried in vain: not every batch has to find out for itself.
        yield from ((job, RetryLater(account.last_error, after=pause)) for job in waiting)
        return
    size = PROBE if carrier_health.is_in_trouble(account) else CHUNK
    while chunk := list(islice(waiting, size)):
        # The lease covers one chunk; a row whose lease ran out meanwhile belongs to another worker.
        trouble = yield from _poll_chunk(account, renew_all(chunk))
        if trouble:
            yield from ((job, trouble) for job in waiting)
            return
        size = CHUNK


def _poll_chunk(account: CarrierAccount, jobs: list[TrackingPoll]) -> Generator[Pair, None, RetryLater | None]:
    """Ask for one chunk. Returns (to ``yield from``) what is wrong with the account, or None."""
    if not jobs:
        return None
    now = timezone.now()
    TrackingPoll.objects.filter(pk__in=[job.pk for job in jobs]).update(last_asked_at=now, asked=F("asked") + 1)
    try:
        gateway = gateway_for(account)
        if TRACK not in gateway.can:
            yield from ((job, None) for job in jobs)
            return None
        answers = gateway.track([job.shipment.tracking_number for job in jobs])
    except Exception as error:
        if not isinstance(error, ParcelwiseError):
            logger.exception("the gateway %s failed on %s", account.gateway, account)
        trouble = carrier_health.failed(account, error)
        yield from ((job, trouble) for job in jobs)
        return trouble
    if any(isinstance(answer, TrackingUpdate) or answer.unknown_number for answer in answers):
        carrier_health.works(account)
    for job, answer in zip(jobs, answers, strict=True):
        yield job, _settled(job.shipment, answer)
    return None


def _settled(shipment: Shipment, answer: TrackingUpdate | TrackingFailure) -> Outcome:
    """Put the answer down. Whatever fails here is about this parcel alone."""
    try:
        if isinstance(answer, TrackingFailure):
            return _failed(shipment, answer)
        apply_update(shipment, answer)
        Problem.objects.solve("carrier", f"parcel:{shipment.pk}")
        return next_poll(shipment)
    except Exception as error:
        logger.exception("news of shipment %s could not be recorded", shipment.pk)
        sentence = _("News of parcel %(number)s could not be recorded: %(error)s")
        _note(shipment, sentence % {"number": shipment.tracking_number, "error": error}, raw=str(answer.raw))
        return error


def _failed(shipment: Shipment, failure: TrackingFailure) -> Outcome:
    if failure.unknown_number:
        # The label exists before the carrier knows of it: for some days this is how things are.
        if timezone.now() - shipment.created_at > UNKNOWN_FOR:
            _note(shipment, failure.sentence, raw=failure.raw)
        return next_poll(shipment)
    _note(shipment, failure.sentence, raw=failure.raw)
    if failure.permanent:
        return GiveUp(failure.sentence)
    return RetryLater(failure.sentence, after=failure.after)


def next_poll(shipment: Shipment, now: datetime | None = None) -> datetime | None:
    """When to ask again; None when the parcel has arrived or has been silent for too long."""
    now = now or timezone.now()
    if shipment.status in FINAL:
        return None
    heard = max(filter(None, (shipment.last_event_at, shipment.created_at)))
    if now - heard > timedelta(days=conf.STOP_AFTER_DAYS):
        sentence = _("Parcel %(number)s has been silent for %(days)d days and is no longer asked for.")
        _note(shipment, sentence % {"number": shipment.tracking_number, "days": conf.STOP_AFTER_DAYS})
        return None
    minutes = {**POLL_MINUTES, **conf.POLL_MINUTES}.get(shipment.status, POLL_MINUTES[ShipmentStatus.UNKNOWN])
    # The jitter keeps parcels that were announced together from being asked for together for ever.
    return now + timedelta(minutes=minutes) * random.uniform(0.85, 1.15)


def _note(shipment: Shipment, sentence: str, *, raw: str = "") -> None:
    Problem.objects.note("carrier", f"parcel:{shipment.pk}", sentence, subject=reference(shipment.order), raw=raw)


def _note_unknown_carrier(shipment: Shipment) -> None:
    if shipment.carrier in TRACKING_PAGES:
        return
    sentence = _(
        "Parcel %(number)s names the carrier “%(carrier)s”, which is not known here. It is kept, but nobody can be "
        "asked about it."
    )
    Problem.objects.note(
        "carrier",
        f"unknown:{shipment.pk}",
        sentence % {"number": shipment.tracking_number, "carrier": shipment.carrier or "?"},
        subject=reference(shipment.order),
    )


def _link(shipment: Shipment) -> None:
    """The carrier's public page, where the store gave none."""
    page = tracking_page(shipment.carrier, shipment.tracking_number)
    if page and not shipment.tracking_url:
        shipment.tracking_url = page
        Shipment.objects.filter(pk=shipment.pk, tracking_url="").update(tracking_url=page)


def _can_track(account: CarrierAccount) -> bool:
    try:
        return TRACK in gateway_for(account).can
    except Misconfigured as error:
        carrier_health.failed(account, error)
        return False
