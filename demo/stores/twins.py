"""Where the stores' twins are, and how they are started: in this process for a while, or in processes of their own."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from demo.run.processes import Processes, free_port
from demo.stores import record
from demo.stores.front import StoreFront
from demo.stores.shopify import ShopifyFront
from demo.stores.woocommerce import WooCommerceFront
from fulfillment.testing.shopify_twin import ShopifyControl, ShopifyTwin
from fulfillment.testing.twins.control import SHARED, StoreControl
from fulfillment.testing.twins.store import StoreTwin
from fulfillment.testing.woocommerce_twin import WooCommerceControl, WooCommerceTwin

#: Kind -> how its twin and its state file are called.
TWINS: Mapping[str, tuple[type[ShopifyTwin] | type[WooCommerceTwin], str]] = {
    "woocommerce": (WooCommerceTwin, "woocommerce.json"),
    "shopify": (ShopifyTwin, "shopify.jsonl"),
}


class _AtHand:
    """The control API of a twin in this process, without the way over HTTP."""

    twin: StoreTwin

    def call(self, method: str, path: str, body: Any = None) -> Any:
        action = {**SHARED, **self.twin.controls}[method, f"/twin/{path}"]
        # As it would be read on the other side.
        return action(self.twin, json.loads(json.dumps(body or {}, cls=DjangoJSONEncoder)))


class _ShopifyAtHand(_AtHand, ShopifyControl):
    pass


class _WooCommerceAtHand(_AtHand, WooCommerceControl):
    pass


def addresses() -> dict[str, str]:
    """Where each twin is or will be: the one that runs, the one that was asked for, else the next free port."""
    found: dict[str, str] = {}
    lowest = 0
    for kind, (wanted, is_asked_for) in settings.STORE_TWINS.items():
        known = record.read().urls.get(kind, "")
        if is_asked_for:
            found[kind] = wanted.rstrip("/")
        elif known and _answers(kind, known):
            found[kind] = known
        else:
            port = free_port(max(urlsplit(wanted).port or 0, lowest))
            lowest = port + 1
            found[kind] = f"http://127.0.0.1:{port}"
    return found


def fronts(urls: Mapping[str, str]) -> list[StoreFront]:
    """The stores whose twins run elsewhere."""
    return [_front(kind, url) for kind, url in urls.items()]


@contextlib.contextmanager
def running(urls: Mapping[str, str], *, auto: bool = True) -> Iterator[list[StoreFront]]:
    """The stores with their twins: those that run, else our own for as long as it takes.

    Without ``auto`` our own send their webhooks only when their post is told to.
    """
    with contextlib.ExitStack() as stack:
        yield [
            _front(kind, url) if _answers(kind, url) else stack.enter_context(_own(kind, url, auto))
            for kind, url in urls.items()
        ]


def start(processes: Processes, urls: Mapping[str, str]) -> None:
    """Start each twin that does not run in a process of its own."""
    for kind, url in urls.items():
        if not _answers(kind, url):
            port, state = f"{urlsplit(url).port}", f"{_state(kind)}"
            processes.start(kind, ["-m", f"fulfillment.testing.{kind}_twin", "--port", port, "--state", state])


@contextlib.contextmanager
def _own(kind: str, url: str, auto: bool) -> Iterator[StoreFront]:
    if kind not in record.read().pasts:  # a past that broke off is written again
        _state(kind).unlink(missing_ok=True)
    with TWINS[kind][0](urlsplit(url).port or 0, state=_state(kind), auto=auto) as twin:
        if isinstance(twin, ShopifyTwin):  # points of the largest plan: somebody waits for the first sync
            twin.bucket.maximum, twin.bucket.rate = 20_000.0, 1_000.0
        control = _ShopifyAtHand(twin.url) if kind == "shopify" else _WooCommerceAtHand(twin.url)
        control.twin = twin
        yield _front_of(control)


def _front(kind: str, url: str) -> StoreFront:
    return _front_of(ShopifyControl(url) if kind == "shopify" else WooCommerceControl(url))


def _front_of(control: ShopifyControl | WooCommerceControl) -> StoreFront:
    return ShopifyFront(control) if isinstance(control, ShopifyControl) else WooCommerceFront(control)


def _answers(kind: str, url: str) -> bool:
    """Whether a twin of this kind runs there."""
    try:
        status = StoreControl(url).call("GET", "status")
    except (URLError, OSError, ValueError):
        return False
    return ("shop" in status) == (kind == "shopify")


def _state(kind: str) -> Path:
    return Path(settings.VAR) / TWINS[kind][1]
