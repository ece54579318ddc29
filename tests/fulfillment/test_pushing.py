"""A parcel rests on pushes while they come, and is asked for again when they stop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import pytest
import time_machine
from django.utils import timezone

from fulfillment.carriers.base import TRACK, Carrier
from fulfillment.facts import Scan, TrackingUpdate
from fulfillment.models import CarrierAccount, Outcome, Shipment, TrackingPoll
from fulfillment.services import poll_budget, polling, pushes, tracking
from fulfillment.services.pushing import MISSES
from fulfillment.testing.aggregator_twin import AggregatorTwin, aggregator_accounts
from fulfillment.testing.carrier_twin import Happening as H
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from parcelwise.testing import run_jobs
from tests.contracts.carrier import AUSTIN, HOUSTON
from tests.factories import a_shipment

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def twin() -> Iterator[AggregatorTwin]:
    with AggregatorTwin() as twin:
        yield twin


@pytest.fixture(autouse=True)
def clean(settings: Any) -> Iterator[None]:
    outbound = {"OUTBOUND": {"ALLOW_PRIVATE": ("127.0.0.1",)}, "JOBS": {"RUNNER": "manual"}}
    settings.PARCELWISE = {**settings.PARCELWISE, **outbound}
    polling.forget_profiles(), poll_budget.forget_pressure()
    yield


@pytest.fixture
def account(twin: AggregatorTwin) -> CarrierAccount:
    told = aggregator_accounts(twin.url)["easypost"]
    return CarrierAccount.objects.create(**{**told, "credentials": {**told["credentials"], "hook_secret": "s"}})


def a_parcel(twin: AggregatorTwin, *way: H, hours: float = 6) -> Shipment:
    """A parcel whose steps began ``hours`` ago, two hours apart; what lies ahead is not told yet."""
    shipment, began = a_shipment(), timezone.now() - timedelta(hours=hours)
    steps = [{"at": began + timedelta(hours=2 * place), "what": what} for place, what in enumerate(way)]
    twin.control.add_parcel("ups", number=shipment.tracking_number, origin=HOUSTON, destination=AUSTIN, steps=steps)
    TrackingPoll.objects.create(shipment=shipment, not_before=timezone.now() + timedelta(minutes=20))
    return shipment


def push(twin: AggregatorTwin, account: CarrierAccount, parcel: Shipment) -> Outcome:
    _headers, body = twin.aggregators["easypost"].push(parcel.tracking_number, timezone.now(), "s")
    return pushes.take(account, "tracker.updated", body, timezone.now()).outcome


def poll_of(parcel: Shipment) -> TrackingPoll:
    return TrackingPoll.objects.get(shipment=parcel)


def pause(parcel: Shipment) -> timedelta:
    at: datetime = poll_of(parcel).not_before
    return at - timezone.now()


def ask(*parcels: Shipment) -> None:
    """Have just these asked for now."""
    TrackingPoll.objects.update(not_before=timezone.now() + 9 * DAY)
    TrackingPoll.objects.filter(shipment__in=parcels).update(not_before=timezone.now() - timedelta(seconds=1))
    run_jobs()


def test_a_push_puts_the_next_ask_off_for_a_day(twin: AggregatorTwin, account: CarrierAccount) -> None:
    parcel = a_parcel(twin, H.LABEL, H.PICKED_UP, H.ARRIVED)
    assert push(twin, account, parcel) == Outcome.RECORDED
    assert pause(parcel) > 0.9 * DAY
    assert poll_of(parcel).plan["why"] == "pushed"


def test_a_push_that_says_nothing_new_shows_as_well_that_they_come(
    twin: AggregatorTwin, account: CarrierAccount
) -> None:
    parcel = a_parcel(twin, H.LABEL, H.PICKED_UP)
    push(twin, account, parcel)
    TrackingPoll.objects.update(not_before=timezone.now() + timedelta(minutes=20))
    assert push(twin, account, parcel) == Outcome.UNCHANGED
    assert pause(parcel) > 0.9 * DAY


def test_a_parcel_that_is_pushed_as_delivered_is_never_asked_for(twin: AggregatorTwin, account: CarrierAccount) -> None:
    parcel = a_parcel(twin, H.LABEL, H.PICKED_UP, H.OUT_FOR_DELIVERY, H.DELIVERED, hours=9)
    push(twin, account, parcel)
    assert (poll_of(parcel).state, poll_of(parcel).asked) == (JobState.DONE, 0)


def test_a_secret_alone_is_no_reason_to_rest(twin: AggregatorTwin, account: CarrierAccount) -> None:
    parcel, other = (a_parcel(twin, H.LABEL, H.PICKED_UP) for _ in range(2))
    ask(parcel)
    assert pause(parcel) < 0.55 * DAY, "nothing was ever pushed"
    push(twin, account, other)
    ask(parcel)
    assert pause(parcel) < 0.55 * DAY, "nothing was pushed of this one"


def test_news_that_was_not_pushed_has_the_parcel_asked_for_as_others_are(
    twin: AggregatorTwin, account: CarrierAccount
) -> None:
    parcel = a_parcel(twin, H.LABEL, H.PICKED_UP, H.ARRIVED, hours=1)
    push(twin, account, parcel)
    with time_machine.travel(timezone.now() + timedelta(hours=6), tick=False):
        ask(parcel)
        assert poll_of(parcel).pushed_at is None
        assert pause(parcel) < 0.55 * DAY
        push(twin, account, parcel)
        assert pause(parcel) > 0.9 * DAY, "the next push is believed"


def test_news_of_the_last_minutes_may_still_be_pushed(twin: AggregatorTwin, account: CarrierAccount) -> None:
    parcel = a_parcel(twin, H.LABEL, H.PICKED_UP, hours=0.1)
    push(twin, account, parcel)
    with time_machine.travel(timezone.now() + timedelta(hours=2, minutes=5), tick=False):
        ask(parcel)
        assert pause(parcel) > 0.9 * DAY


def test_when_pushes_stop_all_that_rest_are_asked_for_within_the_hour(
    twin: AggregatorTwin, account: CarrierAccount
) -> None:
    missed = [a_parcel(twin, H.LABEL, H.PICKED_UP, H.ARRIVED, hours=1) for _ in range(MISSES)]
    resting = [a_parcel(twin, H.LABEL) for _ in range(4)]
    for parcel in (*missed, *resting):
        push(twin, account, parcel)
    with time_machine.travel(timezone.now() + timedelta(hours=6), tick=False):
        ask(*missed)
        assert all(pause(parcel) <= timedelta(hours=1) for parcel in resting)
        problem = Problem.objects.get(key=f"pushes:{account.pk}", solved_at=None)
        assert "pushes no more" in problem.sentence
        ask(*resting)
        assert all(pause(parcel) < 0.55 * DAY for parcel in resting)
        push(twin, account, resting[0])
        assert not Problem.objects.filter(key=f"pushes:{account.pk}", solved_at=None).exists()


def test_pushes_of_days_ago_are_not_relied_on(twin: AggregatorTwin, account: CarrierAccount) -> None:
    parcel = a_parcel(twin, H.LABEL, H.PICKED_UP)
    push(twin, account, parcel)
    with time_machine.travel(timezone.now() + 2 * DAY, tick=False):
        ask(parcel)
        assert pause(parcel) < 0.55 * DAY


class Told(Carrier):
    """Answers with what the test has put in."""

    can = frozenset({TRACK})
    scans: ClassVar[list[Scan]] = []

    def track(self, numbers: Sequence[str]) -> Any:
        return [TrackingUpdate(number, tuple(self.scans)) for number in numbers]


def test_what_a_hint_had_asked_for_counts_as_told(settings: Any) -> None:
    told = {"CARRIERS": {"karrio": "tests.fulfillment.test_pushing.Told"}}
    settings.PARCELWISE = {**settings.PARCELWISE, "FULFILLMENT": told}
    account = CarrierAccount.objects.create(carrier="ups", gateway="karrio")
    parcel = a_shipment()
    now = timezone.now()
    TrackingPoll.objects.create(shipment=parcel, pushed_at=now, last_asked_at=now - DAY)
    CarrierAccount.objects.update(pushed_at=now)
    Told.scans = [Scan(now - timedelta(hours=2), "in_transit", "Arrived", code="AR")]
    ask(parcel)
    assert parcel.events.count() == 1
    assert poll_of(parcel).pushed_at == now and pause(parcel) > 0.9 * DAY
    account.refresh_from_db()
    assert account.push_misses == 0
    assert tracking.next_poll(parcel, account=account) is not None
