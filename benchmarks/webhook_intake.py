"""Time the intake of deliveries through a real server, beside a bare Django view and a bare WSGI function.

    .venv/bin/python -m benchmarks.webhook_intake [--rounds 5] [--requests 2000] [--body 3000] [--database both]

Each contender runs on a gunicorn of its own, with the command line of the demo (two processes, four threads each), and
writes into the same data base: ``floor_event`` for the floors (see ``intake_floor.py``), the inbox for ours, which goes
through ``demo.settings`` as they are, with ``DEBUG`` off. Sixteen keep-alive connections send distinct, signed
deliveries of Shopify's form. The contenders take turns; figures are medians of the rounds. In the end 2,000 deliveries
come within ten seconds. PostgreSQL is tried when it answers (``.ci/servers.py``), in a data base that is dropped again.
"""

from __future__ import annotations

import argparse
import os
import pickle
import secrets
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.intake_client import Plan, Result  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
SECRET = secrets.token_hex(16)
OURS, BARE, RAW = "ours", "bare Django view", "bare WSGI function"
TARGETS = {BARE: 0.6, RAW: 0.4}


@dataclass
class Contender:
    name: str
    application: str
    path: str
    count: str
    env: dict[str, str]
    port: int = 0
    sent: int = 0
    results: list[Result] = field(default_factory=list)

    @property
    def rates(self) -> list[float]:
        return [len(result.took) / result.seconds for result in self.results]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--requests", type=int, default=2000, help="of one contender in one round")
    arguments.add_argument("--body", type=int, default=3000, help="bytes of a delivery")
    arguments.add_argument("--connections", type=int, default=16)
    arguments.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    asked = arguments.parse_args()
    kept = True
    for kind in ("sqlite", "postgresql"):
        if asked.database in (kind, "both"):
            with tempfile.TemporaryDirectory(prefix="intake-") as folder, database(kind, Path(folder)) as url:
                if url:
                    kept = compare(asked, kind, url, Path(folder)) and kept
    sys.exit(0 if kept else 1)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty data base; empty when there is no server."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/bench.sqlite3"
        return
    found = subprocess.run([sys.executable, ".ci/servers.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    server = next((word[13:] for word in found.stdout.split() if word.startswith("DATABASE_URL=")), "")
    if not server:
        print("PostgreSQL does not answer.")
        yield ""
        return
    import psycopg

    name = f"pw_intake_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield f"{server.rpartition('/')[0]}/{name}"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def compare(asked: argparse.Namespace, kind: str, url: str, folder: Path) -> bool:
    """Print one data base's table; whether all targets are kept."""
    env = {**os.environ, "DATABASE_URL": url, "HOOK_SECRET": SECRET, "PARCELWISE_VAR": str(folder), "DEBUG": "0"}
    env |= {"PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "demo.settings", "REDIS_URL": ""}
    hook = prepare(env)
    floor = {**env, "DJANGO_FLOOR": "1"}
    floor.pop("DJANGO_SETTINGS_MODULE")
    contenders = [
        Contender(OURS, "demo.wsgi", hook, "parcelwise_fulfillment_inboxevent", env),
        Contender(BARE, "benchmarks.intake_floor:django_app", "/hook/", "floor_event", floor),
        Contender(RAW, "benchmarks.intake_floor:wsgi_app", "/hook/", "floor_event", env),
    ]
    with ExitStack() as servers:
        for contender in contenders:
            servers.enter_context(serving(contender, folder))
            send(contender, 200, asked)  # what each process does once
        for contender in contenders:
            contender.results.clear()
        for number in range(asked.rounds):
            for contender in contenders[number % 3 :] + contenders[: number % 3]:
                send(contender, asked.requests, asked)
        kept = report(kind, contenders)
        return burst(contenders[0], asked, kind) and all_is_stored(contenders, url) and kept


def prepare(env: dict[str, str]) -> str:
    """Make the tables and one store; returns the path of its hook."""
    script = f"""
from django.core.management import call_command
from django.db import connection
call_command("migrate", verbosity=0)
from benchmarks.intake_floor import table
with connection.cursor() as cursor:
    cursor.execute(table())
from fulfillment.models import Store
from fulfillment.services.hooks import hook_path
store = Store.objects.create(slug="bench", name="Bench", kind="shopify", platform_id="bench.myshopify.com",
                             credentials={{"client_secret": "{SECRET}"}})
print(hook_path(store))
"""
    command = [sys.executable, "-m", "django", "shell", "-v0", "-c", script]
    made = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    if made.returncode:
        sys.exit(made.stderr)
    return made.stdout.split()[-1]


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(contender: Contender, folder: Path) -> Iterator[None]:
    contender.port = free_port()
    log = (folder / f"{contender.port}.log").open("w")
    command = [sys.executable, "-m", "gunicorn", contender.application, "--bind", f"127.0.0.1:{contender.port}",
               "--workers", "2", "--threads", "4", "--worker-class", "gthread", "--no-control-socket",
               "--keep-alive", "30"]  # fmt: skip
    server = subprocess.Popen(command, env=contender.env, cwd=ROOT, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while not _answers(contender.port):
            if server.poll() is not None or time.monotonic() > deadline:
                sys.exit((folder / f"{contender.port}.log").read_text())
            time.sleep(0.1)
        yield
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def send(contender: Contender, count: int, asked: argparse.Namespace, rate: float = 0.0) -> Result:
    requests = [_request(contender, contender.sent + number, asked.body) for number in range(count)]
    contender.sent += count
    client = subprocess.run(
        [sys.executable, "-m", "benchmarks.intake_client"],
        input=pickle.dumps(Plan(contender.port, requests, asked.connections, rate)),
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if client.returncode:
        sys.exit(client.stderr.decode())
    result: Result = pickle.loads(client.stdout)
    if set(result.statuses) != {"200"}:
        sys.exit(f"{contender.name} answered {dict(result.statuses)}")
    contender.results.append(result)
    return result


def _request(contender: Contender, number: int, size: int) -> bytes:
    import base64
    import hashlib
    import hmac

    body = b'{"id": %d, "note": "' % number
    body += b"x" * (size - len(body) - 2) + b'"}'
    signature = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    head = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "X-Shopify-Topic": "orders/updated",
        "X-Shopify-Hmac-Sha256": signature,
        "X-Shopify-Shop-Domain": "bench.myshopify.com",
        "X-Shopify-API-Version": "2026-07",
        "X-Shopify-Webhook-Id": f"{contender.name}-{number}",
        "X-Shopify-Event-Id": f"event-{number}",
        "X-Shopify-Triggered-At": "2026-11-22T12:00:00.123456789Z",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    return f"POST {contender.path} HTTP/1.1\r\n{lines}\r\n".encode() + body


def report(kind: str, contenders: list[Contender]) -> bool:
    print(f"\n{kind}: {len(contenders[0].results)} rounds of {len(contenders[0].results[0].took)}, medians\n")
    print(f"{'':<22}{'requests/s':>11}{'p50 ms':>9}{'p99 ms':>9}{'ours is':>9}{'target':>8}")
    kept = True
    for contender in contenders:
        rate = statistics.median(contender.rates)
        shares = [mine / other for mine, other in zip(contenders[0].rates, contender.rates, strict=True)]
        share, target = statistics.median(shares), TARGETS.get(contender.name, 0.0)
        p50, p99 = (statistics.median(result.percentile(p) for result in contender.results) for p in (0.5, 0.99))
        kept = kept and share >= target and (contender.name != OURS or p99 < 100)
        ends = f"{share:>9.2f}{target or '':>8}" if contender.name != OURS else f"{'':>9}{'':>8}"
        print(f"{contender.name:<22}{rate:>11.0f}{p50:>9.1f}{p99:>9.1f}{ends}")
    return kept


def burst(contender: Contender, asked: argparse.Namespace, kind: str) -> bool:
    result = send(contender, 2000, asked, rate=200.0)
    print(f"\n2,000 deliveries in {result.seconds:.1f} s: {sum(result.statuses.values()):,} acknowledged, "
          f"p50 {result.percentile(0.5):.1f} ms, p99 {result.percentile(0.99):.1f} ms")  # fmt: skip
    return result.percentile(0.99) < 1000


def all_is_stored(contenders: list[Contender], url: str) -> bool:
    """Whether every delivery that was acknowledged is a row."""
    stored = {contender.count: rows(url, contender.count) for contender in contenders}
    sent = {table: sum(each.sent for each in contenders if each.count == table) for table in stored}
    inbox = contenders[0].count
    print(f"acknowledged {sent[inbox]:,} of ours, stored {stored[inbox]:,}")
    return stored == sent


def rows(url: str, table: str) -> int:
    statement = f"SELECT count(*) FROM {table}"
    if url.startswith("sqlite:"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            count: int = connection.execute(statement).fetchone()[0]
            return count
    import psycopg

    with psycopg.connect(url) as connection:
        found = connection.execute(statement).fetchone()
        return found[0] if found else 0


if __name__ == "__main__":
    main()
