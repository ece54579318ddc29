"""Asking for many parcels over one account: a few lines at a time, and none for long when all of them fail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from fulfillment.carriers.base import Asked
from fulfillment.facts import TrackingFailure, TrackingUpdate
from parcelwise.errors import GiveUp, ParcelwiseError

T = TypeVar("T", str, Asked)
Outcome = TrackingUpdate | TrackingFailure | ParcelwiseError

#: Calls at a time under one account.
LINES = 4
#: Calls in a row that must fail before the rest is not asked for any more.
PATIENCE = 2


def ask_for_all(
    asked: Sequence[T], size: int, ask: Callable[[Sequence[T]], Sequence[Outcome]]
) -> list[TrackingUpdate | TrackingFailure]:
    """One fact for each of ``asked``, a number or a parcel with one; ``ask`` takes up to ``size`` of them in a call.

    The first calls go one after the other: the first fetches the token for all, and who is down is noticed before all
    lines hang. An error is raised when nothing else came.
    """
    groups = [asked[start : start + size] for start in range(0, len(asked), size)]
    found: list[Outcome] = _in_groups(groups, ask)
    errors = [answer for answer in found if isinstance(answer, ParcelwiseError)]
    if errors and len(errors) == len(found):
        raise errors[0]
    left: list[Outcome] = [errors[0]] * (len(asked) - len(found)) if errors else []
    return [_as_fact(one, answer) for one, answer in zip(asked, [*found, *left], strict=True)]


def _in_groups(groups: Sequence[Sequence[T]], ask: Callable[[Sequence[T]], Sequence[Outcome]]) -> list[Outcome]:
    """What ``ask`` says, group after group; of the first groups only when all of them fail."""
    waiting, found = list(groups), list[Outcome]()
    for _ in range(min(PATIENCE, len(waiting))):
        answers = ask(waiting.pop(0))
        found += answers
        if not all(isinstance(answer, ParcelwiseError) for answer in answers):
            break
    else:
        return found
    if waiting:
        with ThreadPoolExecutor(max_workers=LINES, thread_name_prefix="parcelwise-carrier") as lines:
            for answers in lines.map(ask, waiting):
                found += answers
    return found


def _as_fact(asked: str | Asked, answer: Outcome) -> TrackingUpdate | TrackingFailure:
    if not isinstance(answer, ParcelwiseError):
        return answer
    return TrackingFailure(
        asked if isinstance(asked, str) else asked.number,
        str(answer),
        permanent=isinstance(answer, GiveUp),
        after=getattr(answer, "after", None),
        raw=getattr(answer, "raw", ""),
    )
