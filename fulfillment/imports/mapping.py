"""Reads a mapping file and checks all of it: every mistake is named at once, by its key path.

The file is TOML and holds no code; ``docs/importing.md`` describes it. The result is a :class:`plan.Plan`.
"""

from __future__ import annotations

import codecs
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from fulfillment.imports.expressions import value_reader
from fulfillment.imports.fields import EVENT, OPTIONS, REQUIRED, SECTIONS, SOURCE, STORE, Kind
from fulfillment.imports.plan import BLANK, Cell, Expression, Milestone, Plan, Shop, Source
from fulfillment.imports.values import Refusal
from fulfillment.statuses import OrderStatus, Reason, ShipmentStatus
from parcelwise.clock import is_zone
from parcelwise.errors import Misconfigured

Table = Mapping[str, Any]


class MappingError(Misconfigured):
    """The mapping file cannot be used. ``mistakes`` has a sentence for each, which begins with the key path."""

    def __init__(self, file: str, mistakes: list[str]) -> None:
        super().__init__(f"{file} cannot be used as a mapping:\n" + "\n".join(f"  {mistake}" for mistake in mistakes))
        self.mistakes = mistakes


def read_mapping(path: Path) -> Plan:
    """The mapping in ``path``; MappingError when it cannot be read or makes no sense."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise MappingError(str(path), [f"it cannot be read: {error}"]) from error
    return parse_mapping(text, str(path))


def parse_mapping(text: str, file: str = "mapping.toml") -> Plan:
    """The mapping in ``text``; ``file`` is its name in messages."""
    try:
        root = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MappingError(file, [f"it is not TOML: {error}"]) from error
    checker = _Checker()
    plan = checker.plan(root, file)
    if plan is None or checker.mistakes:
        raise MappingError(file, checker.mistakes)
    return plan


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`` (did you mean “…”?)`` when one of ``known`` is close, else the known words."""
    names = list(known)
    close = get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    if close:
        return f" (did you mean “{close[0]}”?)"
    return f" (known: {', '.join(names)})" if names else ""


class _Checker:
    """Turns the TOML tables into a Plan and collects what is wrong with them."""

    def __init__(self) -> None:
        self.mistakes: list[str] = []
        self.sources: dict[str, Source] = {}
        self.blank = BLANK

    def wrong(self, path: str, sentence: str) -> None:
        self.mistakes.append(f"{path}: {sentence}")

    def plan(self, root: Table, file: str) -> Plan | None:
        self._only(root, ("blank", "store", "sources", "order", "customer", "ship_to", "line", "parcel"), "")
        if "blank" in root:
            self.blank = frozenset({"", *(str(word) for word in self._list(root, "blank", "blank"))})
        shop = self._shop(self._table(root, "store", ""))
        self._sources(self._table(root, "sources", ""))
        order, line, parcel = (self._table(root, name, "") for name in ("order", "line", "parcel"))
        order_source = self._source_of(order, "order") or ""
        line_source = self._source_of(line, "line") or "" if line else ""
        parcel_source = self._source_of(parcel, "parcel", optional=True) or ""
        if not order_source or self.mistakes:
            # What follows would only repeat these mistakes in other words.
            return None
        home = {"order": order_source, "customer": order_source, "ship_to": order_source, "line": line_source}
        default = {**home, "parcel": parcel_source or line_source or order_source}
        fields = {
            name: self._section(name, self._find(root, name), default[name.partition(".")[0]]) for name in SECTIONS
        }
        milestones = self._milestones(parcel, default["parcel"])
        plan = Plan(file, shop, self.sources, fields, milestones, order_source, line_source, parcel_source, self.blank)
        self._check_whole(plan)
        return plan

    def _shop(self, table: Table) -> Shop:
        self._only(table, STORE, "store")
        for name in ("slug", "currency", "time_zone"):
            if not isinstance(table.get(name), str) or not table[name]:
                self.wrong(f"store.{name}", "is missing; it must be a text")
        currency, zone = str(table.get("currency", "")), str(table.get("time_zone", ""))
        if currency and (len(currency) != 3 or not currency.isalpha()):
            self.wrong("store.currency", f"“{currency}” is no ISO 4217 code such as EUR")
        if zone and not is_zone(zone):
            self.wrong("store.time_zone", f"“{zone}” is no IANA time zone such as Europe/Berlin")
        slug = str(table.get("slug", ""))
        if slug and not slug.replace("-", "").replace("_", "").isalnum():
            self.wrong("store.slug", f"“{slug}” may only have letters, digits, hyphens and underscores")
        return Shop(slug, str(table.get("name") or slug), currency.upper(), zone, str(table.get("country", "")))

    def _sources(self, tables: Table) -> None:
        if not tables:
            self.wrong("sources", "is missing; it must name at least one table: [sources.orders]")
        names = {name for name, table in tables.items() if isinstance(table, dict)}
        for name in names ^ set(tables):
            self.wrong(f"sources.{name}", "must be a table: [sources." + name + "]")
        for name in tables:
            if name in names:
                self.sources[name] = self._source(name, tables[name], names)
        for name, source in self.sources.items():
            if source.join and self._is_circular(name):
                self.wrong(f"sources.{name}.join", "leads back to itself")

    def _source(self, name: str, table: Table, names: set[str]) -> Source:
        path = f"sources.{name}"
        self._only(table, SOURCE, path)
        join = None
        if "join" in table:
            other, _, column = str(table["join"]).partition(".")
            if other not in names or not column:
                self.wrong(f"{path}.join", f"“{table['join']}” is not “source.column”" + did_you_mean(other, names))
            join = Cell(other, column)
        if ("join" in table) != ("key" in table):
            self.wrong(path, "a table that is looked up needs both: join = “source.column” and key = “column”")
        optional = self._flag(table, "optional", path)
        missing = str(table.get("missing", "note" if optional else "reject"))
        if missing not in ("reject", "note", "ignore"):
            self.wrong(f"{path}.missing", f"“{missing}” is not one of reject, note, ignore")
        delimiter = str(table.get("delimiter", ""))
        if len(delimiter) > 1:
            self.wrong(f"{path}.delimiter", "must be one character")
        encoding = str(table.get("encoding", "utf-8"))
        if not _is_encoding(encoding):
            self.wrong(f"{path}.encoding", f"“{encoding}” is no encoding that Python knows")
        return Source(
            name=name,
            files=tuple(map(str, self._list(table, "files", f"{path}.files"))),
            columns=tuple(map(str, self._list(table, "columns", f"{path}.columns"))),
            key=str(table.get("key", "")),
            join=join,
            optional=optional,
            missing=missing,
            delimiter=delimiter,
            encoding=encoding,
            unused=str(table.get("unused", "")),
        )

    def _is_circular(self, name: str) -> bool:
        seen = {name}
        source = self.sources.get(name)
        while source and source.join:
            if source.join.source in seen:
                return True
            seen.add(source.join.source)
            source = self.sources.get(source.join.source)
        return False

    def _source_of(self, table: Table, path: str, *, optional: bool = False) -> str | None:
        name = table.get("source")
        if name is None:
            if not optional:
                self.wrong(f"{path}.source", "is missing; it names the table that has these rows")
            return None
        if name not in self.sources:
            self.wrong(f"{path}.source", f"there is no [sources.{name}]" + did_you_mean(str(name), self.sources))
            return None
        return str(name)

    def _section(self, name: str, table: Table, home: str) -> dict[str, Expression]:
        known = SECTIONS[name]
        inner = {"source", "events", "origin", "destination"}
        found = {}
        for key, value in table.items():
            if key in known:
                expression = self._expression(f"{name}.{key}", known[key], value, home)
                if expression:
                    found[key] = expression
            elif key not in inner:
                self.wrong(f"{name}.{key}", "there is no such field" + did_you_mean(key, known))
        for key in REQUIRED.get(name, ()):
            if key not in found and (table or name != "line"):
                self.wrong(f"{name}.{key}", "is missing")
        return found

    def _expression(self, path: str, kind: Kind, value: Any, home: str) -> Expression | None:
        if isinstance(value, str | list):
            value = {"column": value}
        if not isinstance(value, dict):
            self.wrong(path, "must be a column, a list of columns, or a table of options")
            return None
        self._only(value, OPTIONS, path)
        for key, types in OPTIONS.items():
            # In Python a flag is a number too.
            is_flag = isinstance(value.get(key), bool) and types is not bool
            if key in value and (is_flag or not isinstance(value[key], types)):
                self.wrong(f"{path}.{key}", f"has the wrong kind of value: {value[key]!r}")
                return None
        named: Any = value.get("join", value.get("column", []))
        cells = tuple(self._cell(path, str(name), home) for name in ([named] if isinstance(named, str) else named))
        if not cells and "value" not in value:
            self.wrong(path, "names neither a column nor a value")
        words = {str(word): str(ours) for word, ours in value["map"].items()} if "map" in value else None
        constant = str(value.get("value", ""))
        if kind is Kind.STATUS:
            for key, word in [*(words or {}).items(), *([("value", constant)] if constant else [])]:
                if word not in OrderStatus.values:
                    self.wrong(
                        f"{path}.map.{key}", f"“{word}” is none of ours" + did_you_mean(word, OrderStatus.values)
                    )
        if "time_zone" in value and not is_zone(value["time_zone"]):
            self.wrong(f"{path}.time_zone", f"“{value['time_zone']}” is no IANA time zone")
        separator = str(value.get("separator", " ")) if "join" in value else None
        options = {
            key: value[key] for key in ("format", "time_zone", "pad", "decimal", "minor", "times") if key in value
        }
        return Expression(path, kind, cells, constant, words, separator, options)

    def _cell(self, path: str, name: str, home: str) -> Cell:
        source, dot, column = name.partition(".")
        if dot and source in self.sources:
            return Cell(source, column)
        if dot and get_close_matches(source, list(self.sources), n=1, cutoff=0.6):
            self.wrong(path, f"there is no source “{source}”" + did_you_mean(source, self.sources))
        return Cell(home, name)

    def _milestones(self, parcel: Table, home: str) -> tuple[Milestone, ...]:
        tables = parcel.get("events", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            self.wrong("parcel.events", "must be a list of tables: [[parcel.events]]")
            return ()
        return tuple(
            milestone
            for number, table in enumerate(tables, 1)
            if (milestone := self._milestone(f"parcel.events[{number}]", table, home))
        )

    def _milestone(self, path: str, table: Table, home: str) -> Milestone | None:
        self._only(table, EVENT, path)
        status, reason = str(table.get("status", "")), str(table.get("reason", ""))
        if status not in ShipmentStatus.values:
            self.wrong(f"{path}.status", f"“{status}” is none of ours" + did_you_mean(status, ShipmentStatus.values))
        if reason and reason not in Reason.values:
            self.wrong(f"{path}.reason", f"“{reason}” is none of ours" + did_you_mean(reason, Reason.values))
        if "at" not in table:
            self.wrong(f"{path}.at", "is missing; it names the column with the moment")
            return None
        at = self._expression(f"{path}.at", Kind.MOMENT, table["at"], home)
        location = None
        if "location" in table:
            location = self._expression(f"{path}.location", Kind.TEXT, table["location"], home)
        if at is None:
            return None
        code = str(table.get("code") or (at.cells[0].column if at.cells else status))[:40]
        return Milestone(status, at, reason, code, str(table.get("description", ""))[:500], location)

    def _check_whole(self, plan: Plan) -> None:
        """What only the sections together can get wrong."""
        if plan.line_source and plan.line_source != plan.order_source and "order" not in plan.fields["line"]:
            self.wrong("line.order", "is missing; it names the column with the key of the line's order")
        if plan.parcel_source and plan.parcel_source in (plan.order_source, plan.line_source):
            self.wrong("parcel.source", "must be a table of its own; to group lines into parcels give “per” instead")
        for name in ("order", "external_id") if plan.parcel_source else ():
            if name not in plan.fields["parcel"]:
                self.wrong(f"parcel.{name}", "is missing; a table of parcels needs it")
        for path in ("order.external_id", "line.order", "parcel.order"):
            section, _, name = path.partition(".")
            if section == "line" and plan.line_source == plan.order_source:
                continue
            expression = plan.fields[section].get(name)
            if expression and (len(expression.cells) != 1 or expression.cells[0].source != self._home(plan, section)):
                self.wrong(path, "must be one column of the section's own source")
        self._check_reach(plan)
        if not self.mistakes:
            self._check_constants(plan)

    def _check_constants(self, plan: Plan) -> None:
        for expression in plan.expressions():
            try:
                value_reader(plan, replace(expression, cells=(), words=None))({})
            except Refusal as error:
                self.wrong(f"{expression.path}.value", error.sentence)

    def _home(self, plan: Plan, section: str) -> str:
        return {"order": plan.order_source, "line": plan.line_source, "parcel": plan.parcel_source}[section]

    def _check_reach(self, plan: Plan) -> None:
        order = {plan.order_source, *(source.name for source in plan.lookups(plan.order_source))}
        line = order | {plan.line_source, *(source.name for source in plan.lookups(plan.line_source))}
        parcel = line if not plan.parcel_source else order
        parcel = parcel | {plan.parcel_source, *(source.name for source in plan.lookups(plan.parcel_source))}
        reach = {"order": order, "customer": order, "ship_to": order, "line": line, "parcel": parcel}
        for expression in plan.expressions():
            section = expression.path.partition(".")[0]
            for cell in expression.cells:
                if cell.source not in reach[section]:
                    self.wrong(
                        expression.path,
                        f"“{cell.source}” is not joined to the rows of this section: give [sources.{cell.source}]"
                        " a join and a key",
                    )

    def _only(self, table: Table, known: Iterable[str], path: str) -> None:
        names = list(known)
        for key in table:
            if key not in names:
                self.wrong(f"{path}.{key}" if path else key, "there is no such key" + did_you_mean(key, names))

    def _table(self, root: Table, name: str, path: str) -> Table:
        value = root.get(name, {})
        if isinstance(value, dict):
            return value
        self.wrong(f"{path}.{name}" if path else name, f"must be a table: [{name}]")
        return {}

    def _find(self, root: Table, name: str) -> Table:
        section, _, inner = name.partition(".")
        table = self._table(root, section, "")
        return self._table(table, inner, section) if inner else table

    def _list(self, table: Table, name: str, path: str) -> list[Any]:
        value = table.get(name, [])
        if isinstance(value, list):
            return value
        self.wrong(path, "must be a list")
        return []

    def _flag(self, table: Table, name: str, path: str) -> bool:
        value = table.get(name, False)
        if not isinstance(value, bool):
            self.wrong(f"{path}.{name}", "must be true or false")
        return bool(value)


def _is_encoding(name: str) -> bool:
    try:
        codecs.lookup(name)
    except LookupError:
        return False
    return True
