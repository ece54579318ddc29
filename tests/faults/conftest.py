"""A real worker: supervisor, cluster and a data base of its own, all killed and removed when the test is over."""

from __future__ import annotations

import getpass
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import dj_database_url
import psycopg
import pytest
from django.db import connections

from tests.testapp.models import Chore

ROOT = Path(__file__).resolve().parents[2]
ALIAS = "under_fire"
SERVER = os.environ.get("PARCELWISE_TEST_POSTGRES", f"postgresql://{getpass.getuser()}@127.0.0.1:5432")


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
    except OSError:
        return False
    return True


def run_sql(statement: str) -> None:
    with psycopg.connect(f"{SERVER}/postgres", autocommit=True, connect_timeout=2) as connection:
        connection.execute(statement)


def postgres_lets_us_in() -> bool:
    try:
        run_sql("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def until(true: Callable[[], object], seconds: float, what: str) -> None:
    """Wait for something to become true; the test fails when it does not within ``seconds``."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"after {seconds} s still not: {what}"
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Workers:
    """``manage.py parcelwise_worker`` on a data base of its own, and what its chores wrote."""

    def __init__(self, folder: Path, database_url: str, redis_url: str = "") -> None:
        self.folder, self.journal = folder, folder / "journal"
        self.database_url = database_url
        self.env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "PARCELWISE_VAR": str(folder),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "CLUSTER_NAME": f"parcelwise-{uuid.uuid4().hex}",
            "PYTHONPATH": str(ROOT),
        }
        self.supervisor: subprocess.Popen[bytes] | None = None
        self._groups: set[int] = set()
        self._log = (folder / "log").open("ab")

    def start(self) -> None:
        self.supervisor = subprocess.Popen(
            [sys.executable, "-m", "django", "parcelwise_worker", "--skip-checks", "--grace", "5"],
            env=self.env,
            cwd=self.folder,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        until(lambda: self.idle_workers, 20, "a cluster with two workers")

    @property
    def cluster(self) -> int:
        """The leader of the cluster's process group."""
        leaders = children(self.supervisor.pid)
        self._groups.update(leaders)
        return leaders[0] if leaders else 0

    @property
    def idle_workers(self) -> list[int]:
        """The two workers; the sentinel starts them before its monitor and its pusher."""
        sentinels = children(self.cluster) if self.cluster else []
        inner = sorted(children(sentinels[0])) if sentinels else []
        return inner[:2] if len(inner) == 4 else []

    def manage(self, *command: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "django", *command],
            env=self.env,
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def add_chores(self, count: int, how: str = "done", name: str = "chore") -> None:
        Chore.objects.using(ALIAS).bulk_create(
            Chore(name=f"{name}{number}", how=how, journal=str(self.journal)) for number in range(count)
        )

    def lines(self, word: str) -> list[list[str]]:
        text = self.journal.read_text() if self.journal.exists() else ""
        return [line.split() for line in text.splitlines() if line.startswith(word)]

    def settled(self) -> Counter[str]:
        return Counter(name for _, name in self.lines("settled"))

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def kill_supervisor(self) -> None:
        self.supervisor.kill()
        self.supervisor.wait()

    def clean_up(self) -> None:
        self._log.close()
        if self.supervisor and self.supervisor.poll() is None:
            self._groups.update(children(self.supervisor.pid))
            self.kill_supervisor()
        for group in self._groups:
            try:
                os.killpg(group, signal.SIGKILL)
            except ProcessLookupError:
                continue


@pytest.fixture
def workers(request: pytest.FixtureRequest, tmp_path: Path, django_db_blocker) -> Iterator[Workers]:
    """Workers on a SQLite file; with ``indirect`` and "servers" on PostgreSQL with the Redis broker."""
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")
    servers = getattr(request, "param", "sqlite") == "servers"
    name = f"pw_fire_{uuid.uuid4().hex[:12]}"
    if servers and not (postgres_lets_us_in() and answers(6379)):
        pytest.skip("needs PostgreSQL, with a role that may make data bases, and Redis on their standard ports")
    if servers:
        run_sql(f"CREATE DATABASE {name}")
        crew = Workers(tmp_path, f"{SERVER}/{name}", "redis://127.0.0.1:6379/13")
    else:
        crew = Workers(tmp_path, f"sqlite:///{tmp_path / 'db.sqlite3'}")
    crew.manage("migrate", "--run-syncdb", "--skip-checks", "-v0")
    database = dj_database_url.parse(crew.database_url)
    if not servers:
        database["OPTIONS"] = {"transaction_mode": "IMMEDIATE", "timeout": 20}
    connections.databases[ALIAS] = connections.configure_settings({"default": {}, ALIAS: database})[ALIAS]
    try:
        with django_db_blocker.unblock():
            yield crew
    finally:
        crew.clean_up()
        connections[ALIAS].close()
        del connections[ALIAS], connections.databases[ALIAS]
        if servers:
            run_sql(f"DROP DATABASE {name} WITH (FORCE)")
