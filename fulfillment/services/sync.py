"""Keeping our orders equal to the project's own: at once by signals, and by a sweep for what signals do not tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from fulfillment.models import Order, StoreSync
from fulfillment.services import orders
from fulfillment.statuses import OrderStatus
from fulfillment.stores.models import ModelStore, adapter_of, adapters
from parcelwise.background import wake
from parcelwise.errors import ParcelwiseError
from parcelwise.jobs import JobState, one_by_one
from parcelwise.models import Problem


def queue(adapter: ModelStore, external_id: str, why: str) -> None:
    """Note, in the current transaction, that an order changed and must be read again once it is committed."""
    with transaction.atomic():
        StoreSync.objects.create(store=adapter.store(), external_id=external_id, why=why[:80])
        wake()


@one_by_one
def read_order(job: StoreSync) -> None:
    """Read the order that ``job`` names and record it. Waiting rows of the same order are covered by this reading."""
    store = job.store
    covered = list(
        StoreSync.objects.filter(store=store, external_id=job.external_id, state=JobState.WAITING).values_list(
            "pk", flat=True
        )
    )
    read(adapter_of(store.slug), job.external_id)
    StoreSync.objects.filter(pk__in=covered, state=JobState.WAITING).update(state=JobState.DONE)


def read(adapter: ModelStore, external_id: str) -> Order | None:
    """Read one order of the project now. A reading that fails becomes a problem for staff and is raised."""
    store = adapter.store()
    try:
        with transaction.atomic():
            data = adapter.find(external_id)
            order = orders.close_missing(store, external_id) if data is None else orders.record_order(store, data)
    except ParcelwiseError:
        raise
    except Exception as error:
        orders.note_unreadable(store, external_id, error)
        raise
    Problem.objects.solve("store", f"{store.slug}:{external_id}")
    return order


@dataclass(slots=True)
class Sweep:
    """What a sweep found. ``failed`` holds (external id, sentence)."""

    seen: int = 0
    recorded: int = 0
    closed: int = 0
    failed: int = 0


def sweep(adapter: ModelStore, *, everything: bool = False, progress: Callable[[Sweep], None] | None = None) -> Sweep:
    """Compare the project's orders with ours and record each that differs (bulk operations send no signals).

    Looks at recent orders, or at all of them with ``everything``; then cancels those that are gone.
    """
    store, result = adapter.store(), Sweep()
    found = adapter.orders() if everything else adapter.recent()
    digests = dict(Order.objects.filter(store=store).values_list("external_id", "digest"))
    for order in found.iterator(chunk_size=500):
        result.seen += 1
        key = str(order.pk)
        try:
            data = adapter.state(order)
            if digests.get(key) != orders.digest(data):
                orders.record_order(store, data)
                result.recorded += 1
            Problem.objects.solve("store", f"{store.slug}:{key}")
        except Exception as error:
            orders.note_unreadable(store, key, error)
            result.failed += 1
        if progress:
            progress(result)
    for key in _gone(adapter, store.pk, everything):
        result.closed += orders.close_missing(store, key) is not None
    return result


def _gone(adapter: ModelStore, store_id: int, everything: bool) -> Iterator[str]:
    """External ids of our open orders that the project no longer has."""
    ours: Any = Order.objects.filter(store_id=store_id).exclude(status=OrderStatus.CANCELLED)
    if not everything:
        ours = ours.order_by("-placed_at")[:5000]
    keys = list(ours.values_list("external_id", flat=True))
    for start in range(0, len(keys), 500):
        chunk = keys[start : start + 500]
        there = {str(pk) for pk in adapter.orders().filter(pk__in=chunk).values_list("pk", flat=True)}
        yield from (key for key in chunk if key not in there)


def sweep_all() -> list[Sweep]:
    """Sweep the recent orders of every adapter (the hourly task)."""
    return [sweep(adapter) for adapter in adapters()]
