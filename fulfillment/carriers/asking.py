"""Asking for many parcels over one account: a few lines at a time, and none for long when all of them fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from fulfillment.facts import TrackingFailure, TrackingUpdate
from parcelwise.errors import GiveUp, ParcelwiseError

T = TypeVar("T")
Outcome = TrackingUpdate | TrackingFailure | ParcelwiseError

#: Calls at a time under one account.
LINES = 4
#: Calls in a row that must fail before the rest is not asked for any more.
PATIENCE = 2


def ask_in_groups(groups: Sequence[T], ask: Callable[[T], Mapping[int, Outcome]]) -> dict[int, Outcome]:
    """What ``ask`` says of each group, in one dict. The first go one after the other: one that is down is noticed."""
    waiting, found, failures = list(groups), dict[int, Outcome](), 0
    while waiting and failures < PATIENCE:
        answers = ask(waiting.pop(0))
        found |= answers
        if not all(isinstance(answer, ParcelwiseError) for answer in answers.values()):
            break
        failures += 1
    if waiting and failures < PATIENCE:
        with ThreadPoolExecutor(max_workers=LINES, thread_name_prefix="parcelwise-carrier") as lines:
            for answers in lines.map(ask, waiting):
                found |= answers
    return found


def as_facts(numbers: Sequence[str], found: Mapping[int, Outcome]) -> list[TrackingUpdate | TrackingFailure]:
    """One fact for each number, by its place; the first error is raised when nothing else came."""
    errors = [answer for answer in found.values() if isinstance(answer, ParcelwiseError)]
    if errors and len(errors) == len(found):
        raise errors[0]
    return [_as_fact(number, found.get(place) or errors[0]) for place, number in enumerate(numbers)]


def _as_fact(number: str, answer: Outcome) -> TrackingUpdate | TrackingFailure:
    if not isinstance(answer, ParcelwiseError):
        return answer
    return TrackingFailure(
        number,
        str(answer),
        permanent=isinstance(answer, GiveUp),
        after=getattr(answer, "after", None),
        raw=getattr(answer, "raw", ""),
    )
