from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from parcelwise.money import EXPONENTS, exponent, show, to_decimal, to_minor

currencies = st.sampled_from(["EUR", "usd", "JPY", "KWD", *EXPONENTS])
amounts = st.integers(-(10**14), 10**14)


@given(amounts, currencies)
def test_an_amount_comes_back_as_it_was(minor, currency):
    assert to_minor(to_decimal(minor, currency), currency) == minor
    assert to_minor(str(to_decimal(minor, currency)), currency) == minor


@given(amounts, currencies)
def test_a_decimal_has_the_digits_of_its_currency(minor, currency):
    assert -to_decimal(minor, currency).as_tuple().exponent == exponent(currency)


@given(st.decimals(-(10**10), 10**10, allow_nan=False, allow_infinity=False), currencies)
def test_rounding_is_never_off_by_more_than_half_a_minor_unit(amount, currency):
    assert abs(to_decimal(to_minor(amount, currency), currency) - amount) <= Decimal("0.5").scaleb(-exponent(currency))


@given(st.integers(0, 10**12), st.integers(0, 10**12), currencies)
def test_sums_of_minor_units_lose_nothing(a, b, currency):
    assert to_decimal(a, currency) + to_decimal(b, currency) == to_decimal(a + b, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("12.50", "EUR", 1250), (" 12.5 ", "eur", 1250), ("0.005", "EUR", 1), ("-0.005", "EUR", -1), ("2.675", "EUR", 268)]
    + [("1250", "JPY", 1250), ("1.2345", "KWD", 1235), (12, "EUR", 1200), (Decimal("1e3"), "EUR", 100_000)],
)
def test_amounts_as_platforms_write_them(amount, currency, minor):
    assert to_minor(amount, currency) == minor


@pytest.mark.parametrize("amount", ["", "12,50", "€12", "NaN", "Infinity", "-inf", "1 2", "0x10", None, "1e999999"])
def test_what_is_no_amount_is_refused(amount):
    with pytest.raises(ValueError, match="is not an amount of money"):
        to_minor(amount, "EUR")


def test_amounts_for_people_follow_their_language():
    with translation.override("en"):
        assert show(123_456_78, "EUR") == "123,456.78 EUR"
    with translation.override("de"):
        assert show(123_456_78, "EUR") == "123.456,78 EUR"
        assert show(1250, "JPY") == "1.250 JPY"
