"""The headers of a delivery, and which of them somebody wanted to know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from parcelwise.storable import storable

#: Headers that WSGI gives without ``HTTP_`` before their names.
_BARE = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}
#: Parts of the names of headers that prove something; they are not kept, whoever asked for them.
_SECRET = ("signature", "hmac", "cookie", "authorization")
#: Letters of one header that are kept.
_LONGEST = 500


@lru_cache(maxsize=256)
def _key(name: str) -> str:
    return _BARE.get(name.lower()) or "HTTP_" + name.upper().replace("-", "_")


@lru_cache(maxsize=256)
def _kept(names: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Those of ``names`` that are kept, in order, each with its key."""
    return tuple((name, _key(name)) for name in sorted(names) if not any(part in name.lower() for part in _SECRET))


class DeliveryHeaders(Mapping[str, str]):
    """The headers of a request by their names in lower case. ``asked`` holds the names that were looked up."""

    def __init__(self, environ: Mapping[str, Any]) -> None:
        self._environ = environ
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        value: str = self._environ[_key(name)]
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """The header ``name``, or ``default``. (The one of Mapping raises and catches for each that is not there.)"""
        self.asked.add(name)
        return self._environ.get(_key(name), default)

    def __iter__(self) -> Iterator[str]:
        for key in self._environ:
            if key.startswith("HTTP_"):
                yield key[5:].lower().replace("_", "-")
        yield from (name for name, key in _BARE.items() if key in self._environ)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def missing(self) -> list[str]:
        """Names that were looked up in vain, if all of them were."""
        present = any(_key(name) in self._environ for name in self.asked)
        return [] if present else sorted(self.asked)

    def kept(self, further: Iterable[str]) -> dict[str, str]:
        """Those that were looked up, and ``further`` ones, as they are stored with a delivery."""
        found = ((name, self._environ.get(key)) for name, key in _kept(frozenset((*self.asked, *further))))
        return {name.lower(): storable(value[:_LONGEST]) for name, value in found if value is not None}
