"""Walks over a platform's orders: the first sync, what changed since, and all open orders one by one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from fulfillment.models import Order, Store, StoreRun
from fulfillment.services import orders, store_line
from fulfillment.services.first_sync import FirstSync
from fulfillment.statuses import OrderStatus
from fulfillment.stores import is_remote, platform_class, platform_of
from fulfillment.stores.base import Page, Platform, Unreadable
from parcelwise.background import wake
from parcelwise.jobs import OPEN, one_by_one
from parcelwise.models import Problem

#: Seconds of work after which a run lets others go first.
SLICE = 20.0
#: Changes are asked for from so long before the last look: clocks differ, and stamps are of one second.
OVERLAP = timedelta(minutes=5)
#: Orders that are younger than this are read one by one each night, and those that are still open for longer.
DEEP_DAYS, DEEP_OPEN_DAYS = 30, 90


def start(store: Store, kind: str, *, since: datetime | None = None) -> StoreRun:
    """Have a walk made; one that waits or runs already is that walk."""
    with transaction.atomic():
        Store.objects.select_for_update().get(pk=store.pk)
        run = StoreRun.objects.filter(store=store, kind=kind, state__in=OPEN).first()
        if run is None:
            run = StoreRun.objects.create(store=store, kind=kind, since=since)
        wake()
    return run


def start_due() -> int:
    """Start the walk over changes in each store whose platform wants it by now (the task of every minute)."""
    now = timezone.now()
    connected = Store.objects.filter(is_active=True, connected_at__isnull=False)
    due = [store for store in connected if is_remote(store) and _is_due(store, now)]
    for store in due:
        start(store, StoreRun.Kind.CHANGES)
    return len(due)


def _is_due(store: Store, now: datetime) -> bool:
    """Whether it is time to look for changes. A first sync begins with everything and ends with the changes."""
    if StoreRun.objects.filter(store=store, kind=StoreRun.Kind.FIRST_SYNC, state__in=OPEN).exists():
        return False
    pause = timedelta(minutes=platform_class(store.kind).reconcile_minutes)
    return store.reconciled_at is None or now - store.reconciled_at >= pause


def start_deep() -> int:
    """Start the nightly walk over all open orders of each store."""
    stores = [store for store in Store.objects.filter(is_active=True, synced_at__isnull=False) if is_remote(store)]
    for store in stores:
        start(store, StoreRun.Kind.DEEP)
    return len(stores)


@one_by_one
def step(run: StoreRun) -> datetime | None:
    """Go on with a walk for a while (the runner of StoreRun)."""
    with store_line.calling(run.store):
        return walk(run, SLICE)


def walk(run: StoreRun, seconds: float) -> datetime | None:
    """Go on with a walk for ``seconds``. Its cursor is stored after each page. None: it is at its end."""
    platform, until = platform_of(run.store), time.monotonic() + seconds
    if run.began_at is None:
        _note(run, began_at=timezone.now())
    for pause in _WALKS[StoreRun.Kind(run.kind)](run, platform):
        run.renew()
        if pause:
            return timezone.now() + timedelta(seconds=pause)
        if time.monotonic() > until:
            return timezone.now()
    return None


def _note(run: StoreRun, **columns: Any) -> None:
    StoreRun.objects.filter(pk=run.pk).update(**columns)
    run.refresh_from_db(fields=list(columns))


def _count(run: StoreRun, page: Page, **counts: int) -> None:
    """Write down how far it is, in the transaction of what was recorded where there is one."""
    columns: dict[str, Any] = {name: F(name) + value for name, value in counts.items()}
    columns["cursor"] = dict(page.cursor or {})
    columns["doing"] = page.doing[:120]
    if page.total is not None:
        columns["total"] = page.total
    _note(run, **columns)


def _first_sync(run: StoreRun, platform: Platform) -> Iterator[float]:
    """Every order there is. Those that are long over are history: nobody is told of them and no carrier is asked."""
    writer = FirstSync(run.store, run.began_at or timezone.now())
    while True:
        page = platform.everything(run.cursor)
        with transaction.atomic():
            written = writer.write(page.orders)
            failed = len(page.unreadable) + written.failed
            _count(run, page, seen=len(page.orders), recorded=written.recorded, failed=failed)
        _note_unreadable(run.store, page)
        if page.cursor is None:
            break
        yield page.wait
    _finish_first(run, writer)


def _finish_first(run: StoreRun, writer: FirstSync) -> None:
    writer.finish()
    # What changed while it ran is found by the walk over changes, which begins where this one began.
    Store.objects.filter(pk=run.store_id).update(synced_at=timezone.now(), reconciled_until=run.began_at)
    start(run.store, StoreRun.Kind.CHANGES)


def _changes(run: StoreRun, platform: Platform) -> Iterator[float]:
    """Orders that changed since the last look."""
    since = run.since or (run.store.reconciled_until or run.store.created_at) - OVERLAP
    while True:
        asked_at = timezone.now()
        page = platform.changes(since, run.cursor)
        recorded = sum(_record(run.store, data, asked_at) for data in page.orders)
        _note_unreadable(run.store, page)
        _count(run, page, seen=len(page.orders), recorded=recorded, failed=len(page.unreadable))
        if page.cursor is None:
            break
        yield page.wait
    columns: dict[str, Any] = {"reconciled_at": timezone.now()}
    if run.since is None:
        columns["reconciled_until"] = run.began_at
    Store.objects.filter(pk=run.store_id).update(**columns)
    Problem.objects.solve("store", f"{run.store.slug}:behind")


def _deep(run: StoreRun, platform: Platform) -> Iterator[float]:
    """Our recent and open orders, each compared with the platform's: silent changes, and what was deleted."""
    now = timezone.now()
    young = Q(placed_at__gte=now - timedelta(days=DEEP_DAYS))
    still_open = Q(status=OrderStatus.OPEN, placed_at__gte=now - timedelta(days=DEEP_OPEN_DAYS))
    mine = Order.objects.filter(young | still_open, store=run.store).exclude(status=OrderStatus.CANCELLED)
    if run.total is None:
        _note(run, total=mine.count())
    while True:
        after = int(run.cursor.get("after", 0))
        chunk = list(mine.filter(pk__gt=after).order_by("pk").values_list("pk", "external_id")[: platform.read_batch])
        if not chunk:
            return
        asked_at, found = timezone.now(), platform.read_orders([key for _pk, key in chunk])
        page = Page(
            orders=tuple(data for data in found.values() if data is not None and not isinstance(data, Unreadable)),
            unreadable=tuple(data for data in found.values() if isinstance(data, Unreadable)),
            cursor={"after": chunk[-1][0]},
        )
        recorded = sum(_record(run.store, data, asked_at) for data in page.orders)
        gone = [key for key, data in found.items() if data is None]
        closed = sum(orders.close_missing(run.store, key) is not None for key in gone)
        _note_unreadable(run.store, page)
        _count(run, page, seen=len(chunk), recorded=recorded, closed=closed, failed=len(page.unreadable))
        yield 0


def _record(store: Store, data: Any, asked_at: datetime) -> bool:
    """Record one order of a walk; one that cannot be recorded does not stop the others."""
    try:
        standing = orders.record_statement(store, data, asked_at=asked_at).standing
    except Exception as error:
        orders.note_unreadable(store, data.external_id, error)
        return False
    Problem.objects.solve("store", f"{store.slug}:{data.external_id}")
    return standing == orders.Standing.NEWER


def _note_unreadable(store: Store, page: Page) -> None:
    for one in page.unreadable:
        orders.note_unreadable(store, one.external_id, ValueError(one.sentence))


_WALKS = {
    StoreRun.Kind.FIRST_SYNC: _first_sync,
    StoreRun.Kind.CHANGES: _changes,
    StoreRun.Kind.DEEP: _deep,
}
