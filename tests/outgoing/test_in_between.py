"""What staff and privacy do while a message is waiting or under way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from fulfillment.models import Order
from fulfillment.services.happenings import scope_of
from parcelwise.endpoints import WebhookDelivery, WebhookEndpoint, WebhookEvent
from parcelwise.jobs import JobState
from parcelwise.outgoing import acts, delivering, privacy
from parcelwise.panels import reference
from parcelwise.testing import run_jobs
from tests.factories import a_store, an_order
from tests.outgoing.conftest import an_endpoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def meanwhile(monkeypatch) -> Callable[[Callable[[], Any]], None]:
    """Have something happen after a call was made and before its outcome is written down."""

    def arrange(act: Callable[[], Any]) -> None:
        kept = delivering.outcome

        def late(delivery: WebhookDelivery, came: Any) -> Any:
            monkeypatch.setattr(delivering, "outcome", kept)
            act()
            return kept(delivery, came)

        monkeypatch.setattr(delivering, "outcome", late)

    return arrange


def test_an_endpoint_that_now_hears_of_another_store_gets_nothing_of_the_former(twin, something_happens):
    mine, other = an_order(), a_store()
    endpoint = an_endpoint(twin, scope=scope_of(mine.store_id))
    something_happens(mine)
    twin.faults.outage(500)
    run_jobs()
    twin.faults.clear()
    WebhookEndpoint.objects.update(scope=scope_of(other.pk), next_try=None, opened_at=None, failures=0)
    before = len(twin.heard)
    acts.resend(WebhookDelivery.objects.all())
    run_jobs()
    delivery = WebhookDelivery.objects.get(endpoint=endpoint)
    assert (len(twin.heard) - before, delivery.state) == (0, JobState.DEAD)
    assert "another" in delivery.last_error


@pytest.mark.parametrize("status", [204, 500])
def test_an_endpoint_that_is_deleted_during_a_call_takes_no_other_with_it(
    endpoint, something_happens, twin, meanwhile, status
):
    other = an_endpoint(twin, "/other")
    if status == 500:
        twin.faults.outage(500)
    something_happens()
    meanwhile(endpoint.delete)
    run_jobs()
    left = WebhookDelivery.objects.get()
    assert left.endpoint == other
    assert left.state == (JobState.DONE if status == 204 else JobState.WAITING)
    assert "Save with" not in left.last_error and "DoesNotExist" not in left.last_error
    assert len(left.tries) == 1


def _erased(order: Order) -> None:
    with transaction.atomic():
        privacy._emptied(WebhookEvent.objects.filter(subject=reference(order)))


def test_what_was_answered_while_a_person_was_erased_is_not_kept(endpoint, something_happens, twin, meanwhile):
    order: Order = something_happens(an_order())
    twin.faults.outage(500)
    run_jobs()
    WebhookEndpoint.objects.update(next_try=None, opened_at=None, failures=0)
    WebhookDelivery.objects.update(tries=[{"at": "2026-11-20T10:00:00+00:00", "ms": 1, "answer": "Ana Souza"}])
    acts.resend(WebhookDelivery.objects.all())
    meanwhile(lambda: _erased(order))
    run_jobs()
    delivery = WebhookDelivery.objects.get()
    assert len(delivery.tries) == 2
    assert delivery.state == JobState.CANCELLED
    assert not any("answer" in one or "error" in one for one in delivery.tries)
