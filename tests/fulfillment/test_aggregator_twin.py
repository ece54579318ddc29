"""The aggregators' twin as a process of its own: asked over HTTP, and pushing to us over HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError

import pytest

from fulfillment.models import CarrierAccount, InboxEvent, Outcome, TrackingPoll
from fulfillment.services import pushes
from fulfillment.services.intake import refusals, senders
from fulfillment.services.tracking import ensure_poll
from fulfillment.testing.aggregator_twin import AggregatorControl, aggregator_accounts
from parcelwise.testing import run_jobs
from tests.contracts.carrier import AUSTIN, HOUSTON
from tests.factories import a_shipment

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def twin() -> Iterator[AggregatorControl]:
    command = [sys.executable, "-u", "-m", "fulfillment.testing.aggregator_twin", "--port", "0", "--push-every", "0.2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        assert process.stdout is not None
        yield AggregatorControl(process.stdout.readline().split()[3].rstrip(","))
        process.terminate()
    assert process.returncode == 0


@pytest.fixture(autouse=True)
def clean(settings: Any) -> None:
    settings.PARCELWISE = {
        **settings.PARCELWISE,
        "JOBS": {"RUNNER": "manual"},
        "OUTBOUND": {"ALLOW_PRIVATE": ("127.0.0.1",)},
    }
    senders._known.clear()
    refusals._tallies.clear()


def until(true: Callable[[], bool], seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)


@pytest.mark.parametrize("aggregator", ["easypost", "shippo", "aftership"])
def test_a_parcel_is_asked_for_once_and_then_pushed_until_it_is_there(
    twin: AggregatorControl, aggregator: str, live_server: Any, settings: Any
) -> None:
    settings.PARCELWISE = {**settings.PARCELWISE, "LINKS": {"BASE_URL": live_server.url}}
    told = aggregator_accounts(twin.url)[aggregator]
    secrets = {**told["credentials"], "hook_secret": "hush"}
    account = CarrierAccount.objects.create(**{**told, "credentials": secrets})
    parcel, now = a_shipment(), twin.now()
    steps = [
        {"at": now + timedelta(seconds=seconds), "what": what}
        for seconds, what in ((-9000, "label"), (-60, "picked_up"), (60, "out_for_delivery"), (120, "delivered"))
    ]
    twin.add_parcel("ups", number=parcel.tracking_number, origin=HOUSTON, destination=AUSTIN, steps=steps)
    ensure_poll(parcel)
    run_jobs()
    parcel.refresh_from_db()
    assert parcel.status == "picked_up", "it was asked for"
    twin.listen(aggregator, pushes.address(account), "hush")

    def taken() -> int:
        """Pushes of the parcel that we have answered well."""
        return sum(each["number"] == parcel.tracking_number and each["status"] == 200 for each in twin.pushes())

    for count, status in enumerate(("picked_up", "out_for_delivery", "delivered"), 1):
        until(lambda count=count: taken() == count)  # type: ignore[misc]
        run_jobs()
        parcel.refresh_from_db()
        assert parcel.status == status
        # Less than the five minutes by which Shippo's clock may differ from ours.
        now = twin.set_clock(now=max(now + timedelta(seconds=61), twin.now())) if count < 3 else now
    assert list(InboxEvent.objects.order_by("pk").values_list("outcome", flat=True)) == [
        Outcome.UNCHANGED,
        Outcome.RECORDED,
        Outcome.RECORDED,
    ]
    assert TrackingPoll.objects.get().asked == 1


def test_what_is_said_wrongly_is_refused_with_a_reason(twin: AggregatorControl) -> None:
    with pytest.raises(HTTPError) as caught:
        twin.listen("shipstation", "http://127.0.0.1/", "s")
    with caught.value as answer:
        assert "shipstation" in answer.read().decode()
