"""EasyPost, Shippo and AfterShip under the contract of all carriers, and what is special about each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

import pytest

from fulfillment.carriers import gateway_for
from fulfillment.carriers.base import Asked
from fulfillment.facts import TrackingFailure, TrackingUpdate
from fulfillment.statuses import Culprit, ShipmentStatus
from fulfillment.testing.aggregator_twin import AggregatorTwin, aggregator_accounts
from fulfillment.testing.carrier_twin import Happening
from parcelwise.errors import RetryLater
from tests.contracts.carrier import AUSTIN, HOUSTON, START, CarrierContract


@pytest.fixture(scope="module")
def shared_twin() -> Iterator[AggregatorTwin]:
    with AggregatorTwin() as twin:
        yield twin


class AggregatorContract(CarrierContract):
    """What holds for each of the three on top of what holds for every carrier."""

    parcels_of: ClassVar[str] = "ups"

    def columns(self) -> dict[str, Any]:
        return {**aggregator_accounts(self.twin.url)[self.carrier], "carrier": "ups"}

    def test_parcels_of_several_carriers_are_asked_for_over_one_account(self) -> None:
        numbers = {"ups": self.parcel(Happening.LABEL, Happening.ARRIVED)}
        for carrier in ("fedex", "usps"):
            steps = [{"at": START, "what": Happening.OUT_FOR_DELIVERY}]
            told = self.twin.control.add_parcel(carrier, serial=7, origin=HOUSTON, destination=AUSTIN, steps=steps)
            numbers[carrier] = told["number"]
        gateway = gateway_for(self.account(carrier=self.carrier))
        answers = gateway.track_parcels([Asked(number, carrier) for carrier, number in numbers.items()])
        assert [answer.tracking_number for answer in answers] == list(numbers.values())
        assert [len(answer.scans) for answer in answers if isinstance(answer, TrackingUpdate)] == [2, 1, 1]

    def test_it_says_when_what_it_says_was_true(self) -> None:
        assert self.update(self.parcel(Happening.LABEL)).stated_at == START

    def test_the_key_is_in_no_error(self) -> None:
        number = self.parcel(Happening.LABEL)
        self.twin.control.fault("500", carrier=self.carrier)
        with pytest.raises(RetryLater) as caught:
            self.track(number)
        assert self.account().credentials["api_key"] not in str(caught.value)

    def test_an_answer_about_another_parcel_is_not_taken(self) -> None:
        part = self.twin.aggregators[self.carrier].object(self.parcel(Happening.LABEL), START)
        answer = gateway_for(self.account()).reader.read("1Z9999999999999999", part)
        assert isinstance(answer, TrackingFailure) and "another parcel" in answer.sentence


class TestEasyPost(AggregatorContract):
    carrier = "easypost"
    exception = (Happening.WEATHER, ShipmentStatus.DELIVERY_DELAYED, Culprit.WEATHER)
    half_past_ten = ("16:30:00Z",)

    def test_a_tracker_is_made_once_and_found_after_that(self) -> None:
        number = self.parcel(Happening.LABEL)
        self.twin.aggregators["easypost"].trackers.clear()
        before = len(self.calls())
        for _ in range(3):
            self.update(number)
        assert len(self.calls()) - before == 4, "a look and a new tracker, then a look each"


class TestShippo(AggregatorContract):
    carrier = "shippo"
    exception = (Happening.NOT_HOME, ShipmentStatus.DELIVERY_FAILED, Culprit.CONSIGNEE)
    half_past_ten = ("16:30:00Z",)

    def test_a_carrier_that_shippo_has_no_name_for_is_not_asked_for(self) -> None:
        (answer,) = gateway_for(self.account()).track_parcels([Asked("42", "pigeon-post")])
        assert isinstance(answer, TrackingFailure) and answer.permanent

    def test_numbers_are_registered_when_pushes_are_wanted(self) -> None:
        number = self.parcel(Happening.LABEL)
        self.twin.aggregators["shippo"].trackers.clear()
        self.update(number)
        assert number not in self.twin.aggregators["shippo"].trackers
        self.track(number, credentials={**self.columns()["credentials"], "hook_secret": "s"})
        assert number in self.twin.aggregators["shippo"].trackers


class TestAfterShip(AggregatorContract):
    carrier = "aftership"

    def test_fifty_numbers_take_one_call_once_they_are_known(self) -> None:
        numbers = [self.parcel(Happening.LABEL) for _ in range(50)]
        self.track(*numbers)
        before = len(self.calls())
        assert all(isinstance(answer, TrackingUpdate) for answer in self.track(*numbers))
        assert len(self.calls()) - before == 1
