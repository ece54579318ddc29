"""Connecting the simulated stores, through the same services as any other, and their first sync."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from django.utils import timezone

from demo.run.door import door
from demo.stores import record, twins
from demo.stores.front import StoreFront
from demo.stores.past import ORDERS, write_past
from fulfillment.models import Store, StoreRun
from fulfillment.services import connect, runs
from fulfillment.testing.carrier_twin import TwinControl
from parcelwise.background import run_due
from parcelwise.conf import links
from parcelwise.errors import GiveUp
from parcelwise.jobs import JobState
from returns.models import ReturnPolicy

#: Seconds that a first sync of some hundred orders may take.
PATIENCE = 120.0


def are_up_to_date(urls: Mapping[str, str]) -> bool:
    """Whether both stores were connected and read, with the twins and us where we are now."""
    known = record.read()
    if known.base != links.BASE_URL or known.urls != dict(urls):
        return False
    synced = Store.objects.filter(kind__in=list(urls), synced_at__isnull=False).values_list("url", flat=True)
    return set(urls.values()) <= set(synced)


def set_up(urls: Mapping[str, str], carriers: TwinControl, orders: int = ORDERS) -> None:
    """Give the twins a past of about so many ``orders``, connect the stores and read them. Done once, it stays so."""
    with twins.running(urls) as fronts:
        for front in fronts:
            _have_past(front, carriers, orders)
        with door():
            stores = [bring_together(front) for front in fronts]
            sync_first([store for store in stores if store.is_active and store.synced_at is None])
    record.note(base=links.BASE_URL, urls=dict(urls))


def bring_together(front: StoreFront) -> Store:
    """Connect the store, or say where it is now. One that staff have disconnected stays so. GiveUp if it fails."""
    store = Store.objects.filter(kind=front.kind, slug=front.slug).first()
    if store and store.connected_at and not store.is_active:
        return store
    if store and store.url != front.url:
        attempt = connect.replace(store, front.credentials, url=front.url)
    else:
        attempt = connect.connect(front.kind, front.url, front.credentials, name=front.name, slug=front.slug)
    if not attempt.works:
        crosses = "; ".join(f"{tick.what}: {tick.found}" for tick in attempt.ticks if not tick.good)
        raise GiveUp(f"{front.name} could not be connected: {crosses}")
    ReturnPolicy.objects.get_or_create(store=attempt.store, defaults={"window_days": 30})
    return attempt.store


def sync_first(stores: Sequence[Store]) -> list[StoreRun]:
    """Read all orders of ``stores``, and work until that is done."""
    started = [runs.start(store, StoreRun.Kind.FIRST_SYNC) for store in stores]
    end = time.monotonic() + PATIENCE
    while StoreRun.objects.filter(store__in=stores, state__in=(JobState.WAITING, JobState.RUNNING)).exists():
        if time.monotonic() > end:
            raise GiveUp(f"The first sync is not through after {PATIENCE:.0f} s.")
        if not run_due(5):
            time.sleep(0.05)
    while run_due(30):  # the carriers are asked for what is under way
        pass
    for run in started:
        run.refresh_from_db()
        if run.state != JobState.DONE:
            raise GiveUp(f"The first sync of {run.store} failed: {run.last_error}")
    return started


def _have_past(front: StoreFront, carriers: TwinControl, orders: int) -> None:
    pasts = record.read().pasts
    if front.kind in pasts:
        return
    if not front.status()["orders"]:
        write_past(front, carriers, timezone.now(), orders)
    record.note(pasts=[*pasts, front.kind])
