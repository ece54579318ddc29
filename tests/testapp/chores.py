"""Runners of the chores: each way in which work can go."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta

from django.utils import timezone

from parcelwise.errors import GiveUp, Misconfigured, RetryLater
from parcelwise.jobs import Outcome, one_by_one
from tests.testapp.models import Chore, Errand, write_line


@one_by_one
def do(chore: Chore) -> Outcome:
    if chore.journal:
        write_line(chore.journal, f"begun {chore.name} {os.getpid()}")
    word, _, figure = chore.how.partition(":")
    return HOW[word](float(figure or 0))


def _retry(after: float) -> Outcome:
    raise RetryLater("The other side is busy.", after=after or None)


def _give_up(_: float) -> Outcome:
    raise GiveUp("The other side refused.")


def _misconfigured(_: float) -> Outcome:
    raise Misconfigured("The key is missing.")


def _break(_: float) -> Outcome:
    raise ZeroDivisionError("broken \x00 \ud800 input")


def _kill(_: float) -> Outcome:
    os.kill(os.getpid(), signal.SIGKILL)


HOW = {
    "done": lambda _: None,
    "sleep": time.sleep,
    "recur": lambda seconds: timezone.now() + timedelta(seconds=seconds),
    "retry": _retry,
    "give up": _give_up,
    "misconfigured": _misconfigured,
    "break": _break,
    "kill": _kill,
}


def do_all(errands: Sequence[Errand]) -> Iterator[tuple[Errand, Outcome]]:
    for errand in errands:
        if errand.name == "break":
            raise ValueError("the runner broke half way")
        if errand.name != "forget":
            yield errand, None
