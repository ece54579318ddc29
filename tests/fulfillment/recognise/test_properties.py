"""What holds of every format, tried with numbers that are made from the formats themselves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fulfillment.carriers.recognise import FORMATS, recognise
from fulfillment.carriers.recognise.checks import GS1, LUHN, MOD37_36, S10, Check
from fulfillment.carriers.recognise.formats import Format
from fulfillment.carriers.recognise.posts import formats_of
from fulfillment.carriers.recognise.reading import plain

POSTAL = formats_of("RA473124829GB")[0]
CHECKED = [each for each in (*FORMATS, POSTAL) if each.check]
CATCHING = [each for each in CHECKED if each.check and each.check.catches_every_slip]
NOISE = [" ", "-", "\u00a0", "\u2009", "–", "\u200b", "."]


def named(form: Format) -> str:
    return f"{form.service}, {form.looks}"


def made(draw: Any, form: Format) -> tuple[str, int, int]:
    """A right number of the format, and where in it the checked part begins and ends."""
    found = form.form.fullmatch(draw(st.from_regex(form.form, fullmatch=True)))
    assert found is not None and form.check is not None
    serial, _digit = form.parts(found)
    start, end = found.span("serial") if "serial" in form.form.groupindex else (0, len(found[0]) - 1)
    right = form.check.expected(form.weighed(serial))
    return found[0][:end] + right + found[0][end + 1 :], start, end


@pytest.mark.parametrize("form", CHECKED, ids=named)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_number_with_its_check_digit_has_its_carrier_among_the_candidates(form: Format, data: Any) -> None:
    number, _start, _end = made(data.draw, form)
    assert form.carrier in {each.carrier for each in recognise(number)}


@pytest.mark.parametrize("form", CATCHING, ids=named)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_slip_of_one_digit_passes_a_check_that_catches_all(form: Format, data: Any) -> None:
    number, start, end = made(data.draw, form)
    digits = [place for place in range(start, end + 1) if number[place].isdigit()]
    place = data.draw(st.sampled_from(digits))
    other = data.draw(st.sampled_from([each for each in "0123456789" if each != number[place]]))
    assert not form.fits(number[:place] + other + number[place + 1 :])


@pytest.mark.parametrize("form", (*FORMATS, POSTAL), ids=named)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_spaces_dashes_and_case_change_nothing(form: Format, data: Any) -> None:
    number = data.draw(st.from_regex(form.form, fullmatch=True))
    typed = "".join(each + data.draw(st.sampled_from(["", "", *NOISE])) for each in number)
    typed = data.draw(st.sampled_from([typed, typed.lower(), f" {typed}\r\n"]))
    assert recognise(typed) == recognise(number)


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=120) | st.binary(max_size=60) | st.integers())
def test_nothing_that_comes_in_is_an_error(anything: object) -> None:
    for candidate in recognise(anything, origin="DE", destination="?", known=["ups"]):
        assert candidate.carrier and candidate.why
    assert plain(anything).isalnum() or plain(anything) == ""


@given(st.text("0123456789", min_size=8, max_size=8))
def test_the_postal_check_digit_misses_only_what_the_standard_lets_it_miss(serial: str) -> None:
    # Remainders 0 and 6 both give 5, which is why a slip can pass.
    total = sum(int(digit) * weight for digit, weight in zip(serial, (8, 6, 4, 2, 3, 5, 9, 7), strict=True))
    assert S10.expected(serial) == {0: "5", 1: "0"}.get(total % 11, str(11 - total % 11))


@pytest.mark.parametrize(
    ("check", "serial", "digit"),
    [
        (S10, "47312482", "9"),  # the UPU's example
        (GS1, "629104150021", "3"),  # GS1's example
        (LUHN, "7992739871", "3"),  # the example of the patent's article
        (MOD37_36, "A12425GABC1234002", "M"),  # the example of ISO 7064 mod 37, 36 (GRid)
    ],
)
def test_check_digits_are_those_of_the_standards_examples(check: Check, serial: str, digit: str) -> None:
    assert check.expected(serial) == digit
