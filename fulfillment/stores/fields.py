"""How a project's own models are read: which attribute of theirs is which field of ours.

A field that is not named is read from the attribute of the same name, if the model has one. A path is an attribute with
dots (``"product.name"``), a list of them (joined where a text is wanted), or a function of the instance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from parcelwise.money import to_minor

Path = str | Sequence[str] | Callable[[Any], Any]

#: What may be read by its name alone: values, never relations or methods that happen to have the name of a field.
PLAIN = (str, int, Decimal, date, UUID)

#: Fields that hold an amount. A Decimal or a text is an amount of the currency; an int is minor units already.
AMOUNTS = frozenset({"total", "shipping", "unit_price"})


class Fields:
    """Fields of one of our facts, read from one instance: ``Fields(placed_at="bought_at", status=standing)``."""

    def __init__(self, **paths: Path) -> None:
        self.paths: Mapping[str, Path] = paths

    def read(self, fact: type, thing: Any, currency: str) -> dict[str, Any]:
        """Keyword arguments for ``fact`` from ``thing``. ValueError names the field that makes no sense."""
        found: dict[str, Any] = {}
        for field in fields(fact):
            value = self.value(field.name, thing)
            if value is not None:
                found[field.name] = _amount(fact, field.name, value, currency) if field.name in AMOUNTS else value
        return found

    def unknown(self, fact: type) -> list[str]:
        """Names that are no field of ``fact``: slips of the pen."""
        return sorted(set(self.paths) - {field.name for field in fields(fact)})

    def value(self, name: str, thing: Any) -> Any:
        """One field of ``thing`` as it stands there; None when it has none."""
        path = self.paths.get(name)
        if path is None:
            value = getattr(thing, name, None)
            return value if isinstance(value, PLAIN) else None
        if callable(path):
            return path(thing)
        if isinstance(path, str):
            return follow(thing, path)
        return tuple(str(part) for each in path if (part := follow(thing, each)) not in (None, ""))


class Each(Fields):
    """The rows of a relation: ``Each("lines", title="product.name", unit_price="price")``.

    ``relation`` is an attribute of the order, with dots, or a function of the order that returns the rows.
    """

    def __init__(self, relation: str | Callable[[Any], Iterable[Any]], **paths: Path) -> None:
        super().__init__(**paths)
        self.relation = relation

    def rows(self, thing: Any) -> Iterable[Any]:
        related = follow(thing, self.relation) if isinstance(self.relation, str) else self.relation(thing)
        return related.all() if hasattr(related, "all") else related or ()


def follow(thing: Any, path: str) -> Any:
    """The value at the end of a dotted path; None as soon as something on the way is None."""
    for name in path.split("."):
        if thing is None:
            return None
        thing = getattr(thing, name)
    return thing


def _amount(fact: type, name: str, value: Any, currency: str) -> int:
    if isinstance(value, int):
        return value
    if isinstance(value, Decimal | str):
        return to_minor(value, currency)
    raise ValueError(
        f"{fact.__name__}.{name} is a {type(value).__name__}; an amount is a Decimal, a text or minor units"
    )
