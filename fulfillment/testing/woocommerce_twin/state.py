"""A file that remembers a site, so that a twin that is started again knows its orders, customers and webhooks.

The whole site as one JSON object, written anew a moment after something changed and when the twin stops.
"""

from __future__ import annotations

import json
import threading
import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from fulfillment.testing.woocommerce_twin.records import Customer, Order, Site, Webhook

#: Collection of the site -> what is in it, by id.
KEPT: Mapping[str, type[Any]] = {"orders": Order, "customers": Customer, "webhooks": Webhook}


class StateFile:
    def __init__(self, path: Path, site: Site) -> None:
        self.path, self.site = path, site
        self._changed, self._stopping = threading.Event(), threading.Event()
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Read the file, where there is one, and keep it up to date from now on."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists():
            restore(self.site, json.loads(self.path.read_text(encoding="utf-8")))
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def touch(self) -> None:
        """Something may have changed."""
        self._changed.set()

    def close(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(10)
        self.write()

    def write(self) -> None:
        with self._writing:
            with self.site.lock:
                text = json.dumps(plain(self.site), ensure_ascii=False)
            # Whoever reads it finds the old file or the new one, never half of one.
            draft = self.path.with_suffix(".new")
            draft.write_text(text, encoding="utf-8")
            draft.replace(self.path)

    def _run(self, interval: float = 0.3) -> None:
        while not self._stopping.wait(interval):
            if self._changed.is_set():
                self._changed.clear()
                self.write()


def plain(site: Site) -> dict[str, Any]:
    """The site as JSON has it."""
    kept = {name: [_plain(one) for one in getattr(site, name).values()] for name in KEPT}
    return {**kept, "counts": site.ids.as_json(), "gateway_refunds": site.gateway_refunds}


def restore(site: Site, stored: Mapping[str, Any]) -> None:
    for name, kind in KEPT.items():
        getattr(site, name).update((one["id"], _read(kind, one)) for one in stored[name])
    site.ids.go_on(stored["counts"])
    site.gateway_refunds += [(order, cents) for order, cents in stored["gateway_refunds"]]
    # The same seed gives the same order keys again; nobody looks at them twice.
    site.dice.seed(site.ids.as_json()["post"])


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, datetime) else value


def _read(kind: Any, value: Any) -> Any:
    """``value`` as ``kind`` has it: records, lists of records, and moments; all else is as it was written."""
    if isinstance(kind, types.UnionType):
        kind = next(one for one in kind.__args__ if one is not types.NoneType)
    if value is None:
        return None
    if kind is datetime:
        return datetime.fromisoformat(value)
    if typing.get_origin(kind) is list:
        return [_read(kind.__args__[0], each) for each in value]
    if is_dataclass(kind):
        known = typing.get_type_hints(kind)
        return typing.cast(Any, kind)(**{name: _read(known[name], each) for name, each in value.items()})
    return value
