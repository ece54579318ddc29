"""The lines of one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fulfillment.facts import LineData
from fulfillment.imports.expressions import Scope
from fulfillment.imports.joins import Batch, Joins
from fulfillment.imports.notes import Notes
from fulfillment.imports.plan import Plan
from fulfillment.imports.sections import Sections
from fulfillment.imports.shelf import Row
from fulfillment.imports.values import Refusal, sum_of


@dataclass(slots=True)
class Line:
    """A line with what the order and its parcels need of it; ``shipping`` is in minor units."""

    row: Row
    scope: Scope
    data: LineData
    shipping: int
    parcel: str


class Lines:
    """Reads the lines of orders."""

    def __init__(self, plan: Plan, joins: Joins, sections: Sections) -> None:
        self.source, self.joins, self.sections = plan.line_source, joins, sections
        #: Rows that are order and line in one were asked about what they miss already.
        self.is_own_table = plan.line_source != plan.order_source

    def read(self, batch: Batch, rows: Sequence[Row], base: Scope, notes: Notes) -> list[Line]:
        """The lines in ``rows`` in the order of their keys; of rows with one key the fullest."""
        found: dict[str, list[Line]] = {}
        for row in rows:
            try:
                line = self._line(batch, row, base, notes)
            except Refusal as error:
                notes.reject(row, error)
                continue
            found.setdefault(line.data.external_id, []).append(line)
        lines = []
        for key, same in found.items():
            keep = notes.only_one([line.row for line in same], f"line {key} of its order")
            lines.append(next(line for line in same if line.row is keep))
        return sorted(lines, key=lambda line: (len(line.data.external_id), line.data.external_id))

    def _line(self, batch: Batch, row: Row, base: Scope, notes: Notes) -> Line:
        scope, missed = self.joins.widen(batch, self.source, row.cells, base)
        if self.is_own_table:
            self.sections.note_missed(missed, row, notes)
        values = self.sections.read("line", scope, row, notes)
        quantity = values.get("quantity", 1)
        if quantity == 0:
            raise Refusal("no quantity", "the quantity is 0")
        unit_price = values.get("unit_price") or 0
        sum_of([quantity * unit_price])
        data = LineData(
            external_id=values["external_id"],
            title=values.get("title") or values.get("sku") or values.get("product_id") or values["external_id"],
            quantity=quantity,
            sku=values.get("sku") or "",
            product_id=values.get("product_id") or "",
            category=values.get("category") or "",
            unit_price=unit_price,
            weight_grams=values.get("weight_grams") or 0,
        )
        return Line(row, scope, data, values.get("shipping") or 0, values.get("parcel") or "")
