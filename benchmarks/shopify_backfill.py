"""Time the first sync of a shop with many orders, watch its memory, kill it in the middle and see that it goes on.

    .venv/bin/python -m benchmarks.shopify_backfill [--orders 100000] [--compare 10000] [--database postgresql]
                                                    [--kind woocommerce] [--plan standard] [--json]

The twin of the platform runs in a process of its own, the worker (``backfill_worker.py``) in another, which connects
over HTTP as to a real shop and works off the job in slices. The tables lie in a new SQLite file, or in a data base of
their own on PostgreSQL. Before that, a shop with ``--compare`` orders: the memory of its worker should be the same.
After it, the same rows are written by Django's ``bulk_create`` and by the data base's own bulk statement, as floors. In
the end a worker is killed (SIGKILL) when half of the orders are there, another goes on, and its tables are compared
with those of the undisturbed run. ``--plan``: the points that the Shopify twin gives a second, standard 100, advanced
200, plus 1000.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.webhook_intake import ROOT, database, free_port  # noqa: E402

CREDENTIALS = {
    "shopify": {"access_token": "shpat_twin-admin-token", "client_secret": "shpss_twin-client-secret"},
    "woocommerce": {"key": "ck_twin", "secret": "cs_twin"},
}
MARKS = (0.1, 0.5, 1.0)
#: Rows of these there are for orders that are followed: fewer, the later a run is. Their digests leave the border out.
FOLLOWED = ("ShipmentChange", "TrackingPoll")
MB = 1e6


@dataclass
class Run:
    """One first sync: what its worker said, and what is in the tables then."""

    orders: int
    last: dict[str, Any]
    pages: list[dict[str, Any]]
    tables: dict[str, Any]
    floor: dict[str, Any] = field(default_factory=dict)
    file: dict[str, float] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return sum(self.tables["rows"].values())

    def rss(self, share: float) -> int:
        """Bytes of memory when so much of the orders was there."""
        return int(next(page["rss"] for page in self.pages if page["seen"] >= share * self.orders))

    def seconds(self, *without: str) -> float:
        parts: Mapping[str, Any] = self.last["parts"]
        return float(sum(wall for name, (wall, _cpu) in parts.items() if name not in without))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--orders", type=int, default=100_000)
    arguments.add_argument("--compare", type=int, default=10_000, help="orders of a smaller shop; 0: none")
    arguments.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    arguments.add_argument("--kind", choices=tuple(CREDENTIALS), default="shopify")
    arguments.add_argument("--plan", choices=("standard", "advanced", "plus"), default="plus")
    arguments.add_argument("--no-kill", action="store_true", help="leave out the run that is killed")
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    small = backfill(asked, asked.compare, alone=False) if asked.compare else None
    whole = backfill(asked, asked.orders, alone=True)
    figures = {
        **described(whole),
        "small": described(small) if small else None,
        "resumed": whole.file.pop("resumed", None),
    }
    if asked.json:
        print(json.dumps(figures))
    else:
        show(asked, whole, small, figures)
    resumed: Any = figures["resumed"]
    sys.exit(0 if resumed is None or resumed["equal"] else 1)


def backfill(asked: argparse.Namespace, orders: int, *, alone: bool) -> Run:
    """Read a shop of so many orders. ``alone``: with floors, and again with a kill in the middle."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="backfill-")))
        born, url = datetime.now(UTC).isoformat(), stack.enter_context(twin(asked, orders, folder))
        env = environment(stack.enter_context(tables_in(asked.database, folder / "whole")), folder)
        run = undisturbed(asked, env, url, orders, born)
        if alone:
            run.file |= file_alone(run.pages)
            run.floor = tables(env, "floor", stack.enter_context(tables_in(asked.database, folder / "floor")))
        if alone and not asked.no_kill:
            other = environment(stack.enter_context(tables_in(asked.database, folder / "killed")), folder)
            run.file["resumed"] = killed(asked, other, url, run, born)
        return run


@contextmanager
def twin(asked: argparse.Namespace, orders: int, folder: Path) -> Iterator[str]:
    port = free_port()
    command = [
        sys.executable,
        "-m",
        f"fulfillment.testing.{asked.kind}_twin",
        "--port",
        str(port),
        "--orders",
        str(orders),
    ]
    if asked.kind == "shopify":
        command += ["--plan", asked.plan]
    with (folder / "twin.log").open("w") as log:
        running = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        while "twin at" not in (folder / "twin.log").read_text():
            if running.poll() is not None:
                sys.exit((folder / "twin.log").read_text())
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait()


@contextmanager
def tables_in(kind: str, folder: Path) -> Iterator[str]:
    folder.mkdir()
    with database(kind, folder) as url:
        yield url


def environment(url: str, folder: Path) -> dict[str, str]:
    if not url:
        sys.exit("There is no data base.")
    return {
        **os.environ,
        "DATABASE_URL": url,
        "PARCELWISE_VAR": str(folder),
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "demo.settings",
        "DEBUG": "0",
        "REDIS_URL": "",
    }


def tables(env: Mapping[str, str], *task: str) -> Any:
    command = [sys.executable, "-m", "benchmarks.backfill_tables", *task]
    done = subprocess.run(command, cwd=ROOT, env=dict(env), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def connect(asked: argparse.Namespace, env: Mapping[str, str], url: str) -> str:
    return str(tables(env, "connect", asked.kind, url, json.dumps(CREDENTIALS[asked.kind])))


@contextmanager
def worker(env: Mapping[str, str], store: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "benchmarks.backfill_worker", store]
    running = subprocess.Popen(
        command, cwd=ROOT, env=dict(env), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield running
    finally:
        running.kill()
        running.wait()


def told(running: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert running.stdout is not None
    for line in running.stdout:
        yield json.loads(line)


def undisturbed(asked: argparse.Namespace, env: Mapping[str, str], url: str, orders: int, born: str) -> Run:
    store = connect(asked, env, url)
    with worker(env, store) as running:
        *pages, last = list(told(running))
    if last.get("state") != "done":
        sys.exit(f"The first sync did not come to its end: {last}")
    return Run(orders, last, pages, tables(env, "count", store, born))


def killed(asked: argparse.Namespace, env: Mapping[str, str], url: str, whole: Run, born: str) -> dict[str, Any]:
    """Kill a worker in the middle and let another go on, as when the lease of the first has run out."""
    store = connect(asked, env, url)
    with worker(env, store) as running:
        before = next(page["seen"] for page in told(running) if page["seen"] >= whole.orders / 2)
        running.send_signal(signal.SIGKILL)
        running.wait()
    there = tables(env, "release", store)
    with worker(env, store) as running:
        *pages, last = list(told(running))
    found = tables(env, "count", store, born)
    other = [
        name for name, rows in found["rows"].items() if rows != whole.tables["rows"][name] and name not in FOLLOWED
    ]
    other += [name for name, digest in found["digests"].items() if digest != whole.tables["digests"][name]]
    return {
        "killed_at": before,
        "there": there,
        "first_page_after": pages[0]["seen"],
        "state": last["state"],
        "recorded": last["recorded"],
        "different": other,
        "equal": not other and last["state"] == "done",
        "rows": found["rows"],
    }


def file_alone(pages: list[dict[str, Any]]) -> dict[str, float]:
    """How long the download of the whole file takes when nothing is done with it."""
    files = [page for page in pages if page["file"]]
    if not files:
        return {}
    began, size = time.perf_counter(), 0
    with urlopen(files[0]["file"]) as answer:
        while piece := answer.read(1 << 20):
            size += len(piece)
    return {"bytes": size, "seconds": time.perf_counter() - began}


def described(run: Run) -> dict[str, Any]:
    seconds, writing = run.seconds(), writing_seconds(run)
    platform = [name for name in run.last["parts"] if name.startswith("platform")]
    return {
        "orders": run.orders,
        "rows": run.tables["rows"],
        "failed": run.last["failed"],
        "seconds": seconds,
        "orders_a_second": run.orders / seconds,
        "rows_a_second": run.rows / seconds,
        "orders_a_second_without_platform": run.orders / run.seconds(*platform),
        "writing_orders_a_second": run.orders / writing,
        "writing_rows_a_second": run.rows / writing,
        "parts": run.last["parts"],
        "rss": {f"{share:.0%}": run.rss(share) for share in MARKS},
        "peak": run.last["peak"],
        "floor": run.floor,
        "file": {name: value for name, value in run.file.items() if name != "resumed"},
    }


def writing_seconds(run: Run) -> float:
    return sum(wall for name, (wall, _cpu) in run.last["parts"].items() if name.startswith(("writing", "commits")))


def show(asked: argparse.Namespace, whole: Run, small: Run | None, figures: Mapping[str, Any]) -> None:
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"{whole.orders:,} orders of the {asked.kind} twin into {asked.database}, load of the machine {load}\n")
    print(f"{'':34}{'orders/s':>10}{'rows/s':>10}")
    lines = (("overall", ""), ("writing", "writing_"))
    for name, key in lines:
        print(f"{name:34}{figures[f'{key}orders_a_second']:>10,.0f}{figures[f'{key}rows_a_second']:>10,.0f}")
    print(f"{'all but waiting for the platform':34}{figures['orders_a_second_without_platform']:>10,.0f}")
    for name, label in (
        ("bulk_create", "floor: bulk_create of the rows"),
        ("statement", "floor: bulk statement alone"),
    ):
        seconds = whole.floor[name]
        print(f"{label:34}{whole.orders / seconds:>10,.0f}{whole.floor['rows'] / seconds:>10,.0f}", end="")
        print(f"   writing : floor {seconds / writing_seconds(whole):.2f}")
    print(f"\n{'':34}{'wall s':>10}{'share':>8}{'CPU s':>8}")
    for name, (wall, cpu) in sorted(whole.last["parts"].items(), key=lambda part: -part[1][0]):
        print(f"{name:34}{wall:>10.1f}{wall / whole.seconds():>8.0%}{cpu:>8.1f}")
    if whole.file:
        print(f"{'the file alone':34}{whole.file['seconds']:>10.1f}   {whole.file['bytes'] / MB:,.0f} MB")
    print(f"\n{'memory of the worker, MB':34}" + "".join(f"{f'{share:.0%}':>8}" for share in MARKS) + f"{'peak':>8}")
    for run in filter(None, (small, whole)):
        cells = "".join(f"{run.rss(share) / MB:>8.0f}" for share in MARKS)
        print(f"{f'{run.orders:,} orders':34}{cells}{run.last['peak'] / MB:>8.0f}")
    print("\nrows: " + ", ".join(f"{name} {count:,}" for name, count in whole.tables["rows"].items() if count))
    if resumed := figures["resumed"]:
        verdict = "equal those of" if resumed["equal"] else f"DIFFER ({', '.join(resumed['different'])}) from those of"
        print(f"killed at {resumed['killed_at']:,} orders, {resumed['there']:,} were in the tables; "
              f"its first page after that ended at {resumed['first_page_after']:,}; "
              f"its tables {verdict} the undisturbed run")  # fmt: skip


if __name__ == "__main__":
    main()
