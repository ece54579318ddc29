"""The state of a parcel follows from the set of its events and from nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fulfillment.facts import Scan
from fulfillment.fold import fingerprint, fold
from fulfillment.statuses import MOVING, ShipmentStatus
from tests.factories import utc

S = ShipmentStatus
START = utc(2026, 3, 2, 8)


@dataclass(frozen=True)
class Event:
    occurred_at: datetime
    status: str
    reason: str = ""
    fingerprint: str = ""


def event(hours: float, status: str, reason: str = "") -> Event:
    return Event(START + timedelta(hours=hours), status, reason, f"{hours}{status}{reason}")


events = st.builds(
    event,
    st.integers(0, 40),
    st.sampled_from(list(S)),
    st.sampled_from(["", "weather_delay", "consignee_not_home", "carrier_parcel_lost"]),
)


@given(st.lists(events, max_size=12), st.randoms(), st.data())
def test_any_order_and_any_duplication_give_the_same_state(found, random, data):
    again = found + data.draw(st.lists(st.sampled_from(found), max_size=6) if found else st.just([]))
    random.shuffle(again)
    assert fold(again) == fold(found)


@given(st.lists(events, min_size=1, max_size=12))
def test_delivered_is_only_undone_by_a_way_back(found):
    first = min((e for e in found if e.status == S.DELIVERED), key=lambda e: e.occurred_at, default=None)
    state = fold(found)
    if first and not any(e.status == S.RETURN_TO_SENDER for e in found):
        assert (state.status, state.delivered_at) == (S.DELIVERED, first.occurred_at)
    if state.status == S.DELIVERED:
        assert state.delivered_at is not None


@given(st.lists(events, min_size=1, max_size=12))
def test_a_parcel_that_moved_was_handed_over(found):
    state = fold(found)
    moved = [e.occurred_at for e in found if e.status in MOVING or e.status == S.DELIVERED]
    assert state.handed_over_at == (min(moved) if moved else None)


def test_no_event_is_a_label():
    assert fold([]).status == S.PENDING


def test_a_late_scan_from_before_does_not_undo_delivery():
    assert fold([event(30, S.DELIVERED), event(10, S.IN_TRANSIT)]).status == S.DELIVERED


def test_out_for_delivery_booked_after_delivery_does_not_undo_it():
    state = fold([event(30, S.DELIVERED), event(30.1, S.OUT_FOR_DELIVERY)])
    assert state.status == S.DELIVERED


def test_delivered_and_out_for_delivery_in_the_same_minute_is_delivered():
    assert fold([event(30, S.DELIVERED), event(30, S.OUT_FOR_DELIVERY)]).status == S.DELIVERED


def test_delivery_at_the_end_of_a_way_back_is_not_delivery_to_the_customer():
    state = fold([event(5, S.IN_TRANSIT), event(30, S.RETURN_TO_SENDER), event(60, S.DELIVERED)])
    assert state.status == S.RETURN_TO_SENDER
    assert state.delivered_at is None


def test_a_late_label_message_does_not_move_the_parcel_back_to_the_shop():
    assert fold([event(5, S.IN_TRANSIT), event(9, S.PENDING)]).status == S.IN_TRANSIT


def test_an_unknown_code_leaves_the_last_known_status():
    assert fold([event(5, S.IN_TRANSIT), event(9, S.UNKNOWN)]).status == S.IN_TRANSIT


def test_a_failed_attempt_counts_as_the_first_attempt():
    state = fold([event(24, S.DELIVERY_FAILED, "consignee_not_home"), event(48, S.DELIVERED)])
    assert state.first_attempt_at == START + timedelta(hours=24)
    assert state.delivered_at == START + timedelta(hours=48)


def test_a_lost_parcel_was_not_attempted():
    state = fold([event(24, S.DELIVERY_FAILED, "carrier_parcel_lost")])
    assert state.first_attempt_at is None
    assert (state.reason, state.culprit) == ("carrier_parcel_lost", "carrier")


def test_a_better_time_zone_or_mapping_does_not_make_a_new_scan():
    first = Scan(START, S.UNKNOWN, "Depart", code="DP", location="Köln", local_time="2026-03-02T09:00", zone="assumed")
    later = Scan(
        START - timedelta(hours=1), S.IN_TRANSIT, "Depart", code="DP", location="Köln", local_time="2026-03-02T09:00"
    )
    assert fingerprint(first) == fingerprint(later)
    assert fingerprint(first) != fingerprint(Scan(START, S.IN_TRANSIT, "Depart", code="DP", location="Bonn"))
