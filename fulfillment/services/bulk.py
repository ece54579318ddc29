"""Fast writing of many rows of one model: the data base's own bulk statements, values prepared by the model's fields.

It is for imports, where ``bulk_create`` spends most of its time on building objects and statements. No signal is sent,
as with ``bulk_create``. SQLite and PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache, partial
from typing import Any

from django.db import connections, models, router
from django.db.models import Model

from parcelwise.errors import Misconfigured

#: Fields whose Python value the data base driver takes as it is.
_PLAIN = (models.CharField, models.TextField, models.IntegerField, models.ForeignKey, models.BooleanField)


class Rows:
    """Inserts and updates rows of ``model`` given as tuples of ``columns`` (field names; a foreign key by its id).

    ``constants`` are written with every inserted row, and so is the default of each field that is not named. Call it
    inside a transaction.
    """

    def __init__(self, model: type[Model], *columns: str, **constants: Any) -> None:
        self.model, self.columns = model, columns
        self.connection = connections[router.db_for_write(model)]
        if self.connection.vendor not in ("sqlite", "postgresql"):
            raise Misconfigured(f"An import writes to SQLite or PostgreSQL, not to {self.connection.vendor}.")
        self.quote = self.connection.ops.quote_name
        self.table = self.quote(model._meta.db_table)
        self.fields = {field.name: field for field in model._meta.concrete_fields}
        self.prepare = [self._preparer(name) for name in columns]
        defaults = {
            name: field.get_default()
            for name, field in self.fields.items()
            if name not in columns and not field.primary_key
        }
        self.constants = {name: self._preparer(name)(value) for name, value in {**defaults, **constants}.items()}

    def _preparer(self, name: str) -> Callable[[Any], Any]:
        field = self.fields[name]
        if isinstance(field, _PLAIN):
            return _as_it_is

        def prepare(value: Any) -> Any:
            return field.get_db_prep_save(value, self.connection)

        if isinstance(field, models.JSONField):
            nothing = prepare({})  # most of what is raw
            return lambda value: nothing if value == {} else prepare(value)

        if not isinstance(field, models.DateField):
            return prepare
        # Moments and days repeat (an event's is also its parcel's), and preparing one is slow.
        return partial(_moment if isinstance(field, models.DateTimeField) else _day, self.connection.alias)

    def _names(self, columns: Iterable[str]) -> list[str]:
        return [self.quote(str(self.fields[name].column)) for name in columns]

    def _prepared(self, rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
        active = [(index, prepare) for index, prepare in enumerate(self.prepare) if prepare is not _as_it_is]
        for row in rows:
            values = list(row)
            for index, prepare in active:
                values[index] = prepare(values[index])
            yield values

    def new_ids(self, count: int) -> list[int]:
        """Primary keys for ``count`` new rows. On SQLite the transaction must hold the write lock already."""
        with self.connection.cursor() as cursor:
            if self.connection.vendor == "postgresql":
                sequence = [self.model._meta.db_table, self.model._meta.pk.column]
                cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)",
                               [*sequence, count])  # fmt: skip
                return [pk for (pk,) in cursor.fetchall()]
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [self.model._meta.db_table])
            found = cursor.fetchone()
            first = (found[0] if found else 0) + 1
            return list(range(first, first + count))

    def insert(self, rows: Sequence[Sequence[Any]]) -> None:
        """Add the rows."""
        if not rows:
            return
        constants = list(self.constants.values())
        names = ", ".join(self._names([*self.columns, *self.constants]))
        prepared = (values + constants for values in self._prepared(rows))
        with self.connection.cursor() as cursor:
            if self.connection.vendor == "postgresql":
                # COPY goes past Django's cursor, and with it past Django's names of errors.
                with (
                    self.connection.wrap_database_errors,
                    cursor.copy(f"COPY {self.table} ({names}) FROM STDIN") as copy,
                ):
                    for values in prepared:
                        copy.write_row(values)
                return
            marks = ", ".join(["%s"] * (len(self.columns) + len(constants)))
            cursor.executemany(f"INSERT INTO {self.table} ({names}) VALUES ({marks})", list(prepared))

    def update(self, rows: Sequence[Sequence[Any]]) -> None:
        """Write the rows over those with the same primary key, which is the first column."""
        if not rows:
            return
        key, *names = self._names(self.columns)
        written = ", ".join(f"{name} = %s" for name in names)
        statement = f"UPDATE {self.table} SET {written} WHERE {key} = %s"
        with self.connection.cursor() as cursor:
            cursor.executemany(statement, [[*values[1:], values[0]] for values in self._prepared(rows)])


def analyze(models: Iterable[type[Model]]) -> None:
    """Have PostgreSQL look at tables that have just grown: until then it plans queries as if they were empty."""
    for model in models:
        connection = connections[router.db_for_write(model)]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def _as_it_is(value: Any) -> Any:
    return value


@lru_cache(maxsize=50_000)
def _moment(alias: str, value: datetime | None) -> Any:
    return connections[alias].ops.adapt_datetimefield_value(value)


@lru_cache(maxsize=5_000)
def _day(alias: str, value: date | None) -> Any:
    return connections[alias].ops.adapt_datefield_value(value)
