"""The circuit breaker as a value."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from parcelwise.circuit import Circuit, CircuitState, Policy
from tests.factories import utc

NOW = utc(2026, 11, 23, 12)
POLICY = Policy(failures=3, pause=60, longest=300)


def after_failures(count: int) -> Circuit:
    circuit = Circuit()
    for _ in range(count):
        circuit = circuit.failed(NOW, POLICY)
    return circuit


def test_it_stays_closed_until_enough_calls_in_a_row_have_failed() -> None:
    assert after_failures(2).state(NOW) == CircuitState.CLOSED
    assert after_failures(2).wait(NOW) is None
    assert after_failures(3).state(NOW) == CircuitState.OPEN
    assert after_failures(3).wait(NOW) == 60


def test_a_call_that_works_forgets_the_failures_before_it() -> None:
    assert after_failures(3).worked() == Circuit()


def test_what_cannot_get_better_by_itself_opens_it_at_once() -> None:
    assert Circuit().failed(NOW, POLICY, at_once=True).state(NOW) == CircuitState.OPEN
    assert Circuit().failed(NOW, POLICY, weight=3).state(NOW) == CircuitState.OPEN


def test_after_the_pause_it_is_half_open_and_one_may_hold_it() -> None:
    later = NOW + timedelta(seconds=61)
    circuit = after_failures(3)
    assert circuit.state(later) == CircuitState.HALF_OPEN
    assert circuit.wait(later) is None
    assert circuit.held(later + timedelta(seconds=30)).wait(later) == 30


def test_each_try_in_vain_doubles_the_pause_up_to_the_longest() -> None:
    circuit, now, waits = after_failures(3), NOW, []
    for _ in range(5):
        now += timedelta(seconds=circuit.wait(now) or 0)
        circuit = circuit.failed(now, POLICY)
        waits.append(circuit.wait(now))
    assert waits == [120, 240, 300, 300, 300]
    assert circuit.opened_at == NOW


def test_it_waits_at_least_as_long_as_the_other_side_asks_for() -> None:
    assert Circuit().failed(NOW, POLICY, at_once=True, after=4000).wait(NOW) == 4000


def test_a_straggler_does_not_shorten_what_another_was_told() -> None:
    told = Circuit().failed(NOW, POLICY, at_once=True, after=4000)
    assert told.failed(NOW, POLICY).wait(NOW) == 4000


@given(st.lists(st.one_of(st.none(), st.floats(0, 5000)), max_size=30))
def test_whatever_happens_an_open_circuit_says_when_it_is_tried_again(happened: list[float | None]) -> None:
    circuit, now = Circuit(), NOW
    for after in happened:
        now += timedelta(seconds=7)
        circuit = circuit.failed(now, POLICY, after=after)
        assert (circuit.state(now) == CircuitState.OPEN) == (circuit.wait(now) is not None)
    assert (circuit.opened_at is None) == (len(happened) < POLICY.failures)
