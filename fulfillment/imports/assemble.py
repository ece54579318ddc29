"""Puts orders together from their joined rows: rows in, facts out, no data base.

A row that makes no sense is rejected. A row of which one part makes no sense is used without that part (repaired).
``docs/importing.md`` lists which is which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from fulfillment.facts import Address, CustomerData, LineData, OrderData, ParcelData, Scan
from fulfillment.imports.expressions import Scope, TooLong, UnknownWord, Value, value_reader
from fulfillment.imports.fields import KEY_LIMIT, Kind
from fulfillment.imports.joins import Batch, Joins, Missed
from fulfillment.imports.ledger import Ledger
from fulfillment.imports.milestones import AHEAD, Milestones, taken_back
from fulfillment.imports.plan import Plan
from fulfillment.imports.shelf import Row, fullest
from fulfillment.imports.values import Refusal
from fulfillment.statuses import OrderStatus, ShipmentStatus
from parcelwise.clock import day_of

#: Kinds of field without whose sense the whole row has none.
_FATAL = frozenset({Kind.KEY, Kind.MONEY, Kind.NUMBER})
#: Exceptions to it, both ways.
_FATAL_TOO = frozenset({"order.placed_at"})
_NOT_FATAL = frozenset({"line.weight_grams"})
#: Fields that must say something when the mapping names a column for them.
_NOT_BLANK = frozenset({"order.external_id", "order.placed_at", "customer.external_id", "line.external_id",
                        "line.quantity", "line.unit_price", "parcel.external_id"})  # fmt: skip
#: The only parcel of an order whose parcels have no key of their own.
ONLY_PARCEL = "1"


@dataclass(slots=True)
class Assembled:
    """One order with the scans of its parcels and the rows it was made of (the order's own row first)."""

    order: OrderData
    scans: Mapping[str, tuple[Scan, ...]]
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class _Line:
    row: Row
    scope: Scope
    data: LineData
    shipping: int
    parcel: str


class _Notes:
    """What is to be said of the rows of one order; it goes into the books when the order is accepted."""

    def __init__(self) -> None:
        self.repairs: dict[tuple[int, int, str, str], Row] = {}
        self.rejects: list[tuple[Row, str, str]] = []
        self.repeats: list[Row] = []

    def add(self, row: Row, reason: str, sentence: str) -> None:
        self.repairs[row.file, row.line, reason, sentence] = row

    def reject(self, row: Row, error: Refusal) -> None:
        self.rejects.append((row, error.reason, error.sentence))

    def book(self, ledger: Ledger) -> None:
        for row in self.repeats:
            ledger.files[row.file].repeated += 1
        for row, reason, sentence in self.rejects:
            ledger.reject(row.file, row.line, reason, sentence, row.raw)
        for (file, line, reason, sentence), row in self.repairs.items():
            ledger.repair(file, line, reason, sentence, row.raw)


class Assembler:
    """Makes orders of batches of rows and keeps the books on every row."""

    def __init__(self, plan: Plan, joins: Joins, ledger: Ledger, now: datetime) -> None:
        self.plan, self.joins, self.ledger = plan, joins, ledger
        self.latest = now + AHEAD
        self.zone = ZoneInfo(plan.shop.time_zone)
        self.milestones = Milestones(plan, now)
        self.readers = {
            section: [(name, expression.path, expression.kind, value_reader(plan, expression))
                      for name, expression in fields.items()]
            for section, fields in plan.fields.items()
        }  # fmt: skip
        self.has_parcels = bool(plan.parcel_source or plan.fields["parcel"] or plan.milestones)

    def orders(self, batch: Batch) -> Iterator[Assembled]:
        """The orders of a batch. Rejected rows are in the books; those of the orders given out are not yet."""
        for key in batch.keys:
            rows = sorted(batch.of(self.plan.order_source, key), key=lambda row: row.raw)
            notes = _Notes()
            try:
                assembled = self._order(batch, key, rows, notes)
            except Refusal as error:
                self._reject_order(batch, key, rows, error)
                continue
            notes.book(self.ledger)
            yield assembled

    def _order(self, batch: Batch, key: str, rows: list[Row], notes: _Notes) -> Assembled:
        plan, head = self.plan, rows[0]
        scope, missed = self.joins.widen(batch, plan.order_source, self._merged(rows, notes))
        self._note_missed(missed, head, notes)
        order = self._read("order", scope, head, notes)
        customer = self._read("customer", scope, head, notes)
        ship_to = self._address(self._read("ship_to", scope, head, notes))
        placed_at, status = order["placed_at"], order.get("status") or OrderStatus.OPEN.value
        self._check_dates(order, head, notes)
        line_rows = batch.of(plan.line_source, key) if plan.line_source != plan.order_source else rows
        lines = self._lines(batch, line_rows, scope, notes) if plan.line_source else []
        own_rows: list[Row] = [] if plan.line_source == plan.order_source else list(rows)
        parcels, scans, parcel_rows = self._parcels(batch, key, scope, lines, (head, placed_at, status), notes)
        shipping = order.get("shipping")
        if shipping is None:
            shipping = sum(line.shipping for line in lines)
        total = order.get("total")
        if total is None:
            total = shipping + sum(line.data.quantity * line.data.unit_price for line in lines)
        data = OrderData(
            external_id=order["external_id"],
            number=order.get("number") or order["external_id"],
            placed_at=placed_at,
            currency=plan.shop.currency,
            customer=CustomerData(**{name: value or "" for name, value in customer.items()}),
            ship_to=ship_to,
            lines=tuple(line.data for line in lines),
            parcels=parcels,
            status=status,
            promised_on=order.get("promised_on"),
            total=total,
            shipping=shipping,
            raw=self._raw(head),
        )
        return Assembled(data, scans, [*own_rows, *(line.row for line in lines), *parcel_rows])

    def _merged(self, rows: list[Row], notes: _Notes) -> list[str]:
        """The cells of the order's row; of several rows of one order, the first of each column that is not blank."""
        if len(rows) == 1:
            return rows[0].cells
        return [next(filter(None, cells), "") for cells in zip(*(row.cells for row in rows), strict=True)]

    def _check_dates(self, order: dict[str, Any], head: Row, notes: _Notes) -> None:
        placed_at, promised_on = order["placed_at"], order.get("promised_on")
        if placed_at > self.latest:
            raise Refusal("purchase in the future", f"the purchase lies in the future ({placed_at:%Y-%m-%d})")
        if promised_on and promised_on < day_of(placed_at, self.zone):
            order["promised_on"] = None
            sentence = f"the promise ({promised_on}) is before the purchase ({placed_at:%Y-%m-%d}); it is left out"
            notes.add(head, "promise before purchase", sentence)

    # Lines

    def _lines(self, batch: Batch, rows: Sequence[Row], base: Scope, notes: _Notes) -> list[_Line]:
        """The lines of an order in the order of their keys; of rows with one key the fullest."""
        found: dict[str, list[_Line]] = {}
        for row in rows:
            try:
                line = self._line(batch, row, base, notes)
            except Refusal as error:
                notes.reject(row, error)
                continue
            found.setdefault(line.data.external_id, []).append(line)
        kept = [self._only_one(key, lines, notes) for key, lines in found.items()]
        return sorted(kept, key=lambda line: (len(line.data.external_id), line.data.external_id))

    def _only_one(self, key: str, lines: list[_Line], notes: _Notes) -> _Line:
        if len(lines) == 1:
            return lines[0]
        keep = self._settle([line.row for line in lines], f"line {key} of its order", notes)
        return next(line for line in lines if line.row is keep)

    def _settle(self, rows: list[Row], what: str, notes: _Notes) -> Row:
        """The row to use of several with one key; the others repeat or contradict it."""
        keep, same, other = fullest(rows)
        notes.repeats += same
        for row in other:
            notes.reject(row, contradiction(self.ledger, keep, what))
        return keep

    def _line(self, batch: Batch, row: Row, base: Scope, notes: _Notes) -> _Line:
        scope, missed = self.joins.widen(batch, self.plan.line_source, row.cells, dict(base))
        if self.plan.line_source != self.plan.order_source:
            self._note_missed(missed, row, notes)
        values = self._read("line", scope, row, notes)
        quantity = values.get("quantity", 1)
        if quantity == 0:
            raise Refusal("no quantity", "the quantity is 0")
        data = LineData(
            external_id=values["external_id"],
            title=values.get("title") or values.get("sku") or values.get("product_id") or values["external_id"],
            quantity=quantity,
            sku=values.get("sku") or "",
            product_id=values.get("product_id") or "",
            category=values.get("category") or "",
            unit_price=values.get("unit_price") or 0,
            weight_grams=values.get("weight_grams") or 0,
        )
        return _Line(row, scope, data, values.get("shipping") or 0, values.get("parcel") or "")

    # Parcels

    def _parcels(
        self, batch: Batch, key: str, scope: Scope, lines: list[_Line], about: tuple[Row, datetime, str], notes: _Notes
    ) -> tuple[tuple[ParcelData, ...], dict[str, tuple[Scan, ...]], list[Row]]:
        if not self.has_parcels:
            return (), {}, []
        rows: list[Row] = []
        groups: Iterator[tuple[Row, Scope, list[_Line], str]]
        if self.plan.parcel_source:
            groups = self._listed(batch, key, scope, lines, notes)
        else:
            groups = self._grouped(lines, about[0], notes)
        parcels, scans = {}, {}
        for row, parcel_scope, contents, name in groups:
            listed = row is not about[0] and bool(self.plan.parcel_source)
            try:
                parcel, found = self._parcel(name, parcel_scope, contents, (row, about[1], about[2]), notes)
            except Refusal as error:
                if not listed:
                    raise
                notes.reject(row, error)
                continue
            if listed:
                rows.append(row)
            parcels[parcel.external_id], scans[parcel.external_id] = parcel, found
        return tuple(parcels.values()), scans, rows

    def _grouped(self, lines: list[_Line], head: Row, notes: _Notes) -> Iterator[tuple[Row, Scope, list[_Line], str]]:
        """One parcel for each value of ``parcel.per``, or one for the whole order."""
        groups: dict[str, list[_Line]] = {}
        for line in lines:
            per = self._value("parcel", "per", line.scope, line.row, notes) or ONLY_PARCEL
            groups.setdefault(per, []).append(line)
        for per in sorted(groups):
            yield head, groups[per][0].scope, groups[per], per

    def _listed(
        self, batch: Batch, key: str, base: Scope, lines: list[_Line], notes: _Notes
    ) -> Iterator[tuple[Row, Scope, list[_Line], str]]:
        """The parcels of a table of parcels. A line that names no parcel is in the only one, if there is only one."""
        by_name: dict[str, list[Row]] = {}
        for row in batch.of(self.plan.parcel_source, key):
            try:
                scope, missed = self.joins.widen(batch, self.plan.parcel_source, row.cells, dict(base))
                self._note_missed(missed, row, notes)
                name = self._value("parcel", "external_id", scope, row, notes)
            except Refusal as error:
                notes.reject(row, error)
                continue
            by_name.setdefault(name, []).append(row)
        for name in sorted(by_name):
            keep = self._settle(by_name[name], f"parcel {name}", notes)
            scope, _missed = self.joins.widen(batch, self.plan.parcel_source, keep.cells, dict(base))
            inside = [line for line in lines if line.parcel == name or (not line.parcel and len(by_name) == 1)]
            yield keep, scope, inside, name

    def _parcel(
        self, name: str, scope: Scope, contents: list[_Line], about: tuple[Row, datetime, str], notes: _Notes
    ) -> tuple[ParcelData, tuple[Scan, ...]]:
        row, placed_at, status = about
        values = self._read("parcel", scope, row, notes, leave=("per", "order", "external_id"))
        origin = self._address(self._read("parcel.origin", scope, row, notes))
        place = self._read("parcel.destination", scope, row, notes)
        scans = self.milestones.read(scope, placed_at, lambda reason, sentence: notes.add(row, reason, sentence))
        if status == OrderStatus.CANCELLED and not scans:
            scans = (taken_back(placed_at),)
        moments = {scan.status: scan.occurred_at for scan in reversed(scans)}
        parcel = ParcelData(
            external_id=name[:KEY_LIMIT],
            **{field: values.get(field) or "" for field in ("carrier", "service", "tracking_number", "tracking_url")},
            origin=origin,
            destination=self._address(place) if any(place.values()) else None,
            contents={line.data.external_id: line.data.quantity for line in contents},
            handed_over_at=moments.get(ShipmentStatus.PICKED_UP),
            delivered_at=moments.get(ShipmentStatus.DELIVERED),
            cancelled=ShipmentStatus.CANCELLED in moments,
        )
        return parcel, scans

    # Values

    def _read(self, section: str, scope: Scope, row: Row, notes: _Notes, leave: tuple[str, ...] = ()) -> dict[str, Any]:
        return {
            name: self._checked(path, kind, read, scope, row, notes)
            for name, path, kind, read in self.readers[section]
            if name not in leave
        }

    def _value(self, section: str, wanted: str, scope: Scope, row: Row, notes: _Notes) -> Any:
        for name, path, kind, read in self.readers[section]:
            if name == wanted:
                return self._checked(path, kind, read, scope, row, notes)
        return None

    def _checked(self, path: str, kind: Kind, read: Value, scope: Scope, row: Row, notes: _Notes) -> Any:
        """The field's value. Refusal when the row is nothing without it; else what is left of it, and a note."""
        try:
            value = read(scope)
        except TooLong as error:
            notes.add(row, error.reason, error.sentence)
            return error.kept
        except UnknownWord as error:
            notes.add(row, error.reason, error.sentence)
            return None
        except Refusal as error:
            if (kind in _FATAL or path in _FATAL_TOO) and path not in _NOT_FATAL:
                raise
            notes.add(row, error.reason, f"{error.sentence}; it is left out")
            return None
        if value is None and path in _NOT_BLANK:
            raise Refusal("missing value", f"{path} is empty")
        if isinstance(value, str) and "\ufffd" in value:
            notes.add(row, "unreadable character", f"{path} has a character that could not be read")
        return value

    def _note_missed(self, missed: list[Missed], row: Row, notes: _Notes) -> None:
        for miss in missed:
            sentence = f"{miss.column} {miss.key} is in no table of {miss.source}"
            if miss.policy == "reject":
                raise Refusal(f"not in {miss.source}", sentence)
            notes.add(row, f"not in {miss.source}", sentence)

    def _address(self, values: Mapping[str, str | None]) -> Address:
        found = tuple(values.get(name) or "" for name in ("name", "lines", "city", "region", "postcode"))
        return _address(*found, values.get("country") or self.plan.shop.country)

    def _raw(self, row: Row) -> dict[str, str]:
        header = self.ledger.files[row.file].header
        return {name: cell for name, cell in zip(header, row.raw, strict=True) if cell}

    # Rejected orders

    def _reject_order(self, batch: Batch, key: str, rows: list[Row], error: Refusal) -> None:
        head = rows[0]
        self.ledger.reject(head.file, head.line, error.reason, error.sentence, head.raw)
        place = f"line {head.line} of {self.ledger.files[head.file].name}"
        sentence = f"its order {key} was rejected: {error.sentence} ({place})"
        plan = self.plan
        others = sorted({plan.line_source, plan.parcel_source} - {plan.order_source, ""})
        for row in [*rows[1:], *(row for source in others for row in batch.of(source, key))]:
            self.ledger.reject(row.file, row.line, "order rejected", sentence, row.raw)


def contradiction(ledger: Ledger, keep: Row, what: str) -> Refusal:
    """Why a row is not used whose key ``keep`` has too."""
    place = f"line {keep.line} of {ledger.files[keep.file].name}"
    sentence = f"{what} is also in {place}, with other values; the row with more cells filled is used"
    return Refusal("contradicts another row", sentence)


@lru_cache(maxsize=20_000)
def _address(name: str, lines: str, city: str, region: str, postcode: str, country: str) -> Address:
    return Address(name, tuple(filter(None, lines.split("\n"))), city, region, postcode, country)
