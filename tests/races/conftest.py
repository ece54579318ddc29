"""A data base that several connections can write to at the same moment."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection


@pytest.fixture
def shared_database(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """The test data base; SQLite's moves from memory, where it is one connection, to a file for the while."""
    if connection.vendor != "sqlite" or not connection.is_in_memory_db():
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(tmp_path / "races.sqlite3")])
    # Every thread's connection is made of this one dict.
    settings, in_memory = connection.settings_dict, connection.connection
    name = settings["NAME"]
    connection.connection, settings["NAME"] = None, str(tmp_path / "races.sqlite3")
    yield
    connection.close()
    connection.connection, settings["NAME"] = in_memory, name
