"""Two workers and one line of messages: each is sent once, and no endpoint gets more calls than it can answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from fulfillment.services.happenings import order_recorded
from fulfillment.testing.receiver_twin import ReceiverTwin
from parcelwise import background
from parcelwise.endpoints import WebhookDelivery, WebhookEndpoint, WebhookEvent
from parcelwise.jobs import JobState
from parcelwise.outgoing import line
from parcelwise.outgoing.making import make
from parcelwise.outgoing.sending import Came
from tests.factories import an_order
from tests.outgoing.conftest import an_endpoint, sections

AT_ONCE = 4


def at_once(work, threads: int = AT_ONCE):
    gate = Barrier(threads)

    def one(number: int):
        try:
            connection.ensure_connection()
            gate.wait(30)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, range(threads)))


@pytest.mark.usefixtures("shared_database")
class TestWebhooksAtOnce:
    @pytest.fixture(autouse=True)
    def twin(self):
        with override_settings(PARCELWISE=sections()), ReceiverTwin() as running:
            yield running

    def test_several_workers_send_every_message_once(self, twin):
        endpoints = [an_endpoint(twin, f"/{number}") for number in range(3)]
        for _ in range(10):
            order_recorded(an_order(), created=True)
        at_once(lambda _: background.run_due(10))
        assert len(twin.heard) == 30
        assert twin.doubled == []
        assert WebhookDelivery.objects.filter(state=JobState.DONE).count() == 30
        assert all(len(delivery.tries) == 1 for delivery in WebhookDelivery.objects.all())
        assert {endpoint.deliveries.count() for endpoint in endpoints} == {10}

    def test_one_event_noted_by_several_is_one(self, twin):
        an_endpoint(twin)
        order = an_order()
        at_once(lambda _: order_recorded(order, created=True))
        assert WebhookEvent.objects.count() == 1

    def test_an_event_made_by_two_workers_has_one_message_and_one_delivery(self, twin):
        an_endpoint(twin)
        order_recorded(an_order(), created=True)
        claimed = WebhookEvent.objects.claim(1)
        at_once(lambda _: list(make(claimed)))
        assert WebhookDelivery.objects.count() == 1

    def test_all_workers_together_keep_to_what_an_endpoint_can_answer(self, twin):
        endpoint = an_endpoint(twin, parallel=3)
        for _ in range(20):
            order_recorded(an_order(), created=True)
        list(make(WebhookEvent.objects.claim(30)))
        claimed = at_once(lambda _: WebhookDelivery.objects.claim(10))
        assert sum(map(len, claimed)) == 3
        assert WebhookDelivery.objects.filter(endpoint=endpoint, state=JobState.RUNNING).count() == 3

    def test_all_workers_together_keep_to_the_limit_of_a_minute(self, twin):
        an_endpoint(twin, parallel=20, limit_per_minute=5)
        for _ in range(20):
            order_recorded(an_order(), created=True)
        list(make(WebhookEvent.objects.claim(30)))
        assert sum(map(len, at_once(lambda _: WebhookDelivery.objects.claim(4)))) == 5

    def test_an_open_circuit_is_tried_by_one(self, twin):
        endpoint = an_endpoint(twin)
        for _ in range(10):
            order_recorded(an_order(), created=True)
        list(make(WebhookEvent.objects.claim(30)))
        now = timezone.now()
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failures=5, opened_at=now, next_try=now)
        assert sum(map(len, at_once(lambda _: WebhookDelivery.objects.claim(10)))) == 1

    def test_no_failure_is_forgotten_when_several_are_noted(self, twin):
        endpoint = an_endpoint(twin)
        came = Came(timezone.now(), 1, 500, error="It answered 500.")

        def fail(_number: int) -> None:
            line.failed(WebhookEndpoint.objects.get(pk=endpoint.pk), came)

        at_once(fail)
        endpoint.refresh_from_db()
        assert endpoint.failures == AT_ONCE
