"""Brings the rows of a batch of orders together: lines, parcels, and whatever is looked up."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from fulfillment.imports.plan import Plan, Source
from fulfillment.imports.shelf import Row, Shelf

#: Source -> the cells of its row; None where the look-up found nothing.
Cells = dict[str, "list[str] | None"]


@dataclass(frozen=True, slots=True)
class Missed:
    """A value that is in no row of the table it should be in."""

    source: str
    column: str
    key: str
    policy: str


@dataclass(slots=True)
class Batch:
    """The rows of some orders, by source and key."""

    keys: list[str]
    rows: dict[str, dict[str, list[Row]]]

    def of(self, source: str, key: str) -> list[Row]:
        """The rows of ``source`` for one key; none of a source that the mapping does not have."""
        return self.rows[source].get(key, []) if source else []


class Joins:
    """Takes batches from the shelf and widens a row to the rows that hang on it."""

    def __init__(self, plan: Plan, shelf: Shelf, given: Collection[str]) -> None:
        self.plan, self.shelf, self.given = plan, shelf, frozenset(given)
        self.children = {name: self._children(name) for name in plan.sources}

    def _children(self, parent: str) -> list[tuple[Source, str, int]]:
        columns = self.plan.used_columns(parent)
        return [
            (source, source.join.column, columns.index(source.join.column))
            for source in self.plan.sources.values()
            if source.join and source.join.source == parent
        ]

    def batch(self, keys: list[str]) -> Batch:
        """All rows that the orders with ``keys`` need."""
        found = Batch(keys, {})
        for source in dict.fromkeys((self.plan.order_source, self.plan.line_source, self.plan.parcel_source)):
            if source:
                found.rows[source] = self.shelf.take(source, keys)
                self._look_up(found, source)
        return found

    def _look_up(self, batch: Batch, parent: str) -> None:
        for source, _column, index in self.children[parent]:
            wanted = {row.cells[index] for rows in batch.rows[parent].values() for row in rows} - {""}
            batch.rows[source.name] = self.shelf.take(source.name, wanted)
            self._look_up(batch, source.name)

    def widen(
        self, batch: Batch, source: str, cells: list[str], base: Mapping[str, list[str] | None] | None = None
    ) -> tuple[Cells, list[Missed]]:
        """The scope of a row of ``source``: its cells and those of all that is joined to it, over ``base``."""
        scope: Cells = {**base, source: cells} if base else {source: cells}
        missed: list[Missed] = []
        self._extend(batch, source, cells, scope, missed)
        return scope, missed

    def _extend(self, batch: Batch, parent: str, cells: list[str], scope: Cells, missed: list[Missed]) -> None:
        for source, column, index in self.children[parent]:
            key = cells[index]
            rows = batch.rows[source.name].get(key)
            if rows:
                scope[source.name] = rows[0].cells
                self._extend(batch, source.name, rows[0].cells, scope, missed)
                continue
            scope[source.name] = None
            if key and source.missing != "ignore" and source.name in self.given:
                missed.append(Missed(source.name, column, key, source.missing))
