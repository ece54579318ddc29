"""Time one worker that sends webhooks over real HTTP, beside bare httpx calls to the same receiver.

    .venv/bin/python -m benchmarks.outgoing [--events 1000] [--rounds 3]

The receiver is the twin in a process of its own: it verifies every signature. The floors post the same signed bodies
with one ``httpx.Client``: one call after the other, and 32 threads. Ours is one ``run_due`` in this process on a SQLite
file with the settings of the demo: from the noted event (its message is written too) to the delivery that is settled,
with ten endpoints. Then once more with one of the ten accepting connections and saying nothing: what the delay of the
other nine's messages is, from the moment at which all were noted. The contenders take turns; figures are medians.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
ENDPOINTS = 10


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--events", type=int, default=1000, help="messages of one contender in one round")
    arguments.add_argument("--rounds", type=int, default=3)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="parcelwise-outgoing-") as folder:
        _set_up(folder)
        _run(options.events // ENDPOINTS, options.rounds)


def _set_up(folder: str) -> None:
    os.environ.update(PARCELWISE_VAR=folder, SECRET_KEY="only-here", DJANGO_SETTINGS_MODULE="tests.settings")
    os.environ["DATABASE_URL"] = f"sqlite:///{folder}/db.sqlite3"
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.PARCELWISE["OUTBOUND"] = {"ALLOW_PRIVATE": ("127.0.0.1",)}
    settings.DEBUG = False
    call_command("migrate", "--run-syncdb", verbosity=0)


@contextmanager
def _receiver(secret: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "fulfillment.testing.receiver_twin", "--port", str(port), "--secret", secret]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    try:
        yield f"http://127.0.0.1:{port}/hooks"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def _silent() -> Iterator[str]:
    """An address that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as server:
        kept: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    kept.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/hooks"
        server.shutdown(socket.SHUT_RDWR)
        for one in kept:
            one.close()


def _run(each: int, rounds: int) -> None:
    from parcelwise.outgoing import signing

    secret = signing.new_secret()
    rates: dict[str, list[float]] = {}
    delays: dict[str, list[float]] = {}
    with _receiver(secret) as url, _silent() as hole:
        for _ in range(rounds):
            bodies = [b'{"type":"shipment.delivered","data":{"number":"%06d%s"}}' % (n, b"x" * 600)
                      for n in range(each * ENDPOINTS)]  # fmt: skip
            rates.setdefault("bare httpx, one after the other", []).append(_bare(url, secret, bodies, 1))
            rates.setdefault("bare httpx, 32 threads", []).append(_bare(url, secret, bodies, 32))
            for name, dead in (("one worker, ten endpoints", ""), ("one worker, one of ten hangs", hole)):
                rate, took = _ours(url, secret, each, dead)
                rates.setdefault(name, []).append(rate)
                delays.setdefault(name, []).extend(took)
    floor = statistics.median(rates["bare httpx, one after the other"])
    out = sys.stdout.write
    out(f"{each * ENDPOINTS} messages a round, {rounds} rounds, SQLite\n\n")
    out("| who | messages/s | of the floor | delay p50 | p99 |\n|---|---:|---:|---:|---:|\n")
    for name, found in rates.items():
        rate, took = statistics.median(found), sorted(delays.get(name, ()))
        spread = [f"{took[int(len(took) * part)]:.2f} s" if took else "–" for part in (0.5, 0.99)]
        out(f"| {name} | {rate:.0f} | {rate / floor:.2f} | {spread[0]} | {spread[1]} |\n")


def _bare(url: str, secret: str, bodies: Sequence[bytes], threads: int) -> float:
    import httpx

    from parcelwise.outgoing import signing

    with httpx.Client(limits=httpx.Limits(max_connections=threads)) as client:

        def post(numbered: tuple[int, bytes]) -> None:
            number, body = numbered
            headers = signing.headers([secret], f"evt_{number}", int(time.time()), body)
            assert client.post(url, content=body, headers=headers).status_code == 204

        began = time.perf_counter()
        if threads == 1:
            for numbered in enumerate(bodies):
                post(numbered)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(post, enumerate(bodies)))
        return len(bodies) / (time.perf_counter() - began)


def _ours(url: str, secret: str, each: int, dead: str) -> tuple[float, list[float]]:
    """Messages per second to those that answer, and how long each of them took."""
    from django.utils import timezone

    from fulfillment.services.happenings import order_recorded
    from parcelwise import background
    from parcelwise.endpoints import WebhookDelivery, WebhookEndpoint, WebhookEvent
    from parcelwise.sealed import Secrets

    WebhookEvent.objects.all().delete()
    WebhookEndpoint.objects.all().delete()
    WebhookEndpoint.objects.bulk_create(
        WebhookEndpoint(
            name=str(number), url=dead if dead and not number else f"{url}/{number}", types=["*"],
            secrets=Secrets(keys=[{"secret": secret, "until": None}]),
        )
        for number in range(ENDPOINTS)
    )  # fmt: skip
    orders = _orders(each)
    noted = timezone.now()
    for order in orders:
        order.updated_at = timezone.now()
        order_recorded(order, created=True)
    while True:
        background.run_due(5)
        done = WebhookDelivery.objects.filter(state="done")
        if done.count() == each * (ENDPOINTS - bool(dead)):
            break
    ended = max(done.values_list("finished_at", flat=True))
    took = [(at - noted).total_seconds() for at in done.values_list("finished_at", flat=True)]
    return done.count() / (ended - noted).total_seconds(), took


def _orders(count: int) -> list[Any]:
    from fulfillment.models import Order
    from tests.factories import a_store, an_order

    if not Order.objects.exists():
        store = a_store()
        for _ in range(count):
            an_order(store)
    return list(Order.objects.all())


if __name__ == "__main__":
    main()
