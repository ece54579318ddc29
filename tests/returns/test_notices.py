"""What Ana hears of her return."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from fulfillment.models import Order
from fulfillment.statuses import ShipmentStatus
from notifications.models import Held, Message
from parcelwise.models import Problem
from parcelwise.panels import reference
from parcelwise.testing import run_jobs
from returns.models import ReturnRequest
from returns.services import requests
from tests.factories import a_contact, a_shipment, an_order

pytestmark = pytest.mark.django_db(transaction=True)


def an_arrived_order(days_ago: int, **columns: Any) -> Order:
    moment = timezone.now() - timedelta(days=days_ago)
    order = an_order(number="NL-7", placed_at=moment - timedelta(days=3), **columns)
    a_shipment(order, status=ShipmentStatus.DELIVERED, delivered_at=moment, delivered_on=moment.date())
    return order


def a_return(order: Order) -> ReturnRequest:
    items = [requests.Item(line.pk, 1, "too_small") for line in order.lines.all()]
    return requests.open_return(order, items, actor="Ana")


def bodies() -> list[str]:
    return [sent.body + str(sent.alternatives[0].content) for sent in mail.outbox]


def test_an_approval_brings_the_label_and_an_arrival_is_confirmed() -> None:
    order = an_arrived_order(2)
    request = a_return(order)
    run_jobs()
    requests.receive(request, at=timezone.now(), actor="ben")
    run_jobs()
    assert [sent.subject for sent in mail.outbox] == [
        f"Approved: print the label of your return {request.number}",
        f"Your return {request.number} has arrived",
    ]
    assert f"/returns/{request.number}/label-a4.pdf" in bodies()[0]
    assert "1 x Wool socks (Too small)" in bodies()[0]
    assert set(Message.objects.values_list("about", flat=True)) == {reference(order)}
    assert not Problem.objects.filter(kind="notice").exists()


def test_a_refusal_gives_the_rules_own_reason_and_a_way_on() -> None:
    a_return(an_arrived_order(60))
    run_jobs()
    assert "It could be returned until" in bodies()[0] and "a person will look at it" in bodies()[0]


def test_a_return_of_an_imported_order_is_told_because_it_happens_now() -> None:
    a_return(an_arrived_order(2, is_history=True))
    run_jobs()
    assert len(mail.outbox) == 1


def test_a_return_called_off_before_the_mail_left_is_not_confirmed() -> None:
    request = a_return(an_arrived_order(2))
    requests.cancel(request, at=timezone.now(), actor="Ana")
    run_jobs()
    assert not mail.outbox and "cancelled" in Held.objects.get().why


def test_a_german_reads_german() -> None:
    a_return(an_arrived_order(2, contact=a_contact(language="de")))
    run_jobs()
    assert mail.outbox[0].subject.startswith("Angenommen: Etikett")
    assert "Zu klein" in mail.outbox[0].body
