"""The carrier twin itself: its clock, its memory, its numbers and the lives it makes up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from fulfillment.testing.carrier_twin import (
    CarrierTwin,
    Happening,
    Place,
    TwinClock,
    TwinControl,
    believable_plan,
    tracking_number,
)
from fulfillment.testing.carrier_twin.tracking_numbers import check_digit

HAMBURG, MUNICH = Place("Hamburg", "DE", postcode="20457"), Place("München", "DE", postcode="80337")
NOON = datetime(2026, 11, 2, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("carrier", "number"),
    [
        ("ups", "1Z5R89390357567127"),
        ("ups", "1Z999AA10123456784"),
        ("fedex", "799531274483"),
        ("fedex", "477179081230"),
        ("usps", "9400109104250532908587"),
        ("dhl", "00340434292135100124"),
    ],
)
def test_check_digits_are_those_of_published_numbers(carrier: str, number: str) -> None:
    assert check_digit(carrier, number[:-1]) == int(number[-1])


@pytest.mark.parametrize(("carrier", "length"), [("ups", 18), ("fedex", 12), ("usps", 22), ("dhl", 20)])
def test_serial_numbers_make_different_tracking_numbers(carrier: str, length: int) -> None:
    numbers = {tracking_number(carrier, serial) for serial in range(500)}
    assert len(numbers) == 500
    assert {len(number) for number in numbers} == {length}


def test_parcels_move_with_the_clock() -> None:
    clock = TwinClock(NOON, frozen=True)
    with CarrierTwin(clock=clock) as twin:
        told = twin.control.add_parcel("dhl", origin=_json(HAMBURG), destination=_json(MUNICH), seed=4, trouble="")
        assert _dhl_words(twin, told["number"]) == ["pre-transit"]
        twin.control.set_clock(advance=7 * 86_400)
        assert twin.control.now() == NOON + timedelta(days=7)
        assert _dhl_words(twin, told["number"])[0] == "delivered"


def test_a_faster_clock_takes_seconds_for_a_day() -> None:
    clock = TwinClock(NOON, day_seconds=0.001)
    assert clock.change() > NOON
    assert (clock.now() - NOON).total_seconds() > 60


def test_a_twin_that_is_started_again_knows_its_parcels(tmp_path: Path) -> None:
    state = tmp_path / "state" / "twin.sqlite3"
    with CarrierTwin(state=state) as twin:
        number = twin.control.add_parcel("dhl", origin=_json(HAMBURG), destination=_json(MUNICH), seed=1)["number"]
    with CarrierTwin(state=state) as twin:
        assert _dhl_words(twin, number) == ["pre-transit"]


def test_the_command_serves_and_leaves_when_told_to(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fulfillment.testing.carrier_twin", "--port", "0", "--state", str(tmp_path / "t")]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.getcwd()},
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[3].rstrip(",")
        assert TwinControl(url).status()["carriers"] == ["ups", "fedex", "usps", "dhl"]
        process.send_signal(signal.SIGTERM)
        _out, errors = process.communicate(timeout=10)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, errors) == (0, "")


def test_the_same_seed_makes_the_same_life() -> None:
    assert believable_plan(9, HAMBURG, MUNICH, NOON) == believable_plan(9, HAMBURG, MUNICH, NOON)
    assert believable_plan(9, HAMBURG, MUNICH, NOON) != believable_plan(10, HAMBURG, MUNICH, NOON)


def test_lives_are_believable() -> None:
    days = []
    for seed in range(300):
        steps = believable_plan(seed, HAMBURG, MUNICH, NOON, trouble="")
        assert [step.at for step in steps] == sorted(step.at for step in steps)
        assert (steps[0].what, steps[-1].what) == (Happening.LABEL, Happening.DELIVERED)
        out = [step for step in steps if step.what == Happening.OUT_FOR_DELIVERY]
        assert all(6 <= step.local.hour <= 9 and step.local.weekday() != 6 for step in out)
        assert steps[-1].local.date() == out[-1].local.date()
        days.append((steps[-1].at - steps[0].at).total_seconds() / 86_400)
    assert 1 < sorted(days)[150] < 4


@pytest.mark.parametrize("trouble", ["weather", "late", "not_home", "address", "refused"])
def test_trouble_leaves_its_trace(trouble: str) -> None:
    steps = believable_plan(1, HAMBURG, MUNICH, NOON, trouble=trouble)
    assert trouble in [step.what for step in steps]
    assert (steps[-1].what == Happening.DELIVERED) == (trouble != "refused")


def test_a_lost_parcel_is_silent() -> None:
    assert believable_plan(1, HAMBURG, MUNICH, NOON, trouble="lost")[-1].what == Happening.ARRIVED


def test_a_life_can_be_squeezed_into_minutes() -> None:
    steps = believable_plan(1, HAMBURG, MUNICH, NOON, trouble="", day_seconds=30)
    assert steps[0].at == NOON
    assert steps[-1].at - NOON < timedelta(minutes=5)


def test_bad_control_input_is_refused_with_a_reason() -> None:
    with CarrierTwin() as twin, pytest.raises(HTTPError) as caught:
        twin.control.fault("earthquake")
    with caught.value as answer:
        assert "earthquake" in json.loads(answer.read())["error"]


def test_calls_need_the_carriers_credentials() -> None:
    with CarrierTwin() as twin, pytest.raises(HTTPError) as caught:
        urlopen(f"{twin.url}/track/shipments?trackingNumber=1", timeout=5).close()
    with caught.value as answer:
        assert answer.code == 401


def _json(place: Place) -> dict[str, str]:
    return {"city": place.city, "country": place.country, "postcode": place.postcode}


def _dhl_words(twin: CarrierTwin, number: str) -> list[str]:
    request = Request(f"{twin.url}/track/shipments?trackingNumber={number}", headers={"DHL-API-Key": "twin-secret"})
    with urlopen(request, timeout=5) as answer:
        return [event["statusCode"] for event in json.loads(answer.read())["shipments"][0]["events"]]
