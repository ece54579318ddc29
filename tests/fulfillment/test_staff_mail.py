"""Staff hear of parcels that need them: once each, at most hourly, in working hours, and without a customer's name."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.checks import run_checks
from django.utils import timezone

from fulfillment.models import ShipmentException
from fulfillment.tasks import mail_staff
from tests.factories import a_contact, a_shipment, an_order, utc

pytestmark = pytest.mark.django_db

#: In UTC, which is the time zone of the tests' settings.
TUESDAY = utc(2026, 11, 24, 9)


@pytest.fixture(autouse=True)
def _working(settings: Any, time_machine: Any) -> None:
    settings.TIME_ZONE = "UTC"
    settings.MANAGERS = [("Ben", "ben@shop.example")]
    say(settings, "high")
    time_machine.move_to(TUESDAY, tick=False)


def say(settings: Any, least: str) -> None:
    settings.PARCELWISE = {**settings.PARCELWISE, "FULFILLMENT": {"STAFF_MAIL": least}}


def trouble(severity: int = 3, **columns: Any) -> ShipmentException:
    ana = a_contact(name="Ana Souza")
    facts = {"kind": "lost", "episode": "once", "since": timezone.now(), "why": "UPS says that it lost it."}
    shipment = a_shipment(an_order(contact=ana), tracking_number="1Z7")
    return ShipmentException.objects.create(shipment=shipment, severity=severity, **{**facts, **columns})


def test_what_is_new_and_urgent_is_one_mail_with_links_and_no_customer() -> None:
    first, second = trouble(), trouble()
    trouble(severity=2)
    assert mail_staff() == 2
    [sent] = mail.outbox
    assert "2 parcels need you" in sent.subject and sent.to == ["ben@shop.example"]
    for row in (first, second):
        assert row.shipment.order.number in sent.body
        assert f"http://127.0.0.1:8000/admin/parcelwise_fulfillment/shipmentexception/{row.pk}/change/" in sent.body
    assert "UPS says that it lost it." in sent.body and "nobody's: 3" in sent.body
    assert "Ana" not in sent.body and "ana@" not in sent.body
    assert mail_staff() == 0 and len(mail.outbox) == 1


def test_what_comes_within_the_hour_waits_for_the_next_mail(time_machine: Any) -> None:
    trouble()
    assert mail_staff() == 1
    trouble()
    time_machine.move_to(TUESDAY + timedelta(minutes=59), tick=False)
    assert mail_staff() == 0
    time_machine.move_to(TUESDAY + timedelta(minutes=61), tick=False)
    assert mail_staff() == 1
    assert [sent.subject.endswith("1 parcel needs you") for sent in mail.outbox] == [True, True]


@pytest.mark.parametrize(("moment", "told"), [
    (utc(2026, 11, 24, 7, 59), 0), (utc(2026, 11, 24, 8), 1), (utc(2026, 11, 24, 17, 59), 1),
    (utc(2026, 11, 24, 18), 0), (utc(2026, 11, 28, 9), 0), (utc(2026, 11, 30, 8), 1),
])  # fmt: skip
def test_nights_and_weekends_are_quiet(time_machine: Any, moment: datetime, told: int) -> None:
    trouble()
    time_machine.move_to(moment, tick=False)
    assert mail_staff() == told


def test_what_is_taken_snoozed_or_over_is_nobodys_mail(django_user_model: Any) -> None:
    ben = django_user_model.objects.create(username="ben")
    trouble(owner=ben)
    trouble(closed_at=TUESDAY)
    trouble(snoozed_until=TUESDAY + timedelta(days=1))
    assert mail_staff() == 0
    trouble(snoozed_until=TUESDAY - timedelta(days=1))
    assert mail_staff() == 1


def test_a_mail_that_was_refused_is_told_with_the_next(monkeypatch: Any) -> None:
    trouble()

    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr("fulfillment.services.staff_mail.mail_managers", refuse)
        with pytest.raises(ConnectionRefusedError):
            mail_staff()
    assert mail_staff() == 1


def test_a_long_queue_is_counted_and_not_listed(django_assert_max_num_queries: Any) -> None:
    for _turn in range(23):
        trouble()
    with django_assert_max_num_queries(6):
        assert mail_staff() == 23
    assert mail.outbox[0].body.count("UPS says that it lost it.") == 20
    assert "And 3 more." in mail.outbox[0].body


@pytest.mark.parametrize(("least", "managers", "found"), [
    ("", [], []), ("high", [("Ben", "b@x.example")], []), ("high", [], ["W023"]), ("urgent", [], ["E022"]),
])  # fmt: skip
def test_a_setting_that_reaches_nobody_is_said(settings: Any, least: str, managers: Any, found: list[str]) -> None:
    say(settings, least)
    settings.MANAGERS = managers
    ids = {str(each.id).rpartition(".")[2] for each in run_checks(tags=["parcelwise"])}
    assert sorted(ids & {"W023", "E022"}) == found
    trouble()
    assert mail_staff() == (1 if least == "high" and managers else 0)
