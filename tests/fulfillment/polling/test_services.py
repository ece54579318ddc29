"""The plan with real rows: facts, what is learned, budgets."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfillment.facts import Scan, TrackingUpdate
from fulfillment.models import CarrierAccount, CarrierCalls, ScanProfile, Shipment, TrackingPoll
from fulfillment.polling import USUAL
from fulfillment.polling.learning import ENOUGH
from fulfillment.services import poll_budget, polling, scan_profiles, tracking
from fulfillment.services.shipments import apply_update
from fulfillment.statuses import ShipmentStatus
from parcelwise.jobs import JobState
from tests.factories import a_shipment, an_order

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    polling.forget_profiles(), poll_budget.forget_pressure()
    yield
    polling.forget_profiles(), poll_budget.forget_pressure()


def told(shipment: Shipment, hours_ago: float, words: str = "Arrived at Facility", place: str = "Köln, DE") -> None:
    at = timezone.now() - timedelta(hours=hours_ago)
    scan = Scan(at, ShipmentStatus.IN_TRANSIT, words, code="AR", location=place)
    apply_update(shipment, TrackingUpdate(shipment.tracking_number, (scan,)), forecast=False)


def a_poll(value: float = 1.0, carrier: str = "ups", **columns: Any) -> TrackingPoll:
    return TrackingPoll.objects.create(shipment=a_shipment(carrier=carrier), value=value, **columns)


def limited(settings: Any, **more: Any) -> None:
    settings.PARCELWISE = {**settings.PARCELWISE, "FULFILLMENT": more}


def test_the_facts_of_a_parcel_are_those_of_its_last_scan() -> None:
    parcel = a_shipment()
    told(parcel, 5), told(parcel, 2, "Arrived at Facility", "München, DE")
    facts = polling.facts_of(parcel, timezone.now())
    assert (facts.stage, facts.code, facts.zone) == ("at_destination", "AR", ZoneInfo("Europe/Berlin"))
    assert timedelta(hours=1.9) < facts.now - facts.silent_since < timedelta(hours=2.1)


def test_a_label_is_planned_in_the_hours_of_its_origin() -> None:
    order = an_order(ship_to={"city": "Austin", "region": "TX", "country": "US"})
    parcel = a_shipment(order)
    assert polling.facts_of(parcel, timezone.now()).zone == ZoneInfo("Europe/Berlin")
    parcel.status = ShipmentStatus.OUT_FOR_DELIVERY
    assert polling.facts_of(parcel, timezone.now()).zone == ZoneInfo("America/Chicago")


def test_what_was_recorded_later_is_not_known_yet() -> None:
    parcel = a_shipment(created_at=timezone.now() - timedelta(days=1))
    told(parcel, 5)
    assert polling.facts_of(parcel, timezone.now() - timedelta(hours=1)).code == ""
    assert polling.facts_of(parcel, timezone.now()).code == "AR"


def test_the_plan_is_written_with_its_reasons() -> None:
    poll = a_poll()
    told(poll.shipment, 3)
    at = tracking.next_poll(poll.shipment)
    poll.refresh_from_db()
    assert at is not None and at > timezone.now()
    assert poll.plan["stage"] == "in_transit" and poll.plan["why"] == "worth"
    assert poll.plan["silent_hours"] == pytest.approx(3, abs=0.1)
    assert poll.value == pytest.approx(poll.plan["chance"], abs=0.01)


def test_a_delivered_parcel_has_no_next_ask() -> None:
    assert tracking.next_poll(a_shipment(status=ShipmentStatus.DELIVERED)) is None


def test_planning_asks_the_data_base_a_fixed_number_of_times() -> None:
    few, many = a_poll(), a_poll()
    told(few.shipment, 3)
    for hours in range(12):
        told(many.shipment, hours + 1)
    counts = []
    for poll in (few, few, many):
        with CaptureQueriesContext(connection) as asked:
            tracking.next_poll(poll.shipment)
        counts.append(len(asked))
    assert counts[1] == counts[2] <= 4, counts


def taught(count: int, start: datetime, hour: int) -> None:
    for number in range(count):
        parcel = a_shipment(carrier="dhl")
        at = start + timedelta(days=number % 5)
        scans = tuple(
            Scan(moment, ShipmentStatus.IN_TRANSIT, "Arrived", code="transit")
            for moment in (at, at + timedelta(hours=hour), at + timedelta(hours=2 * hour))
        )
        Shipment.objects.filter(pk=parcel.pk).update(created_at=at)
        with time_machine.travel(at + timedelta(days=2), tick=False):
            apply_update(parcel, TrackingUpdate(parcel.tracking_number, scans), forecast=False)


def test_a_profile_is_learned_from_the_shops_own_scans_and_used() -> None:
    now = datetime(2026, 3, 30, 9, tzinfo=UTC)
    with time_machine.travel(now - timedelta(days=20)):
        taught(ENOUGH // 2 + 1, now - timedelta(days=20), 9)
    assert polling.profile_of("dhl") is USUAL
    assert scan_profiles.refresh_profiles(now) == 1
    row = ScanProfile.objects.get()
    assert (row.carrier, row.scans, row.through) == ("dhl", 3 * (ENOUGH // 2 + 1), now)
    learned = polling.profile_of("dhl").shapes["in_transit"]
    assert learned.scans >= ENOUGH
    assert learned.rates[9] > USUAL.shapes["in_transit"].rates[9], "scans come after nine hours"
    assert polling.profile_of("ups") is USUAL


def test_nothing_is_learned_from_what_was_heard_of_later() -> None:
    now = datetime(2026, 3, 30, 9, tzinfo=UTC)
    with time_machine.travel(now - timedelta(days=20)):
        taught(ENOUGH, now - timedelta(days=20), 9)
    # It had happened by then, but the carrier was asked later.
    assert scan_profiles.refresh_profiles(now - timedelta(days=18, hours=1)) == 0


def test_calls_are_counted_by_account_and_hour() -> None:
    account = CarrierAccount.objects.create(carrier="ups")
    at = datetime(2026, 3, 4, 12, 59, tzinfo=UTC)
    poll_budget.record(account, 3, at), poll_budget.record(account, 4, at), poll_budget.record(account, 0, at)
    poll_budget.record(account, 5, at + timedelta(minutes=2))
    assert list(CarrierCalls.objects.order_by("hour").values_list("asked", flat=True)) == [7, 5]


def test_an_account_without_a_limit_asks_for_all_most_valuable_first() -> None:
    account = CarrierAccount.objects.create(carrier="ups")
    batch = [a_poll(value) for value in (0.2, 0.9, 0.5)]
    cut = poll_budget.cut(account, batch)
    assert [job.value for job in cut.now] == [0.9, 0.5, 0.2] and not cut.later
    assert poll_budget.pressure(account) == 1


def test_over_the_limit_the_most_valuable_of_all_that_are_due_are_asked_first() -> None:
    account = CarrierAccount.objects.create(carrier="ups", limit_per_minute=2)
    waiting = [a_poll(value) for value in (0.9, 0.8)]
    batch = [a_poll(value, state=JobState.RUNNING) for value in (0.1, 0.95)]
    now = timezone.now()
    cut = poll_budget.cut(account, batch, now)
    assert [job.value for job in cut.now] == [0.95]
    assert [job for job, _at in cut.later] == [batch[0]]
    assert all(now < at < now + timedelta(minutes=2) for _job, at in cut.later)
    assert waiting


def test_what_is_put_off_grows_in_value_and_is_not_put_off_for_ever() -> None:
    account = CarrierAccount.objects.create(carrier="ups", limit_per_minute=1)
    a_poll(0.9)
    poor, rounds = a_poll(0.1, state=JobState.RUNNING), 0
    while not poll_budget.cut(account, [poor]).now:
        poor.refresh_from_db()
        rounds += 1
        assert rounds < 20
    assert rounds > 3


def test_a_daily_limit_is_kept_and_not_used_up_in_the_morning(settings: Any) -> None:
    limited(settings, POLL_PER_DAY={"ups": 16})
    account = CarrierAccount.objects.create(carrier="ups")
    batch = [a_poll() for _ in range(5)]
    cut = poll_budget.cut(account, batch)
    assert len(cut.now) == 2, "an eighth of the day"
    poll_budget.record(account, 16)
    assert not poll_budget.cut(account, batch).now


def test_a_limit_that_is_too_small_makes_every_pause_longer(settings: Any) -> None:
    account = CarrierAccount.objects.create(carrier="ups")
    for _ in range(8):
        a_poll()
    limited(settings, POLL_PER_DAY={"ups": 48})  # two an hour
    assert poll_budget.pressure(account) == 64
    parcel = Shipment.objects.first()
    assert parcel is not None
    now = datetime(2026, 3, 4, 12, tzinfo=UTC)
    told(parcel, 3)
    free, short = (polling.plan(parcel, now + timedelta(days=365), each) for each in (None, account))
    assert free and short and short.at > free.at


def test_the_account_of_one_store_does_not_count_the_parcels_of_another() -> None:
    poll = a_poll()
    a_poll()
    account = CarrierAccount.objects.create(carrier="ups", store=poll.shipment.order.store)
    assert list(poll_budget.due(account, timezone.now())) == [poll]


def test_an_answer_that_says_nothing_new_takes_no_lock_and_few_questions() -> None:
    poll = a_poll()
    at = timezone.now() - timedelta(hours=3)
    scan = Scan(at, ShipmentStatus.IN_TRANSIT, "Arrived", code="AR", location="Köln, DE")
    answer = TrackingUpdate(poll.shipment.tracking_number, (scan,))
    apply_update(poll.shipment, answer)
    with CaptureQueriesContext(connection) as asked:
        assert apply_update(poll.shipment, answer) is None
    assert len(asked) == 1, [query["sql"] for query in asked]
    due = TrackingUpdate(answer.tracking_number, answer.scans, estimated_delivery=timezone.localdate())
    apply_update(poll.shipment, due)
    poll.shipment.refresh_from_db()
    assert poll.shipment.carrier_estimate == timezone.localdate(), "a new promise is news"


def test_planning_reads_the_last_scan_at_once() -> None:
    poll = a_poll()
    told(poll.shipment, 3)
    parcel = Shipment.objects.select_related("order__store").get()
    with CaptureQueriesContext(connection) as asked:
        polling.facts_of(parcel, timezone.now())
    assert len(asked) == 2, "the scan and the window"
