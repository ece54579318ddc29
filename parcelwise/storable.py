"""Text that every data base takes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

#: What is no letter and moves the reader: line ends, terminal commands, and marks that turn the direction of reading.
_MOVES = re.compile("[\x00-\x20\x7f-\xa0\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]+")


def storable(text: str) -> str:
    """Without what PostgreSQL refuses in a text: NUL and lone surrogates, which broken input brings into messages."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def one_line(text: str) -> str:
    """``text`` for a log or a list: in one line, whatever somebody else put into it, and :func:`storable`."""
    return _MOVES.sub(" ", storable(text)).strip()


def storable_json(value: Any) -> Any:
    """A JSON value whose texts are :func:`storable`, without NaN and infinity, which no JSON column takes."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {storable(str(name)): storable_json(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [storable_json(one) for one in value]
    return value
