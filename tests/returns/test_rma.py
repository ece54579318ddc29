"""Numbers that are read out, typed and scanned."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from returns.rma import ALPHABET, new_number, tidy

numbers = st.builds(new_number)


def test_numbers_have_one_shape_and_no_letter_that_looks_like_another():
    drawn = {new_number() for _ in range(2000)}
    assert len(drawn) == 2000
    assert all(len(number) == 11 and number[:2] == "R-" and number[6] == "-" for number in drawn)
    assert not set("ILOU") & set(ALPHABET)


@given(numbers)
def test_a_number_is_understood_however_it_is_written(number):
    plain = number.replace("-", "")
    misread = number[2:].replace("0", "O").replace("1", "I").lower()
    for written in (number, number.lower(), plain, number[2:], f"  {number} ", number.replace("-", " "), misread):
        assert tidy(written) == number


@given(numbers, st.integers(0, 7), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(number, place, character):
    body = list(number[2:].replace("-", ""))
    if body[place] != character:
        body[place] = character
        assert tidy("".join(body)) == ""


def test_other_words_are_no_number():
    for text in ("", "R-", "Ana", "NL-1001", "1Z999AA10123456784", "R-7KQ4-M2XDX", "<script>"):
        assert tidy(text) == ""
