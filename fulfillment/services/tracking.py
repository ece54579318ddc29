"""Asking carriers where parcels are: one standing job for each parcel, worked off account by account in batches."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from fulfillment.carriers import account_for, gateway_for
from fulfillment.carriers.base import TRACK
from fulfillment.carriers.links import TRACKING_PAGES, tracking_page
from fulfillment.conf import fulfillment as conf
from fulfillment.facts import TrackingFailure, TrackingUpdate
from fulfillment.models import CarrierAccount, Shipment, ShipmentNumber, TrackingPoll
from fulfillment.services import carrier_health, consignments, legs, pieces, poll_budget, polling, pushing
from fulfillment.services.asking import ask_account
from fulfillment.services.inference import may_be_of
from fulfillment.services.shipments import apply_update
from fulfillment.statuses import FINAL
from parcelwise.background import wake
from parcelwise.errors import GiveUp, Misconfigured, RetryLater
from parcelwise.jobs import JobState, Outcome
from parcelwise.models import Problem
from parcelwise.panels import reference

logger = logging.getLogger("parcelwise.fulfillment")

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
    account = account_for(shipment)
    _link(shipment, account)
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
    prefetch_related_objects(jobs, "shipment__order__store", "shipment__last_mile")
    accounts: dict[tuple[str, int], CarrierAccount | None] = {}
    by_account: dict[int, tuple[CarrierAccount, list[TrackingPoll]]] = {}
    for job in jobs:
        job.shipment.leg = legs.turn(job)
        key = (job.shipment.asked_as[1], job.shipment.order.store_id)
        if key not in accounts:
            accounts[key] = account_for(Shipment(carrier=key[0], order=job.shipment.order))
        account = accounts[key]
        if account is None or job.shipment.status in FINAL:
            yield job, None
        elif leader := consignments.asked_instead(job):
            yield job, consignments.after(leader)
        else:
            by_account.setdefault(account.pk, (account, []))[1].append(job)
    for account, waiting in by_account.values():
        yield from _ask(account, waiting)


def _ask(account: CarrierAccount, jobs: Sequence[TrackingPoll]) -> Iterator[Pair]:
    """The most valuable first, as far as the account's limits reach; the others are put off."""
    cut, began = poll_budget.cut(account, jobs), timezone.now()
    yield from cut.later
    if not cut.now:
        return
    yield from ask_account(account, cut.now, partial(_settled, account))
    asked = TrackingPoll.objects.filter(pk__in=[job.pk for job in cut.now], last_asked_at__gte=began)
    poll_budget.record(account, asked.count())


def _settled(account: CarrierAccount, shipment: Shipment, answer: TrackingUpdate | TrackingFailure) -> Outcome:
    """Put the answer down. Whatever fails here is about this parcel alone."""
    began = timezone.now()
    try:
        if isinstance(answer, TrackingFailure):
            return _failed(account, shipment, answer)
        take(shipment, answer)
        pushing.asked(account, shipment, began)
        Problem.objects.solve("carrier", f"parcel:{shipment.pk}")
        if shipment.leg and legs.note_answer(shipment.leg, bool(answer.scans)) and shipment.status not in FINAL:
            return timezone.now()  # its first carrier's turn
        if legs.is_new(shipment):
            return timezone.now()  # its last carrier's
        at = next_poll(shipment, account=account)
        consignments.asked_together(shipment, at)
        return at
    except Exception as error:
        logger.exception("news of shipment %s could not be recorded", shipment.pk)
        sentence = _("News of parcel %(number)s could not be recorded: %(error)s")
        _note(shipment, sentence % {"number": shipment.tracking_number, "error": error}, raw=str(answer.raw))
        return error


def take(shipment: Shipment, answer: TrackingUpdate, *, leg: ShipmentNumber | None = None) -> None:
    """Put a carrier's answer down for every order that is in the box, and follow the further numbers that it names."""
    leg = leg or shipment.leg
    for parcel in (shipment, *consignments.others(shipment)):
        # First: that there is a last mile decides what "delivered" means, and nobody is told before that is known.
        legs.open_all(parcel, answer.numbers, "carrier")
        its_leg = leg if parcel is shipment or leg is None else legs.of_number(parcel, leg.number)
        if leg and its_leg is None:
            continue
        apply_update(parcel, answer, leg=its_leg)
    for piece in pieces.open_all(shipment, answer.numbers):
        ensure_poll(piece)


def _failed(account: CarrierAccount, shipment: Shipment, failure: TrackingFailure) -> Outcome:
    if shipment.leg and (failure.unknown_number or failure.permanent):
        legs.note_answer(shipment.leg, False)
        return timezone.now()
    if failure.unknown_number:
        # The label exists before the carrier knows of it: for some days this is how things are.
        if timezone.now() - shipment.created_at > UNKNOWN_FOR:
            _note(shipment, failure.sentence, raw=failure.raw)
        return next_poll(shipment, account=account)
    _note(shipment, failure.sentence, raw=failure.raw)
    if failure.permanent:
        return GiveUp(failure.sentence)
    return RetryLater(failure.sentence, after=failure.after)


def next_poll(
    shipment: Shipment, now: datetime | None = None, *, account: CarrierAccount | None = None
) -> datetime | None:
    """When to ask again over ``account``; None when the parcel has arrived or has been silent for too long."""
    now = now or timezone.now()
    if shipment.status in FINAL:
        return None
    heard = max(filter(None, (shipment.last_event_at, shipment.created_at)))
    if now - heard > timedelta(days=conf.STOP_AFTER_DAYS):
        sentence = _("Parcel %(number)s has been silent for %(days)d days and is no longer asked for.")
        _note(shipment, sentence % {"number": shipment.tracking_number, "days": conf.STOP_AFTER_DAYS})
        return None
    found = polling.plan(shipment, now, account)
    return found.at if found else None


def rest(shipment: Shipment, account: CarrierAccount) -> None:
    """The parcel's news has just been pushed: it is asked for as late as for that, and not at all when it is over."""
    waiting = TrackingPoll.objects.filter(shipment=shipment, state=JobState.WAITING)
    if shipment.status in FINAL:
        waiting.update(state=JobState.DONE, finished_at=timezone.now())
    elif at := next_poll(shipment, account=account):
        waiting.update(not_before=at)


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
        sentence % {"number": shipment.tracking_number, "carrier": shipment.carrier or "?"} + may_be_of(shipment),
        subject=reference(shipment.order),
    )


def _link(shipment: Shipment, account: CarrierAccount | None) -> None:
    """The carrier's public page, where the store gave none."""
    template = account.link_template if account and account.carrier == shipment.carrier else ""
    page = tracking_page(shipment.carrier, shipment.tracking_number, template)
    if page and not shipment.tracking_url:
        shipment.tracking_url = page
        Shipment.objects.filter(pk=shipment.pk, tracking_url="").update(tracking_url=page)


def _can_track(account: CarrierAccount) -> bool:
    try:
        return TRACK in gateway_for(account).can
    except Misconfigured as error:
        carrier_health.failed(account, error)
        return False
