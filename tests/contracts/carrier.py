"""What every carrier gateway must do, whoever's wire it speaks. Inherit from it and name the carrier.

All of it goes through the gateway as it is in production and over real HTTP to the carrier twin.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from fulfillment.carriers import gateway_for
from fulfillment.facts import TrackingFailure, TrackingUpdate
from fulfillment.models import CarrierAccount
from fulfillment.statuses import Culprit, ShipmentStatus, culprit_of
from fulfillment.testing.carrier_twin import CarrierTwin, Happening, carrier_accounts, tracking_number
from parcelwise.errors import Misconfigured, RetryLater

#: Longest wait for one call in these tests, in seconds.
DEADLINE = 1.5

HOUSTON = {"city": "Houston", "region": "TX", "country": "US", "postcode": "77002"}
AUSTIN = {"city": "Austin", "region": "TX", "country": "US", "postcode": "73301"}
START = datetime(2026, 11, 2, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def shared_twin() -> Iterator[CarrierTwin]:
    with CarrierTwin() as twin:
        yield twin


class CarrierContract:
    """Subclass as ``TestX`` and set the class variables."""

    carrier: ClassVar[str]
    #: An exception, what it must be read as, and whose fault it is.
    exception: ClassVar[tuple[Happening, ShipmentStatus, Culprit]] = (
        Happening.NOT_HOME,
        ShipmentStatus.DELIVERY_FAILED,
        Culprit.CONSIGNEE,
    )
    #: How the offset of an event is known, with all the carrier gives.
    zone: ClassVar[str] = "given"
    #: Whose clock it is, as far as the place tells.
    time_zone: ClassVar[str] = "America/Chicago"
    #: Ways to write half past ten in Texas.
    half_past_ten: ClassVar[tuple[str, ...]] = ("10:30", "103000")
    #: Whose parcels are asked for, where the account is with somebody who asks many carriers.
    parcels_of: ClassVar[str] = ""

    @pytest.fixture(autouse=True)
    def _twin(self, shared_twin: CarrierTwin, settings: Any) -> Iterator[None]:
        settings.PARCELWISE = {
            **settings.PARCELWISE,
            "OUTBOUND": {"ALLOW_PRIVATE": ("127.0.0.1",), "DEADLINE": DEADLINE, "MAX_BODY": 512 * 1024},
        }
        self.twin, self._serial = shared_twin, 0
        yield
        shared_twin.control.clear_faults()

    def parcel(self, *happenings: Happening, **columns: Any) -> str:
        """Register a parcel with an hour between its steps; returns its number."""
        self._serial += 1
        steps = [{"at": START + timedelta(hours=hour), "what": what} for hour, what in enumerate(happenings)]
        told = self.twin.control.add_parcel(
            self.parcels_of or self.carrier,
            serial=self._serial,
            origin=HOUSTON,
            destination=AUSTIN,
            steps=steps,
            **columns,
        )
        return str(told["number"])

    def columns(self) -> dict[str, Any]:
        """Columns of an account at the twin."""
        return carrier_accounts(self.twin.url)[self.carrier]

    def account(self, **columns: Any) -> CarrierAccount:
        return CarrierAccount(pk=1, **{**self.columns(), **columns})

    def nobodys_number(self) -> str:
        return tracking_number(self.parcels_of or self.carrier, 999_999)

    def track(self, *numbers: str, **columns: Any) -> list[TrackingUpdate | TrackingFailure]:
        return gateway_for(self.account(**columns)).track(numbers)

    def update(self, number: str) -> TrackingUpdate:
        (answer,) = self.track(number)
        assert isinstance(answer, TrackingUpdate), answer
        return answer

    def latest(self, *happenings: Happening) -> Any:
        return max(self.update(self.parcel(*happenings)).scans, key=lambda scan: scan.occurred_at)

    def calls(self, where: str = "track") -> Sequence[dict[str, Any]]:
        return [call for call in self.twin.control.log() if call["carrier"] == self.carrier and call["where"] == where]

    # What a parcel goes through

    @pytest.mark.parametrize(
        ("happening", "status"),
        [
            (Happening.LABEL, ShipmentStatus.PENDING),
            (Happening.PICKED_UP, ShipmentStatus.PICKED_UP),
            (Happening.ORIGIN_SCAN, ShipmentStatus.IN_TRANSIT),
            (Happening.ARRIVED, ShipmentStatus.IN_TRANSIT),
            (Happening.DEPARTED, ShipmentStatus.IN_TRANSIT),
            (Happening.OUT_FOR_DELIVERY, ShipmentStatus.OUT_FOR_DELIVERY),
            (Happening.DELIVERED, ShipmentStatus.DELIVERED),
            (Happening.READY_FOR_PICKUP, ShipmentStatus.READY_FOR_PICKUP),
            (Happening.RETURNING, ShipmentStatus.RETURN_TO_SENDER),
        ],
    )
    def test_reads_what_happens_to_parcels(self, happening: Happening, status: ShipmentStatus) -> None:
        assert self.latest(Happening.LABEL, happening).status == status

    def test_an_exception_names_its_culprit(self) -> None:
        happening, status, culprit = self.exception
        scan = self.latest(Happening.LABEL, Happening.ARRIVED, happening)
        assert (scan.status, culprit_of(scan.reason)) == (status, culprit)

    def test_keeps_the_carriers_own_code_words_and_time(self) -> None:
        scan = self.latest(Happening.LABEL, Happening.ARRIVED)
        assert scan.code and scan.description and scan.raw
        assert any(written in scan.local_time for written in self.half_past_ten)
        assert scan.occurred_at == START + timedelta(hours=1)
        assert (scan.zone, scan.time_zone) == (self.zone, self.time_zone)
        assert "HOUSTON" in scan.location.upper()

    def test_gives_the_carriers_own_estimate(self) -> None:
        update = self.update(self.parcel(Happening.LABEL, Happening.ARRIVED))
        assert update.estimated_delivery == (START + timedelta(days=3)).date()

    def test_answers_for_every_number_in_the_order_asked(self) -> None:
        numbers = [self.parcel(Happening.LABEL) for _ in range(7)]
        asked = [*numbers[:3], self.nobodys_number(), *numbers[3:]]
        answers = self.track(*asked)
        assert [answer.tracking_number for answer in answers] == asked
        assert [index for index, answer in enumerate(answers) if isinstance(answer, TrackingFailure)] == [3]

    # What is odd

    def test_an_unknown_code_is_kept_as_unknown(self) -> None:
        number = self.parcel(Happening.LABEL, Happening.ARRIVED)
        self.twin.control.fault("unknown_code", carrier=self.carrier)
        scans = self.update(number).scans
        assert len(scans) == 3
        (odd,) = [scan for scan in scans if scan.code == "ZQ"]
        assert (odd.status, odd.description) == (ShipmentStatus.UNKNOWN, "Parcel was quarkified")

    def test_one_odd_event_does_not_lose_the_others(self) -> None:
        number = self.parcel(Happening.LABEL, Happening.ARRIVED, Happening.DELIVERED)
        self.twin.control.fault("odd_event", carrier=self.carrier)
        update = self.update(number)
        assert len(update.scans) == 3
        ((raw, why),) = update.unreadable
        assert raw.startswith("{") and why

    def test_an_event_without_offset_takes_the_zone_of_its_place_and_says_so(self) -> None:
        number = self.parcel(Happening.LABEL, Happening.ARRIVED)
        self.twin.control.fault("zoneless", carrier=self.carrier)
        scan = max(self.update(number).scans, key=lambda scan: scan.occurred_at)
        assert (scan.zone, scan.occurred_at) in {
            ("inferred", START + timedelta(hours=1)),
            ("assumed", START + timedelta(hours=-5)),  # the local time taken for UTC
        }

    def test_a_number_that_the_carrier_does_not_know_may_be_asked_for_later(self) -> None:
        (answer,) = self.track(self.nobodys_number())
        assert isinstance(answer, TrackingFailure)
        assert answer.unknown_number and not answer.permanent
        assert answer.raw

    # What goes wrong

    def test_a_carrier_that_hangs_is_left_within_the_deadline(self) -> None:
        self._fails_in_time("hang", f"did not finish its answer within {DEADLINE:g} s")

    def test_a_carrier_that_drips_is_left_within_the_deadline(self) -> None:
        self._fails_in_time("drip", f"did not finish its answer within {DEADLINE:g} s", seconds=0.1)

    def test_an_endless_answer_is_cut_off(self) -> None:
        self._fails_in_time("endless", "larger than 524,288 bytes")

    def test_an_answer_that_swells_when_inflated_is_cut_off(self) -> None:
        self._fails_in_time("bomb", "larger than 524,288 bytes")

    def test_a_line_that_breaks_is_tried_again_later(self) -> None:
        self._fails_in_time("reset", "broke off the connection")

    def test_a_redirect_is_not_followed(self) -> None:
        self._fails_in_time("redirect", "redirects are not followed")

    def _fails_in_time(self, fault: str, words: str, **columns: Any) -> None:
        number = self.parcel(Happening.LABEL)
        self.track(number)  # the token is there
        self.twin.control.fault(fault, carrier=self.carrier, **columns)
        begun = time.monotonic()
        with pytest.raises(RetryLater, match=words):
            self.track(number)
        assert time.monotonic() - begun < DEADLINE + 3  # a test machine does other things as well

    def test_trouble_of_the_carriers_own_is_tried_again_later(self) -> None:
        number = self.parcel(Happening.LABEL)
        self.twin.control.fault("500", carrier=self.carrier)
        with pytest.raises(RetryLater, match="status 500"):
            self.track(number)

    @pytest.mark.parametrize("fault", ["garbled", "html"])
    def test_an_answer_that_makes_no_sense_is_kept_for_staff(self, fault: str) -> None:
        number = self.parcel(Happening.LABEL)
        self.twin.control.fault(fault, carrier=self.carrier)
        with pytest.raises(RetryLater) as caught:
            self.track(number)
        assert getattr(caught.value, "raw", "")

    @pytest.mark.parametrize("fault", ["empty", "null"])
    def test_no_data_and_no_message_is_a_failure(self, fault: str) -> None:
        number = self.parcel(Happening.LABEL)
        self.twin.control.fault(fault, carrier=self.carrier)
        try:
            (answer,) = self.track(number)
        except RetryLater:
            return
        assert isinstance(answer, TrackingFailure)
        assert not answer.permanent and not answer.unknown_number

    def test_a_rate_limit_says_how_long_to_wait(self) -> None:
        number = self.parcel(Happening.LABEL)
        self.twin.control.fault("429", carrier=self.carrier, seconds=90)
        with pytest.raises(RetryLater, match="429") as caught:
            self.track(number)
        assert caught.value.after == 90

    def test_a_carrier_that_is_down_is_not_asked_for_every_number(self) -> None:
        numbers = [self.parcel(Happening.LABEL) for _ in range(10)]
        self.twin.control.fault("500", carrier=self.carrier)
        before = len(self.calls())
        with pytest.raises(RetryLater):
            self.track(*numbers)
        assert len(self.calls()) - before <= 2

    def test_one_number_in_trouble_does_not_stop_the_others(self) -> None:
        numbers = [self.parcel(Happening.LABEL) for _ in range(4)]
        self.twin.control.fault("odd_event", carrier=self.carrier, number=numbers[0])
        answers = self.track(*numbers)
        assert all(isinstance(answer, TrackingUpdate) for answer in answers)

    def test_refused_credentials_are_told_from_a_carrier_that_is_down(self) -> None:
        number = self.parcel(Happening.LABEL)
        wrong = {key: f"wrong-{value}" for key, value in self.account().credentials.items()}
        with pytest.raises(Misconfigured) as caught:
            self.track(number, credentials=wrong)
        assert "wrong-" not in str(caught.value)

    def test_missing_credentials_are_named(self) -> None:
        with pytest.raises(Misconfigured):
            self.track(self.parcel(Happening.LABEL), credentials={"user": "x"})

    def test_a_private_address_must_be_allowed(self, settings: Any) -> None:
        settings.PARCELWISE = {**settings.PARCELWISE, "OUTBOUND": {"ALLOW_PRIVATE": ()}}
        with pytest.raises(Misconfigured, match="private network"):
            self.track(self.parcel(Happening.LABEL))
