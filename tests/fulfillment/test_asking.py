"""Asking an account: past its circuit breaker, within its limit, and no parcel harmed by another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fulfillment.carriers.base import TRACK, Carrier
from fulfillment.carriers.transport import RateLimited
from fulfillment.facts import Scan, TrackingFailure, TrackingUpdate
from fulfillment.models import CarrierAccount, Shipment, TrackingPoll
from fulfillment.services import carrier_health, carrier_limits, tracking
from parcelwise.circuit import CircuitState
from parcelwise.errors import Misconfigured, RetryLater
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from parcelwise.testing import run_jobs
from tests.factories import a_shipment

pytestmark = pytest.mark.django_db


class Scripted(Carrier):
    """A gateway that does for each number what the test says."""

    can = frozenset({TRACK})
    asked: ClassVar[list[list[str]]] = []
    script: ClassVar[dict[str, Any]] = {}

    def track(self, numbers: Sequence[str]) -> Any:
        self.asked.append(list(numbers))
        return [self._of(number) for number in numbers][: 1 if "short" in self.script else None]

    def _of(self, number: str) -> Any:
        told = self.script.get(number, self.script.get("all"))
        if isinstance(told, Exception):
            raise told
        scan = Scan(timezone.now() - timedelta(hours=1), "in_transit", "Departed", code="DP")
        return TrackingUpdate(number, (scan,)) if told is None else told


@pytest.fixture(autouse=True)
def pigeon(settings: Any) -> Iterator[None]:
    carriers = {"CARRIERS": {"pigeon": "tests.fulfillment.test_asking.Scripted"}}
    settings.PARCELWISE = {**settings.PARCELWISE, "FULFILLMENT": carriers}
    Scripted.asked, Scripted.script = [], {}
    yield


@pytest.fixture
def account() -> CarrierAccount:
    return CarrierAccount.objects.create(carrier="pigeon", gateway="pigeon")


def parcels(count: int) -> list[Shipment]:
    made = [a_shipment(carrier="pigeon", tracking_number=f"P{number}") for number in range(count)]
    for parcel in made:
        tracking.ensure_poll(parcel)
    return made


def arrived() -> set[str]:
    return set(Shipment.objects.filter(status="in_transit").values_list("tracking_number", flat=True))


def fresh(account: CarrierAccount) -> CarrierAccount:
    account.refresh_from_db()
    return account


# One parcel does not harm another


@pytest.mark.parametrize("trouble", [ValueError("odd"), "no answer", KeyError("x")])
def test_a_gateway_that_stumbles_over_one_parcel_harms_that_one_alone(account: CarrierAccount, trouble: Any) -> None:
    parcels(5)
    Scripted.script = {"P2": trouble}
    run_jobs()
    assert arrived() == {"P0", "P1", "P3", "P4"}
    assert Problem.objects.get(kind="carrier").key.startswith("parcel:")
    assert fresh(account).circuit.state(timezone.now()) == CircuitState.CLOSED
    assert TrackingPoll.objects.get(shipment__tracking_number="P2").state == JobState.WAITING


def test_a_gateway_that_leaves_out_answers_is_asked_for_each_parcel_alone(account: CarrierAccount) -> None:
    parcels(3)
    Scripted.script = {"short": True}
    run_jobs()
    assert arrived() == {"P0", "P1", "P2"}
    assert Scripted.asked == [["P0", "P1", "P2"], ["P0"], ["P1"], ["P2"]]


def test_one_parcel_alone_that_fails_does_not_pause_the_account(account: CarrierAccount) -> None:
    parcels(1)
    Scripted.script = {"P0": RetryLater("no")}
    run_jobs()
    assert fresh(account).failures == 1
    assert not carrier_health.is_in_trouble(account)
    assert "no" in Problem.objects.get(kind="carrier").sentence


# The circuit breaker


def test_a_carrier_that_fails_is_left_alone_and_its_parcels_wait(account: CarrierAccount) -> None:
    parcels(25)
    Scripted.script = {"all": RetryLater("down")}
    run_jobs()
    assert len(Scripted.asked) == 1, "the other chunks are not asked for"
    assert fresh(account).circuit.state(timezone.now()) == CircuitState.OPEN
    assert set(TrackingPoll.objects.values_list("state", flat=True)) == {JobState.WAITING}


@pytest.mark.parametrize(
    ("error", "least"), [(RateLimited("429"), 50), (RateLimited("429", after=500), 490), (Misconfigured("who?"), 890)]
)
def test_some_errors_pause_the_account_at_once(account: CarrierAccount, error: Exception, least: float) -> None:
    parcels(1)
    Scripted.script = {"all": error}
    run_jobs()
    assert (fresh(account).circuit.wait(timezone.now()) or 0) > least


def test_of_all_workers_one_tries_an_account_out(account: CarrierAccount) -> None:
    carrier_health.failed(account, RetryLater("down"))
    CarrierAccount.objects.update(paused_until=timezone.now() - timedelta(seconds=1))
    first, second = CarrierAccount.objects.get(), CarrierAccount.objects.get()
    assert carrier_health.pause(first) is None
    assert carrier_health.pause(second) == carrier_health.TRYING
    assert (carrier_health.pause(CarrierAccount.objects.get()) or 0) > 0


def test_an_account_is_tried_with_few_parcels_and_then_all_go_on(account: CarrierAccount) -> None:
    parcels(7)
    carrier_health.failed(account, RetryLater("down"))
    carrier_health.try_again(account)
    run_jobs()
    assert [len(numbers) for numbers in Scripted.asked] == [2, 5]
    assert fresh(account).circuit.state(timezone.now()) == CircuitState.CLOSED
    assert len(arrived()) == 7


def test_tries_in_vain_are_further_and_further_apart(account: CarrierAccount) -> None:
    waits = []
    for _ in range(6):
        waits.append(round(carrier_health.failed(account, RetryLater("down")).after or 0))
        account.paused_until = timezone.now()
        account.save()
    assert waits == [60, 120, 240, 480, 900, 900]


def test_what_another_worker_has_learned_is_not_forgotten(account: CarrierAccount) -> None:
    stale = CarrierAccount.objects.get()
    carrier_health.failed(account, RetryLater("no"), weight=1)
    carrier_health.failed(stale, RetryLater("no"), weight=1)
    assert fresh(account).failures == 2
    assert carrier_health.is_in_trouble(account)


# The limit


def test_no_more_parcels_are_asked_for_in_a_minute_than_the_limit_allows(account: CarrierAccount) -> None:
    CarrierAccount.objects.update(limit_per_minute=13)
    parcels(30)
    run_jobs()
    assert sum(map(len, Scripted.asked)) == 13
    waiting = TrackingPoll.objects.filter(asked=0)
    assert waiting.count() == 17
    assert {poll.attempts for poll in waiting} == {0}, "waiting is no attempt"
    assert all(poll.not_before > timezone.now() + timedelta(seconds=30) for poll in waiting)


def test_the_limit_is_one_for_all_workers(account: CarrierAccount) -> None:
    account.limit_per_minute = 5
    other = CarrierAccount(pk=account.pk, limit_per_minute=5)
    assert carrier_limits.admit(account, 3)[0] == 3
    assert carrier_limits.admit(other, 3)[0] == 2
    assert carrier_limits.admit(account, 1)[0] == 0


def test_a_new_minute_has_a_new_limit(account: CarrierAccount) -> None:
    account.limit_per_minute = 5
    assert carrier_limits.admit(account, 9)[0] == 5
    CarrierAccount.objects.update(limit_began_at=timezone.now() - timedelta(seconds=61))
    assert carrier_limits.admit(account, 9)[0] == 5


# Staff


@pytest.fixture
def ben(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ben"))
    return client


def press(ben: Client, account: CarrierAccount, button: str, **typed: str) -> str:
    address = reverse(f"admin:parcelwise_fulfillment_carrieraccount_{button}", args=[account.pk])
    return ben.post(address, typed, follow=True).content.decode()


def test_the_test_button_says_what_came(ben: Client, account: CarrierAccount) -> None:
    assert "There is no parcel of this carrier yet" in press(ben, account, "test")
    assert "1 event of P77." in press(ben, account, "test", number=" P 77 ")
    Scripted.script = {"P77": TrackingFailure("P77", "Never heard of it.", unknown_number=True)}
    assert "takes the credentials. Never heard of it." in press(ben, account, "test", number="P77")
    Scripted.script = {"P77": Misconfigured("The key is wrong.")}
    assert "The key is wrong." in press(ben, account, "test", number="P77")
    assert carrier_health.is_in_trouble(fresh(account))


def test_a_test_puts_nothing_down_at_a_parcel(ben: Client, account: CarrierAccount) -> None:
    (parcel,) = parcels(1)
    assert "1 event of P0." in press(ben, account, "test")
    assert not parcel.events.exists()


def test_staff_see_a_circuit_and_close_it(ben: Client, account: CarrierAccount) -> None:
    parcels(3)
    Scripted.script = {"all": RetryLater("down")}
    run_jobs()
    listed = ben.get(reverse("admin:parcelwise_fulfillment_carrieraccount_changelist")).content.decode()
    assert "left alone" in listed and "down" in listed
    Scripted.script = {}
    assert "tried again now" in press(ben, account, "again")
    run_jobs()
    assert len(arrived()) == 3


def test_who_may_only_look_does_not_test(client: Client, account: CarrierAccount) -> None:
    client.force_login(User.objects.create_user("cleo", is_staff=True))
    address = reverse("admin:parcelwise_fulfillment_carrieraccount_test", args=[account.pk])
    assert client.post(address).status_code == 403
    assert Scripted.asked == []
