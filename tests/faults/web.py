"""A real web server with a data base of its own, and a client that sends deliveries again until they are taken."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from tests.faults.conftest import ROOT, alive, answers, children, until
from tests.signed_platform import SECRET, headers_of

_MAKE = f"""
from django.core.management import call_command
call_command("migrate", run_syncdb=True, skip_checks=True, verbosity=0)
from fulfillment.services.hooks import hook_path
from tests.signed_platform import a_signed_store
print(hook_path(a_signed_store(credentials={{"hook_secret": "{SECRET}"}})))
"""
_KEYS = "SELECT delivery_key FROM parcelwise_fulfillment_inboxevent"


class Site:
    """A data base with one connected store, and servers on it."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder, self.database_url = folder, database_url
        self.env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.faults.intake_settings",
            "PARCELWISE_VAR": str(folder),
            "DATABASE_URL": database_url,
            "REDIS_URL": "",
            "PYTHONPATH": str(ROOT),
        }
        made = subprocess.run(
            [sys.executable, "-m", "django", "shell", "-v0", "-c", _MAKE], env=self.env, cwd=folder, check=True,
            capture_output=True, text=True,
        )  # fmt: skip
        self.path = made.stdout.split()[-1]

    def stored(self) -> list[str]:
        """The keys of all deliveries that are in the data base."""
        if self.database_url.startswith("sqlite:"):
            with closing(sqlite3.connect(self.database_url.removeprefix("sqlite:///"))) as connection:
                return [key for (key,) in connection.execute(_KEYS)]
        with psycopg.connect(self.database_url) as connection:
            return [key for (key,) in connection.execute(_KEYS)]

    @contextmanager
    def serving(self, application: str = "application", **env: str) -> Iterator[Server]:
        server = Server(self, application, env)
        try:
            yield server
        finally:
            server.stop()


class Server:
    """gunicorn as the demo starts it. Its workers are forked from a process that has the project loaded."""

    def __init__(self, site: Site, application: str, env: dict[str, str]) -> None:
        self.path = site.path
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        with (site.folder / "web.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", f"tests.faults.intake_app:{application}", "--preload",
                 "--bind", f"127.0.0.1:{self.port}", "--workers", "2", "--threads", "4", "--worker-class", "gthread",
                 "--no-control-socket"],
                env={**site.env, **env}, cwd=site.folder, stdout=log, stderr=log,
            )  # fmt: skip
        until(lambda: answers(self.port) and len(self.workers) == 2, 30, "a server with two workers")

    @property
    def workers(self) -> list[int]:
        return [pid for pid in children(self.process.pid) if alive(pid)]

    def kill_workers(self) -> None:
        for pid in self.workers:
            os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        family = children(self.process.pid)
        self.process.kill()
        self.process.wait()
        for pid in family:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)

    def post(self, key: str, body: bytes = b"{}", *, timeout: float = 15) -> http.client.HTTPResponse:
        """One delivery over a connection of its own; raises when the server hangs up."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            line.request("POST", self.path, body, headers_of(body, key=key))
            answer = line.getresponse()
            answer.read()
            return answer
        finally:
            line.close()

    def status(self, key: str, body: bytes = b"{}") -> int:
        """What a delivery is answered with; 0 for no answer at all."""
        try:
            return self.post(key, body).status
        except (OSError, http.client.HTTPException):
            return 0

    def deliver_under_fire(self, keys: list[str], kills: int) -> set[str]:
        """Post each until it is acknowledged, while all workers are killed now and then; returns what was refused."""
        done: list[str] = []

        def insist(key: str) -> None:
            for _try in range(100):
                if self.status(key) == 200:
                    done.append(key)
                    return
                time.sleep(0.05)

        def kill() -> None:
            every = len(keys) // (kills + 1)
            for number in range(1, kills + 1):
                until(lambda wanted=number * every: len(done) >= wanted, 60, "posts under way")
                self.kill_workers()

        killer = threading.Thread(target=kill)
        killer.start()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(insist, keys))
        killer.join()
        return set(keys) - set(done)


class Wire:
    """A way to a server that can be cut, mended, and made to swallow everything."""

    def __init__(self, port: int) -> None:
        self._there = port
        self._ends: list[socket.socket] = []
        self._listener: socket.socket | None = None
        self.port, self.swallows = 0, False
        self.mend()

    def mend(self) -> None:
        self.swallows = False
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port))
            self.port = self._listener.getsockname()[1]
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Nobody listens any more, and whoever was connected is not."""
        listener, self._listener = self._listener, None
        ends, self._ends = self._ends, []
        for end in (listener, *ends):
            if end is not None:
                _hang_up(end)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                here, _ = listener.accept()
            except OSError:
                return
            self._ends.append(here)
            if self.swallows:
                continue
            there = socket.create_connection(("127.0.0.1", self._there))
            self._ends.append(there)
            for source, sink in ((here, there), (there, here)):
                threading.Thread(target=_pump, args=(source, sink), daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            sink.sendall(piece)
    _hang_up(source)
    _hang_up(sink)


def _hang_up(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def seconds_of(work: Any) -> tuple[Any, float]:
    """What ``work`` returns, and how long it took."""
    begun = time.monotonic()
    found = work()
    return found, time.monotonic() - begun
