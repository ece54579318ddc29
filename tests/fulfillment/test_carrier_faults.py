"""What staff see of each way in which a carrier fails; the table in docs/carriers.md is what this file found."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fulfillment.models import CarrierAccount, TrackingPoll
from fulfillment.services import tracking
from fulfillment.testing.carrier_twin import CarrierTwin, carrier_accounts
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from parcelwise.testing import run_jobs
from tests.factories import HAMBURG, MUNICH, a_shipment

pytestmark = pytest.mark.django_db

DOCS = Path(__file__).parents[2] / "docs" / "carriers.md"
#: What the carrier does, the twin's name for it, and its ``seconds``.
FAULTS = [
    ("hangs", "hang", 30),
    ("drips a byte at a time", "drip", 0.1),
    ("sends half a body", "reset", 30),
    ("answers 500", "500", 30),
    ("answers 503, `Retry-After: 300`", "503", 300),
    ("answers 429, `Retry-After: 300`", "429", 300),
    ("answers 429 without `Retry-After`", "429", -1),
    ("refuses the credentials", "401", 30),
    ("answers garbage", "garbled", 30),
    ("answers with a page of HTML", "html", 30),
    ("answers `{}`", "empty", 30),
    ("points somewhere else", "redirect", 30),
]


@pytest.fixture(scope="module")
def shared() -> Iterator[CarrierTwin]:
    with CarrierTwin() as twin:
        yield twin


@pytest.fixture
def account(shared: CarrierTwin, settings: Any) -> Iterator[CarrierAccount]:
    settings.PARCELWISE = {**settings.PARCELWISE, "OUTBOUND": {"ALLOW_PRIVATE": ("127.0.0.1",), "DEADLINE": 1.0}}
    account = CarrierAccount.objects.create(**carrier_accounts(shared.url)["ups"])
    for serial in (1, 2):
        steps = [{"at": timezone.now() - timedelta(days=1), "what": "label"}]
        told = shared.control.add_parcel(
            "ups", serial=serial, origin=HAMBURG.as_json(), destination=MUNICH.as_json(), steps=steps
        )
        tracking.ensure_poll(a_shipment(carrier="ups", tracking_number=told["number"]))
    run_jobs()  # the token is there
    TrackingPoll.objects.update(not_before=timezone.now())
    yield account
    shared.control.clear_faults()


@pytest.mark.parametrize(("does", "fault", "seconds"), FAULTS, ids=[row[0] for row in FAULTS])
def test_what_staff_see_is_what_the_documentation_says(
    does: str, fault: str, seconds: float, shared: CarrierTwin, account: CarrierAccount, client: Client
) -> None:
    shared.control.fault(fault, carrier="ups", seconds=seconds)
    run_jobs()
    row = _row(does, account, client)
    documented = DOCS.read_text().splitlines()
    assert row in documented


def _row(does: str, account: CarrierAccount, client: Client) -> str:
    """The row of the table, read off the account's staff page."""
    client.force_login(User.objects.create_superuser("ben"))
    page = client.get(reverse("admin:parcelwise_fulfillment_carrieraccount_change", args=[account.pk]))
    account.refresh_from_db()
    state = str(page.context["state"]).partition(">")[2].partition("<")[0]
    assert state in page.content.decode()
    polls = TrackingPoll.objects.all()
    assert {poll.state for poll in polls} == {JobState.WAITING}, "no parcel is lost"
    pause = round((account.paused_until - timezone.now()).total_seconds(), -1) if account.paused_until else 0
    said = account.last_error or Problem.objects.filter(kind="carrier").latest("pk").sentence
    said = re.sub(r"127\.0\.0\.1(:\d+)?", "host", said)
    return f"| {does} | {state} | {f'{pause:.0f} s' if pause else '–'} | {said} |"
