"""Working off deliveries: what each is about, what it states, and what has to be asked for."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from fulfillment.conf import fulfillment as conf
from fulfillment.facts import CustomerData
from fulfillment.models import CarrierAccount, InboxEvent, Outcome, Store, StoreRun, StoreSync
from fulfillment.services import customers, orders, pushes, store_life, store_line, sync
from fulfillment.stores import platform_of
from fulfillment.stores.base import News, Platform
from parcelwise.background import wake
from parcelwise.errors import GiveUp
from parcelwise.jobs import JobQuerySet, JobState, one_by_one

#: What a delivery with several pieces of news is shown as: the first of these that one of them came to.
_WEIGHT = (Outcome.RECORDED, Outcome.FETCHING, Outcome.STALE, Outcome.UNCHANGED, Outcome.IGNORED)


@one_by_one
def process(event: InboxEvent) -> None:
    """Work off one delivery. Twice is once: all that it leads to is compared with what is known."""
    if event.account is not None:
        _take_push(event, event.account)
    elif event.store is not None:
        _take_delivery(event, event.store)


def _take_push(event: InboxEvent, account: CarrierAccount) -> None:
    try:
        heard = pushes.take(account, event.topic, bytes(event.body), event.sent_at)
    except GiveUp as error:
        _note(event, Outcome.UNREADABLE, detail=str(error))
        raise
    _note(event, heard.outcome, heard.subject, detail=heard.detail)


def _take_delivery(event: InboxEvent, store: Store) -> None:
    if _is_echo(event):
        _note(event, Outcome.DUPLICATE, event.subject)
        return
    platform = platform_of(store)
    if not platform.knows_topic(event.topic):
        _note(event, Outcome.UNKNOWN)
        return
    try:
        news = platform.understand(event.topic, bytes(event.body))
    except GiveUp as error:
        _note(event, Outcome.UNREADABLE, detail=str(error))
        raise
    outcomes = [_take(event, store, platform, one) for one in news] or [Outcome.IGNORED]
    _note(event, min(outcomes, key=_WEIGHT.index), next((one.external_id for one in news if one.external_id), ""))


def _is_echo(event: InboxEvent) -> bool:
    """Whether the same event has been worked off from its delivery to another subscription."""
    if not event.event_key or event.replayed:
        return False
    same = InboxEvent.objects.filter(store=event.store_id, topic=event.topic, event_key=event.event_key)
    return same.filter(state=JobState.DONE, pk__lt=event.pk).exclude(outcome=Outcome.DUPLICATE).exists()


def _take(event: InboxEvent, store: Store, platform: Platform, news: News) -> Outcome:
    """Do what one piece of news asks for."""
    if news.kind == "order":
        return _order(event, store, news)
    if news.kind == "order_gone":
        # It says so; whether it is true is asked for, as with everything else that may be late or doubled.
        return _fetch(event, store, news.external_id)
    if news.kind == "customer":
        data = news.customer or _customer(store, platform, news.external_id)
        known = customers.update_customer(store, data) if data else None
        return Outcome.RECORDED if known else Outcome.IGNORED
    return Outcome.RECORDED if store_life.hear(store, news, event) else Outcome.IGNORED


def _customer(store: Store, platform: Platform, external_id: str) -> CustomerData | None:
    with store_line.calling(store):
        return platform.read_customer(external_id)


def _order(event: InboxEvent, store: Store, news: News) -> Outcome:
    outcome = Outcome.FETCHING
    if news.order is not None:
        standing = orders.record_statement(store, news.order).standing
        outcome = {
            orders.Standing.NEWER: Outcome.RECORDED,
            orders.Standing.SAME: Outcome.UNCHANGED,
            orders.Standing.OLDER: Outcome.STALE,
        }.get(standing, Outcome.FETCHING)
    if outcome == Outcome.FETCHING or news.fetch:
        _fetch(event, store, news.external_id)
    return outcome


def _fetch(event: InboxEvent, store: Store, external_id: str) -> Outcome:
    sync.queue(store, external_id, f"delivery {event.topic}")
    return Outcome.FETCHING


def _note(event: InboxEvent, outcome: Outcome, subject: str = "", *, detail: str = "") -> None:
    InboxEvent.objects.filter(pk=event.pk).update(outcome=outcome, subject=subject[:80], detail=detail[:300])


def replay(events: JobQuerySet) -> int:
    """Have deliveries worked off again. Returns how many; one that a worker holds is left to it."""
    ready = events.order_by().exclude(state=JobState.RUNNING)
    count: int = ready.update(
        state=JobState.WAITING,
        attempts=0,
        not_before=timezone.now(),
        finished_at=None,
        outcome=Outcome.NONE,
        replayed=F("replayed") + 1,
    )
    wake()
    return count


def forget_old() -> int:
    """Delete deliveries, readings and walks that are done and older than the setting says.

    Deliveries hold personal data, and walks over changes are many. Returns how many records of deliveries went.
    """
    until = timezone.now() - timedelta(days=conf.KEEP_DELIVERIES_DAYS)
    over = {"created_at__lt": until, "state__in": (JobState.DONE, JobState.CANCELLED)}
    StoreSync.objects.filter(**over).delete()
    StoreRun.objects.filter(**over).exclude(kind=StoreRun.Kind.FIRST_SYNC).delete()
    gone, _by_model = InboxEvent.objects.filter(**over).delete()
    return gone
