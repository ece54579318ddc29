"""How the aggregators' objects are read: every documented code, odd events, and times as honest as they are."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from fulfillment.carriers.codes import aftership, easypost, shippo
from fulfillment.carriers.names import carrier_slug
from fulfillment.carriers.readers.aftership import AfterShipReader
from fulfillment.carriers.readers.aggregator import AggregatorReader
from fulfillment.carriers.readers.easypost import EasyPostReader
from fulfillment.carriers.readers.shippo import ShippoReader
from fulfillment.facts import Scan, TrackingFailure, TrackingUpdate
from fulfillment.statuses import ShipmentStatus as S
from fulfillment.testing.aggregator_twin.wire import aftership as aftership_twin
from fulfillment.testing.aggregator_twin.wire import easypost as easypost_twin
from fulfillment.testing.aggregator_twin.wire import shippo as shippo_twin
from fulfillment.zones import placed

READERS: dict[str, AggregatorReader] = {
    "easypost": EasyPostReader(),
    "shippo": ShippoReader(),
    "aftership": AfterShipReader(),
}

#: The codes as the aggregators document them.
EASYPOST_STATUSES = """unknown pre_transit in_transit out_for_delivery delivered available_for_pickup return_to_sender
failure cancelled error"""
EASYPOST_DETAILS = """address_correction arrived_at_destination arrived_at_facility arrived_at_pickup_location
awaiting_information cancelled damaged delayed delivery_exception departed_facility departed_origin_facility expired
failure held in_transit label_created lost missorted out_for_delivery received_at_destination_facility
received_at_origin_facility refused return status_update transferred_to_destination_carrier transit_exception unknown
weather_delay"""
SHIPPO_STATUSES = "UNKNOWN PRE_TRANSIT TRANSIT DELIVERED RETURNED FAILURE"
SHIPPO_SUBSTATUSES = """information_received address_issue contact_carrier delayed delivery_attempted
delivery_rescheduled delivery_scheduled location_inaccessible notice_left out_for_delivery package_accepted
package_arrived package_damaged package_departed package_forwarded package_held package_processed package_processing
pickup_available reschedule_delivery delivered return_to_sender package_unclaimed package_undeliverable
package_disposed package_lost other"""
AFTERSHIP_TAGS = """Pending InfoReceived InTransit OutForDelivery AttemptFail Delivered AvailableForPickup Exception
Expired"""
AFTERSHIP_SUBTAGS = {
    "Pending": (1, 2, 3, 4, 5, 6),
    "InfoReceived": (1,),
    "InTransit": (1, 2, 3, 4, 5, 6, 7, 8, 9),
    "OutForDelivery": (1, 3, 4),
    "AttemptFail": (1, 2, 3),
    "Delivered": (1, 2, 3, 4, 5),
    "AvailableForPickup": (1,),
    "Exception": (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 21),
    "Expired": (1,),
}


def test_every_documented_code_is_mapped_and_no_other() -> None:
    assert set(easypost.BY_STATUS) == set(EASYPOST_STATUSES.split())
    assert set(easypost.BY_DETAIL) == set(EASYPOST_DETAILS.split())
    assert set(shippo.BY_STATUS) == set(SHIPPO_STATUSES.split())
    assert set(shippo.BY_SUBSTATUS) == set(SHIPPO_SUBSTATUSES.split())
    assert set(aftership.BY_TAG) == set(AFTERSHIP_TAGS.split())
    assert set(aftership.BY_SUBTAG) == {f"{tag}_{n:03}" for tag, ns in AFTERSHIP_SUBTAGS.items() for n in ns}


def test_reasons_belong_to_codes_that_have_a_status() -> None:
    assert set(easypost.REASON) <= set(easypost.BY_DETAIL)
    assert set(shippo.REASON) <= set(shippo.BY_SUBSTATUS)
    assert set(aftership.REASON) <= set(aftership.BY_SUBTAG)


@pytest.mark.parametrize("table", [easypost.CARRIERS, shippo.CARRIERS, aftership.CARRIERS])
def test_carriers_are_named_by_our_own_slugs(table: dict[str, str]) -> None:
    assert [slug for slug in table if carrier_slug(slug) != slug] == []


def a_part(aggregator: str, *events: Any, **others: Any) -> dict[str, Any]:
    empty = {
        "easypost": {"tracking_code": "42", "tracking_details": list(events), "status": "in_transit"},
        "shippo": {"tracking_number": "42", "tracking_history": list(events), "tracking_status": {}},
        "aftership": {"tracking_number": "42", "checkpoints": list(events), "tag": "InTransit"},
    }[aggregator]
    return {**empty, **others}


def an_event(aggregator: str, written: str, *, country: str = "", state: str = "") -> dict[str, Any]:
    place = {"city": "X", "state": state, "country": country}
    return {
        "easypost": {"status": "in_transit", "datetime": written, "tracking_location": place, "message": "m"},
        "shippo": {"status": "TRANSIT", "status_date": written, "location": place, "status_details": "m"},
        "aftership": {
            "tag": "InTransit",
            "checkpoint_time": written,
            "message": "m",
            "state": state,
            "country_region": country,
        },
    }[aggregator]


def read_scan(aggregator: str, written: str, **place: str) -> Scan:
    update = READERS[aggregator].read("42", a_part(aggregator, an_event(aggregator, written, **place)))
    assert isinstance(update, TrackingUpdate)
    return update.scans[0]


each = pytest.mark.parametrize("aggregator", sorted(READERS))


@each
def test_a_time_with_an_offset_is_what_it_says(aggregator: str) -> None:
    scan = read_scan(aggregator, "2026-11-02T10:30:00-06:00", country="US", state="TX")
    assert (scan.occurred_at, scan.zone) == (datetime(2026, 11, 2, 16, 30, tzinfo=UTC), "given")
    zone = "America/Chicago"
    assert (scan.local_time, scan.time_zone, scan.uncertain_minutes) == ("2026-11-02T10:30:00-06:00", zone, 0)
    other = read_scan(aggregator, "2026-11-02T10:30:00-09:00", country="US", state="TX")
    assert (other.zone, other.time_zone) == ("given", ""), "the place is another than the clock"


@each
def test_a_time_in_utc_is_certain_and_names_the_clock_of_its_place(aggregator: str) -> None:
    scan = read_scan(aggregator, "2026-11-02T16:30:00Z", country="US", state="TX")
    assert (scan.zone, scan.time_zone, scan.uncertain_minutes) == ("given", "America/Chicago", 0)


@each
def test_a_time_without_an_offset_takes_the_zone_of_its_place_and_names_it(aggregator: str) -> None:
    scan = read_scan(aggregator, "2026-11-02T10:30:00", country="DE")
    assert (scan.occurred_at, scan.zone) == (datetime(2026, 11, 2, 9, 30, tzinfo=UTC), "inferred")
    assert (scan.time_zone, scan.uncertain_minutes) == ("Europe/Berlin", 0)


@each
def test_a_time_of_no_known_place_is_off_by_as_much_as_zones_differ(aggregator: str) -> None:
    scan = read_scan(aggregator, "2026-11-02T10:30:00")
    assert (scan.zone, scan.time_zone, scan.uncertain_minutes) == ("assumed", "", 14 * 60)


@each
@pytest.mark.parametrize("written", ["2026-11-02", "2026-11-02T00:00:00Z", "2026-11-02T00:00:00", "2026-11-02T00:00Z"])
def test_a_date_and_midnight_are_a_day_and_no_hour(aggregator: str, written: str) -> None:
    scan = read_scan(aggregator, written, country="DE")
    assert (scan.zone, scan.uncertain_minutes) == ("date", 12 * 60)
    assert scan.occurred_at == datetime(2026, 11, 2, 11, tzinfo=UTC), "noon in Berlin"
    assert scan.local_time == written


def test_a_state_with_two_zones_and_an_hour_that_came_twice_are_an_hour_uncertain() -> None:
    assert placed("2026-11-02T10:30:00", "US", "TN").uncertain_minutes == 60
    assert placed("2026-11-02T10:30:00", "US", "NY").uncertain_minutes == 0
    assert placed("2026-10-25T02:30:00", "DE").uncertain_minutes == 60
    assert placed("2026-03-29T02:30:00", "DE").uncertain_minutes == 60


@pytest.mark.parametrize(
    ("aggregator", "estimate"),
    [
        ("easypost", {"est_delivery_date": "2026-11-05T00:00:00Z"}),
        (
            "easypost",
            {
                "est_delivery_date": "2026-11-06T02:00:00Z",
                "carrier_detail": {"est_delivery_date_local": "2026-11-05"},
            },
        ),
        ("shippo", {"eta": "2026-11-05T00:00:00Z"}),
        ("shippo", {"eta": None, "original_eta": "2026-11-05T00:00:00Z"}),
        ("aftership", {"courier_estimated_delivery_date": {"estimated_delivery_date": "2026-11-05"}}),
    ],
)
def test_a_promise_is_a_day(aggregator: str, estimate: dict[str, Any]) -> None:
    part = a_part(aggregator, an_event(aggregator, "2026-11-02T10:30:00Z"), **estimate)
    update = READERS[aggregator].read("42", part)
    assert isinstance(update, TrackingUpdate)
    assert update.estimated_delivery == date(2026, 11, 5)


@each
@pytest.mark.parametrize("event", [None, {}, [], "text", 7, {"status": []}, {"tag": "InTransit", "status": "x"}])
def test_an_odd_event_does_not_lose_the_others(aggregator: str, event: Any) -> None:
    good = an_event(aggregator, "2026-11-02T10:30:00Z")
    answer = READERS[aggregator].read("42", a_part(aggregator, good, event))
    assert isinstance(answer, TrackingUpdate)
    assert (len(answer.scans), len(answer.unreadable)) == (1, 1)


@each
@pytest.mark.parametrize("part", [None, {}, [], "text", 7, {"tracking_details": []}, {"checkpoints": {}}])
def test_a_part_of_another_shape_is_a_failure_and_no_crash(aggregator: str, part: Any) -> None:
    answer = READERS[aggregator].read("42", part)
    assert isinstance(answer, TrackingFailure)
    assert (answer.permanent, answer.unknown_number) == (False, False)


@each
def test_an_unknown_word_is_unknown_and_never_in_transit(aggregator: str) -> None:
    event = an_event(aggregator, "2026-11-02T10:30:00Z") | {"status": "ZQ", "tag": "ZQ"}
    update = READERS[aggregator].read("42", a_part(aggregator, event))
    assert isinstance(update, TrackingUpdate)
    assert (update.scans[0].status, update.scans[0].code) == (S.UNKNOWN, "ZQ")


def test_a_status_that_is_not_in_the_history_is_taken_too_and_once() -> None:
    first, latest = (an_event("shippo", f"2026-11-02T1{hour}:30:00Z") for hour in (0, 1))
    for history in ([first], [first, latest]):
        update = READERS["shippo"].read("42", a_part("shippo", *history, tracking_status=latest))
        assert isinstance(update, TrackingUpdate)
        assert len(update.scans) == 2


def test_the_twin_says_what_is_documented() -> None:
    """Codes that only the twin knows would make every other test worthless."""
    assert {detail for _status, detail, _words in easypost_twin.WORDS.values()} <= set(EASYPOST_DETAILS.split())
    assert {substatus for _status, substatus, *_ in shippo_twin.WORDS.values()} <= set(SHIPPO_SUBSTATUSES.split())
    assert all(re.fullmatch(r"[A-Za-z]+_\d{3}", subtag) for subtag, _words in aftership_twin.WORDS.values())
    assert {subtag for subtag, _words in aftership_twin.WORDS.values()} <= set(aftership.BY_SUBTAG)


def test_names_that_the_aggregators_do_not_document_are_not_sent() -> None:
    """Shippo's own list has no GLS of Germany, and calls Spain's post so; a wrong name finds no parcel at all."""
    assert "gls" not in shippo.CARRIERS and "gls" not in easypost.CARRIERS
    assert shippo.CARRIERS["correos"] == "correos_espana"
    assert aftership.CARRIERS["colissimo"] == "colissimo"
