"""Signals of exceptions: at least once, whatever dies between the commit and the signal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from fulfillment.models import ExceptionChange, ShipmentException, TrackingEvent, TrackingPoll
from fulfillment.services import exception_news, exceptions, trouble
from fulfillment.signals import exception_closed, exception_opened
from parcelwise.changes import announce_pending
from parcelwise.models import Problem
from parcelwise.testing import heard
from tests.factories import a_shipment, an_order

pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now()


@pytest.fixture
def silence() -> ShipmentException:
    """An exception that a sweep has opened."""
    last = NOW - timedelta(days=8)
    order = an_order(placed_at=NOW - timedelta(days=12), promised_on=None)
    parcel = a_shipment(order, status="in_transit", handed_over_at=last, last_event_at=last, created_at=last)
    TrackingEvent.objects.create(shipment=parcel, fingerprint="1", occurred_at=last, status="in_transit")
    TrackingPoll.objects.create(shipment=parcel, last_asked_at=NOW)
    trouble.sweep(NOW)
    return parcel.exceptions.get()


@pytest.fixture
def a_death_before_the_signal(monkeypatch) -> Iterator[None]:
    """The process ends after the commit and before it tells."""
    with monkeypatch.context() as patched:
        patched.setattr(exception_news, "tell", lambda change: None)
        yield


def steps(row: ShipmentException) -> list[tuple[str, str]]:
    return list(row.changes.order_by("pk").values_list("old", "new"))


def told(calls: list[dict[str, Any]]) -> list[int]:
    return [call["change"].pk for call in calls]


def test_what_a_process_that_died_did_not_tell_is_told_a_minute_later(a_death_before_the_signal, silence):
    exceptions.resolve([silence.pk], "other", "ben")
    with heard(exception_opened) as opened, heard(exception_closed) as closed:
        assert announce_pending(older_than=-1) == 2
        assert announce_pending(older_than=-1) == 0
    assert told(opened) + told(closed) == list(silence.changes.order_by("pk").values_list("pk", flat=True))
    assert closed[0]["exception"].resolution == "other"


def test_what_was_told_is_not_told_again(silence):
    exceptions.resolve([silence.pk], "other", "ben")
    with heard(exception_opened) as opened, heard(exception_closed) as closed:
        assert announce_pending(older_than=-1) == 0
    assert (opened, closed) == ([], [])


def test_a_receiver_that_failed_hears_of_it_again(silence):
    fails = [True]

    def forgetful(exception: ShipmentException, **_: Any) -> None:
        if fails:
            raise LookupError(fails.pop())

    exception_closed.connect(forgetful)
    try:
        exceptions.resolve([silence.pk], "other", "ben")
        assert "forgetful" in Problem.objects.get(kind="announcement", solved_at=None).sentence
        assert announce_pending(older_than=-1) == 1
    finally:
        exception_closed.disconnect(forgetful)
    assert not Problem.objects.filter(kind="announcement", solved_at=None).exists()


def test_who_follows_the_signals_knows_what_is_open_after_every_act(silence):
    known = {silence.pk}
    is_open = ShipmentException.objects.filter(closed_at=None)

    def follow(exception: ShipmentException, change: ExceptionChange, **_: Any) -> None:
        (known.add if change.new == "open" else known.discard)(exception.pk)

    exception_opened.connect(follow)
    exception_closed.connect(follow)
    try:
        for act in (
            lambda: exceptions.resolve([silence.pk], "other", "ben"),
            lambda: exceptions.reopen([silence.pk], "ben"),
            lambda: exceptions.undo(exceptions.resolve([silence.pk], "other", "ben"), "ben"),
            lambda: exceptions.snooze([silence.pk], NOW + timedelta(days=1), "ben"),
            lambda: exceptions.undo(exceptions.snooze([silence.pk], NOW + timedelta(days=2), "ben"), "ben"),
        ):
            act()
            assert known == set(is_open.values_list("pk", flat=True))
    finally:
        exception_opened.disconnect(follow)
        exception_closed.disconnect(follow)
    assert steps(silence) == [
        ("", "open"),
        ("open", "closed"),
        ("closed", "open"),
        ("open", "closed"),
        ("closed", "open"),
    ]


def test_what_staff_did_is_told_with_who_did_it(silence):
    exceptions.resolve([silence.pk], "replaced", "ben")
    change = ExceptionChange.objects.latest("pk")
    assert (change.actor, change.why, silence.changes.earliest("pk").actor) == ("ben", "replaced", "")
