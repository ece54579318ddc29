"""A file that remembers what was done to a world, so that a twin that is started again knows its shop.

One line of JSON for each act. Doing the same acts at the same times again gives the same world with the same ids, so
nothing else has to be kept but the subscriptions. Tokens and secrets are not in it: what was handed out before a start
is worth nothing after it, except the admin token.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from fulfillment.testing.shopify_twin.webhooks.subscriptions import Subscriptions
from fulfillment.testing.shopify_twin.world.ids import Thing
from fulfillment.testing.shopify_twin.world.refusals import Refused
from fulfillment.testing.shopify_twin.world.world import World

SUBSCRIPTIONS = "subscriptions"


class JournalFile:
    def __init__(self, path: Path, world: World, subscriptions: Subscriptions) -> None:
        self.path, self.world, self.subscriptions = path, world, subscriptions
        self._lock = threading.Lock()

    def open(self) -> int:
        """Do again what is in the file, then write on. Returns how many acts were in it."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        acts = self._replay() if self.path.exists() else 0
        self.world.journal = self
        self.subscriptions.on_change = self.write_subscriptions
        return acts

    def write(self, name: str, at: datetime, args: tuple[Any, ...], more: dict[str, Any]) -> None:
        self._append({"at": at.isoformat(), "do": name, "args": args, "more": more})

    def write_subscriptions(self) -> None:
        told = [asdict(one) for one in self.subscriptions.all()]
        self._append({"at": self.world.now().isoformat(), "do": SUBSCRIPTIONS, "more": {"all": told}})

    def _append(self, entry: dict[str, Any]) -> None:
        line = json.dumps(entry, default=_plain, ensure_ascii=False)
        with self._lock, self.path.open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def _replay(self) -> int:
        listeners, self.world.listeners = self.world.listeners, []
        acts, last = 0, ""
        with self.path.open(encoding="utf-8") as file:
            for line in file:
                if not line.endswith("\n"):
                    # The twin was killed while it wrote.
                    break
                entry = json.loads(line)
                last = entry["at"]
                if entry["do"] == SUBSCRIPTIONS:
                    self.subscriptions.restore(entry["more"]["all"])
                    continue
                self._do(entry)
                acts += 1
        self.world.replayed, self.world.listeners = None, listeners
        if last and datetime.fromisoformat(last) > self.world.clock.now():
            self.world.clock.change(now=datetime.fromisoformat(last))
        return acts

    def _do(self, entry: dict[str, Any]) -> None:
        self.world.replayed = datetime.fromisoformat(entry["at"])
        try:
            getattr(self.world, entry["do"])(*entry["args"], **entry["more"])
        except Refused:
            # It was refused the first time as well.
            return


def _plain(value: Any) -> Any:
    if isinstance(value, Thing):
        return value.gid
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} cannot be written down")
