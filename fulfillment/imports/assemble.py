"""Puts orders together from their joined rows: rows in, facts out, no data base.

A row that makes no sense is rejected. A row of which one part makes no sense is used without that part (repaired).
``docs/importing.md`` lists which is which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from fulfillment.facts import CustomerData, OrderData, Scan
from fulfillment.imports.joins import Batch, Joins
from fulfillment.imports.ledger import Ledger
from fulfillment.imports.lines import Lines
from fulfillment.imports.milestones import AHEAD
from fulfillment.imports.notes import Notes
from fulfillment.imports.parcels import Head, ParcelReader
from fulfillment.imports.plan import Plan
from fulfillment.imports.sections import Sections
from fulfillment.imports.shelf import Row
from fulfillment.imports.values import Refusal, sum_of
from fulfillment.statuses import OrderStatus
from parcelwise.clock import day_of, is_zone


@dataclass(slots=True)
class Assembled:
    """One order with the scans of its parcels and the rows it was made of."""

    order: OrderData
    scans: Mapping[str, tuple[Scan, ...]]
    rows: list[Row] = field(default_factory=list)


class Assembler:
    """Makes orders of batches of rows and keeps the books on every row."""

    def __init__(self, plan: Plan, joins: Joins, ledger: Ledger, now: datetime) -> None:
        self.plan, self.joins, self.ledger = plan, joins, ledger
        self.latest = now + AHEAD
        self.zone = ZoneInfo(plan.shop.time_zone)
        self.sections = Sections(plan)
        self.lines = Lines(plan, joins, self.sections)
        self.parcels = ParcelReader(plan, joins, self.sections, now)
        #: Order and line are one row.
        self.is_one_table = plan.line_source == plan.order_source

    def orders(self, batch: Batch) -> Iterator[Assembled]:
        """The orders of a batch. Rejected rows are in the books; those of the orders given out are not yet."""
        for key in batch.keys:
            rows = sorted(batch.of(self.plan.order_source, key), key=lambda row: row.raw)
            notes = Notes(self.ledger)
            try:
                assembled = self._order(batch, key, rows, notes)
            except Refusal as error:
                self._reject(batch, key, rows, error)
                continue
            notes.book()
            yield assembled

    def _order(self, batch: Batch, key: str, rows: list[Row], notes: Notes) -> Assembled:
        plan, row = self.plan, rows[0]
        scope, missed = self.joins.widen(batch, plan.order_source, _merged(rows))
        self.sections.note_missed(missed, row, notes)
        values = self.sections.read("order", scope, row, notes)
        customer = self.sections.read("customer", scope, row, notes)
        ship_to = self.sections.address(self.sections.read("ship_to", scope, row, notes))
        self._check_dates(values, row, notes)
        line_rows = rows if self.is_one_table else batch.of(plan.line_source, key)
        lines = self.lines.read(batch, line_rows, scope, notes)
        if self.is_one_table and not lines:
            # Its only rows are lines that make no sense, and so it makes none either.
            raise notes.rejects[0][1]
        head = Head(row, values["placed_at"], values.get("status") or OrderStatus.OPEN.value)
        parcels = self.parcels.read(batch, key, scope, lines, head, notes)
        shipping = _given(values.get("shipping"), sum_of(line.shipping for line in lines))
        total = sum_of([shipping, *(line.data.quantity * line.data.unit_price for line in lines)])
        order = OrderData(
            external_id=values["external_id"],
            number=values.get("number") or values["external_id"],
            placed_at=head.placed_at,
            currency=plan.shop.currency,
            customer=_customer(customer),
            ship_to=ship_to,
            lines=tuple(line.data for line in lines),
            parcels=tuple(parcels.found),
            status=head.status,
            promised_on=values.get("promised_on"),
            total=_given(values.get("total"), total),
            shipping=shipping,
            raw=self._raw(row),
        )
        used = [line.row for line in lines] if self.is_one_table else [*rows, *(line.row for line in lines)]
        return Assembled(order, parcels.scans, used + parcels.rows)

    def _check_dates(self, values: dict[str, Any], row: Row, notes: Notes) -> None:
        placed_at, promised_on = values["placed_at"], values.get("promised_on")
        if placed_at > self.latest:
            raise Refusal("purchase in the future", f"the purchase lies in the future ({placed_at:%Y-%m-%d})")
        if promised_on and promised_on < day_of(placed_at, self.zone):
            values["promised_on"] = None
            sentence = f"the promise ({promised_on}) is before the purchase ({placed_at:%Y-%m-%d}); it is left out"
            notes.repair(row, "promise before purchase", sentence)

    def _raw(self, row: Row) -> dict[str, str]:
        header = self.ledger.files[row.file].header
        return {name: cell for name, cell in zip(header, row.raw, strict=True) if cell}

    def _reject(self, batch: Batch, key: str, rows: list[Row], error: Refusal) -> None:
        """The order goes into the books as rejected, and with it everything that hangs on it."""
        first, *others = rows
        self.ledger.reject(first.file, first.line, error.reason, error.sentence, first.raw)
        place = f"line {first.line} of {self.ledger.files[first.file].name}"
        sentence = f"its order {key} was rejected: {error.sentence} ({place})"
        for source in sorted({self.plan.line_source, self.plan.parcel_source} - {self.plan.order_source, ""}):
            others += batch.of(source, key)
        for row in others:
            self.ledger.reject(row.file, row.line, "order rejected", sentence, row.raw)


def _merged(rows: list[Row]) -> list[str]:
    """The cells of the order's row; of several rows of one order, the first of each column that is not blank."""
    if len(rows) == 1:
        return rows[0].cells
    return [next(filter(None, cells), "") for cells in zip(*(row.cells for row in rows), strict=True)]


def _customer(values: Mapping[str, str | None]) -> CustomerData:
    return CustomerData(
        external_id=values["external_id"] or "",
        name=values.get("name") or "",
        email=values.get("email") or "",
        phone=values.get("phone") or "",
        language=values.get("language") or "",
        time_zone=_zone(values.get("time_zone") or ""),
    )


@lru_cache(maxsize=1000)
def _zone(name: str) -> str:
    return name if is_zone(name) else ""


def _given(value: int | None, otherwise: int) -> int:
    return otherwise if value is None else value
