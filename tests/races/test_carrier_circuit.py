"""Workers that find an account in trouble, try it out and close it at the same moment: one row, one who tries."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connection
from django.utils import timezone

from fulfillment.models import CarrierAccount, TrackingPoll
from fulfillment.services import carrier_health, carrier_limits, poll_budget, pushing
from parcelwise.circuit import CircuitState
from parcelwise.errors import RetryLater
from parcelwise.models import Problem
from tests.factories import a_shipment

T = TypeVar("T")

WORKERS = 8
ROUNDS = 6


def at_once(*works: Callable[[CarrierAccount], T]) -> list[T]:
    """Each in a thread of its own, with the account as it was read before any of them wrote."""
    gate = Barrier(len(works))

    def one(work: Callable[[CarrierAccount], T]) -> T:
        try:
            account = CarrierAccount.objects.get()
            gate.wait(30)
            return work(account)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


def failed(account: CarrierAccount) -> RetryLater:
    return carrier_health.failed(account, RetryLater("down"), weight=1)


def opened() -> None:
    """In trouble, with its pause just over."""
    now = timezone.now()
    CarrierAccount.objects.update(
        failures=5, opened_at=now - timedelta(hours=1), paused_until=now - timedelta(seconds=1), tries_in_vain=1
    )


def state() -> CircuitState:
    return CarrierAccount.objects.get().circuit.state(timezone.now())


@pytest.fixture
def account(shared_database: None) -> CarrierAccount:
    return CarrierAccount.objects.create(carrier="ups")


def test_every_failure_counts_and_staff_read_of_it_once(account: CarrierAccount) -> None:
    at_once(*[failed] * WORKERS)
    account.refresh_from_db()
    assert (account.failures, state()) == (WORKERS, CircuitState.OPEN)
    assert Problem.objects.filter(key=f"account:{account.pk}", solved_at=None).count() == 1


def test_one_of_all_workers_tries_it_out(account: CarrierAccount) -> None:
    for _ in range(ROUNDS):
        opened()
        waits = at_once(*[carrier_health.pause] * WORKERS)
        assert waits.count(None) == 1, waits
        assert all(wait is None or wait > 0 for wait in waits)


def test_a_failure_that_comes_in_while_one_tries_does_not_let_a_second_try(account: CarrierAccount) -> None:
    for _ in range(ROUNDS):
        opened()
        told = at_once(*[carrier_health.pause] * (WORKERS - 2), failed, failed)
        tries = [wait for wait in told if wait is None]
        assert len(tries) <= 1
        assert carrier_health.pause(CarrierAccount.objects.get()) is not None, "the next waits"


def test_closing_it_from_two_sides_at_once_leaves_it_closed_and_its_parcels_due(account: CarrierAccount) -> None:
    opened()
    parcel = a_shipment()
    TrackingPoll.objects.create(shipment=parcel, attempts=2, not_before=timezone.now() + timedelta(hours=1))
    carrier_health.failed(CarrierAccount.objects.get(), RetryLater("down"))
    at_once(*[carrier_health.works] * WORKERS)
    assert state() == CircuitState.CLOSED
    assert TrackingPoll.objects.get().not_before <= timezone.now()
    assert not Problem.objects.filter(key=f"account:{account.pk}", solved_at=None).exists()


def test_an_answer_and_a_failure_at_once_end_in_one_of_the_two_and_never_in_between(account: CarrierAccount) -> None:
    for _ in range(ROUNDS):
        opened()
        at_once(carrier_health.works, failed, carrier_health.works, failed)
        account.refresh_from_db()
        if account.opened_at is None:
            assert account.paused_until is None and account.tries_in_vain == 0
        else:
            assert account.paused_until and account.paused_until > timezone.now()


def test_the_minute_is_never_overdrawn(account: CarrierAccount) -> None:
    CarrierAccount.objects.update(limit_per_minute=20)
    got = at_once(*[lambda each: carrier_limits.admit(each, 7)[0]] * WORKERS)
    assert sum(got) == 20


def test_asks_of_one_hour_are_all_counted(account: CarrierAccount) -> None:
    at_once(*[lambda each: poll_budget.record(each, 3)] * WORKERS)
    assert poll_budget.used(account, timezone.now() - timedelta(hours=2)) == 3 * WORKERS


def test_pushes_and_misses_at_once_lose_none(account: CarrierAccount) -> None:
    CarrierAccount.objects.update(pushed_at=timezone.now() - timedelta(hours=1))
    at_once(*[pushing._miss] * WORKERS)
    account.refresh_from_db()
    assert account.push_misses == WORKERS
    assert Problem.objects.filter(key=f"pushes:{account.pk}", solved_at=None).count() == 1
