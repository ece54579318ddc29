"""For those who test with Parcelwise: work off due jobs, and hear what signals say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.dispatch import Signal

from parcelwise import background


def run_jobs(budget: float = 30.0) -> int:
    """Run every due job of every kind in this process until none is due. Returns how many ran."""
    return background.run_due(budget)


@contextmanager
def heard(signal: Signal) -> Iterator[list[dict[str, Any]]]:
    """The keyword arguments of each sending of ``signal`` inside the block, in order."""
    calls: list[dict[str, Any]] = []

    def listen(sender: Any, **kwargs: Any) -> None:
        kwargs.pop("signal", None)
        calls.append(kwargs)

    signal.connect(listen, weak=False)
    try:
        yield calls
    finally:
        signal.disconnect(listen)
