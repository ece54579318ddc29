"""Polling carriers, through the real SDK and over real HTTP to the twin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from fulfillment.models import CarrierAccount, Shipment, ShipmentChange, TrackingEvent, TrackingPoll
from fulfillment.services import carrier_health, tracking
from fulfillment.statuses import ShipmentStatus
from fulfillment.testing.carrier_twin import CarrierTwin, carrier_accounts
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from parcelwise.testing import run_jobs
from tests.factories import HAMBURG, MUNICH, a_shipment, an_order

pytestmark = pytest.mark.django_db

LIFE = ["label", "picked_up", "arrived", "out_for_delivery", "delivered"]


@pytest.fixture
def twin() -> Iterator[CarrierTwin]:
    with CarrierTwin() as twin:
        yield twin


@pytest.fixture(autouse=True)
def short_deadline(settings: Any) -> None:
    settings.PARCELWISE = {**settings.PARCELWISE, "OUTBOUND": {"ALLOW_PRIVATE": ("127.0.0.1",), "DEADLINE": 1.0}}


def an_account(twin: CarrierTwin, carrier: str = "ups", **columns: Any) -> CarrierAccount:
    return CarrierAccount.objects.create(**{**carrier_accounts(twin.url)[carrier], **columns})


def a_parcel(twin: CarrierTwin, serial: int, carrier: str = "ups", steps: int = 3, **columns: Any) -> Shipment:
    """A parcel that the twin knows, with the first ``steps`` steps of a quiet life behind it."""
    start = timezone.now() - timedelta(days=1)
    told = twin.control.add_parcel(
        carrier,
        serial=serial,
        origin=HAMBURG.as_json(),
        destination=MUNICH.as_json(),
        steps=[{"at": start + timedelta(hours=hour), "what": what} for hour, what in enumerate(LIFE[:steps])],
    )
    shipment = a_shipment(carrier=carrier, tracking_number=told["number"], **columns)
    tracking.ensure_poll(shipment)
    return shipment


def test_every_due_parcel_is_asked_for_and_asked_again_later(twin: CarrierTwin) -> None:
    an_account(twin)
    parcels = [a_parcel(twin, serial) for serial in range(23)]
    run_jobs()
    assert set(Shipment.objects.values_list("status", flat=True)) == {ShipmentStatus.IN_TRANSIT}
    assert TrackingEvent.objects.filter(source="carrier").count() == 3 * len(parcels)
    for poll in TrackingPoll.objects.all():
        assert (poll.state, poll.asked, poll.attempts) == (JobState.WAITING, 1, 0)
        assert timedelta(minutes=100) < poll.not_before - timezone.now() < timedelta(minutes=140)
    asked = [number for call in twin.control.log() for number in call["numbers"]]
    assert sorted(asked) == sorted(parcel.tracking_number for parcel in parcels)


def test_each_parcel_hears_its_own_news(twin: CarrierTwin) -> None:
    for carrier in ("ups", "fedex", "usps", "dhl"):
        an_account(twin, carrier)
        parcels = [a_parcel(twin, serial, carrier, steps=1 + serial % 5) for serial in range(10)]
        run_jobs()
        for serial, parcel in enumerate(parcels):
            assert parcel.events.filter(source="carrier").count() == 1 + serial % 5


def test_an_arrived_parcel_is_not_asked_for_any_more(twin: CarrierTwin) -> None:
    an_account(twin)
    parcel = a_parcel(twin, 1, steps=5)
    run_jobs()
    parcel.refresh_from_db()
    assert parcel.status == ShipmentStatus.DELIVERED
    assert TrackingPoll.objects.get().state == JobState.DONE


def test_one_carrier_that_is_down_does_not_stop_another(twin: CarrierTwin) -> None:
    an_account(twin), an_account(twin, "dhl")
    theirs = [a_parcel(twin, serial) for serial in range(12)]
    ours = [a_parcel(twin, serial, "dhl") for serial in range(12)]
    twin.control.fault("500", carrier="ups")
    run_jobs()
    assert {Shipment.objects.get(pk=parcel.pk).status for parcel in ours} == {ShipmentStatus.IN_TRANSIT}
    assert {Shipment.objects.get(pk=parcel.pk).status for parcel in theirs} == {ShipmentStatus.PENDING}
    problem = Problem.objects.get(kind="carrier")
    assert "UPS" in problem.sentence and "trouble of its own" in problem.sentence
    ups_calls = [call for call in twin.control.log() if call["carrier"] == "ups" and call["where"] == "track"]
    assert len(ups_calls) == 2, "a carrier that is down is not asked for every parcel"


def test_parcels_of_a_carrier_that_works_again_are_due_at_once(twin: CarrierTwin) -> None:
    account = an_account(twin)
    parcels = [a_parcel(twin, serial) for serial in range(12)]
    twin.control.fault("500")
    run_jobs()
    twin.control.clear_faults()
    account.refresh_from_db()
    assert carrier_health.is_in_trouble(account)
    carrier_health.try_again(account)
    run_jobs()
    assert {Shipment.objects.get(pk=parcel.pk).status for parcel in parcels} == {ShipmentStatus.IN_TRANSIT}
    account.refresh_from_db()
    assert account.last_ok_at and not account.last_error
    assert not Problem.objects.filter(solved_at=None).exists()


def test_an_account_in_trouble_is_left_alone_for_a_while(twin: CarrierTwin) -> None:
    account = an_account(twin)
    a_parcel(twin, 1)
    twin.control.fault("429", seconds=300)
    run_jobs()
    account.refresh_from_db()
    assert account.paused_until and account.paused_until - timezone.now() > timedelta(seconds=290)
    calls = len(twin.control.log())
    TrackingPoll.objects.revive()
    run_jobs()
    assert len(twin.control.log()) == calls
    assert TrackingPoll.objects.get().not_before - timezone.now() > timedelta(seconds=280)


def test_refused_credentials_flag_the_account_and_its_parcels_wait(twin: CarrierTwin) -> None:
    account = an_account(twin, credentials={"client_id": "twin-ups", "client_secret": "wrong"})
    a_parcel(twin, 1)
    run_jobs()
    account.refresh_from_db()
    assert "credentials" in account.last_error
    assert TrackingPoll.objects.get().state == JobState.WAITING
    assert Problem.objects.get(kind="carrier").subject == f"parcelwise_fulfillment.carrieraccount:{account.pk}"


def test_a_token_that_was_withdrawn_is_fetched_anew(twin: CarrierTwin) -> None:
    an_account(twin)
    first, second = a_parcel(twin, 1), a_parcel(twin, 2)
    run_jobs()
    twin.control.expire_tokens()
    TrackingPoll.objects.update(not_before=timezone.now())
    run_jobs()
    assert [call["where"] for call in twin.control.log()].count("token") == 2
    assert not Problem.objects.exists()
    assert TrackingPoll.objects.filter(asked=2).count() == 2
    assert {first.tracking_number, second.tracking_number}


def test_a_label_that_the_carrier_does_not_know_yet_is_no_error(twin: CarrierTwin) -> None:
    an_account(twin)
    shipment = a_shipment(tracking_number="1ZPW87210399999996")
    tracking.ensure_poll(shipment)
    run_jobs()
    poll = TrackingPoll.objects.get()
    assert (poll.state, poll.last_error) == (JobState.WAITING, "")
    assert not Problem.objects.exists()


def test_a_number_that_stays_unknown_for_days_is_shown_to_staff(twin: CarrierTwin) -> None:
    an_account(twin)
    shipment = a_shipment(tracking_number="1ZPW87210399999996", created_at=timezone.now() - timedelta(days=4))
    tracking.ensure_poll(shipment)
    run_jobs()
    assert "does not know this number" in Problem.objects.get().sentence


def test_an_unknown_code_is_kept_and_counted_and_never_guessed(twin: CarrierTwin) -> None:
    an_account(twin)
    parcel = a_parcel(twin, 1)
    twin.control.fault("unknown_code", number=parcel.tracking_number)
    run_jobs()
    parcel.refresh_from_db()
    assert parcel.status == ShipmentStatus.IN_TRANSIT
    assert parcel.events.get(status=ShipmentStatus.UNKNOWN).code == "ZQ"
    assert Problem.objects.get().kind == "status"


def test_one_odd_event_is_shown_to_staff_and_the_others_are_recorded(twin: CarrierTwin) -> None:
    an_account(twin)
    parcel = a_parcel(twin, 1)
    twin.control.fault("odd_event")
    run_jobs()
    assert parcel.events.count() == 3
    assert "yesterday" in Problem.objects.get().raw


def test_a_parcel_whose_news_cannot_be_recorded_does_not_stop_the_others(
    twin: CarrierTwin, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_account(twin)
    parcels = [a_parcel(twin, serial) for serial in range(5)]
    record = tracking.apply_update

    def picky(shipment: Shipment, update: Any, **about: Any) -> Any:
        if shipment.pk == parcels[1].pk:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT no_such_column FROM parcelwise_fulfillment_shipment")
        return record(shipment, update, **about)

    monkeypatch.setattr(tracking, "apply_update", picky)
    run_jobs()
    moved = Shipment.objects.filter(status=ShipmentStatus.IN_TRANSIT)
    assert set(moved) == set(parcels) - {parcels[1]}
    assert "could not be recorded" in Problem.objects.get().sentence


def test_a_number_of_no_known_carrier_becomes_a_problem_and_the_parcel_stays() -> None:
    shipment = a_shipment(carrier="brieftaube", tracking_number="42")
    assert tracking.ensure_poll(shipment) is None
    assert "“brieftaube”" in Problem.objects.get().sentence
    assert Shipment.objects.filter(pk=shipment.pk).exists()


def test_a_carrier_that_is_followed_by_hand_gets_a_link_and_no_poll() -> None:
    shipment = a_shipment(carrier="gls", tracking_number="123/4")
    assert tracking.ensure_poll(shipment) is None
    shipment.refresh_from_db()
    assert shipment.tracking_url == "https://gls-group.com/track/123%2F4"
    assert not Problem.objects.exists()


def test_parcels_of_the_past_are_not_asked_for(twin: CarrierTwin) -> None:
    an_account(twin)
    assert tracking.ensure_poll(a_shipment(an_order(is_history=True))) is None
    assert tracking.ensure_poll(a_shipment(status=ShipmentStatus.DELIVERED)) is None
    assert tracking.ensure_poll(a_shipment(tracking_number="")) is None


def test_a_parcel_that_is_silent_for_too_long_is_given_up_and_shown(twin: CarrierTwin) -> None:
    an_account(twin)
    parcel = a_parcel(twin, 1, steps=0, created_at=timezone.now() - timedelta(days=61))
    run_jobs()
    assert TrackingPoll.objects.get(shipment=parcel).state == JobState.DONE
    assert "silent for 60 days" in Problem.objects.get().sentence


def test_work_that_was_cut_off_in_the_middle_is_taken_up_again(twin: CarrierTwin) -> None:
    """As after ``kill -9``: what was settled stays, the rest is due when the lease is over."""
    an_account(twin)
    for serial in range(25):
        a_parcel(twin, serial)
    batch = TrackingPoll.objects.claim(40)
    for job, outcome in tracking.poll(batch):
        job.settle(outcome)
        if TrackingPoll.objects.filter(state=JobState.WAITING).count() == 14:
            break
    assert TrackingPoll.objects.filter(state=JobState.RUNNING).count() == 11
    run_jobs()
    assert TrackingPoll.objects.filter(state=JobState.RUNNING).count() == 11, "the lease is respected"
    TrackingPoll.objects.filter(state=JobState.RUNNING).update(lease_until=timezone.now() - timedelta(seconds=1))
    run_jobs()
    assert TrackingPoll.objects.filter(state=JobState.WAITING).count() == 25
    assert TrackingEvent.objects.filter(source="carrier").count() == 3 * 25
    assert ShipmentChange.objects.filter(new=ShipmentStatus.IN_TRANSIT).count() == 25


def test_the_stores_own_account_comes_before_the_general_one(twin: CarrierTwin) -> None:
    shipment = a_shipment()
    an_account(twin, server_url="http://127.0.0.1:9")
    own = an_account(twin, store=shipment.order.store)
    assert tracking.account_for(shipment) == own


def test_a_poll_that_is_over_starts_again_when_the_parcel_is_recorded_anew(twin: CarrierTwin) -> None:
    an_account(twin)
    parcel = a_parcel(twin, 1)
    TrackingPoll.objects.update(state=JobState.DONE)
    poll = tracking.ensure_poll(parcel)
    assert poll is not None and poll.state == JobState.WAITING


def test_settings_change_the_pace_by_status(settings: Any) -> None:
    settings.PARCELWISE = {**settings.PARCELWISE, "FULFILLMENT": {"POLL_MINUTES": {"in_transit": 1}}}
    now = timezone.now()
    again = tracking.next_poll(a_shipment(status=ShipmentStatus.IN_TRANSIT), now)
    assert again is not None and timedelta(seconds=50) < again - now < timedelta(seconds=70)
