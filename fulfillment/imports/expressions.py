"""Turns the expressions of a plan into functions from joined rows to values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from fulfillment.imports import values
from fulfillment.imports.fields import KEY_LIMIT, LIMITS, Kind
from fulfillment.imports.plan import Expression, Plan
from fulfillment.imports.values import Refusal

#: Source -> the cells of its row, in the order of ``Plan.used_columns``; None where the look-up found nothing.
Scope = Mapping[str, "list[str] | None"]
Text = Callable[[Scope], str]
Value = Callable[[Scope], Any]


class UnknownWord(Refusal):
    """A word that the mapping's table does not have."""


class TooLong(Refusal):
    """A text that was cut; ``kept`` is what is left."""

    def __init__(self, sentence: str, kept: str) -> None:
        super().__init__("text cut", sentence)
        self.kept = kept


def text_reader(plan: Plan, expression: Expression) -> Text:
    """A function that gives the expression's text, blank when no cell has any."""
    places = [(cell.source, plan.used_columns(cell.source).index(cell.column)) for cell in expression.cells]
    value, pad = expression.value, int(expression.options.get("pad", 0))
    if not places:
        return lambda scope: value
    find = _finder(places, expression.separator)
    if expression.words is not None:
        find = _translator(expression, find)
    if not (value or pad):
        return find

    def read(scope: Scope) -> str:
        text = find(scope)
        return text.rjust(pad, "0") if text else value

    return read


def _finder(places: list[tuple[str, int]], separator: str | None) -> Text:
    """The first text there is, or all of them joined by ``separator``."""
    (only_source, only_index), *_more = places

    def only(scope: Scope) -> str:
        row = scope.get(only_source)
        return row[only_index] if row is not None else ""

    def first(scope: Scope) -> str:
        for source, index in places:
            row = scope.get(source)
            if row is not None and row[index]:
                return row[index]
        return ""

    def joined(scope: Scope) -> str:
        rows = ((scope.get(source), index) for source, index in places)
        return str(separator).join(row[index] for row, index in rows if row is not None and row[index])

    if len(places) == 1:
        return only
    return first if separator is None else joined


def _translator(expression: Expression, find: Text) -> Text:
    """Puts our word for the table's. A word that is not in the mapping is ``value``, or else it is unknown."""
    words, value = expression.words or {}, expression.value

    def read(scope: Scope) -> str:
        text = find(scope)
        if not text or text in words:
            return words.get(text, "")
        if value:
            return value
        raise UnknownWord("unknown word", f"{expression.path}: “{text}” is not in the mapping's table of words")

    return read


def value_reader(plan: Plan, expression: Expression) -> Value:
    """A function that gives the expression's value, None when blank; raises Refusal naming the column."""
    text = text_reader(plan, expression)
    parse = _parser(plan, expression)
    label = " or ".join(cell.column for cell in expression.cells) or expression.path

    def read(scope: Scope) -> Any:
        found = text(scope)
        if not found:
            return None
        try:
            return parse(found)
        except TooLong as error:
            raise TooLong(f"{label}: {error.sentence}", error.kept) from error
        except Refusal as error:
            raise Refusal(error.reason, f"{label}: {error.sentence}") from error

    return read


def zone_of(plan: Plan, expression: Expression) -> ZoneInfo:
    """The zone in which the expression's local times are."""
    return ZoneInfo(expression.options.get("time_zone", plan.shop.time_zone))


def _parser(plan: Plan, expression: Expression) -> Callable[[str], Any]:
    options, zone, currency = expression.options, zone_of(plan, expression), plan.shop.currency
    form = options.get("format", "")
    limit = LIMITS.get(expression.path, 500)
    table: dict[Kind, Callable[[str], Any]] = {
        Kind.KEY: _key,
        Kind.TEXT: lambda text: _text(text, limit),
        Kind.STATUS: str,
        Kind.MOMENT: lambda text: values.moment(text, zone, form),
        Kind.DAY: lambda text: values.day(text, form),
        Kind.MONEY: lambda text: values.money(text, currency, options.get("decimal", "."), options.get("minor", False)),
        Kind.NUMBER: lambda text: values.number(text, options.get("times", 1)),
    }
    return table[expression.kind]


def _key(text: str) -> str:
    if len(text) > KEY_LIMIT:
        raise Refusal("key too long", f"“{text[:40]}…” has {len(text)} characters, a key may have {KEY_LIMIT}")
    return text


def _text(text: str, limit: int) -> str:
    if len(text) > limit:
        raise TooLong(f"“{text[:40]}…” has {len(text)} characters and was cut to {limit}", text[:limit])
    return text
