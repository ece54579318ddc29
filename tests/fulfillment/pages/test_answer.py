"""What is told about one parcel."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.facts import Receipt
from fulfillment.pages.answer import answer
from fulfillment.pages.known import Known
from fulfillment.pages.to_do import WRITE, to_do
from fulfillment.statuses import Reason, ShipmentStatus
from fulfillment.windows import Window

S = ShipmentStatus
TUESDAY = date(2026, 12, 1)
WINDOW = Window(date(2026, 12, 3), date(2026, 12, 5), date(2026, 12, 4))
MOVING = Known(
    status=S.IN_TRANSIT,
    today=TUESDAY,
    carrier="UPS",
    window=WINDOW,
    promised_on=date(2026, 12, 6),
    seen_on=TUESDAY,
    handed_over=True,
    is_asked=True,
)


def test_a_parcel_on_its_way_is_told_by_its_window_and_what_that_means():
    told = answer(MOVING)
    assert told.headline == "Arriving Thu 3 – Sat 5 Dec"
    assert told.meaning == "8 of 10 such parcels arrive in this window."
    assert (told.word, told.tone, told.step, told.happened) == ("On its way", "plain", 3, "")


def test_a_window_that_has_begun_starts_today_and_the_figure_stays_with_the_whole():
    told = answer(replace(MOVING, today=date(2026, 12, 4), seen_on=date(2026, 12, 4)))
    assert told.headline == "Arriving today or tomorrow"
    assert "Thu 3" not in told.headline
    assert "8 of 10 such parcels arrive in their window" in told.meaning
    assert "this window" not in told.meaning


def test_a_window_that_is_over_is_not_shown_as_an_arrival():
    told = answer(replace(MOVING, today=date(2026, 12, 7), seen_on=date(2026, 12, 3)))
    assert told.headline == "Later than we expected"
    assert "Thursday 3 Dec" in told.happened
    assert told.tone == "warn"


def test_without_a_window_the_promise_and_then_the_carrier_have_the_word():
    without = replace(MOVING, window=None)
    assert answer(without).headline == "Arriving by Sun 6 Dec"
    carriers = replace(without, promised_on=None, carrier_estimate=date(2026, 12, 2))
    assert (answer(carriers).headline, answer(carriers).meaning) == (
        "Arriving by Wed 2 Dec",
        "That is what UPS expects.",
    )
    assert answer(replace(without, promised_on=None)).meaning == "We cannot tell the day yet."


def test_a_delay_says_what_happened_what_it_means_and_what_comes_next():
    told = answer(replace(MOVING, is_late=True, promised_on=date(2026, 12, 2), reason=Reason.WEATHER_DELAY))
    assert told.happened == (
        "We promised it by Wed 2 Dec. It will probably not make it. The reason given: Bad weather."
    )
    assert told.means == "We now expect it Thu 3 – Sat 5 Dec."
    assert told.then == "It goes on when the weather allows. You need not do anything."
    assert (told.word, told.tone) == ("Delayed", "warn")


def test_a_broken_promise_counts_as_late_without_any_model():
    told = answer(replace(MOVING, promised_on=date(2026, 11, 30)))
    assert told.happened.startswith("We promised it by Mon 30 Nov. It did not make it.")


def test_what_has_not_left_the_shop_is_the_shops_fault():
    told = answer(replace(MOVING, status=S.PENDING, handed_over=False, promised_on=date(2026, 11, 30), window=None))
    assert told.means.startswith("It has not left us yet.")
    assert told.then.startswith("That is our fault")


def test_silence_is_admitted_after_some_days_and_not_before():
    quiet = replace(MOVING, seen_on=date(2026, 11, 28))
    assert answer(quiet).happened == ""
    silent = replace(MOVING, seen_on=date(2026, 11, 27))
    assert answer(silent).happened == "UPS has not scanned your parcel since Friday 27 Nov."
    assert "We keep asking UPS" in answer(silent).then
    assert "we will ask UPS" in answer(replace(silent, is_asked=False)).then


def test_the_hour_of_a_delivery_is_told_only_when_it_is_known():
    delivered = Known(S.DELIVERED, TUESDAY, delivered_on=date(2026, 11, 30), seen_at_place="München")
    assert (answer(delivered).headline, answer(delivered).meaning) == ("Delivered yesterday", "")
    assert answer(replace(delivered, delivered_time="14:05")).meaning == "At 14:05 in München."


def test_out_for_delivery_means_today_only_on_the_day_of_the_scan():
    out = replace(MOVING, status=S.OUT_FOR_DELIVERY)
    assert answer(out).headline == "Out for delivery today"
    assert answer(replace(out, seen_on=date(2026, 11, 30))).headline == "Arriving Thu 3 – Sat 5 Dec"


def test_a_lost_parcel_is_called_lost():
    told = answer(replace(MOVING, status=S.ON_HOLD, reason=Reason.CARRIER_PARCEL_LOST))
    assert (told.headline, told.tone, told.step) == ("Your parcel is lost", "bad", 0)
    found = answer(replace(MOVING, status=S.DELIVERED, reason=Reason.CARRIER_PARCEL_LOST, delivered_on=TUESDAY))
    assert found.headline == "Delivered today"


days = st.dates(date(2026, 11, 1), date(2026, 12, 31))
windows = st.builds(
    lambda one, two, three: Window(*(sorted((one, two, three))[i] for i in (0, 2, 1))), days, days, days
)


@given(
    st.builds(
        Known,
        status=st.sampled_from(ShipmentStatus.values),
        today=days,
        carrier=st.sampled_from(["", "DHL"]),
        reason=st.sampled_from(["", *Reason.values]),
        window=st.none() | windows,
        promised_on=st.none() | days,
        carrier_estimate=st.none() | days,
        seen_on=st.none() | days,
        seen_at_place=st.sampled_from(["", "Köln"]),
        announced_on=st.none() | days,
        handed_over=st.booleans(),
        attempted_on=st.none() | days,
        delivered_on=st.none() | days,
        delivered_time=st.sampled_from(["", "08:15"]),
        is_late=st.booleans(),
        is_asked=st.booleans(),
    )
)
def test_whatever_is_known_something_sensible_is_told(known):
    told = answer(known)
    assert told.headline
    assert told.word
    assert 0 <= told.step <= 5
    assert "%(" not in " ".join((told.headline, told.meaning, told.happened, told.means, told.then))
    assert "None" not in told.headline + told.meaning + told.happened
    if told.happened:
        assert told.means
        assert told.then
        assert told.tone in ("warn", "bad") or known.status == S.UNKNOWN


@pytest.mark.parametrize("status", ShipmentStatus.values)
def test_every_status_is_told_in_words_of_its_own(status):
    told = answer(replace(MOVING, status=status))
    assert told.word
    assert status not in (told.word, told.headline)


@pytest.mark.parametrize("status", [S.PENDING, S.IN_TRANSIT, S.OUT_FOR_DELIVERY])
def test_a_damaged_parcel_is_told_as_damaged_and_when_it_may_come(status):
    told = answer(replace(MOVING, status=status, reason=Reason.CARRIER_DAMAGED_PARCEL))
    assert (told.word, told.tone) == ("Damaged", "warn")
    assert told.happened == "UPS tells us that your parcel was damaged."
    assert told.headline


def test_of_the_shops_own_courier_no_carriers_page_is_spoken():
    ours = replace(MOVING, carrier="Our courier", is_ours=True)
    for status in (S.OUT_FOR_DELIVERY, S.DELIVERY_FAILED):
        told = to_do(replace(ours, status=status), Receipt())
        assert told.links == (WRITE,)
        assert "page" not in " ".join(told.steps)
