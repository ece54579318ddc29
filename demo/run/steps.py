"""Steps of a story: each leads where it should in good time, or says what was seen instead."""

from __future__ import annotations

import time
from collections.abc import Callable

from parcelwise.background import run_due


class StepFailed(Exception):
    """A step did not lead where it should; the text says what was seen instead."""


def until(what: str, reached: Callable[[], bool], seconds: float = 12) -> None:
    """Work off due jobs until ``reached``; a worker that runs beside us may do some of them."""
    end = time.monotonic() + seconds
    while not reached():
        if time.monotonic() > end:
            raise StepFailed(f"waited {seconds:.0f} s in vain: {what}")
        if not run_due(5):
            time.sleep(0.05)
