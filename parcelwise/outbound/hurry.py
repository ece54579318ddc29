"""A cap on all calls of a block together, for a look whether somebody is there at all."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_ends: ContextVar[float] = ContextVar("parcelwise_outbound_ends", default=math.inf)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Calls inside the block have ``seconds`` in all, whatever deadlines they name."""
    token = _ends.set(min(_ends.get(), time.monotonic() + seconds))
    try:
        yield
    finally:
        _ends.reset(token)


def capped(seconds: float) -> float:
    """``seconds``, or what is left of the block."""
    return max(min(seconds, _ends.get() - time.monotonic()), 0.0)
