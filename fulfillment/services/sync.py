"""Reading orders that changed: one by one from the project's own models, many at a time from a platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

from django.db import transaction
from django.utils import timezone

from fulfillment.models import Order, Store, StoreSync
from fulfillment.services import orders, store_line
from fulfillment.statuses import OrderStatus
from fulfillment.stores import is_remote, platform_of
from fulfillment.stores.base import Platform, Unreadable
from fulfillment.stores.models import ModelStore, adapter_of, adapters
from parcelwise.background import wake
from parcelwise.errors import GiveUp, ParcelwiseError, RetryLater
from parcelwise.jobs import JobState, Outcome, one_by_one, renew_all
from parcelwise.models import Problem


def queue(store: Store, external_id: str, why: str) -> None:
    """Note, in the current transaction, that an order changed and must be read again once it is committed."""
    with transaction.atomic():
        StoreSync.objects.create(store=store, external_id=external_id, why=why[:80])
        wake()


def read_orders(batch: Sequence[StoreSync]) -> Iterator[tuple[StoreSync, Outcome]]:
    """Read the orders that ``batch`` names and record them (the runner of StoreSync)."""
    for store, group in groupby(sorted(batch, key=attrgetter("store_id")), key=attrgetter("store")):
        jobs = list(group)
        yield from (_read_remote(store, jobs) if is_remote(store) else read_order(jobs))


@one_by_one
def read_order(job: StoreSync) -> None:
    """Read one order of the project. Waiting rows of the same order are covered by this reading."""
    covered = _waiting(job.store, [job.external_id])
    read(adapter_of(job.store.slug), job.external_id)
    _settle(covered)


def _waiting(store: Store, ids: Sequence[str]) -> list[tuple[Any, str]]:
    waiting = StoreSync.objects.filter(store=store, external_id__in=ids, state=JobState.WAITING)
    return list(waiting.values_list("pk", "external_id"))


def _settle(covered: Sequence[tuple[Any, str]]) -> None:
    pks = [pk for pk, _key in covered]
    StoreSync.objects.filter(pk__in=pks, state=JobState.WAITING).update(state=JobState.DONE, finished_at=timezone.now())


def read(adapter: ModelStore, external_id: str) -> Order | None:
    """Read one order of the project now. A reading that fails becomes a problem for staff and is raised."""
    store = adapter.store()
    try:
        order = _read(adapter, store, external_id)
    except ParcelwiseError:
        raise
    except Exception as error:
        orders.note_unreadable(store, external_id, error)
        raise
    Problem.objects.solve("store", f"{store.slug}:{external_id}")
    return order


def _read(adapter: ModelStore, store: Store, external_id: str) -> Order | None:
    with transaction.atomic():
        # Read under the store's lock: of two readings that overlap, the older one must not be recorded last.
        store = Store.objects.select_for_update().get(pk=store.pk)
        data = adapter.find(external_id)
        return orders.close_missing(store, external_id) if data is None else orders.record_order(store, data)


# Orders on a platform elsewhere


def _read_remote(store: Store, batch: Sequence[StoreSync]) -> Iterator[tuple[StoreSync, Outcome]]:
    """Ask the platform for the orders of ``batch``, as many at a time as it takes."""
    try:
        platform = platform_of(store)
    except ParcelwiseError as error:
        yield from ((job, error) for job in batch)
        return
    by_order: dict[str, list[StoreSync]] = {}
    for job in batch:
        by_order.setdefault(job.external_id, []).append(job)
    ids = list(by_order)
    for start in range(0, len(ids), platform.read_batch):
        chunk = ids[start : start + platform.read_batch]
        mine = renew_all([job for key in chunk for job in by_order[key]])
        wanted = list(dict.fromkeys(job.external_id for job in mine))
        said = _said(platform, wanted) if wanted else {}
        yield from ((job, said[job.external_id]) for job in mine)


def _said(platform: Platform, ids: Sequence[str]) -> dict[str, Outcome]:
    """What came of asking for each of ``ids``. Rows of these orders that wait meanwhile are covered by the answer."""
    asked_at, covered = timezone.now(), _waiting(platform.store, ids)
    try:
        with store_line.calling(platform.store):
            found = platform.read_orders(ids)
    except Exception as error:
        return dict.fromkeys(ids, error)
    said: dict[str, Outcome] = {
        key: _recorded(platform.store, key, found[key], asked_at) for key in ids if key in found
    }
    for key in ids:
        said.setdefault(key, GiveUp(f"{platform.label} does not let us read order {key}."))
    _settle([(pk, key) for pk, key in covered if said[key] is None])
    return said


def _recorded(store: Store, external_id: str, found: Any, asked_at: Any) -> Outcome:
    try:
        if isinstance(found, Unreadable):
            raise GiveUp(found.sentence)
        if found is None:
            orders.close_missing(store, external_id)
        elif orders.record_statement(store, found, asked_at=asked_at).standing == orders.Standing.IN_DOUBT:
            return RetryLater("Another answer about the same second came in between.", after=1)
    except Exception as error:
        orders.note_unreadable(store, external_id, error)
        return error
    Problem.objects.solve("store", f"{store.slug}:{external_id}")
    return None


# The sweep over the project's own models


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
    in_trouble = _in_trouble(store)
    for order in found.iterator(chunk_size=500):
        result.seen += 1
        key = str(getattr(order, adapter.key_field))
        try:
            if digests.get(key) != orders.digest(adapter.state(order)):
                # Again, because it may have changed since its page was fetched.
                _read(adapter, store, key)
                result.recorded += 1
            if key in in_trouble:
                Problem.objects.solve("store", f"{store.slug}:{key}")
        except Exception as error:
            orders.note_unreadable(store, key, error)
            result.failed += 1
        if progress:
            progress(result)
    for key in _gone(adapter, store.pk, everything):
        result.closed += orders.close_missing(store, key) is not None
    return result


def _in_trouble(store: Store) -> set[str]:
    """External ids of orders that could not be read last time."""
    begin = f"{store.slug}:"
    open_ones = Problem.objects.filter(kind="store", solved_at=None, key__startswith=begin)
    return {key.removeprefix(begin) for key in open_ones.values_list("key", flat=True)}


def _gone(adapter: ModelStore, store_id: int, everything: bool) -> Iterator[str]:
    """External ids of our open orders that the project no longer has. Imported ones it may never have had."""
    ours: Any = Order.objects.filter(store_id=store_id, is_history=False).exclude(status=OrderStatus.CANCELLED)
    if not everything:
        ours = ours.order_by("-placed_at")[:5000]
    keys = list(ours.values_list("external_id", flat=True))
    for start in range(0, len(keys), 500):
        chunk = keys[start : start + 500]
        there = adapter.there(chunk)
        yield from (key for key in chunk if key not in there)


def sweep_all() -> list[Sweep]:
    """Sweep the recent orders of every adapter (the hourly task)."""
    return [sweep(adapter) for adapter in adapters()]
