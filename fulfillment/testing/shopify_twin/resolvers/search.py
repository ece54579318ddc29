"""The platform's search words: ``updated_at:>='2026-11-01T00:00:00Z' AND financial_status:paid -tag:test``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from fulfillment.testing.shopify_twin.world.orders import Order

TERM = re.compile(
    r"""(?P<no>-|NOT\s+)?(?P<field>\w+):(?P<op>>=|<=|>|<)?(?:'(?P<a>[^']*)'|"(?P<b>[^"]*)"|(?P<c>[^\s()]+))"""
)
TIMES = ("created_at", "processed_at", "updated_at")
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    "": lambda a, b: a == b,
}
SENT = {"unshipped": "UNFULFILLED", "shipped": "FULFILLED", "partial": "PARTIALLY_FULFILLED"}
WORDS: dict[str, Callable[[Order, str], bool]] = {
    "id": lambda order, value: str(order.id) == value.rpartition("/")[2],
    "name": lambda order, value: order.name.lstrip("#") == value.lstrip("#"),
    "email": lambda order, value: (order.email or "").lower() == value.lower(),
    "tag": lambda order, value: value.lower() in (tag.lower() for tag in order.tags),
    "test": lambda order, value: order.test == (value == "true"),
    "customer_id": lambda order, value: order.customer is not None and str(order.customer.id) == value,
    "financial_status": lambda order, value: order.display_financial_status == value.upper(),
    "fulfillment_status": lambda order, value: order.display_fulfillment_status == SENT.get(value, value.upper()),
    "return_status": lambda order, value: order.return_status == value.upper(),
    "status": lambda order, value: value == "any" or _status(order) == value,
    "sku": lambda order, value: any(line.sku == value for line in order.lines),
}


@dataclass(slots=True)
class Search:
    """``ids`` and ``times`` can be decided without the order itself, ``rest`` cannot."""

    times: list[tuple[str, str, datetime]] = field(default_factory=list)
    rest: list[Callable[[Order], bool]] = field(default_factory=list)
    #: The lower bound of ``updated_at``, if there is one.
    updated_from: datetime | None = None
    warnings: list[dict[str, str]] = field(default_factory=list)

    def fits_times(self, created: datetime, updated: datetime) -> bool:
        known = {"created_at": created, "processed_at": created, "updated_at": updated}
        return all(COMPARE[op](known[name], bound) for name, op, bound in self.times)

    def fits(self, order: Order) -> bool:
        return all(test(order) for test in self.rest)


def read(words: str | None) -> Search:
    """What is not understood is no filter and brings a warning, as with the platform. OR is not understood."""
    search = Search()
    for term in TERM.finditer(words or ""):
        value = next(text for text in (term["a"], term["b"], term["c"]) if text is not None)
        _add(search, term["field"], term["op"] or "", value, negated=bool(term["no"]))
    return search


def _add(search: Search, name: str, op: str, value: str, *, negated: bool) -> None:
    if name in TIMES:
        bound = _moment(value)
        if bound is None:
            search.warnings.append(
                {"field": name, "message": f"Input `{value}` is not an accepted value.", "code": "invalid_value"}
            )
            return
        search.times.append((name, op, bound))
        if name == "updated_at" and op in (">=", ">"):
            search.updated_from = max(bound, search.updated_from or bound)
    elif name == "id" and op:
        number = int(value) if value.isdigit() else 0
        search.rest.append(lambda order: COMPARE[op](order.id, number))
    elif name in WORDS:
        test = WORDS[name]
        search.rest.append(lambda order: test(order, value) != negated)
    else:
        search.warnings.append(
            {"field": name, "message": "Invalid search field for this query.", "code": "invalid_field"}
        )


def _moment(value: str) -> datetime | None:
    try:
        if len(value) == 10:
            day = date.fromisoformat(value)
            return datetime(day.year, day.month, day.day, tzinfo=UTC)
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def _status(order: Order) -> str:
    if order.cancelled_at:
        return "cancelled"
    return "closed" if order.closed else "open"
