"""A stored delivery is worked off: recorded, fetched, or shown to staff with the reason why not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import override_settings
from django.utils import timezone

from fulfillment.models import InboxEvent, Order, Outcome, StoreRun, StoreSync
from fulfillment.services import inbox
from fulfillment.services.orders import record_statement
from parcelwise.errors import RetryLater
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from parcelwise.testing import run_jobs
from tests.factories import utc
from tests.paper_platform import SETTING, a_paper_store, stated

pytestmark = pytest.mark.django_db(transaction=True)

NINE = utc(2026, 11, 20, 9)


@pytest.fixture(autouse=True)
def paper() -> Iterator[None]:
    with override_settings(PARCELWISE={"JOBS": {"RUNNER": "manual"}, "FULFILLMENT": {"PLATFORMS": SETTING}}):
        yield


def delivered(store, key: str, *, topic: str = "orders/updated", event: str = "", **said) -> InboxEvent:
    return InboxEvent.objects.create(
        store=store, delivery_key=key, event_key=event, topic=topic, body=json.dumps(said).encode()
    )


def outcome_of(event: InboxEvent) -> tuple[str, str]:
    event.refresh_from_db()
    return event.outcome, event.state


def test_a_delivery_that_states_the_order_is_recorded_at_once():
    store, shop = a_paper_store()
    event = delivered(store, "a", order="1", at=NINE.isoformat(), total=4990)
    run_jobs()
    assert outcome_of(event) == (Outcome.RECORDED, JobState.DONE)
    assert (event.subject, Order.objects.get().total) == ("1", 4990)
    assert not shop.asked


def test_a_hint_has_the_current_order_fetched():
    store, shop = a_paper_store()
    shop.orders["1"] = stated("1", at=NINE, total=77)
    event = delivered(store, "a", order="1")
    run_jobs()
    assert outcome_of(event) == (Outcome.FETCHING, JobState.DONE)
    assert Order.objects.get().total == 77


def test_many_hints_about_one_order_are_one_question():
    store, shop = a_paper_store()
    shop.orders["1"] = stated("1", at=NINE)
    for number in range(30):
        delivered(store, f"d{number}", order="1")
    run_jobs()
    assert len(shop.asked) <= 2
    assert not StoreSync.objects.exclude(state=JobState.DONE).exists()


def test_a_doubt_is_settled_by_asking():
    store, shop = a_paper_store()
    shop.orders["1"] = stated("1", at=NINE, total=3)
    record_statement(store, stated("1", at=NINE, total=1))
    event = delivered(store, "a", order="1", at=NINE.isoformat(), total=2)
    run_jobs()
    assert outcome_of(event)[0] == Outcome.FETCHING
    assert Order.objects.get().total == 3


def test_a_late_delivery_is_shown_as_stale_and_changes_nothing():
    store, _shop = a_paper_store()
    record_statement(store, stated("1", at=NINE, total=2))
    event = delivered(store, "a", order="1", at=(NINE - timedelta(days=365)).isoformat(), total=1)
    run_jobs()
    assert outcome_of(event)[0] == Outcome.STALE
    assert Order.objects.get().total == 2


def test_the_same_event_from_another_subscription_is_worked_off_once():
    store, shop = a_paper_store()
    shop.orders["1"] = stated("1", at=NINE)
    first, second = delivered(store, "a", event="e1", order="1"), delivered(store, "b", event="e1", order="1")
    run_jobs()
    assert (outcome_of(first)[0], outcome_of(second)[0]) == (Outcome.FETCHING, Outcome.DUPLICATE)
    assert len(shop.asked) == 1


def test_an_event_whose_first_delivery_failed_is_worked_off_from_the_second():
    store, shop = a_paper_store()
    shop.orders["1"] = stated("1", at=NINE)
    InboxEvent.objects.create(store=store, delivery_key="a", event_key="e1", topic="orders/updated", body=b"{")
    second = delivered(store, "b", event="e1", order="1")
    run_jobs()
    assert outcome_of(second)[0] == Outcome.FETCHING


def test_an_unknown_topic_is_counted_and_hurts_nobody():
    store, _shop = a_paper_store()
    event = delivered(store, "a", topic="moons/risen", order="1")
    run_jobs()
    assert outcome_of(event) == (Outcome.UNKNOWN, JobState.DONE)


def test_a_body_that_makes_no_sense_goes_to_the_dead_letters_and_the_rest_goes_on():
    store, _shop = a_paper_store()
    broken = InboxEvent.objects.create(store=store, delivery_key="a", topic="orders/updated", body=b"\xff\x00{")
    good = delivered(store, "b", order="1", at=NINE.isoformat(), total=1)
    run_jobs()
    assert outcome_of(broken) == (Outcome.UNREADABLE, JobState.DEAD)
    assert "not JSON" in broken.last_error
    assert outcome_of(good) == (Outcome.RECORDED, JobState.DONE)


def test_a_platform_that_is_down_costs_time_and_nothing_else():
    store, shop = a_paper_store()
    shop.orders["1"] = stated("1", at=NINE)
    shop.trouble = [RetryLater("down for repairs")]
    delivered(store, "a", order="1")
    run_jobs()
    assert not Order.objects.exists()
    StoreSync.objects.update(not_before=timezone.now())
    run_jobs()
    assert Order.objects.get().external_id == "1"


def test_an_order_that_the_platform_no_longer_has_is_cancelled():
    store, _shop = a_paper_store()
    record_statement(store, stated("1", at=NINE))
    delivered(store, "a", order="1")
    run_jobs()
    assert Order.objects.get().status == "cancelled"


def test_deliveries_can_be_replayed_and_an_old_one_does_no_harm():
    store, shop = a_paper_store()
    event = delivered(store, "a", event="e1", order="1", at=NINE.isoformat(), total=1)
    run_jobs()
    record_statement(store, stated("1", at=NINE + timedelta(hours=1), total=2))
    assert inbox.replay(InboxEvent.objects.all()) == 1
    run_jobs()
    assert outcome_of(event)[0] == Outcome.STALE
    assert (event.replayed, Order.objects.get().total) == (1, 2)
    assert not Problem.objects.exists()


def test_old_deliveries_are_forgotten_and_those_that_need_attention_stay():
    store, _shop = a_paper_store()
    old = timezone.now() - timedelta(days=31)
    for key, state in (("a", JobState.DONE), ("b", JobState.DEAD), ("c", JobState.WAITING)):
        InboxEvent.objects.create(
            store=store, delivery_key=key, topic="orders/x", body=b"", state=state, created_at=old
        )
    InboxEvent.objects.create(store=store, delivery_key="d", topic="orders/x", body=b"", state=JobState.DONE)
    inbox.forget_old()
    assert sorted(InboxEvent.objects.values_list("delivery_key", flat=True)) == ["b", "c", "d"]


def test_old_readings_and_walks_go_and_the_first_sync_and_what_needs_attention_stay():
    store, _shop = a_paper_store()
    old, kinds = timezone.now() - timedelta(days=31), StoreRun.Kind
    for kind, state in (
        (kinds.CHANGES, "done"),
        (kinds.DEEP, "done"),
        (kinds.FIRST_SYNC, "done"),
        (kinds.DEEP, "dead"),
    ):
        StoreRun.objects.create(store=store, kind=kind, state=state, created_at=old)
    StoreRun.objects.create(store=store, kind=kinds.CHANGES, state=JobState.DONE)
    for state, created_at in (("done", old), ("done", timezone.now()), ("dead", old)):
        StoreSync.objects.create(store=store, external_id="1", state=state, created_at=created_at)
    inbox.forget_old()
    left = set(StoreRun.objects.values_list("kind", "state"))
    assert left == {(kinds.FIRST_SYNC, "done"), (kinds.DEEP, "dead"), (kinds.CHANGES, "done")}
    assert StoreRun.objects.count() == 3
    assert sorted(StoreSync.objects.values_list("state", flat=True)) == ["dead", "done"]
