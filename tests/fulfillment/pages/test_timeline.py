"""Scans as people read them."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from fulfillment.models import TrackingEvent
from fulfillment.pages.timeline import timeline
from tests.factories import utc

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 12, 2)


def a_scan(occurred_at, **columns):
    defaults = {"status": "in_transit", "description": "Arrived at facility", "location": "Köln, DE"}
    return TrackingEvent(occurred_at=occurred_at, **{**defaults, **columns})


def entries(*scans):
    line = timeline(sorted(scans, key=lambda scan: scan.occurred_at, reverse=True), BERLIN, TODAY)
    return [(day.name, [(entry.time, entry.zone, entry.words) for entry in day.entries]) for day in line.recent]


def test_scans_are_grouped_by_day_newest_first_in_the_readers_time():
    told = entries(
        a_scan(utc(2026, 12, 2, 7, 30), description="Departed"),
        a_scan(utc(2026, 12, 1, 23, 30), description="Arrived"),
        a_scan(utc(2026, 12, 1, 9, 0), status="picked_up", description="Pickup scan"),
    )
    assert told == [
        ("Today", [("08:30", "", "Departed"), ("00:30", "", "On its way")]),
        ("Yesterday", [("10:00", "", "Picked up")]),
    ]


def test_a_clock_that_is_not_the_readers_is_named():
    scan = a_scan(utc(2026, 12, 1, 1, 12), local_time="2026-11-30T20:12:00-05:00", location="Newark, NJ")
    assert entries(scan) == [("Monday 30 November", [("20:12", "UTC−5", "On its way")])]


def test_the_same_clock_in_other_words_is_not_named():
    assert entries(a_scan(utc(2026, 12, 1, 9), local_time="2026-12-01T10:00:00"))[0][1][0][:2] == ("10:00", "")


def test_an_hour_that_was_guessed_is_not_shown_and_the_carriers_day_is_kept():
    scan = a_scan(utc(2026, 12, 1, 23, 30), zone="assumed", local_time="2026-12-01T23:30:00")
    assert entries(scan) == [("Yesterday", [("", "", "On its way")])]


def test_a_step_is_told_in_our_words_with_the_carriers_below():
    (day,) = timeline(
        [a_scan(utc(2026, 12, 1, 9), status="picked_up", description="Origin scan")], BERLIN, TODAY
    ).recent
    (entry,) = day.entries
    assert (entry.words, entry.detail, entry.is_step) == ("Picked up", "Origin scan", True)


def test_a_reason_stands_where_the_carrier_has_no_words():
    scan = a_scan(utc(2026, 12, 1, 9), status="delivery_failed", description="", reason="consignee_not_home")
    (day,) = timeline([scan], BERLIN, TODAY).recent
    assert day.entries[0].detail == "Nobody was at home"


def test_many_scans_are_folded_away_and_none_is_lost():
    scans = [a_scan(utc(2026, 12, 1, 20) - timedelta(hours=hours)) for hours in range(30)]
    line = timeline(scans, BERLIN, TODAY)
    shown, folded = (sum(len(day.entries) for day in days) for days in (line.recent, line.earlier))
    assert (shown, folded, line.earlier_count) == (6, 24, 24)


def test_no_scans_are_no_timeline():
    assert timeline([], BERLIN, TODAY).recent == []


def test_a_time_that_no_clock_shows_is_not_named_as_a_zone():
    assert entries(a_scan(utc(2026, 12, 1, 9), local_time="2026-12-05T10:07:13"))[0][1][0][:2] == ("10:00", "")
