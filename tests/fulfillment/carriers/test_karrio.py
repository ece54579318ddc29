"""The four carriers that the Karrio SDK speaks to, under the contract of all carriers."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from fulfillment.carriers import gateway_for
from fulfillment.facts import TrackingFailure
from fulfillment.models import CarrierAccount
from fulfillment.statuses import Culprit, ShipmentStatus
from fulfillment.testing.carrier_twin import CarrierTwin, Happening, carrier_accounts, tracking_number
from parcelwise.errors import Misconfigured
from tests.contracts.carrier import HOUSTON, CarrierContract, shared_twin

__all__ = ["shared_twin"]


class TestUPS(CarrierContract):
    carrier = "ups"

    def test_one_number_that_hangs_does_not_stop_the_others(self) -> None:
        numbers = [self.parcel(Happening.LABEL) for _ in range(4)]
        self.twin.control.fault("hang", carrier="ups", number=numbers[2])
        answers = self.track(*numbers)
        assert [isinstance(answer, TrackingFailure) for answer in answers] == [False, False, True, False]

    def test_a_number_of_a_wrong_shape_is_never_asked_for_again(self) -> None:
        (answer,) = self.track("JD0146000062812307")
        assert isinstance(answer, TrackingFailure) and answer.permanent

    def test_weather_is_nobodys_fault_but_the_weathers(self) -> None:
        scan = self.latest(Happening.ARRIVED, Happening.WEATHER)
        assert (scan.status, scan.reason) == (ShipmentStatus.DELIVERY_DELAYED, "weather_delay")

    def test_a_token_that_was_withdrawn_is_asked_for_once_and_not_again_and_again(self) -> None:
        number = self.parcel(Happening.LABEL)
        self.track(number)
        self.twin.control.fault("401", carrier="ups")
        before = len(self.calls("token")), len(self.calls())
        with pytest.raises(Misconfigured):
            self.track(number)
        assert (len(self.calls("token")), len(self.calls())) == (before[0] + 1, before[1] + 2)

    def test_many_numbers_share_one_token(self) -> None:
        before = len(self.calls("token"))
        self.track(*[self.parcel(Happening.LABEL) for _ in range(10)], test_mode=True)
        assert len(self.calls("token")) == before + 1


class TestFedEx(CarrierContract):
    carrier = "fedex"

    def test_ten_numbers_take_one_call(self) -> None:
        before = len(self.calls())
        self.track(*[self.parcel(Happening.LABEL) for _ in range(10)])
        assert len(self.calls()) == before + 1


class TestUSPS(CarrierContract):
    carrier = "usps"
    exception = (Happening.ADDRESS, ShipmentStatus.ON_HOLD, Culprit.CONSIGNEE)


class TestDHL(CarrierContract):
    carrier = "dhl"
    # DHL writes local times without an offset, and addresses without a state.
    zone = "inferred"

    def parcel(self, *happenings: Happening, **columns: Any) -> str:
        return super().parcel(*happenings, **columns)

    def test_keeps_the_carriers_own_code_words_and_time(self) -> None:
        scan = self.latest(Happening.LABEL, Happening.ARRIVED)
        assert (scan.zone, scan.local_time) == ("assumed", "2026-11-02T10:30:00"), "the US has six zones"


@pytest.mark.parametrize(("carrier", "others"), [("ups", ("fedex", "usps", "dhl_universal"))])
def test_only_the_connector_that_is_asked_is_imported(carrier: str, others: tuple[str, ...]) -> None:
    """``karrio.gateway[...]`` would load every connector: ten seconds of CPU and 260 MB."""
    with CarrierTwin() as twin:
        told = twin.control.add_parcel(carrier, origin=HOUSTON, destination=HOUSTON, seed=1)
        columns = carrier_accounts(twin.url)[carrier]
        code = f"""
import django, sys, time
django.setup()
assert not any(name.startswith("karrio") for name in sys.modules), "nothing is loaded at start"
from fulfillment.carriers import gateway_for
from fulfillment.models import CarrierAccount
begun = time.process_time()
(answer,) = gateway_for(CarrierAccount(pk=1, **{columns!r})).track([{told["number"]!r}])
assert answer.scans, answer
loaded = {{name.split(".")[2] for name in sys.modules if name.startswith("karrio.mappers.")}}
assert loaded == {{{carrier!r}}}, loaded
assert not set({others!r}) & {{name.split(".")[2] for name in sys.modules if name.startswith("karrio.providers.")}}
import ssl
assert ssl._create_default_https_context is ssl.create_default_context, "certificates are verified"
# Not ru_maxrss: that is inherited from the process that forked this one.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(time.process_time() - begun, int(peak.split()[1]) / 1024)
"""
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code],
            capture_output=True,
            text=True,
            timeout=60,
            env={**_environment(), "DJANGO_SETTINGS_MODULE": "tests.settings"},
        )
    assert done.returncode == 0, done.stderr
    seconds, megabytes = map(float, done.stdout.split())
    assert seconds < 6 and megabytes < 200
    assert not done.stderr.strip(), "the SDK's logger is quiet"


def _environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": os.getcwd()}


def test_a_carrier_that_the_sdk_does_not_speak_to_is_named() -> None:
    account = CarrierAccount(pk=7, carrier="brieftaube", gateway="karrio")
    with pytest.raises(Misconfigured, match="“brieftaube”"):
        gateway_for(account).track(["42"])


def test_an_unknown_gateway_is_named() -> None:
    with pytest.raises(Misconfigured, match="pigeon"):
        gateway_for(CarrierAccount(carrier="ups", gateway="pigeon"))


def test_a_changed_account_gets_a_new_connection() -> None:
    with CarrierTwin() as twin:
        number = tracking_number("dhl", 5)
        twin.control.add_parcel("dhl", origin=HOUSTON, destination=HOUSTON, number=number, seed=1)
        columns = carrier_accounts(twin.url)["dhl"]
        with pytest.raises(Misconfigured):
            gateway_for(
                CarrierAccount(pk=8, **{**columns, "credentials": {"consumer_key": "x", "consumer_secret": ""}})
            ).track([number])
        (answer,) = gateway_for(CarrierAccount(pk=8, **columns)).track([number])
        assert not isinstance(answer, TrackingFailure)
