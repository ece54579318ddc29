"""Every GraphQL document that we send, in one place. Tests hold each against the published schema of every version.

A line that ends in ``# since 2026-07`` is sent to that version and later ones, ``# until`` to the versions before.
Sizes of pages are chosen so that the dearest query is asked for at well under 1000 points, the most that one may cost;
what does not fit on a first page is read to its end by the documents in ``reading.MORE``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from types import ModuleType

from fulfillment.stores.shopify.documents import bulk, connecting, reading, writing

_MARK = re.compile(r"^(?P<line>.*?)\s*# (?P<word>since|until) (?P<version>20\d\d-\d\d)$")
_MODULES: tuple[ModuleType, ...] = (reading, bulk, connecting, writing)


@cache
def text(document: str, version: str) -> str:
    """``document`` as ``version`` of the API takes it, without empty lines."""
    lines = []
    for line in document.splitlines():
        mark = _MARK.match(line)
        if mark:
            if (mark["word"] == "since") != (version >= mark["version"]):
                continue
            line = mark["line"]
        if line.strip():
            lines.append(line)
    return "\n".join(lines)


def every() -> Iterator[tuple[str, str]]:
    """Each document with a name, before versions are looked at; fragments are in the documents that use them."""
    for module in _MODULES:
        for name, value in vars(module).items():
            if isinstance(value, str) and name.isupper() and value.lstrip().startswith(("query", "mutation", "{")):
                yield name, value
            elif isinstance(value, Mapping) and name.isupper():
                yield from ((f"{name} {key}", document) for key, document in value.items())
