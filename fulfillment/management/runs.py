"""What the commands about stores share: finding a store, and watching a walk to its end."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from argparse import BooleanOptionalAction
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q
from django.utils import timezone

from fulfillment.models import Store, StoreRun
from fulfillment.services import runs
from fulfillment.services.sync import Sweep, sweep
from fulfillment.stores.models import adapter_of
from parcelwise.errors import ParcelwiseError
from parcelwise.jobs import OPEN, JobState

#: Seconds for which this process works a walk off before it looks up.
_TURN = 5.0
#: After so many failed attempts in a row nobody waits any longer: the walk goes on in the background.
_PATIENCE = 3
#: Exit code: it is not done yet, and goes on in the background.
NOT_YET = 3


def find_store(name: str) -> Store:
    """The store with the key, uuid or short name ``name``."""
    known = Q(slug=name)
    if name.isascii() and name.isdigit() and len(name) < 19:
        known |= Q(pk=int(name))
    with contextlib.suppress(ValueError):
        known |= Q(uuid=uuid.UUID(name))
    # A shop may be called 7: its name goes before the key of another.
    found = sorted(Store.objects.filter(known), key=lambda store: store.slug != name)
    if not found:
        slugs = ", ".join(Store.objects.values_list("slug", flat=True)) or "none yet; see manage.py connect_store"
        raise CommandError(f"There is no store “{name}”. Known: {slugs}.")
    return found[0]


def connected(store: Store) -> Store:
    """``store``, if something can be asked of its platform."""
    if not store.is_active:
        raise CommandError(f"{store.name} is not connected. Connect it with manage.py connect_store, or in the admin.")
    return store


class RunCommand(BaseCommand):
    """Base of the commands that have a store's orders read."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("store", metavar="ID", help="key, uuid or short name of the store")
        parser.add_argument(
            "--wait",
            action=BooleanOptionalAction,
            default=None,
            help="stay until it is done, and do it here when no worker does (default on a terminal and with --json)",
        )
        parser.add_argument("--json", action="store_true", help="print the result as one JSON object")

    def waits(self, options: dict[str, Any]) -> bool:
        asked: bool | None = options["wait"]
        return (options["json"] or self.stderr.isatty()) if asked is None else asked

    def report(self, store: Store, result: dict[str, Any], as_json: bool) -> None:
        """Print ``result``; CommandError when it is no success."""
        names = {"id": store.pk, "uuid": str(store.uuid), "slug": store.slug}
        if as_json:
            self.stdout.write(json.dumps({**names, **result}, ensure_ascii=False))
        else:
            self.stdout.write(f"{store.slug}: {sentence(result)}")
        if result["error"] and result["state"] == JobState.DEAD:
            raise CommandError(f"It failed: {result['error']}")
        if result["failed"]:
            raise CommandError(f"{result['failed']} orders could not be read; see Problems in the admin.")

    def sweep(self, store: Store, *, everything: bool) -> dict[str, Any]:
        """Compare a store of the project's own models with ours, here and now."""
        began = time.monotonic()
        shown = _Shown(self.stderr.write)
        try:
            found = sweep(
                adapter_of(store.slug), everything=everything, progress=lambda sweep: shown(_swept(sweep), False)
            )
        except ParcelwiseError as error:
            raise CommandError(str(error)) from error
        counts = {name: getattr(found, name) for name in ("seen", "recorded", "closed", "failed")}
        seconds = round(time.monotonic() - began, 1)
        return {"run": None, "kind": "sweep", "state": "done", "total": None, **counts, "seconds": seconds, "error": ""}

    def follow(self, run: StoreRun) -> None:
        """Watch ``run`` to its end, working it off where no worker does."""
        try:
            follow(run, self.stderr.write)
        except KeyboardInterrupt:
            raise CommandError("Interrupted. It goes on where it was, with the worker.", returncode=130) from None


def result_of(run: StoreRun) -> dict[str, Any]:
    """What came of a walk."""
    run.refresh_from_db()
    end = run.finished_at or timezone.now()
    return {
        "run": run.pk,
        "kind": run.kind,
        "state": run.state,
        "total": run.total,
        "seen": run.seen,
        "recorded": run.recorded,
        "closed": run.closed,
        "failed": run.failed,
        "seconds": round((end - run.began_at).total_seconds(), 1) if run.began_at else 0.0,
        "error": run.last_error,
    }


def sentence(result: dict[str, Any]) -> str:
    counts = ", ".join(f"{result[name]:,} {name}" for name in ("seen", "recorded", "closed", "failed"))
    if result["state"] in OPEN:
        return f"it runs in the background ({counts} so far); follow it in the admin"
    return f"{result['state']}, {counts}, {result['seconds']:,.1f} s"


def follow(run: StoreRun, say: Callable[[str], Any]) -> None:
    """Watch ``run`` to its end and say how far it is. Whoever is first works it off: this process or a worker."""
    shown = _Shown(say)
    # Somebody waits: a walk that pauses after failed attempts is tried now.
    StoreRun.objects.filter(pk=run.pk, state=JobState.WAITING).update(not_before=timezone.now(), attempts=0)
    while run.state in OPEN:
        mine = StoreRun.objects.filter(pk=run.pk).claim(1)
        if mine:
            _turn(mine[0])
        else:
            time.sleep(0.5)
        run.refresh_from_db()
        shown(_progress(run), run.state not in OPEN)
        if run.state == JobState.WAITING and run.last_error and run.attempts >= _PATIENCE:
            again = f"{timezone.localtime(run.not_before):%H:%M}"
            raise CommandError(f"It does not get on: {run.last_error} Tried again at {again}.", returncode=NOT_YET)


def _turn(run: StoreRun) -> None:
    try:
        outcome: Any = runs.walk(run, _TURN)
    except KeyboardInterrupt:
        run.release()
        raise
    except Exception as error:
        outcome = error
    run.settle(outcome)


def _progress(run: StoreRun) -> str:
    of = f" of {run.total:,}" if run.total else ""
    text = f"{run.seen:,}{of} orders seen, {run.recorded:,} recorded, {run.failed:,} failed"
    if run.state == JobState.WAITING and run.last_error:
        return f"{text} · trying again at {timezone.localtime(run.not_before):%H:%M:%S}: {run.last_error}"
    return f"{text} · {run.doing}" if run.doing and run.state in OPEN else text


def _swept(sweep: Sweep) -> str:
    return f"{sweep.seen:,} orders seen, {sweep.recorded:,} recorded, {sweep.failed:,} failed"


class _Shown:
    """Says a line when it is news, at most every two seconds."""

    def __init__(self, say: Callable[[str], Any]) -> None:
        self.say, self.last, self.at = say, "", time.monotonic()

    def __call__(self, text: str, over: bool) -> None:
        now = time.monotonic()
        if text != self.last and (over or now - self.at >= 2):
            self.say(f"  {text}")
            self.last, self.at = text, now
