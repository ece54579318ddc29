"""Data base work that does not wait for longer than a platform does: then it raises, and the platform comes again.

The rest of the site keeps its own time-outs. They are changed for the moment, on this thread's connection: on SQLite
the busy time-out, on PostgreSQL the lock and statement time-outs of one transaction, on both the time for connecting.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import OperationalError, connections, transaction

#: Seconds of data base work for one delivery. Shopify hangs up after five in all.
PATIENCE = 3.0
#: libpq takes no less than two seconds for connecting.
_LEAST_FOR_CONNECTING = 2

#: SQLite has one writer. Threads that queue here do not sleep past their turn, as its own way of waiting does.
_turn = threading.Lock()


class Deadline:
    """The time that one delivery's data base work may take, on the data base ``using``."""

    def __init__(self, using: str, seconds: float = PATIENCE) -> None:
        self.using = using
        self._until = time.monotonic() + seconds
        self._open: Any = None

    @property
    def left(self) -> float:
        """Seconds, at least a tenth."""
        return max(self._until - time.monotonic(), 0.1)

    @property
    def connection(self) -> Any:
        """This thread's connection, open."""
        if self._open is not None and self._open.connection is not None:
            return self._open
        connection: Any = connections[self.using]
        self._open = connection
        if connection.connection is None:
            _connect(connection, self.left)
        else:
            # One that broke shows when it is used, and work that can be done twice needs no trial before it.
            connection.health_check_done = True
        return connection

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Queries in this block raise OperationalError when the time is over."""
        connection = self.connection
        if connection.in_atomic_block:  # somebody else's transaction, and so somebody else's time-outs
            yield
        elif connection.vendor == "sqlite":
            with self._busy_timeout(connection):
                yield
        elif connection.vendor == "postgresql":
            with transaction.atomic(self.using), connection.cursor() as cursor:
                cursor.execute(self.limits())
                yield
        else:
            yield

    @contextmanager
    def turn(self) -> Iterator[None]:
        """This thread's turn to write to SQLite, with the same limit of waiting for other processes."""
        if not _turn.acquire(timeout=self.left):
            raise OperationalError("database is locked")
        try:
            with self._busy_timeout(self.connection):
                yield
        finally:
            _turn.release()

    def limits(self) -> str:
        """The statements that keep a transaction of PostgreSQL from waiting for longer."""
        milliseconds = int(self.left * 1000)
        return f"SET LOCAL lock_timeout = {milliseconds}; SET LOCAL statement_timeout = {milliseconds}"

    @contextmanager
    def _busy_timeout(self, connection: Any) -> Iterator[None]:
        usual = _get_busy_timeout(connection)
        # In whole tenths of a second: a statement with the same text is not parsed again.
        _set_busy_timeout(connection, math.ceil(self.left * 10) * 100)
        try:
            yield
        finally:
            if connection.connection is not None:
                _set_busy_timeout(connection, usual)


def _get_busy_timeout(connection: Any) -> int:
    milliseconds: int = connection.connection.execute("PRAGMA busy_timeout").fetchone()[0]
    return milliseconds


def _set_busy_timeout(connection: Any, milliseconds: int) -> None:
    connection.connection.execute(f"PRAGMA busy_timeout = {milliseconds}")


def _connect(connection: Any, seconds: float) -> None:
    """Connect without waiting for longer than ``seconds``; the connection is an ordinary one then."""
    usual, options = connection.settings_dict, connection.settings_dict["OPTIONS"]
    limit: dict[str, float] = {}
    if connection.vendor == "sqlite":
        limit = {"timeout": seconds}
    elif connection.vendor == "postgresql":
        limit = {"connect_timeout": max(_LEAST_FOR_CONNECTING, int(seconds))}
    # The dict is shared with the connections of other threads; this one looks at its own for the moment.
    connection.settings_dict = {**usual, "OPTIONS": {**options, **limit}}
    try:
        connection.ensure_connection()
    finally:
        connection.settings_dict = usual
    if connection.vendor == "sqlite" and _get_busy_timeout(connection) == int(seconds * 1000):
        _set_busy_timeout(connection, int(options.get("timeout", 5.0) * 1000))
