"""Joins tables of any size in any order: rows wait on disk, by key, until their order is put together.

The shelf is a private temporary SQLite data base without a name: it goes away with the process, however that ends, and
memory stays bounded whatever the size of the tables.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from fulfillment.imports.plan import Plan

_SEPARATOR = "\x1f"


def pack(cells: list[str]) -> str | None:
    """The cells as one text; None when they hold a control character that no table should have (NUL, US)."""
    text = _SEPARATOR.join(cells)
    return None if text.count(_SEPARATOR) >= len(cells) or "\x00" in text else text


class Row:
    """One row of a table: where it stood, its cells as they stood, and the cells that the mapping uses."""

    __slots__ = ("cells", "file", "line", "number", "raw")

    def __init__(self, number: int, file: int, line: int, raw: list[str], cells: list[str]) -> None:
        self.number, self.file, self.line, self.raw, self.cells = number, file, line, raw, cells

    @property
    def filled(self) -> int:
        """How many cells say something."""
        return sum(map(bool, self.cells))


class Shelf:
    """Rows of all sources by key. Fill it with :meth:`put`, then :meth:`close_source`, then read."""

    def __init__(self, plan: Plan) -> None:
        self.blank = plan.blank
        self.tables = {name: f"s{number}" for number, name in enumerate(plan.sources)}
        self.used = {name: plan.used_columns(name) for name in plan.sources}
        self.places: dict[int, list[int]] = {}
        # "" is a private file that is deleted on close; nothing on it has to survive.
        self.db = sqlite3.connect("", isolation_level=None)
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -64000"):
            self.db.execute(f"PRAGMA {pragma}")
        for table in self.tables.values():
            self.db.execute(f"CREATE TABLE {table} (key TEXT, file INT, line INT, raw TEXT)")
        # One byte a row, by row id: whether it was taken.
        self.taken = {name: bytearray(1) for name in plan.sources}

    def close(self) -> None:
        self.db.close()

    def add_file(self, file: int, source: str, header: Sequence[str]) -> list[str]:
        """Tell the shelf the columns of a file. Returns the used columns that the file does not have."""
        have = {name.casefold(): index for index, name in reversed(list(enumerate(header)))}
        self.places[file] = [have.get(name.casefold(), -1) for name in self.used[source]]
        return [name for name in self.used[source] if name.casefold() not in have]

    def put(self, source: str, rows: Iterable[tuple[str, int, int, str]]) -> None:
        """Add rows as (key, file, line, cells put together by :func:`pack`)."""
        self.db.execute("BEGIN")
        self.db.executemany(f"INSERT INTO {self.tables[source]} VALUES (?, ?, ?, ?)", rows)
        self.db.execute("COMMIT")

    def close_source(self, source: str) -> None:
        """All rows of ``source`` are here."""
        table = self.tables[source]
        self.db.execute(f"CREATE INDEX {table}_key ON {table} (key)")
        (last,) = self.db.execute(f"SELECT max(rowid) FROM {table}").fetchone()
        self.taken[source] = bytearray((last or 0) + 1)

    def keys(self, source: str, size: int) -> Iterator[list[str]]:
        """The different keys of ``source`` in order, ``size`` at a time."""
        cursor = self.db.execute(f"SELECT DISTINCT key FROM {self.tables[source]} ORDER BY key")
        while chunk := cursor.fetchmany(size):
            yield [key for (key,) in chunk]

    def count_keys(self, source: str) -> int:
        found: int = self.db.execute(f"SELECT count(DISTINCT key) FROM {self.tables[source]}").fetchone()[0]
        return found

    def take(self, source: str, keys: Iterable[str]) -> dict[str, list[Row]]:
        """The rows of ``source`` for ``keys``, and remember that they were wanted."""
        wanted, taken = json.dumps(list(keys)), self.taken[source]
        found: dict[str, list[Row]] = {}
        query = f"{self._select(source)} WHERE key IN (SELECT value FROM json_each(?))"
        for key, number, *columns in self.db.execute(query, [wanted]):
            taken[number] = 1
            found.setdefault(key, []).append(self._row(number, *columns))
        return found

    def repeated(self, source: str) -> Iterator[list[Row]]:
        """The groups of rows of ``source`` that share one key; whoever asks removes all of a group but one."""
        table = self.tables[source]
        twice = f"SELECT key FROM {table} GROUP BY key HAVING count(*) > 1 LIMIT 1000"
        rows = f"{self._select(source)} WHERE key IN ({twice}) ORDER BY key"
        while found := self.db.execute(rows).fetchall():
            for _key, group in groupby(found, lambda row: row[0]):
                yield [self._row(*columns) for _, *columns in group]

    def remove(self, source: str, row: Row) -> None:
        self.db.execute(f"DELETE FROM {self.tables[source]} WHERE rowid = ?", [row.number])

    def unwanted(self, source: str) -> Iterator[Row]:
        """Rows of ``source`` that were never taken."""
        taken = self.taken[source]
        for _key, number, *columns in self.db.execute(self._select(source)):
            if not taken[number]:
                yield self._row(number, *columns)

    def count_by_file(self, source: str) -> Counter[tuple[int, bool]]:
        """How many of the rows that are left were taken and were not, by (file, taken)."""
        taken = self.taken[source]
        rows = self.db.execute(f"SELECT rowid, file FROM {self.tables[source]}")
        return Counter((file, bool(taken[number])) for number, file in rows)

    def _select(self, source: str) -> str:
        return f"SELECT key, rowid, file, line, raw FROM {self.tables[source]}"

    def _row(self, number: Any, file: Any, line: Any, text: str) -> Row:
        raw, blank = text.split(_SEPARATOR), self.blank
        cells = [raw[place].strip() if place >= 0 else "" for place in self.places[file]]
        return Row(number, file, line, raw, [cell if cell not in blank else "" for cell in cells])


def fullest(rows: Sequence[Row]) -> tuple[Row, list[Row], list[Row]]:
    """Of rows with one key: the one to keep, those that say the same, and those that say something else.

    The one with the most filled cells is the latest statement of a table that fills up as an order goes on; among
    equals the text decides, so that the order in which files and rows come changes nothing.
    """
    keep, *others = sorted(rows, key=lambda row: (row.filled, row.cells, row.raw), reverse=True)
    same = [row for row in others if row.cells == keep.cells]
    return keep, same, [row for row in others if row.cells != keep.cells]
