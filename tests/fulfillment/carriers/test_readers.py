"""Reading answers: shapes that carriers have sent, and odd ones that they might."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from fulfillment.carriers.codes import dhl, fedex, ups, usps
from fulfillment.carriers.readers import READERS
from fulfillment.facts import Scan, TrackingFailure, TrackingUpdate
from fulfillment.statuses import ShipmentStatus

S = ShipmentStatus


def scan(carrier: str, event: dict[str, Any]) -> Scan:
    return READERS[carrier].scan(event)


def an_activity(kind: str, code: str, number: str, **more: Any) -> dict[str, Any]:
    status = {"type": kind, "code": code, "statusCode": number, "description": "DELIVERED "}
    return {"date": "20260202", "time": "120435", "status": status, "location": {"address": {}}, **more}


@pytest.mark.parametrize(
    ("kind", "code", "number", "status"),
    [
        ("D", "FS", "011", S.DELIVERED),
        ("D", "9Q", "", S.DELIVERED),  # delivered at a place that got a code of its own
        ("I", "OC", "005", S.PICKED_UP),  # "We have your package" comes as in transit
        ("I", "OF", "072", S.OUT_FOR_DELIVERY),
        ("I", "YP", "071", S.IN_TRANSIT),
        ("X", "DJ", "032", S.DELIVERY_DELAYED),
        ("X", "Q7", "", S.UNKNOWN),
        ("I", "Q7", "", S.UNKNOWN),
        ("I", "Q7", "999", S.UNKNOWN),
    ],
)
def test_ups_statuses_come_from_its_finest_code(kind: str, code: str, number: str, status: S) -> None:
    assert scan("ups", an_activity(kind, code, number)).status == status


def test_ups_offset_stands_beside_the_local_time() -> None:
    read = scan("ups", an_activity("D", "FS", "011", gmtDate="20260202", gmtTime="20:04:35", gmtOffset="-08:00"))
    assert (read.occurred_at, read.zone) == (datetime(2026, 2, 2, 20, 4, 35, tzinfo=UTC), "given")
    assert (read.local_time, read.description) == ("2026-02-02 12:04:35", "DELIVERED")


def test_ups_without_offset_is_placed_by_state() -> None:
    address = {"city": "Newark", "stateProvince": "CA", "countryCode": "US"}
    read = scan("ups", an_activity("D", "FS", "011", location={"address": address}))
    assert (read.occurred_at, read.zone) == (datetime(2026, 2, 2, 20, 4, 35, tzinfo=UTC), "inferred")


def test_a_fedex_exception_at_the_door_is_an_attempt_and_another_is_a_delay() -> None:
    event = {"date": "2026-04-25T11:26:00-07:00", "eventType": "DE", "eventDescription": "Delivery exception"}
    attempted = scan("fedex", {**event, "exceptionCode": "08", "exceptionDescription": "Customer not available"})
    assert (attempted.status, attempted.reason) == (S.DELIVERY_FAILED, "consignee_not_available")
    assert scan("fedex", {**event, "exceptionCode": "008"}).code == "DE08", "older answers pad with two zeros"
    late = scan("fedex", {**event, "exceptionCode": "31"})
    assert (late.status, late.reason) == (S.DELIVERY_DELAYED, "carrier_not_enough_time")
    other = scan("fedex", {**event, "exceptionCode": "A47"})
    assert (other.status, other.reason) == (S.DELIVERY_DELAYED, "")


def test_a_fedex_number_in_its_second_life_shows_the_newer_parcel() -> None:
    def result(day: str) -> dict[str, Any]:
        return {"scanEvents": [{"date": f"{day}T08:00:00+01:00", "eventType": "PU", "eventDescription": "Picked up"}]}

    part = {"trackingNumber": "1", "trackResults": [result("2025-01-03"), result("2026-11-03")]}
    update = READERS["fedex"].read("1", part)
    assert isinstance(update, TrackingUpdate)
    assert [read.occurred_at.year for read in update.scans] == [2026]


def test_a_z_behind_a_usps_time_is_no_offset() -> None:
    event = {"eventTimestamp": "2026-11-22T13:58:00Z", "eventState": "FL", "eventCode": "01", "eventType": "Delivered"}
    read = scan("usps", event)
    assert (read.occurred_at, read.zone) == (datetime(2026, 11, 22, 18, 58, tzinfo=UTC), "inferred")


@pytest.mark.parametrize(
    ("code", "words", "status"),
    [
        ("transit", "Die Sendung wurde in das Zustellfahrzeug geladen.", S.OUT_FOR_DELIVERY),
        ("transit", "Being delivered.", S.OUT_FOR_DELIVERY),
        ("transit", "The shipment has been loaded onto the delivery vehicle. Delivery is today.", S.OUT_FOR_DELIVERY),
        ("transit", "The parcel is not yet out for delivery", S.IN_TRANSIT),
        ("failure", "Something happened", S.ON_HOLD),
        ("unknown", "Something happened", S.UNKNOWN),
        ("unknown", "LABEL CREATED", S.PENDING),
    ],
)
def test_dhl_words_say_more_than_its_codes_and_are_taken_whole(code: str, words: str, status: S) -> None:
    assert scan("dhl", {"timestamp": "2026-03-02T07:53:47", "statusCode": code, "description": words}).status == status


def test_a_place_without_a_country_leaves_the_zone_assumed() -> None:
    read = scan("dhl", {"timestamp": "2026-03-02T07:53:47", "statusCode": "transit", "status": "x"})
    assert (read.occurred_at, read.zone) == (datetime(2026, 3, 2, 7, 53, 47, tzinfo=UTC), "assumed")


@pytest.mark.parametrize("carrier", sorted(READERS))
@pytest.mark.parametrize("part", [None, {}, [], "text", 7, {"shipments": []}, {"trackResponse": {"shipment": []}}])
def test_a_part_of_another_shape_is_a_failure_and_no_crash(carrier: str, part: Any) -> None:
    answer = READERS[carrier].read("42", part)
    assert isinstance(answer, TrackingFailure)
    assert (answer.tracking_number, answer.permanent, answer.unknown_number) == ("42", False, False)


@pytest.mark.parametrize("carrier", sorted(READERS))
@pytest.mark.parametrize("event", [None, {}, [], "text", {"status": []}, {"date": None, "timestamp": 5}])
def test_an_event_of_another_shape_says_that_it_is_odd(carrier: str, event: Any) -> None:
    reader = READERS[carrier]
    wrapped = {
        "ups": {"trackResponse": {"shipment": [{"package": [{"activity": [event]}]}]}},
        "fedex": {"trackResults": [{"scanEvents": [event, {"date": "2026-01-01T00:00:00Z", "eventType": "PU"}]}]},
        "usps": {"trackingEvents": [event]},
        "dhl": {"shipments": [{"events": [event]}]},
    }[carrier]
    answer = reader.read("42", wrapped)
    assert isinstance(answer, TrackingUpdate)
    assert len(answer.unreadable) == 1


def test_the_estimate_of_a_rescheduled_ups_parcel_is_the_new_day() -> None:
    package = {"activity": [an_activity("I", "AR", "005")], "deliveryDate": [{"type": "RDD", "date": "20260205"}]}
    update = READERS["ups"].read("1Z", {"trackResponse": {"shipment": [{"package": [package]}]}})
    assert isinstance(update, TrackingUpdate)
    assert update.estimated_delivery == date(2026, 2, 5)


def test_reasons_belong_to_codes_that_have_a_status() -> None:
    assert set(ups.REASON) <= set(ups.BY_STATUS_CODE) | set(ups.BY_CODE)
    assert set(usps.REASON) <= set(usps.BY_EVENT)
    assert set(fedex.ATTEMPTS) <= set(fedex.REASON)
    assert all(words == words.lower() and "." not in words for words in {**dhl.BY_WORDS, **dhl.REASON})


# Whose clock a time is of


def a_ups_event(**columns: Any) -> dict[str, Any]:
    address = {"city": "Newark", "stateProvince": "CA", "countryCode": "US"}
    return an_activity("D", "FS", "011", location={"address": address}, **columns)


def a_fedex_event(written: str, state: str) -> dict[str, Any]:
    place = {"city": "Somewhere", "stateOrProvinceCode": state, "countryCode": "US"}
    return {"date": written, "eventType": "AR", "scanLocation": place}


def a_dhl_event(written: str, country: str) -> dict[str, Any]:
    place = {"address": {"addressLocality": "Somewhere", "countryCode": country}}
    return {"timestamp": written, "statusCode": "transit", "status": "x", "location": place}


def a_usps_event(written: str, state: str, **columns: Any) -> dict[str, Any]:
    return {"eventTimestamp": written, "eventState": state, "eventCode": "01", "eventType": "Delivered", **columns}


@pytest.mark.parametrize(
    ("carrier", "event", "zone", "time_zone", "doubt"),
    [
        ("ups", a_ups_event(), "inferred", "America/Los_Angeles", 0),
        ("ups", a_ups_event(gmtOffset="-08:00"), "given", "America/Los_Angeles", 0),
        ("ups", a_ups_event(gmtOffset="-05:00"), "given", "", 0),
        ("fedex", a_fedex_event("2026-04-25T11:26:00", "NY"), "inferred", "America/New_York", 0),
        ("fedex", a_fedex_event("2026-04-25T11:26:00", "TN"), "inferred", "America/Chicago", 60),
        ("fedex", a_fedex_event("2026-04-25T11:26:00-04:00", "NY"), "given", "America/New_York", 0),
        ("fedex", a_fedex_event("2026-04-25T00:00:00", "NY"), "inferred", "America/New_York", 0),
        ("fedex", a_fedex_event("2026-04-25", "NY"), "date", "America/New_York", 720),
        ("usps", a_usps_event("2026-11-22T13:58:00Z", "NY"), "inferred", "America/New_York", 0),
        ("usps", a_usps_event("2026-11-22T13:58:00Z", "NY", GMTOffset="-05:00"), "given", "America/New_York", 0),
        ("usps", a_usps_event("2026-11-22T13:58:00", "GU"), "assumed", "", 840),
        ("dhl", a_dhl_event("2026-03-02T07:53:47", "DE"), "inferred", "Europe/Berlin", 0),
        ("dhl", a_dhl_event("2026-03-02T07:53:47", "ES"), "inferred", "Europe/Madrid", 60),
        ("dhl", a_dhl_event("2026-10-25T02:30:00", "DE"), "inferred", "Europe/Berlin", 60),
        ("dhl", a_dhl_event("2026-03-02T07:53:47+01:00", "DE"), "given", "Europe/Berlin", 0),
        ("dhl", a_dhl_event("2026-03-02T07:53:47", "US"), "assumed", "", 840),
        ("dhl", a_dhl_event("2026-03-02", ""), "date", "", 1560),
    ],
)
def test_a_scan_says_whose_clock_its_time_is_of_and_how_sure_that_is(
    carrier: str, event: dict[str, Any], zone: str, time_zone: str, doubt: int
) -> None:
    read = scan(carrier, event)
    assert (read.zone, read.time_zone, read.uncertain_minutes) == (zone, time_zone, doubt)


def test_a_ups_scan_without_an_hour_is_of_a_day_and_not_of_midnight() -> None:
    event = a_ups_event()
    del event["time"]
    read = scan("ups", event)
    assert (read.zone, read.time_zone, read.uncertain_minutes) == ("date", "America/Los_Angeles", 720)
    assert (read.local_time, read.occurred_at.hour) == ("2026-02-02", 12)


def test_fedex_says_where_it_is_held_and_never_whose_name_is_on_it() -> None:
    event = {"date": "2026-04-25T11:26:00-04:00", "eventType": "HL", "eventDescription": "Ready for pickup"}
    place = {
        "contact": {"companyName": "FedEx Office", "personName": "Ana Souza"},
        "address": {"streetLines": ["3040 College Ave"], "postalCode": 38002, "city": "Arlington", "countryCode": "US"},
    }
    results = [{"scanEvents": [event], "holdAtLocation": {"locationId": "YBZA", "locationContactAndAddress": place}}]
    receipt = READERS["fedex"].read("1", {"trackingNumber": "1", "trackResults": results}).receipt
    assert receipt.collect_at == "FedEx Office, 3040 College Ave, 38002 Arlington"
    nothing = [{"scanEvents": [event], "holdAtLocation": {"locationId": "YBZA", "locationContactAndAddress": None}}]
    assert READERS["fedex"].read("1", {"trackingNumber": "1", "trackResults": nothing}).receipt.collect_at == ""
