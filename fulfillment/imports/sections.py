"""Reads the fields of one section of the mapping from joined rows, and decides what a senseless cell costs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from fulfillment.facts import Address
from fulfillment.imports.expressions import Scope, TooLong, UnknownWord, Value, value_reader
from fulfillment.imports.fields import Kind
from fulfillment.imports.joins import Missed
from fulfillment.imports.notes import Notes
from fulfillment.imports.plan import Plan
from fulfillment.imports.shelf import Row
from fulfillment.imports.values import Refusal

#: Kinds of field without whose sense the whole row has none.
_FATAL = frozenset({Kind.KEY, Kind.MONEY, Kind.NUMBER})
#: Exceptions to it, both ways.
_FATAL_TOO = frozenset({"order.placed_at"})
_NOT_FATAL = frozenset({"line.weight_grams"})
#: Fields that must say something when the mapping names a column for them.
_NOT_BLANK = frozenset({"order.external_id", "order.placed_at", "customer.external_id", "line.external_id",
                        "line.quantity", "line.unit_price", "parcel.external_id"})  # fmt: skip


class Sections:
    """The sections of a plan, compiled."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        # What needs no cell is the same for every row.
        self.constants: dict[str, dict[str, Any]] = {
            section: {name: value_reader(plan, one)({}) for name, one in fields.items() if not one.cells}
            for section, fields in plan.fields.items()
        }
        self.readers: dict[str, list[tuple[str, str, Kind, Value]]] = {
            section: [(name, one.path, one.kind, value_reader(plan, one)) for name, one in fields.items() if one.cells]
            for section, fields in plan.fields.items()
        }

    def read(self, section: str, scope: Scope, row: Row, notes: Notes, leave: tuple[str, ...] = ()) -> dict[str, Any]:
        """The values of a section by field, None where blank. Refusal when the row makes no sense."""
        values = dict(self.constants[section])
        for name, path, kind, read in self.readers[section]:
            if name not in leave:
                values[name] = _checked(path, kind, read, scope, row, notes)
        return values

    def read_one(self, section: str, wanted: str, scope: Scope, row: Row, notes: Notes) -> Any:
        """The value of one field."""
        for name, path, kind, read in self.readers[section]:
            if name == wanted:
                return _checked(path, kind, read, scope, row, notes)
        return self.constants[section].get(wanted)

    def address(self, values: Mapping[str, str | None]) -> Address:
        """The address in a section's values; in the shop's country unless it says another."""
        found = tuple(values.get(name) or "" for name in ("name", "lines", "city", "region", "postcode"))
        return _address(*found, values.get("country") or self.plan.shop.country)

    def note_missed(self, missed: list[Missed], row: Row, notes: Notes) -> None:
        """Say what was looked up and not found. Refusal when the mapping wants the row rejected then."""
        for miss in missed:
            sentence = f"{miss.column} {miss.key} is in no table of {miss.source}"
            if miss.policy == "reject":
                raise Refusal(f"not in {miss.source}", sentence)
            notes.repair(row, f"not in {miss.source}", sentence)


def _checked(path: str, kind: Kind, read: Value, scope: Scope, row: Row, notes: Notes) -> Any:
    """The field's value. Refusal when the row is nothing without it; else what is left of it, and a note."""
    try:
        value = read(scope)
    except TooLong as error:
        notes.repair(row, error.reason, error.sentence)
        return error.kept
    except UnknownWord as error:
        notes.repair(row, error.reason, error.sentence)
        return None
    except Refusal as error:
        if (kind in _FATAL or path in _FATAL_TOO) and path not in _NOT_FATAL:
            raise
        notes.repair(row, error.reason, f"{error.sentence}; it is left out")
        return None
    if value is None and path in _NOT_BLANK:
        raise Refusal("missing value", f"{path} is empty")
    if isinstance(value, str) and "\ufffd" in value:
        notes.repair(row, "unreadable character", f"{path} has a character that could not be read")
    return value


@lru_cache(maxsize=20_000)
def _address(name: str, lines: str, city: str, region: str, postcode: str, country: str) -> Address:
    return Address(name, tuple(filter(None, lines.split("\n"))), city, region, postcode, country)
