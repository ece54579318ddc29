"""Text that every data base takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def storable(text: str) -> str:
    """Without what PostgreSQL refuses in a text: NUL and lone surrogates, which broken input brings into messages."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


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
