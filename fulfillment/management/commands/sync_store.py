"""``manage.py sync_store ID``: read every order of a store. See ``docs/stores.md``."""

from __future__ import annotations

from typing import Any

from fulfillment.management.runs import RunCommand, connected, find_store, result_of
from fulfillment.models import StoreRun
from fulfillment.services import runs
from fulfillment.stores import is_remote
from parcelwise.jobs import JobState


class Command(RunCommand):
    help = "Read every order of a store: the first sync, or everything once more. Goes on where it was interrupted."

    def handle(self, *args: Any, **options: Any) -> None:
        store = find_store(options["store"])
        if not is_remote(store):
            self.report(store, self.sweep(store, everything=True), options["json"])
            return
        run = runs.start(connected(store), StoreRun.Kind.FIRST_SYNC)
        if self.waits(options):
            self.follow(run)
            if run.state == JobState.DONE:  # what changed at the platform while it ran
                self.follow(runs.start(store, StoreRun.Kind.CHANGES))
        self.report(store, result_of(run), options["json"])
