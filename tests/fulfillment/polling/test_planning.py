"""When to ask next, without a data base: sentences, and what holds for whatever parcel."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.polling import USUAL, Facts, Profile, Shape, Terms, next_ask, stage_of
from fulfillment.polling.shapes import BINS, CELLS, bin_of, cell_of
from fulfillment.polling.stages import AT_DESTINATION, UNDER_WAY, UNDER_WAY_ABROAD, keys_of, status_of
from fulfillment.statuses import FINAL, ShipmentStatus

BERLIN = ZoneInfo("Europe/Berlin")
#: A Wednesday.
NOON = datetime(2026, 3, 4, 12, tzinfo=BERLIN)
STAGES = [*USUAL.shapes, str(ShipmentStatus.UNKNOWN)]
TERMS = Terms()
moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))


def steady(rate: float) -> Profile:
    """Scans come at ``rate`` an hour, whatever the hour."""
    return Profile({"in_transit": Shape((rate,) * BINS, (1.0,) * CELLS)})


def pause(facts: Facts, profile: Profile = USUAL, terms: Terms = TERMS, jitter: float = 0.5) -> timedelta:
    found = next_ask(facts, profile, terms, jitter=jitter)
    assert found is not None
    return found.at - facts.now


def some(stage: str = "in_transit", now: datetime = NOON, silent: float = 3, **more: object) -> Facts:
    return Facts(stage, now, now - timedelta(hours=silent), BERLIN, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", sorted(FINAL))
def test_a_parcel_that_has_arrived_is_never_asked_for(status: str) -> None:
    assert next_ask(some(status)) is None


@given(
    stage=st.sampled_from(STAGES),
    now=moments,
    silent=st.floats(0, 2000),
    jitter=st.floats(0, 1),
    pressure=st.floats(1, 400),
    pushes=st.booleans(),
)
def test_no_pause_is_shorter_than_the_least_or_longer_than_the_most(
    stage: str, now: datetime, silent: float, jitter: float, pressure: float, pushes: bool
) -> None:
    terms = Terms(least=20, most=300, most_pushed=600, pressure=pressure)
    found = pause(some(stage, now, silent, pushes=pushes), terms=terms, jitter=jitter)
    assert timedelta(minutes=20) <= found <= timedelta(minutes=600 if pushes else 300)


@given(
    slow=st.floats(0.001, 5), factor=st.floats(1, 50), price=st.floats(10, 5000), now=moments, silent=st.floats(0, 100)
)
def test_the_likelier_a_scan_the_sooner_it_is_asked(
    slow: float, factor: float, price: float, now: datetime, silent: float
) -> None:
    facts, terms = some(now=now, silent=silent), Terms(price=price)
    assert pause(facts, steady(slow * factor), terms) <= pause(facts, steady(slow), terms)


@given(stage=st.sampled_from(STAGES), now=moments, silent=st.floats(0, 200), factor=st.floats(1, 20))
def test_a_dearer_call_never_makes_a_steady_parcel_asked_sooner(
    stage: str, now: datetime, silent: float, factor: float
) -> None:
    facts = some("in_transit", now, silent)
    assert pause(facts, steady(0.2), Terms(pressure=factor)) >= pause(facts, steady(0.2), Terms())


def test_the_night_is_slept_through_by_a_parcel_that_waits_to_be_collected() -> None:
    evening = some("pending", NOON.replace(hour=22), silent=6)
    found = next_ask(evening)
    assert found is not None and found.at.astimezone(BERLIN).hour >= 9


def test_hours_are_those_of_the_place_and_not_of_the_server() -> None:
    facts = some("pending", datetime(2026, 3, 4, 23, tzinfo=UTC))
    away = replace(facts, zone=ZoneInfo("America/Los_Angeles"))  # 15:00 there: parcels are collected
    assert pause(away) < pause(facts)


def test_a_parcel_on_the_vehicle_is_asked_for_more_often_by_day_than_one_that_stands_still() -> None:
    assert pause(some("out_for_delivery")) < pause(some("on_hold"))
    assert pause(some("out_for_delivery")) < pause(some("in_transit", silent=100))


def test_sunday_is_no_day_to_ask_for_what_waits_for_the_vehicle() -> None:
    sunday = some(AT_DESTINATION, datetime(2026, 3, 8, 7, tzinfo=BERLIN), silent=10)
    monday = some(AT_DESTINATION, datetime(2026, 3, 9, 7, tzinfo=BERLIN), silent=34)
    assert pause(monday) < pause(sunday)


def test_a_carrier_that_tells_of_news_is_asked_rarely() -> None:
    found = next_ask(some("out_for_delivery", pushes=True))
    assert found is not None and found.why == "pushed"
    assert found.at - NOON > timedelta(hours=12)


def test_before_the_day_on_which_it_may_arrive_a_parcel_is_asked_for_less() -> None:
    morning = NOON.replace(hour=6)
    early = some(AT_DESTINATION, morning, expected_from=date(2026, 3, 6))
    assert pause(some(AT_DESTINATION, morning, expected_from=date(2026, 3, 4))) < pause(early)


def test_pauses_that_were_set_by_hand_replace_the_plan() -> None:
    terms = Terms(fixed={"in_transit": 60})
    for stage in ("in_transit", UNDER_WAY, UNDER_WAY_ABROAD, AT_DESTINATION):
        found = next_ask(some(stage), terms=terms)
        assert found is not None and (found.at - NOON, found.why) == (timedelta(hours=1), "fixed")


def test_parcels_of_one_moment_do_not_fall_on_one_minute() -> None:
    found = {pause(some(), jitter=share / 20) for share in range(21)}
    assert len(found) > 15
    assert max(found) - min(found) <= pause(some()) * 0.11


def test_an_unknown_status_has_a_plan_too() -> None:
    assert next_ask(some("no such stage")) is not None


def test_the_value_is_the_chance_of_news_weighed_by_the_stage() -> None:
    found = next_ask(some("out_for_delivery"))
    assert found is not None and 0 < found.chance < 1
    assert found.value > found.chance


def test_leaving_and_arriving_are_told_apart_in_every_carriers_words() -> None:
    for words in (
        "Departed from Facility",
        "Departed FedEx location",
        "Departed USPS Regional Facility",
        "The shipment has been prepared for onward transport",
        "Die Sendung hat das Paketzentrum verlassen",
    ):
        assert stage_of("in_transit", place="Köln, DE", words=words, destination_city="Köln") == UNDER_WAY
        assert stage_of("in_transit", words=words, abroad=True) == UNDER_WAY_ABROAD
    assert stage_of("in_transit", place="KÖLN, DE", words="Arrived", destination_city="Köln ") == AT_DESTINATION
    assert stage_of("in_transit", place="Leipzig, DE", words="Arrived", destination_city="Köln") == "in_transit"
    assert stage_of("in_transit", words="Arrived", destination_city="") == "in_transit"
    assert stage_of("delivered", words="Departed") == "delivered"


def test_a_stage_knows_its_status_and_its_keys() -> None:
    assert {status_of(stage) for stage in (UNDER_WAY, UNDER_WAY_ABROAD, AT_DESTINATION)} == {"in_transit"}
    assert keys_of("in_transit", "AR") == ("in_transit:AR", "in_transit")
    assert keys_of("in_transit") == ("in_transit",)


@given(hours=st.floats(-5, 10_000), now=moments)
def test_every_silence_and_every_hour_has_a_cell(hours: float, now: datetime) -> None:
    assert 0 <= bin_of(hours) < BINS
    assert 0 <= cell_of(now.astimezone(BERLIN)) < CELLS


def test_a_profile_survives_json_and_a_shape_has_all_its_cells() -> None:
    stored = Profile.from_json(USUAL.as_json())
    assert Profile.from_json(stored.as_json()) == stored
    assert set(stored.shapes) == set(USUAL.shapes)
    with pytest.raises(ValueError, match="cells"):
        Shape((1.0,), (1.0,) * CELLS)


def test_every_status_that_is_not_final_has_a_usual_shape() -> None:
    assert {str(status) for status in ShipmentStatus if status not in FINAL} <= set(USUAL.shapes)
