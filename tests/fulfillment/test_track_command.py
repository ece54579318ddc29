"""``manage.py track``: one question to a carrier, answered by the carrier twin over real HTTP."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from fulfillment.carriers.base import TRACK, Carrier
from fulfillment.facts import Scan
from fulfillment.management.commands.track import printable, when
from fulfillment.models import CarrierAccount, Shipment, TrackingEvent
from fulfillment.testing.carrier_twin import CarrierTwin, Happening, carrier_accounts, tracking_number
from tests.factories import a_store

pytestmark = pytest.mark.django_db

HOUSTON = {"city": "Houston", "region": "TX", "country": "US", "postcode": "77002"}
AUSTIN = {"city": "Austin", "region": "TX", "country": "US", "postcode": "73301"}
START = datetime(2026, 11, 2, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def running_twin() -> Iterator[CarrierTwin]:
    with CarrierTwin() as twin:
        yield twin


@pytest.fixture
def twin(running_twin: CarrierTwin, settings: Any) -> Iterator[CarrierTwin]:
    outbound = {"ALLOW_PRIVATE": ("127.0.0.1",), "DEADLINE": 2}
    settings.PARCELWISE = {**settings.PARCELWISE, "OUTBOUND": outbound}
    yield running_twin
    running_twin.control.clear_faults()


def an_account(twin: CarrierTwin, carrier: str = "ups", **columns: Any) -> CarrierAccount:
    return CarrierAccount.objects.create(**{**carrier_accounts(twin.url)[carrier], **columns})


def a_parcel(twin: CarrierTwin, serial: int, *happenings: Happening, carrier: str = "ups") -> str:
    steps = [{"at": START + timedelta(hours=hour), "what": what} for hour, what in enumerate(happenings)]
    told = twin.control.add_parcel(carrier, serial=serial, origin=HOUSTON, destination=AUSTIN, steps=steps)
    return str(told["number"])


def track(*arguments: str) -> str:
    out = io.StringIO()
    call_command("track", *arguments, stdout=out)
    return out.getvalue()


def refused(*arguments: str) -> tuple[int, str]:
    with pytest.raises(CommandError) as caught:
        track(*arguments)
    return caught.value.returncode, str(caught.value)


def test_status_scans_and_estimate_are_printed_with_local_times_and_nothing_is_kept(twin):
    an_account(twin)
    number = a_parcel(twin, 1, Happening.LABEL, Happening.PICKED_UP, Happening.ARRIVED)
    lines = track("ups", f" {number[:2]} {number[2:].lower()}").splitlines()
    assert lines[:3] == [
        f"UPS {number}, asked through karrio",
        "Status: On its way",
        "Estimated delivery: 2026-11-05",
    ]
    assert len(lines) == 6
    assert "2026-11-02 11:30-06:00" in lines[3] and "On its way · Houston, TX, US · " in lines[3]
    assert "2026-11-02 09:30-06:00" in lines[5]
    assert not Shipment.objects.exists() and not TrackingEvent.objects.exists()
    assert sum(number in str(call) for call in twin.control.log()) == 1, "asked once"


def test_scripts_get_the_same_as_json(twin):
    an_account(twin, "dhl")
    number = a_parcel(twin, 2, Happening.LABEL, Happening.OUT_FOR_DELIVERY, carrier="dhl")
    report = json.loads(track("DHL", number, "--json"))
    assert (report["carrier"], report["number"], report["gateway"]) == ("dhl", number, "karrio")
    assert (report["status"], report["estimated_delivery"]) == ("out_for_delivery", "2026-11-02")
    newest, oldest = report["events"]
    assert newest["status"] == "out_for_delivery" and newest["location"] and newest["description"]
    assert datetime.fromisoformat(newest["occurred_at"]) - datetime.fromisoformat(oldest["occurred_at"]) == timedelta(
        hours=1
    )
    assert newest["local_time"] == "2026-11-02T10:30:00" and newest["zone"] == "assumed"


def test_a_parcel_that_has_arrived_says_so(twin):
    an_account(twin)
    shown = track("ups", a_parcel(twin, 4, Happening.LABEL, Happening.DELIVERED))
    assert "Status: Delivered\nEstimated delivery: not given\n" in shown


def test_without_an_account_it_says_so(twin):
    assert refused("ups", tracking_number("ups", 1)) == (
        3,
        "There is no account with UPS, nor one that asks it. Add a carrier account in the admin.",
    )
    an_account(twin, is_active=False)
    assert refused("ups", tracking_number("ups", 1)) == (
        3,
        "The account with UPS is switched off. Switch it on in the admin.",
    )


def test_a_carrier_that_is_followed_by_hand_is_not_asked(twin):
    CarrierAccount.objects.create(carrier="hermes", gateway="manual", credentials={})
    code, words = refused("Hermes", "0913 3131 5307 24")
    assert code == 3
    assert words.startswith("Hermes is followed by hand: its account asks nobody. Look at https://www.myhermes.de/")
    assert words.endswith("09133131530724")


def test_a_carrier_that_is_not_known_is_told_with_the_nearest_names(twin):
    assert refused("fedx", "799531274483") == (2, "There is no carrier “fedx” here. Did you mean fedex?")
    assert refused("", "799531274483")[0] == 2


def test_a_number_of_another_form_is_not_asked_for_unless_told_to(twin):
    an_account(twin)
    code, words = refused("ups", "799531274483")
    assert code == 2
    assert words == ("799531274483 is no number of UPS: its form or check digit is wrong. It may be a number of FedEx.")
    assert refused("ups", "1Z\x1b[2J")[1] == "A tracking number has letters and digits only, and at most 80 of them."
    assert refused("ups", "799531274483", "--anyway")[0] != 2


def test_a_number_that_the_carrier_does_not_know_is_told_from_trouble(twin):
    an_account(twin)
    number = tracking_number("ups", 999_999)
    assert refused("ups", number)[0] == 4
    twin.control.fault("500", carrier="ups")
    code, words = refused("ups", number)
    assert code == 1 and "status 500" in words


def test_refused_credentials_are_an_exit_of_their_own_and_are_not_printed(twin):
    account = an_account(twin)
    account.credentials = {key: f"wrong-{value}" for key, value in account.credentials.items()}
    account.save()
    code, words = refused("ups", tracking_number("ups", 1))
    assert code == 5 and "wrong-" not in words


def test_the_accounts_limit_holds_for_people_too(twin):
    an_account(twin, limit_per_minute=1)
    number = a_parcel(twin, 5, Happening.LABEL)
    assert "Status: " in track("ups", number)
    code, words = refused("ups", number)
    assert code == 1 and words.startswith("The limit of the account is reached. Ask again in ")


class Stumbling(Carrier):
    can = frozenset({TRACK})

    def track(self, numbers):
        raise KeyError("opensesame")


def test_a_gateway_that_stumbles_is_named_and_its_words_are_not_printed(settings):
    gateways = {"stumbling": "tests.fulfillment.test_track_command.Stumbling"}
    settings.PARCELWISE = {**settings.PARCELWISE, "FULFILLMENT": {"CARRIERS": gateways}}
    CarrierAccount.objects.create(carrier="pigeon", gateway="stumbling", credentials={})
    assert refused("pigeon", "12345678") == (1, "The gateway stumbling stumbled (KeyError); see the log.")


def test_an_error_is_json_too(twin):
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("track", "ups", tracking_number("ups", 1), "--json", stdout=out)
    assert json.loads(out.getvalue())["error"] == "NoAccount"


def test_the_account_of_a_store_is_used_when_it_is_named_or_the_only_one(twin):
    one, other = a_store(slug="one"), a_store(slug="other")
    number = a_parcel(twin, 3, Happening.LABEL)
    an_account(twin, store=one)
    assert "Status: " in track("ups", number)
    assert refused("ups", number, "--store", "other")[0] == 3
    an_account(twin, store=other)
    assert refused("ups", number) == (3, "Several stores have an account for UPS. Name one of them: one, other.")
    assert "Status: " in track("ups", number, "--store", "other")
    assert "Status: " in track("ups", number, "--store", str(one.pk))
    assert refused("ups", number, "--store", "third") == (2, "There is no store “third”. Known: one, other.")


def test_no_hour_or_offset_is_shown_that_nobody_knows():
    def shown(zone: str) -> str:
        return when(Scan(START, "in_transit", zone=zone))

    assert shown("given") == "2026-11-02 15:30+00:00"
    assert shown("assumed") == "2026-11-02 15:30 local"
    assert shown("date") == "2026-11-02"


def test_a_carriers_words_cannot_steer_the_terminal():
    assert printable("Left \x1b[2Jat\r\ndoor\x07") == "Left  [2Jat  door "
