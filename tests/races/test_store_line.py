"""Many workers that find a platform's pause over at the same moment: one asks, the others wait for what it finds."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Lock
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from fulfillment.models import Store
from fulfillment.services import store_line
from parcelwise.errors import Postponed, Unanswered
from tests.factories import a_store

AT_ONCE = 8


class Line:
    """Stands for the platform: counts who asks, takes its time, and answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.answers, self._lock = 0, False, Lock()

    def ping(self) -> None:
        with self._lock:
            self.asked += 1
        time.sleep(0.2)
        if not self.answers:
            raise Unanswered("nobody home")


@pytest.mark.usefixtures("shared_database")
class TestOneProbe:
    @pytest.fixture
    def line(self, monkeypatch) -> Line:
        line = Line()
        monkeypatch.setattr(store_line, "platform_of", lambda _store: line)
        return line

    @pytest.fixture
    def store(self) -> Store:
        ago = timezone.now() - timedelta(minutes=5)
        return a_store(
            kind="woocommerce", failures=3, opened_at=ago, unanswered_since=ago, line_error="nobody home",
            paused_until=timezone.now() - timedelta(seconds=1),
        )  # fmt: skip

    def at_once(self, work: Callable[[], Any], threads: int = AT_ONCE) -> list[Any]:
        gate = Barrier(threads)

        def one(_number: int) -> Any:
            try:
                connection.ensure_connection()
                gate.wait(30)
                return work()
            finally:
                connection.close()

        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(one, range(threads)))

    def admitted(self, store: Store) -> bool:
        try:
            store_line.admit(Store.objects.get(pk=store.pk))
        except Postponed as error:
            assert error.until > timezone.now()
            return False
        return True

    def test_one_asks_in_vain_for_all(self, store, line):
        assert self.at_once(lambda: self.admitted(store)) == [False] * AT_ONCE
        assert line.asked == 1
        store.refresh_from_db()
        assert store.tries_in_vain == 1

    def test_one_finds_that_somebody_answers_for_all(self, store, line):
        line.answers = True
        assert self.at_once(lambda: self.admitted(store)).count(True) >= 1
        assert line.asked == 1
        store.refresh_from_db()
        assert (store.opened_at, store.failures, store.line_error) == (None, 0, "")
        assert self.admitted(store)

    def test_failures_of_many_workers_are_counted_together(self, store, line):
        store_line.works(store)
        self.at_once(lambda: store_line.heard(Store.objects.get(pk=store.pk), Unanswered("nobody home")), 4)
        store.refresh_from_db()
        assert store_line.is_down(store)
        assert store.failures >= store_line.POLICY.failures
