"""Eight processes hear of the same thing at the same moment."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.db import connection, connections

from notifications.models import Message
from notifications.notice import Notice
from parcelwise.models import Contact
from parcelwise.testing import run_jobs
from tests.factories import a_contact
from tests.notifications.conftest import rang

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shared_database(tmp_path: Path, transactional_db: None) -> Iterator[None]:
    """A data base that threads share as processes do: PostgreSQL as it is, SQLite moved from memory to a file."""
    if connection.vendor != "sqlite" or not connection.is_in_memory_db():
        yield
        return
    file = tmp_path / "race.sqlite3"
    connection.ensure_connection()
    with sqlite3.connect(file) as copy:
        connection.connection.backup(copy)
    settings = connections.settings["default"]
    memory, settings["NAME"] = settings["NAME"], str(file)
    yield
    settings["NAME"] = memory


def in_threads(work: Callable[[], Any], count: int) -> list[Any]:
    gate, results = threading.Barrier(count), []

    def run() -> None:
        try:
            gate.wait()
            results.append(work())
        except Exception as error:
            results.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_eight_at_once_write_one_message_and_send_one_mail(doorbell: type[Notice], shared_database: None) -> None:
    (ana,) = in_threads(a_contact, 1)
    answers = in_threads(lambda: rang.send_robust(None, contact=Contact.objects.get(pk=ana.pk))[0][1], 8)
    assert answers == [None] * 8
    in_threads(run_jobs, 8)
    assert in_threads(Message.objects.count, 1) == [1]
    assert len(mail.outbox) == 1
