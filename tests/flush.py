"""Emptying the data base after a test that commits.

Django truncates every table and writes all content types and permissions anew, which takes longer than most of the
tests. Here the rows are deleted in one transaction, at whose end foreign keys are checked, and those two tables stay.
"""

from __future__ import annotations

from functools import cache

from django.db import connections, transaction
from django.test import TransactionTestCase

KEPT = frozenset({"django_content_type", "auth_permission", "django_migrations"})

_flush = TransactionTestCase._fixture_teardown


@cache
def _statements(alias: str) -> tuple[str, ...]:
    connection = connections[alias]
    names = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
    return tuple(f"DELETE FROM {connection.ops.quote_name(name)}" for name in sorted(names))


def empty(self: TransactionTestCase) -> None:
    if self.available_apps is not None or self.serialized_rollback:
        _flush(self)
        return
    for alias in self._databases_names(include_mirrors=False):
        with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
            if connections[alias].vendor == "postgresql":
                cursor.execute("; ".join(_statements(alias)))
                continue
            for statement in _statements(alias):
                cursor.execute(statement)


def install() -> None:
    TransactionTestCase._fixture_teardown = empty
