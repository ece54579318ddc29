"""Profiles from scans."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fulfillment.polling import USUAL, Facts, next_ask
from fulfillment.polling.learning import ENOUGH, Tallies, Tally
from fulfillment.polling.shapes import cell_of

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 3, 2, tzinfo=BERLIN)


def taught(parcels: int, hour: int, code: str = "") -> Tallies:
    """``parcels`` that left at noon and were scanned next at ``hour`` of the following day."""
    tallies, dice = Tallies(), random.Random(7)
    for number in range(parcels):
        noon = MONDAY + timedelta(days=number % 4, hours=12)
        scanned = noon + timedelta(hours=12 + hour + dice.random())
        tallies.add("in_transit", code, noon, scanned, BERLIN, scanned=True)
    return tallies


def test_few_scans_teach_nothing() -> None:
    assert not taught(ENOUGH - 1, 5).profile().shapes
    assert set(taught(ENOUGH, 5, "AR").profile().shapes) == {"in_transit", "in_transit:AR"}


def test_a_carrier_that_scans_at_five_in_the_morning_is_asked_then_and_not_at_midnight() -> None:
    profile = taught(400, 5).profile()
    noon = MONDAY + timedelta(hours=12)
    found = next_ask(Facts("in_transit", noon + timedelta(hours=8), noon, BERLIN), profile)
    assert found is not None
    assert 4 <= found.at.astimezone(BERLIN).hour <= 7
    usual = next_ask(Facts("in_transit", noon + timedelta(hours=8), noon, BERLIN), USUAL)
    assert usual is not None and usual.at < found.at


def test_the_carriers_own_code_tells_more_than_the_stage() -> None:
    tallies = taught(200, 5, "EARLY")
    for key, tally in taught(200, 15, "LATE").by_key.items():
        for cell, hours in tally.waited.items():
            tallies.by_key[key].waited[cell] += hours
        for cell, count in tally.seen.items():
            tallies.by_key[key].seen[cell] += count
    profile, noon = tallies.profile(), MONDAY + timedelta(hours=12)
    asks = {}
    for code in ("EARLY", "LATE"):
        found = next_ask(Facts("in_transit", noon + timedelta(hours=14), noon, BERLIN, code), profile)
        assert found is not None
        asks[code] = found.at
    assert asks["EARLY"] < asks["LATE"]


def test_waiting_hours_add_up_and_know_their_cell() -> None:
    tally = Tally()
    tally.add(MONDAY + timedelta(minutes=50), MONDAY + timedelta(hours=7, minutes=10), BERLIN, scanned=False)
    assert sum(tally.waited.values()) == pytest.approx(6 + 1 / 3, abs=0.01)
    assert {cell for _bin, cell in tally.waited} == set(range(8))
    assert tally.scans == 0


def test_a_parcel_that_still_waits_makes_a_scan_less_likely() -> None:
    arrived, also_waiting = taught(200, 5), taught(200, 5)
    for _ in range(200):
        also_waiting.add(
            "in_transit", "", MONDAY + timedelta(hours=12), MONDAY + timedelta(days=3), BERLIN, scanned=False
        )
    cell, rates = cell_of(MONDAY + timedelta(hours=5)), []
    for tallies in (arrived, also_waiting):
        shape = tallies.profile().shapes["in_transit"]
        rates.append(shape.hazard(17, cell))
    assert rates[1] < rates[0]


def test_scans_out_of_order_and_of_long_ago_do_no_harm() -> None:
    tally = Tally()
    tally.add(MONDAY, MONDAY - timedelta(hours=3), UTC, scanned=True)
    tally.add(MONDAY, MONDAY + timedelta(days=400), UTC, scanned=True)
    assert tally.scans == 1
    assert sum(tally.waited.values()) <= 14 * 24 + 1
