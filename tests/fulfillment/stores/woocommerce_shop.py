"""A connected WooCommerce shop: a twin on loopback, the store that stands for it here, and its deliveries."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from fulfillment.models import InboxEvent, Store, StoreRun
from fulfillment.services import runs
from fulfillment.stores.woocommerce import WooCommercePlatform
from fulfillment.testing.twins import Recorded, TwinClock
from fulfillment.testing.woocommerce_twin import WooCommerceTwin
from parcelwise.testing import run_jobs
from tests.factories import a_store

HOOK_SECRET = "hook-secret-of-the-store"
HOOK_URL = "https://parcels.example.com/parcelwise/hooks/woocommerce/{}/"
SETTINGS = {
    "JOBS": {"RUNNER": "manual"},
    "OUTBOUND": {"ALLOW_PRIVATE": ("127.0.0.1", "localhost")},
    "LINKS": {"BASE_URL": "https://parcels.example.com"},
}
CAPTURES = Path(os.environ.get("PARCELWISE_SHARED", Path(__file__).parents[4] / "shared")) / "woocommerce" / "captures"


class Shop:
    """The twin and the store, and what goes between them. Nothing leaves the twin over the wire: see ``news``."""

    def __init__(self, twin: WooCommerceTwin, store: Store) -> None:
        self.twin, self.store = twin, store
        twin.post.wire = False

    @property
    def platform(self) -> WooCommercePlatform:
        self.store.refresh_from_db()
        return WooCommercePlatform(self.store)

    @property
    def hook_url(self) -> str:
        return HOOK_URL.format(self.store.uuid)

    def subscribe(self) -> None:
        self.platform.repair_hooks(self.hook_url)

    def news(self) -> list[Recorded]:
        """The deliveries that have left since the last time this was asked."""
        self.twin.post.flush()
        news, self.twin.post.recorded[:] = list(self.twin.post.recorded), []
        return news

    def take(self, deliveries: Iterable[Recorded]) -> None:
        for delivery in deliveries:
            take(self.store, delivery.headers, delivery.body)

    def work(self) -> None:
        """Work off all that is due now, and what waits for another second."""
        run_jobs()

    def reconcile(self, kind: str = StoreRun.Kind.CHANGES, since: Any = None) -> StoreRun:
        run = runs.start(self.store, kind, since=since)
        run_jobs()
        run.refresh_from_db()
        return run


def take(store: Store, headers: Mapping[str, str], body: bytes, secret: str = HOOK_SECRET) -> InboxEvent:
    """Store a delivery as the intake does: checked over its raw bytes, once for each key."""
    lowered = {name.lower(): value for name, value in headers.items()}
    assert WooCommercePlatform.webhooks.is_signed(lowered, body, secret)
    delivery = WooCommercePlatform.webhooks.delivery(lowered, body)
    event, _new = InboxEvent.objects.get_or_create(
        store=store, delivery_key=delivery.key, defaults={"topic": delivery.topic, "body": body}
    )
    return event


@contextmanager
def a_woocommerce_shop(**twin: Any) -> Iterator[Shop]:
    clock = twin.pop("clock", None) or TwinClock(frozen=True)
    with WooCommerceTwin(clock=clock, **twin) as woo, override_settings(PARCELWISE=SETTINGS):
        store = a_store(
            kind="woocommerce",
            url=woo.url,
            credentials={"key": "ck_twin", "secret": "cs_twin", "hook_secret": HOOK_SECRET},
            connected_at=timezone.now(),
        )
        yield Shop(woo, store)


def capture(name: str) -> Any:
    """A recorded delivery or answer of a real shop; skips where the recordings are not."""
    path = CAPTURES / name
    if not path.exists():
        pytest.skip("the recorded deliveries are not here")
    return json.loads(path.read_text())
