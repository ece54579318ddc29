"""The planner page: what staff see of when carriers are asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fulfillment.admin.planner import chart, why
from fulfillment.models import CarrierAccount, TrackingPoll
from fulfillment.services import poll_board, poll_budget, tracking
from fulfillment.services.poll_board import Hour
from parcelwise.jobs import JobState
from tests.factories import a_shipment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    poll_budget.forget_pressure()
    yield
    poll_budget.forget_pressure()


@pytest.fixture
def ben(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ben"))
    return client


def page(client: Client, search: str = "") -> str:
    answer = client.get(reverse("admin:parcelwise_fulfillment_trackingpoll_planner"), {"q": search})
    assert answer.status_code == 200
    return answer.content.decode()


def a_poll(hours: float = 1, **columns: object) -> TrackingPoll:
    not_before = timezone.now() + timedelta(hours=hours)
    return TrackingPoll.objects.create(shipment=a_shipment(), not_before=not_before, **columns)


def test_what_is_due_and_what_is_behind_is_counted() -> None:
    for hours in (-2, -0.1, 1.5, 1.6, 30):
        a_poll(hours)
    a_poll(-9, state=JobState.DONE)
    found = poll_board.board()
    assert (found.parcels, found.due_now, found.behind) == (5, 2, 1)
    assert sum(hour.count for hour in found.ahead) == 2
    assert found.oldest is not None and timezone.now() - found.oldest > timedelta(minutes=110)


def test_calls_stand_beside_the_limit_of_their_account() -> None:
    account = CarrierAccount.objects.create(carrier="ups", limit_per_minute=5)
    a_poll(), a_poll(-1)
    poll_budget.record(account, 7)
    poll_budget.record(account, 30, timezone.now() - timedelta(hours=3))
    (use,) = poll_board.board().accounts
    assert (use.parcels, use.this_hour, use.day, use.busiest, use.limit, use.behind) == (2, 7, 37, 30, 300, 1)


def test_a_stores_own_account_takes_its_parcels_off_the_general_one() -> None:
    poll = a_poll()
    a_poll()
    CarrierAccount.objects.create(carrier="ups")
    CarrierAccount.objects.create(carrier="ups", store=poll.shipment.order.store)
    assert [use.parcels for use in poll_board.board().accounts] == [1, 1]


def test_a_parcel_is_found_by_its_number_and_told_why_it_is_asked_then(ben: Client) -> None:
    poll = a_poll(2)
    tracking.next_poll(poll.shipment)
    shown = page(ben, poll.shipment.tracking_number)
    assert poll.shipment.tracking_number in shown
    assert "chance of news by then" in shown
    assert poll.shipment.tracking_number in page(ben, poll.shipment.order.number)
    assert "No parcel of that number" in page(ben, "nobody")


def test_a_parcel_whose_carrier_failed_says_so() -> None:
    assert "UPS is down" in why(a_poll(attempts=2, last_error="UPS is down"))
    assert "at once" in why(a_poll())


def test_the_page_stands_empty_too_and_is_for_staff_who_may_look(ben: Client, client: Client) -> None:
    assert "No parcel waits" in page(ben)
    client.force_login(User.objects.create_user("cleo", is_staff=True))
    assert client.get(reverse("admin:parcelwise_fulfillment_trackingpoll_planner")).status_code == 403


def test_the_page_needs_the_same_queries_for_many_parcels(ben: Client) -> None:
    CarrierAccount.objects.create(carrier="ups")
    a_poll()
    counts = []
    for _ in range(2):
        page(ben)
        with CaptureQueriesContext(connection) as asked:
            page(ben)
        counts.append(len(asked))
        for number in range(6):
            a_poll(number)
    assert counts[0] == counts[1] <= 12, counts


def test_a_chart_has_a_bar_for_every_hour_and_none_is_higher_than_it() -> None:
    now = timezone.now()
    drawn = chart([Hour(now + timedelta(hours=number), number) for number in range(24)])
    assert len(drawn.bars) == 24 and drawn.top == 23
    assert max(bar.height for bar in drawn.bars) == 96 and min(bar.y for bar in drawn.bars) == 0
    assert all(bar.height == 0 for bar in chart([Hour(now, 0)]).bars)
