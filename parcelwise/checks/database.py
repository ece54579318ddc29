"""SQLite under several processes: web, workers and schedule write at the same time."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning


def check_databases(**_: Any) -> list[CheckMessage]:
    messages: list[CheckMessage] = []
    for alias, database in settings.DATABASES.items():
        if database.get("ENGINE") != "django.db.backends.sqlite3" or ":memory:" in str(database.get("NAME")):
            continue
        options = database.get("OPTIONS") or {}
        where = f'DATABASES["{alias}"]["OPTIONS"]'
        if options.get("transaction_mode") != "IMMEDIATE":
            messages.append(
                Warning(
                    f'{where} lets a transaction begin as a reader: "database is locked" when it turns to writing.',
                    hint='Set "transaction_mode": "IMMEDIATE" and "timeout": 20.',
                    id="parcelwise.W020",
                )
            )
        if "wal" not in str(options.get("init_command", "")).lower():
            messages.append(
                Warning(
                    f"{where} does not switch to write-ahead logging: readers and the writer wait for each other.",
                    hint='Set "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;".',
                    id="parcelwise.W021",
                )
            )
    return messages
