"""How messages travel to receivers that behave and to receivers that do not, over real HTTP."""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import mail
from django.test import override_settings
from django.utils import timezone

from parcelwise.endpoints import PAUSES, WebhookDelivery, WebhookEndpoint, WebhookEvent
from parcelwise.errors import GiveUp
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from parcelwise.outbound.places import check_address
from parcelwise.outgoing import acts, line
from parcelwise.testing import run_jobs
from tests.outgoing.conftest import an_endpoint, sections

pytestmark = pytest.mark.django_db


def the(endpoint):
    return WebhookDelivery.objects.get(endpoint=endpoint)


def later(**much):
    return time_machine.travel(timezone.now() + timedelta(**much), tick=True)


def test_a_message_is_delivered_once_and_its_try_is_kept(endpoint, something_happens, twin):
    something_happens()
    run_jobs()
    run_jobs()
    assert len(twin.heard) == 1
    delivery = the(endpoint)
    assert (delivery.state, delivery.status, len(delivery.tries)) == (JobState.DONE, 204, 1)
    assert delivery.tries[0]["ms"] >= 0


def test_ten_tries_take_75_hours_and_then_staff_have_it(endpoint, something_happens, twin):
    twin.faults.outage(500)
    something_happens()
    began = now = timezone.now()
    waits = []
    for _ in range(len(PAUSES) + 1):
        with time_machine.travel(now + timedelta(seconds=1), tick=True):
            WebhookEndpoint.objects.update(next_try=None, opened_at=None, failures=0)  # the plan of the message alone
            run_jobs()
            delivery = the(endpoint)
            waits.append(delivery.not_before - timezone.now())
            now = delivery.not_before
    assert delivery.state == JobState.DEAD
    assert len(delivery.tries) == 10
    assert len([call for call in twin.calls if call["status"] == 500]) == 10
    assert timedelta(hours=66) < now - began < timedelta(hours=84)
    for wait, planned in zip(waits, PAUSES, strict=False):
        assert 0.85 < wait.total_seconds() / planned < 1.15


def test_the_first_pause_is_not_the_same_for_all(endpoint, something_happens, twin):
    WebhookEndpoint.objects.update(parallel=20)
    twin.faults.outage(500)
    for _ in range(8):
        something_happens()
    run_jobs()
    due = {delivery.not_before - delivery.created_at for delivery in WebhookDelivery.objects.exclude(attempts=0)}
    assert len({round(wait.total_seconds(), 2) for wait in due}) > 2


@pytest.mark.parametrize("status", [400, 404, 401, 500, 503])
def test_any_other_answer_than_yes_is_tried_again(endpoint, something_happens, twin, status):
    twin.faults.next(status, seconds=0)
    something_happens()
    run_jobs()
    assert the(endpoint).state == JobState.WAITING
    assert the(endpoint).status == status
    with later(minutes=30):
        run_jobs()
    assert the(endpoint).state == JobState.DONE
    assert len(the(endpoint).tries) == 2


def test_retry_after_is_obeyed_for_the_whole_endpoint(endpoint, something_happens, twin):
    WebhookEndpoint.objects.update(parallel=1)
    twin.faults.next(429, seconds=600)
    for _ in range(3):
        something_happens()
    run_jobs()
    assert len(twin.calls) == 1
    with later(minutes=9):
        run_jobs()
    assert len(twin.calls) == 1
    with later(minutes=11):
        run_jobs()
    assert len(twin.heard) == 3


def test_a_retry_after_of_weeks_is_not_believed(endpoint, something_happens, twin):
    twin.faults.next(503, seconds=30 * 86400)
    something_happens()
    run_jobs()
    with later(hours=25):
        run_jobs()
    assert len(twin.heard) == 1


def test_gone_switches_the_endpoint_off_and_staff_see_it(endpoint, something_happens, twin):
    twin.faults.next(410)
    something_happens()
    with override_settings(MANAGERS=[("Ben", "ben@example.com")]):
        run_jobs()
    endpoint.refresh_from_db()
    assert not endpoint.is_active
    assert "410" in endpoint.off_because
    assert Problem.objects.get(kind=line.KIND).solved_at is None
    with later(days=1):
        run_jobs()
    assert len(twin.calls) == 1


def test_a_redirect_is_not_followed(endpoint, something_happens, twin):
    twin.faults.next("redirect")
    something_happens()
    run_jobs()
    [attempt] = the(endpoint).tries
    assert attempt["status"] == 302
    assert "not followed" in attempt["error"]
    assert the(endpoint).state == JobState.WAITING


def test_a_flood_of_an_answer_is_cut_and_the_message_has_arrived(endpoint, something_happens, twin):
    twin.huge = 200_000_000
    something_happens()
    began = time.monotonic()
    run_jobs()
    assert time.monotonic() - began < 5
    delivery = the(endpoint)
    assert delivery.state == JobState.DONE
    assert len(delivery.tries[0]["answer"]) <= 500


@pytest.mark.parametrize(("fault", "seconds"), [("hang", 5.0), ("drip", 0.2), ("reset", 0)])
def test_a_receiver_that_breaks_off_is_asked_again(endpoint, something_happens, twin, fault, seconds):
    twin.faults.next(fault, seconds=seconds)
    something_happens()
    began = time.monotonic()
    with override_settings(PARCELWISE=sections(OUTGOING={"DEADLINE": 0.5})):
        run_jobs()
    assert time.monotonic() - began < 4
    assert the(endpoint).state == JobState.WAITING
    assert the(endpoint).last_error
    with later(minutes=1):
        run_jobs()
    assert the(endpoint).state == JobState.DONE


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/", "http://localhost:1/", "http://169.254.169.254/latest/", "http://[::1]:1/",
                "http://10.0.0.1/", "http://2130706433/", "http://[::ffff:127.0.0.1]/", "file:///etc/passwd"],
)  # fmt: skip
def test_an_address_inside_a_private_network_is_not_called(endpoint, something_happens, twin, address):
    with override_settings(PARCELWISE=sections(OUTBOUND={"ALLOW_PRIVATE": ()})):
        WebhookEndpoint.objects.update(url=address)
        something_happens()
        run_jobs()
    assert twin.calls == []
    [attempt] = the(endpoint).tries
    assert "private network" in attempt["error"] or "not an http" in attempt["error"] or "reached" in attempt["error"]


def test_a_name_that_was_public_when_it_was_entered_and_is_not_any_more_is_not_called(
    endpoint, something_happens, twin, monkeypatch
):
    """DNS rebinding. That one call looks a name up once only is proved in tests/parcelwise/test_outbound.py."""
    port, leads_to = urlsplit(twin.url).port, "93.184.215.14"

    def resolver(*_args, **_options):
        return [(2, 1, 6, "", (leads_to, port))]

    monkeypatch.setattr("parcelwise.outbound.network.socket.getaddrinfo", resolver)
    with override_settings(PARCELWISE=sections(OUTBOUND={"ALLOW_PRIVATE": ()})):
        check_address(f"https://rebind.example:{port}/")
        leads_to = "127.0.0.1"
        with pytest.raises(GiveUp):
            check_address(f"https://rebind.example:{port}/")
        WebhookEndpoint.objects.update(url=f"https://rebind.example:{port}/")
        something_happens()
        run_jobs()
    assert twin.calls == []
    assert "private network" in the(endpoint).last_error


def test_after_five_failures_an_endpoint_is_left_alone_and_tried_with_one(endpoint, something_happens, twin):
    twin.faults.outage(500)
    for _ in range(20):
        something_happens()
    run_jobs()
    begun = len(twin.calls)
    assert 5 <= begun <= 8  # those that were under way together when the first failed
    run_jobs()
    assert len(twin.calls) == begun
    with later(minutes=2):
        run_jobs()
        assert len(twin.calls) == begun + 1
        twin.faults.recover()
    with later(hours=1):
        run_jobs()
    assert len(twin.heard) == 20
    assert twin.doubled == []


def test_a_hanging_endpoint_does_not_hold_up_the_others(db, twin, something_happens):
    healthy = [an_endpoint(twin, f"/{number}") for number in range(9)]
    an_endpoint(twin, "/dead")
    twin.faults.next("hang", times=None, path="/dead", seconds=30)
    for _ in range(5):
        something_happens()
    with override_settings(PARCELWISE=sections(OUTGOING={"DEADLINE": 2.0})):
        began = time.time()
        run_jobs()
    assert Counter(one.path for one in twin.heard) == {f"/hooks{each.name}": 5 for each in healthy}
    assert max(one.at.timestamp() for one in twin.heard) - began < 1.5


def test_a_message_that_one_endpoint_cannot_digest_does_not_stop_the_others(endpoint, something_happens, twin):
    twin.faults.next(422, times=None, path="", body="poison")
    sour = something_happens()
    type(sour).objects.filter(pk=sour.pk).update(number="poison")
    for _ in range(12):
        something_happens()
    run_jobs()
    with later(minutes=10):
        run_jobs()
    assert len(twin.heard) == 12
    endpoint.refresh_from_db()
    assert endpoint.opened_at is None


def test_a_limit_per_minute_is_kept(endpoint, something_happens, twin):
    WebhookEndpoint.objects.update(limit_per_minute=5)
    for _ in range(8):
        something_happens()
    run_jobs()
    assert len(twin.heard) == 5
    with later(seconds=61):
        run_jobs()
    assert len(twin.heard) == 8


def test_no_more_calls_at_a_time_than_the_endpoint_can_answer(endpoint, something_happens, twin):
    WebhookEndpoint.objects.update(parallel=2)
    for _ in range(4):
        something_happens()
    run_jobs()
    for delivery in WebhookDelivery.objects.all():
        acts.resend(WebhookDelivery.objects.filter(pk=delivery.pk))
    claimed = WebhookDelivery.objects.claim(10)
    assert len(claimed) == 2
    assert WebhookDelivery.objects.claim(10) == []


def test_after_days_of_failures_it_is_switched_off_and_what_was_missed_can_be_sent(
    endpoint, something_happens, twin, django_capture_on_commit_callbacks
):
    twin.faults.outage(500)
    for _ in range(3):
        something_happens()
    with override_settings(MANAGERS=[("Ben", "ben@example.com")]), django_capture_on_commit_callbacks(execute=True):
        for hours in (0, 1, 3, 6, 12, 24, 36, 48, 72, 96, 121, 122):
            with later(hours=hours):
                run_jobs()
    endpoint.refresh_from_db()
    assert not endpoint.is_active
    assert "5 days" in endpoint.off_because
    [letter] = mail.outbox
    assert "Helpdesk" in letter.body
    something_happens()
    with later(days=6):
        run_jobs()
        assert twin.heard == []
        twin.faults.recover()
        assert line.switch_on(endpoint, with_missed=True) == 4
        run_jobs()
    assert len(twin.heard) == 4
    assert Problem.objects.get(kind=line.KIND).solved_at


def test_it_can_be_switched_on_without_what_was_missed(endpoint, something_happens, twin):
    line.switch_off(endpoint, "", by_staff=True)
    something_happens()
    run_jobs()
    assert line.switch_on(endpoint, with_missed=False) == 1
    something_happens()
    run_jobs()
    assert len(twin.heard) == 1
    assert not Problem.objects.exists()


def test_a_test_event_is_sent_at_once_and_not_again(endpoint, twin):
    twin.faults.next(500)
    delivery, came = acts.send_test(endpoint)
    assert (came.status, came.good) == (500, False)
    assert delivery.state == JobState.CANCELLED
    _delivery, came = acts.send_test(endpoint)
    assert came.good
    assert [one.kind for one in twin.heard] == ["webhook.test"]
    with later(days=1):
        assert run_jobs() == 0


def test_resending_keeps_the_id(endpoint, something_happens, twin):
    something_happens()
    run_jobs()
    assert acts.resend(WebhookDelivery.objects.all()) == 1
    run_jobs()
    assert twin.doubled == [the(endpoint).event.name]


def test_old_events_go_with_their_deliveries(endpoint, something_happens):
    something_happens()
    run_jobs()
    assert acts.forget_old() == 0
    with later(days=31):
        assert acts.forget_old() == 1
    assert WebhookDelivery.objects.count() == WebhookEvent.objects.count() == 0
