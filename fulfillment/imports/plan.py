"""What a checked mapping file says, as values: which table is which, how they join, where each field comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fulfillment.imports.fields import Kind

#: Cells that mean "nothing here", unless the mapping names its own.
BLANK = frozenset({"", "NULL", "NaN", "nan", "None", "NaT"})


@dataclass(frozen=True, slots=True)
class Cell:
    """One column of one source."""

    source: str
    column: str


@dataclass(frozen=True, slots=True)
class Expression:
    """Where a field comes from: the first of ``cells`` that is not blank, else ``value``.

    With ``separator`` all cells are joined instead. ``words`` translates the result.
    """

    path: str
    kind: Kind
    cells: tuple[Cell, ...] = ()
    value: str = ""
    words: Mapping[str, str] | None = None
    separator: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Milestone:
    """A moment in a parcel's life that a table knows; it becomes a tracking event."""

    status: str
    at: Expression
    reason: str = ""
    code: str = ""
    description: str = ""
    location: Expression | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """One kind of table. The value of the cell ``join`` is looked up in the column ``key``."""

    name: str
    files: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    key: str = ""
    join: Cell | None = None
    optional: bool = False
    missing: str = "reject"
    delimiter: str = ""
    encoding: str = "utf-8"
    unused: str = ""


@dataclass(frozen=True, slots=True)
class Shop:
    """The store that the history belongs to."""

    slug: str
    name: str
    currency: str
    time_zone: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A checked mapping. ``fields`` maps section -> field -> expression; sections are those of ``fields.SECTIONS``."""

    file: str
    shop: Shop
    sources: Mapping[str, Source]
    fields: Mapping[str, Mapping[str, Expression]]
    milestones: tuple[Milestone, ...] = ()
    order_source: str = ""
    line_source: str = ""
    parcel_source: str = ""
    blank: frozenset[str] = BLANK

    def expressions(self) -> Iterator[Expression]:
        """Every expression of the mapping."""
        for section in self.fields.values():
            yield from section.values()
        for milestone in self.milestones:
            yield milestone.at
            if milestone.location:
                yield milestone.location

    def used_columns(self, source: str) -> tuple[str, ...]:
        """The columns of ``source`` that any expression or join reads, in a fixed order."""
        cells = [cell for expression in self.expressions() for cell in expression.cells]
        cells += [other.join for other in self.sources.values() if other.join]
        names = {cell.column for cell in cells if cell.source == source}
        return tuple(sorted(names | ({self.sources[source].key} - {""})))

    def lookups(self, source: str) -> tuple[Source, ...]:
        """The sources joined to ``source``, directly or through another, each after the one it hangs on."""
        direct = [other for other in self.sources.values() if other.join and other.join.source == source]
        return tuple(found for other in direct for found in (other, *self.lookups(other.name)))

    def group_cell(self, source: str) -> Cell | None:
        """The cell by which rows of ``source`` are brought together with their order, or looked up."""
        if source == self.order_source:
            return self.fields["order"]["external_id"].cells[0]
        for section, name in (("line", self.line_source), ("parcel", self.parcel_source)):
            if source == name:
                return self.fields[section]["order"].cells[0]
        key = self.sources[source].key
        return Cell(source, key) if key else None
