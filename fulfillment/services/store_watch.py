"""How each store stands, and whether anything about it is behind: what staff must know before a customer asks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet, TextChoices
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from fulfillment.models import InboxEvent, Store, StoreRun, StoreSync, StoreWrite
from fulfillment.services import connection_test, store_line
from fulfillment.stores import is_remote, platform_class, platform_of
from parcelwise.errors import Misconfigured
from parcelwise.jobs import Job, JobState
from parcelwise.models import Problem
from parcelwise.panels import reference

#: A store is behind when it was not reconciled for so many of its usual pauses, and for an hour at least.
_PAUSES, _AT_LEAST = 3, timedelta(hours=1)
#: What may have come to a stop for a store, in words.
STUCK: tuple[tuple[type[Job], str], ...] = (
    (InboxEvent, "deliveries that could not be worked off"),
    (StoreSync, "orders that could not be read"),
    (StoreWrite, "changes that the platform did not take"),
    (StoreRun, "walks over its orders that broke off"),
)


class Standing(TextChoices):
    """How the connection to a store's platform stands."""

    CONNECTED = "connected", _("connected")
    ATTENTION = "attention", _("needs attention")
    SILENT = "silent", _("does not answer")
    REFUSED = "refused", _("credentials refused")
    UNTESTED = "untested", _("not tested yet")
    UNCONNECTED = "unconnected", _("not connected yet")
    DISCONNECTED = "disconnected", _("disconnected")


def trouble(subject: Any) -> QuerySet[Problem]:
    """Open problems about a store that keep it from working: that a version will end one day is none yet."""
    return Problem.objects.filter(subject=subject, solved_at=None).exclude(key__endswith=":deprecated")


def standing(store: Store, *, in_trouble: bool) -> Standing:
    """How ``store`` stands; ``in_trouble``: see :func:`trouble`."""
    if not store.is_active:
        return Standing.DISCONNECTED if store.connected_at else Standing.UNCONNECTED
    if store.connected_at is None:
        return Standing.UNTESTED
    if store_line.is_down(store):
        return Standing.SILENT
    if store_line.is_refused(store):
        return Standing.REFUSED
    failed = store.checks and not connection_test.works(connection_test.stored(store))
    return Standing.ATTENTION if in_trouble or failed else Standing.CONNECTED


@dataclass(frozen=True, slots=True)
class Stuck:
    """Rows of one kind that need a person."""

    model: type[Job]
    words: str
    count: int


def stuck(store: Store) -> list[Stuck]:
    """What has come to a stop for ``store``."""
    counts = [(model, words, _dead(model, store)) for model, words in STUCK]
    return [Stuck(model, words, count) for model, words, count in counts if count]


def _dead(model: Any, store: Store) -> int:
    count: int = model.objects.filter(store=store, state=JobState.DEAD).count()
    return count


def last_delivery(store: Store) -> datetime | None:
    """When the platform told us something last."""
    found: datetime | None = (
        InboxEvent.objects.filter(store=store).order_by("-pk").values_list("created_at", flat=True).first()
    )
    return found


def next_reconciliation(store: Store) -> datetime | None:
    """When changes are looked for next; None when they are not, because there was no first sync."""
    if not store.is_active or store.synced_at is None:
        return None
    pause = timedelta(minutes=platform_class(store.kind).reconcile_minutes)
    return max((store.reconciled_at or store.synced_at) + pause, timezone.now())


def watch() -> int:
    """Note for staff what is behind at each connected store, and solve what no longer is. Returns how many are."""
    behind = 0
    for store in Store.objects.filter(is_active=True).exclude(url=""):
        try:
            if is_remote(store):
                behind += _watch(store)
        except Misconfigured:
            continue  # its platform cannot be loaded: a system check says so
    return behind


def _watch(store: Store) -> bool:
    sentences = {"behind": _behind(store), "stuck": _stopped(store), "unconnected": _unconnected(store)}
    _look_ahead(store)
    for name, sentence in sentences.items():
        key = f"{store.slug}:{name}"
        if sentence:
            Problem.objects.note("store", key, sentence, subject=reference(store))
        else:
            Problem.objects.solve("store", key)
    _settled(store)
    return any(sentences.values())


def _look_ahead(store: Store) -> None:
    """What will end one day is a warning of its own, which does not count as trouble."""
    key, sentence = f"{store.slug}:version:deprecated", platform_of(store).outlook()
    if sentence:
        Problem.objects.note("store", key, f"{store.name}: {sentence}", subject=reference(store))
    else:
        Problem.objects.solve("store", key)


def _behind(store: Store) -> str:
    """A sentence when neither a delivery nor a reconciliation has brought news for long."""
    if store.synced_at is None:
        return ""
    pause = timedelta(minutes=platform_class(store.kind).reconcile_minutes)
    looked = store.reconciled_at or store.synced_at
    if timezone.now() - looked < max(_PAUSES * pause, _AT_LEAST):
        return ""
    heard = last_delivery(store)
    told = f"its last delivery came at {_at(heard)}" if heard else "no delivery ever came"
    run = StoreRun.objects.filter(store=store).exclude(last_error="").order_by("-pk").first()
    why = f" It said: {run.last_error}" if run else " Is the worker running?"
    return f"{store.name} was last asked for changes at {_at(looked)}; {told}.{why}"


def _stopped(store: Store) -> str:
    found = stuck(store)
    counts = ", ".join(f"{each.count} {each.words}" for each in found)
    return f"{store.name} has {counts}. Look at the reason, then run them again." if found else ""


def _unconnected(store: Store) -> str:
    if store.connected_at is not None:
        return ""
    return f"{store.name} takes deliveries, but its connection has not passed a test yet. Nothing is read from it."


def _settled(store: Store) -> None:
    """That hooks were mended is news for a day, once what was missed has been read."""
    key, day_ago = f"{store.slug}:hooks-mended", timezone.now() - timedelta(days=1)
    Problem.objects.filter(kind="store", key=key, solved_at=None, last_seen__lt=day_ago).update(
        solved_at=timezone.now()
    )


def _at(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}"
