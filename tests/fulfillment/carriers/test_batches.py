"""How many parcels are asked for at a time: one rule for every gateway."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.carriers.asking import LINES, PATIENCE, Outcome, ask_for_all
from fulfillment.carriers.base import Asked
from fulfillment.facts import Scan, TrackingFailure, TrackingUpdate
from parcelwise.errors import GiveUp, RetryLater

SCAN = Scan(datetime(2026, 3, 4, tzinfo=UTC), "in_transit", "Arrived")


def told(number: str) -> TrackingUpdate:
    return TrackingUpdate(number, (SCAN,))


@given(
    numbers=st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=30),
    size=st.integers(1, 12),
    bad=st.sets(st.sampled_from("abcdefgh")),
)
def test_each_number_has_its_own_answer_in_its_place(numbers: list[str], size: int, bad: set[str]) -> None:
    """The same number twice is two parcels."""

    def ask(group: Sequence[str]) -> Sequence[Outcome]:
        assert 1 <= len(group) <= size
        return [RetryLater(f"no {number}") if number in bad else told(number) for number in group]

    if set(numbers[: size * PATIENCE]) <= bad:  # whoever is down is not asked for the others
        with pytest.raises(RetryLater):
            ask_for_all(numbers, size, ask)
        return
    answers = ask_for_all(numbers, size, ask)
    assert [answer.tracking_number for answer in answers] == numbers
    for number, answer in zip(numbers, answers, strict=True):
        if isinstance(answer, TrackingUpdate):
            assert number not in bad


def test_who_is_down_is_asked_twice_and_not_fifty_times() -> None:
    asked: list[str] = []

    def ask(group: Sequence[str]) -> Sequence[Outcome]:
        asked.extend(group)
        return [RetryLater("down")] * len(group)

    with pytest.raises(RetryLater):
        ask_for_all([str(number) for number in range(50)], 1, ask)
    assert len(asked) == PATIENCE


def test_after_the_first_call_a_few_lines_ask_at_a_time() -> None:
    gate, first = threading.Barrier(LINES), []

    def ask(group: Sequence[Asked]) -> Sequence[Outcome]:
        if first:
            gate.wait(5)  # breaks when fewer than LINES are there at once
        first.append(group)
        return [told(parcel.number) for parcel in group]

    parcels = [Asked(str(number)) for number in range(1 + 2 * LINES)]
    answers = ask_for_all(parcels, 1, ask)
    assert [answer.tracking_number for answer in answers] == [parcel.number for parcel in parcels]


def test_what_went_wrong_with_one_is_said_of_that_one() -> None:
    def ask(group: Sequence[str]) -> Sequence[Outcome]:
        return [GiveUp("never") if number == "b" else told(number) for number in group]

    failure = ask_for_all(["a", "b", "c"], 1, ask)[1]
    assert isinstance(failure, TrackingFailure)
    assert (failure.tracking_number, failure.sentence, failure.permanent) == ("b", "never", True)
