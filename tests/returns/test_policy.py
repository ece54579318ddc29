"""The window rule, on days and pieces of every kind."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from returns.policy import (
    Arrival,
    LineFacts,
    ParcelFacts,
    PolicyFacts,
    ReturnFacts,
    TakenFacts,
    decide,
    standing,
)

DELIVERED = date(2026, 11, 1)
POLICY = PolicyFacts(30)


def a_line(*parcels: ParcelFacts, asked: int = 1, taken: tuple[TakenFacts, ...] = (), bought: int = 0) -> LineFacts:
    return LineFacts("Wool socks", bought or sum(p.quantity for p in parcels), parcels, taken, asked)


def arrived(quantity: int = 1, day: date | None = DELIVERED) -> ParcelFacts:
    return ParcelFacts(quantity, Arrival.ARRIVED, day)


@pytest.mark.parametrize(("days", "approved"), [(0, True), (29, True), (30, True), (31, False), (400, False)])
def test_the_window_ends_with_its_last_day(days, approved):
    verdict = decide(ReturnFacts((a_line(arrived()),)), POLICY, DELIVERED + timedelta(days))
    assert verdict.approved is approved
    assert verdict.rule == ("window" if approved else "window_over")


def test_every_no_says_in_words_what_is_in_the_way():
    today = DELIVERED + timedelta(40)
    for parcel, rule, words in [
        (arrived(), "window_over", "Wool socks: It could be returned until Dec. 1, 2026."),
        (ParcelFacts(1, Arrival.ON_ITS_WAY), "on_its_way", "Wool socks: It is still on its way."),
        (ParcelFacts(1, Arrival.GOING_BACK), "going_back", "Wool socks: Its parcel is on its way back to the shop."),
        (ParcelFacts(1, Arrival.NOT_SENT), "not_sent", "Wool socks: It has not been sent yet."),
    ]:
        verdict = decide(ReturnFacts((a_line(parcel),)), POLICY, today)
        assert (verdict.approved, verdict.rule) == (False, rule)
        assert verdict.reasons[0].startswith(words)


def test_a_piece_in_a_return_is_not_returned_again():
    line = a_line(arrived(), taken=(TakenFacts(1, DELIVERED),))
    assert decide(ReturnFacts((line,)), POLICY, DELIVERED).rule == "returned"


def test_a_line_taken_off_the_order_is_not_returned():
    line = LineFacts("Wool socks", 0, (arrived(),), asked=1)
    assert decide(ReturnFacts((line,)), POLICY, DELIVERED).rule == "removed"


def test_one_line_too_late_declines_the_whole_and_only_it_is_named():
    good, late = (
        a_line(arrived(day=DELIVERED)),
        LineFacts("Tent", 1, (arrived(day=DELIVERED - timedelta(90)),), asked=1),
    )
    verdict = decide(ReturnFacts((good, late)), POLICY, DELIVERED)
    assert not verdict.approved
    assert [reason.partition(":")[0] for reason in verdict.reasons] == ["Tent"]


def test_pieces_of_two_parcels_have_each_their_own_end():
    line = a_line(arrived(2, DELIVERED), arrived(1, DELIVERED + timedelta(20)))
    assert standing(line, POLICY, DELIVERED + timedelta(25)).available == 3
    later = standing(line, POLICY, DELIVERED + timedelta(35))
    assert (later.available, later.until) == (1, DELIVERED + timedelta(50))
    assert later.why_not == "It could be returned until Dec. 1, 2026."


def test_pieces_returned_in_time_do_not_use_up_the_time_of_later_ones():
    line = a_line(arrived(1, DELIVERED), arrived(1, DELIVERED + timedelta(25)), taken=(TakenFacts(1, DELIVERED),))
    assert standing(line, POLICY, DELIVERED + timedelta(40)).available == 1


def test_returning_the_late_piece_does_not_bring_back_the_time_of_the_early_one():
    returned = TakenFacts(1, DELIVERED + timedelta(40))
    line = a_line(arrived(2, DELIVERED), arrived(1, DELIVERED + timedelta(20)), taken=(returned,))
    assert standing(line, POLICY, DELIVERED + timedelta(41)).available == 0


def test_an_unknown_day_of_arrival_is_in_time_for_ever():
    verdict = decide(ReturnFacts((a_line(arrived(day=None)),)), POLICY, date(2099, 1, 1))
    assert verdict.approved
    assert "not known" in verdict.reasons[0]


def test_a_window_without_end_does_not_overflow():
    assert decide(ReturnFacts((a_line(arrived()),)), PolicyFacts(10**7), date(9999, 1, 1)).approved


def test_the_version_names_rule_and_figures():
    assert PolicyFacts(14).version == "window@1:14d"


# Any order of parcels and earlier returns: what must hold for all of them.

days = st.dates(date(2026, 1, 1), date(2026, 12, 31))
parcel_facts = st.builds(
    ParcelFacts, st.integers(1, 5), st.sampled_from([str(arrival) for arrival in Arrival]), days | st.none()
)
line_facts = st.builds(
    LineFacts,
    title=st.just("Wool socks"),
    bought=st.integers(0, 10),
    parcels=st.lists(parcel_facts, max_size=4).map(tuple),
    taken=st.lists(st.builds(TakenFacts, st.integers(1, 3), days), max_size=3).map(tuple),
    asked=st.integers(1, 6),
)
policies = st.builds(PolicyFacts, st.integers(0, 120))


@given(line_facts, policies, days)
def test_never_more_than_was_bought_has_arrived_and_is_left(line, policy, today):
    there = sum(parcel.quantity for parcel in line.parcels if parcel.arrival == Arrival.ARRIVED)
    taken = sum(taken.quantity for taken in line.taken)
    available = standing(line, policy, today).available
    assert 0 <= available <= max(0, line.bought - taken)
    assert available <= there


@given(line_facts, policies, days)
def test_all_that_is_available_is_approved_and_one_more_is_declined_with_a_reason(line, policy, today):
    now = standing(line, policy, today)
    for asked, approved in ((now.available, True), (now.available + 1, False)):
        if asked:
            asking = LineFacts(line.title, line.bought, line.parcels, line.taken, asked)
            verdict = decide(ReturnFacts((asking,)), policy, today)
            assert verdict.approved is approved
            assert all(reason.strip() for reason in verdict.reasons)


@given(line_facts, policies, days)
def test_waiting_never_makes_more_returnable_and_a_longer_window_never_less(line, policy, today):
    now = standing(line, policy, today).available
    assert standing(line, policy, today + timedelta(1)).available <= now
    if not line.taken:
        assert standing(line, PolicyFacts(policy.window_days + 1), today).available >= now


@given(line_facts, policies, days)
def test_what_is_available_can_still_be_returned_on_the_last_day_that_was_named(line, policy, today):
    now = standing(line, policy, today)
    if now.available and now.until:
        assert now.until >= today
        assert standing(line, policy, now.until).available == now.available


@given(st.lists(line_facts, min_size=1, max_size=4).map(tuple), policies, days)
def test_a_recorded_decision_is_recomputed_to_the_same(lines, policy, today):
    facts = ReturnFacts(lines)
    assert ReturnFacts.from_json(facts.as_json()) == facts
    assert decide(ReturnFacts.from_json(facts.as_json()), policy, today) == decide(facts, policy, today)
