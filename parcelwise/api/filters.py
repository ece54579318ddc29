"""Filters, declared one by one. What is not declared is refused: a filter left out silently would show too much."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from rest_framework.filters import BaseFilterBackend
from rest_framework.request import Request

from parcelwise.api.problems import Trouble, UnknownParameter, did_you_mean

#: Values of one parameter, separated by commas.
MOST_VALUES = 50
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Filter:
    """One parameter. ``parse`` raises ValueError for a value that it cannot be; ``where`` makes the condition."""

    name: str
    parse: Callable[[str], Any]
    where: Callable[[Any], Q]
    tells: str
    schema: dict[str, Any]


def choice(name: str, choices: Sequence[str], lookup: str, tells: str) -> Filter:
    """One of ``choices`` or several of them, separated by commas."""

    def parse(text: str) -> list[str]:
        wanted = text.split(",")[:MOST_VALUES]
        for each in wanted:
            if each not in choices:
                near = did_you_mean(each, choices)
                raise ValueError(_("“%(value)s” is none of the values there are.") % {"value": each[:40]} + near)
        return wanted

    schema = {"type": "array", "items": {"type": "string", "enum": list(choices)}}
    return Filter(name, parse, lambda found: Q(**{f"{lookup}__in": found}), tells, schema)


def words(
    name: str, lookup: str, tells: str, clean: Callable[[str], Iterable[str]] = lambda text: [text.strip()]
) -> Filter:
    """A text that is compared as a whole; ``clean`` gives the ways in which it may be stored."""
    where = lambda found: Q(**{f"{lookup}__in": found})  # noqa: E731
    return Filter(name, lambda text: list(clean(text)), where, tells, {"type": "string", "maxLength": LONGEST})


def identity(name: str, lookup: str, tells: str) -> Filter:
    def parse(text: str) -> UUID:
        try:
            return UUID(text)
        except ValueError:
            raise ValueError(_("This is no id.")) from None

    return Filter(name, parse, lambda found: Q(**{lookup: found}), tells, {"type": "string", "format": "uuid"})


def day(name: str, lookup: str, tells: str) -> Filter:
    def parse(text: str) -> datetime.date:
        found = parse_date(text) if len(text) == 10 else None
        if found is None:
            raise ValueError(_("Write a day as 2026-01-31."))
        return found

    return Filter(name, parse, lambda found: Q(**{lookup: found}), tells, {"type": "string", "format": "date"})


def moment(name: str, lookup: str, tells: str) -> Filter:
    return Filter(name, aware, lambda found: Q(**{lookup: found}), tells, {"type": "string", "format": "date-time"})


def flag(name: str, where: Callable[[bool], Q], tells: str) -> Filter:
    def parse(text: str) -> bool:
        if text not in ("true", "false"):
            raise ValueError(_("Write true or false."))
        return text == "true"

    return Filter(name, parse, where, tells, {"type": "boolean"})


def aware(text: str) -> datetime.datetime:
    """A moment of RFC 3339 with its zone; ValueError for anything else. A blank is taken for a lost plus sign."""
    found = parse_datetime(text.replace(" ", "+") if "T" in text else "")
    if found is None or found.tzinfo is None:
        raise ValueError(_("Write a moment with its zone: 2026-01-31T08:00:00Z."))
    try:
        return found.astimezone(datetime.UTC)
    except OverflowError:
        raise ValueError(_("No clock shows this time.")) from None


class Filters(BaseFilterBackend):
    """DRF's side of it: narrows the rows, and tells the schema what there is."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        for each in view.filters:
            if each.name in request.query_params:
                queryset = queryset.filter(each.where(_value(each, request.query_params[each.name])))
        return queryset

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return [parameter(each.name, each.tells, each.schema) for each in view.filters]


def parameter(name: str, tells: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter of the query as OpenAPI writes it."""
    more = {"style": "form", "explode": False} if schema["type"] == "array" else {}
    return {"name": name, "in": "query", "required": False, "description": tells, "schema": schema, **more}


def refuse_unknown(request: Request, known: Iterable[str]) -> None:
    """400 for a parameter that there is not, or that stands twice."""
    names = list(known)
    for name, values in request.query_params.lists():
        if name not in names:
            raise UnknownParameter(name, names)
        if len(values) > 1:
            raise Trouble("bad-parameter", _("“%(name)s” stands twice.") % {"name": name}, parameter=name)


def bad(name: str, why: str) -> Trouble:
    return Trouble("bad-parameter", _("“%(name)s”: %(why)s") % {"name": name, "why": why}, parameter=name)


def _value(each: Filter, text: str) -> Any:
    if not text or len(text) > LONGEST * 5 or "\x00" in text:
        raise bad(each.name, _("It is empty, or too long."))
    try:
        return each.parse(text)
    except ValueError as error:
        raise bad(each.name, str(error)) from None
