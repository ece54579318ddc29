"""A readable table of providers by name, each loaded when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.utils.module_loading import import_string

from parcelwise.errors import Misconfigured


class Registry:
    """Name -> dotted path, open to settings: ``extra()`` returns the project's own entries, which win."""

    def __init__(self, what: str, table: Mapping[str, str], extra: Callable[[], Mapping[str, str]] = dict) -> None:
        self.what, self._table, self._extra = what, dict(table), extra

    def __iter__(self) -> Iterator[str]:
        return iter({**self._table, **self._extra()})

    def load(self, name: str) -> Any:
        """The provider called ``name``; Misconfigured when there is none or it cannot be imported."""
        table = {**self._table, **self._extra()}
        if name not in table:
            raise Misconfigured(f"There is no {self.what} called “{name}”. Known: {', '.join(sorted(table))}.")
        try:
            return import_string(table[name])
        except ImportError as error:
            raise Misconfigured(f"The {self.what} “{name}” cannot be loaded: {error}") from error
