"""Takes people out of what stores and we told each other: deliveries as they came, and what was written back."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from fulfillment.models import InboxEvent, Order, Refund, Store, StoreReturn, StoreReturnLine, StoreWrite, WriteKind
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from parcelwise.privacy.words import Words

#: Parts of what is written to a store that say where a parcel is, or are somebody's own words.
TELLING = frozenset(
    {
        "message",
        "place",
        "city",
        "region",
        "postcode",
        "latitude",
        "longitude",
        "tracking_number",
        "tracking_url",
        "label_url",
        "note",
    }
)
#: Writes that say nothing else: one that still waits is not sent any more.
OF_PARCELS = (WriteKind.TRACKING, WriteKind.TRACKING_EVENT)


def forget_deliveries(store: Store, orders: Collection[str], customers: Collection[str], words: Words) -> int:
    """Empty deliveries to ``store`` about ``orders`` and ``customers`` (ids of the store's), or naming somebody.

    One that was not worked off yet is not any more: what it stated is erased, and the store states it again.
    """
    named = []
    for event in (
        InboxEvent.objects.filter(store=store).exclude(body=b"").only("pk", "topic", "subject", "body").iterator()
    ):
        # A customer and an order may have the same number.
        about = customers if event.topic.startswith("customer") else orders
        if event.subject in about or words.found_in(bytes(event.body).decode("utf-8", "replace")):
            named.append(event.pk)
    return sum(_empty(InboxEvent.objects.filter(pk__in=named[at : at + 500])) for at in range(0, len(named), 500))


def forget_pushes(numbers: Collection[str], words: Words) -> int:
    """Empty what carriers pushed about parcels with one of ``numbers``, or naming somebody."""
    named = []
    for event in InboxEvent.objects.exclude(account=None).exclude(body=b"").only("pk", "subject", "body").iterator():
        text = bytes(event.body).decode("utf-8", "replace")
        if event.subject in numbers or any(number in text for number in numbers) or words.found_in(text):
            named.append(event.pk)
    count = sum(_empty(InboxEvent.objects.filter(pk__in=named[at : at + 500])) for at in range(0, len(named), 500))
    InboxEvent.objects.exclude(account=None).filter(subject__in=numbers).update(subject="")
    return count


def _empty(events: QuerySet[InboxEvent]) -> int:
    waiting = events.filter(state__in=(JobState.WAITING, JobState.DEAD))
    waiting.update(state=JobState.CANCELLED, finished_at=timezone.now())
    return events.update(body=b"", headers={}, detail="", last_error="", last_traceback="")


def forget_writes(orders: QuerySet[Order]) -> int:
    """Money that is still to be given back is; nothing more is told about parcels."""
    writes, count = StoreWrite.objects.filter(order__in=orders), 0
    waiting = writes.filter(kind__in=OF_PARCELS, state__in=(JobState.WAITING, JobState.DEAD))
    count += waiting.update(state=JobState.CANCELLED, finished_at=timezone.now())
    for write in writes.only("pk", "payload", "result"):
        columns: dict[str, Any] = {"payload": _without(write.payload), "result": {}}
        if any(getattr(write, name) != value for name, value in columns.items()):
            count += StoreWrite.objects.filter(pk=write.pk).update(**columns)
    return count


def _without(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: "" if name in TELLING and one else _without(one) for name, one in value.items()}
    return [_without(one) for one in value] if isinstance(value, list) else value


def forget_money_back(orders: QuerySet[Order]) -> int:
    """Refunds and returns of the store keep amounts, pieces and days."""
    notes = Refund.objects.filter(order__in=orders).exclude(note="").update(note="")
    ways = StoreReturn.objects.filter(order__in=orders).exclude(tracking_number="", label_url="")
    lines = StoreReturnLine.objects.filter(store_return__order__in=orders).exclude(note="")
    return notes + ways.update(tracking_number="", label_url="") + lines.update(note="")


def forget_store(store: Store) -> int:
    """What is left when all customers of a store are erased: deliveries about nobody we know, trouble, credentials."""
    count = _empty(InboxEvent.objects.filter(Q(store=store) | Q(account__store=store)).exclude(body=b""))
    writes = StoreWrite.objects.filter(store=store, order=None).exclude(payload={}, result={})
    count += writes.update(payload={}, result={}, last_error="", last_traceback="")
    about = Q(kind__in=("store", "import"), key__startswith=f"{store.slug}:")
    count += Problem.objects.filter(about).delete()[0]
    if store.credentials:
        count += Store.objects.filter(pk=store.pk).update(credentials={})
    return count
