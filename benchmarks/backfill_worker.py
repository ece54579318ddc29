"""One worker's part of ``shopify_backfill.py``, in a process of its own so that it can be measured and killed.

    python -m benchmarks.backfill_worker ID

Works off the first sync of the store ID through its job, slice by slice, and prints a line of JSON after each page:
``seen`` (orders so far), ``rss`` (bytes) and the ``file`` that is read. The last line has ``parts``, the wall and CPU
seconds of each part of the work without overlap, and ``peak`` (bytes).
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import SimpleNamespace
from typing import Any

Spent = tuple[float, float]

#: Wall and CPU seconds of each part, and the parts that are going on.
_spent: dict[str, Spent] = {}
_inside: list[list[float]] = []

WAITING, POINTS, ASKING = "platform prepares its file", "platform gives no points", "platform answers questions"
DOWNLOAD, READING = "download", "parsing and mapping"
BULK, SINGLY, LANES, REST = "writing what is over, in bulk", "writing what is under way, singly", "lanes", "commits"


def main(pk: int) -> None:
    import django

    django.setup()
    from django.utils import timezone

    from fulfillment.models import StoreRun
    from parcelwise.jobs import OPEN, run_batch

    mine = StoreRun.objects.filter(store=pk, kind=StoreRun.Kind.FIRST_SYNC)
    _listen(mine.latest("pk").store.kind)
    began, work, wait = time.perf_counter(), _timed(REST, run_batch), _timed(WAITING, time.sleep)
    while run := mine.filter(state__in=OPEN).first():
        if not work(StoreRun, 1):
            pause = max(0.0, (run.not_before - timezone.now()).total_seconds())
            wait(min(pause, 1.0) + 0.01)
    run = mine.latest("pk")
    told = {"state": run.state, "error": run.last_error, "recorded": run.recorded, "failed": run.failed}
    _say(run, **told, seconds=time.perf_counter() - began, parts=_spent, peak=_peak())


def _listen(kind: str) -> None:
    """Have the parts of the walk write down how long they take, and each page be told."""
    from fulfillment.services import first_sync, runs
    from fulfillment.stores import platform_class
    from fulfillment.stores.shopify import bulk_file, client

    platform: Any = platform_class(kind)
    platform.everything = _timed(READING, platform.everything)
    writer: Any = first_sync.FirstSync
    for name, method in ((BULK, "_insert"), (SINGLY, "_record"), (LANES, "finish")):
        setattr(writer, method, _timed(name, getattr(writer, method)))
    shopify: Any = client
    shopify.request = _timed(ASKING, shopify.request)
    shopify.time = SimpleNamespace(monotonic=time.monotonic, sleep=_timed(POINTS, time.sleep))
    files: Any = bulk_file
    files.request = _timed(DOWNLOAD, files.request)
    walks: Any = runs
    walks._count = _told(walks._count)


def _told(count: Callable[..., None]) -> Callable[..., None]:
    def counted(run: Any, page: Any, **counts: int) -> None:
        count(run, page, **counts)
        run.refresh_from_db(fields=["seen"])
        _say(run, file=run.cursor.get("url", ""), bytes=run.cursor.get("size", 0))

    return counted


def _timed(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
    """``work``, whose seconds count for ``name`` and not for the part that calls it."""

    @wraps(work)
    def timed(*args: Any, **more: Any) -> Any:
        _inside.append([0.0, 0.0])
        began, busy = time.perf_counter(), time.process_time()
        try:
            return work(*args, **more)
        finally:
            took, used = time.perf_counter() - began, time.process_time() - busy
            below = _inside.pop()
            wall, cpu = _spent.get(name, (0.0, 0.0))
            _spent[name] = wall + took - below[0], cpu + used - below[1]
            if _inside:
                _inside[-1][0] += took
                _inside[-1][1] += used

    return timed


def _say(run: Any, **line: Any) -> None:
    print(json.dumps({"seen": run.seen, "rss": _rss(), **line}), flush=True)


def _rss() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main(int(sys.argv[1]))
