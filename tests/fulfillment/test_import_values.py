"""Texts become values, or a sentence says why they make no sense."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from fulfillment.imports.values import Refusal, day, moment, money, number

SAO_PAULO = ZoneInfo("America/Sao_Paulo")


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2017-07-01 12:00:00", (2017, 7, 1, 15, 0)),
        ("2017-12-01 12:00:00", (2017, 12, 1, 14, 0)),  # summer time
        ("2017-10-15 00:30:00", (2017, 10, 15, 3, 30)),  # an hour that the clocks left out
        ("2018-02-17 23:30:00", (2018, 2, 18, 1, 30)),  # an hour that came twice: the first
        ("2017-07-01T12:00:00+02:00", (2017, 7, 1, 10, 0)),
        ("2017-07-01T12:00:00Z", (2017, 7, 1, 12, 0)),
    ],
)
def test_a_moment_without_an_offset_is_local(text: str, utc: tuple[int, ...]) -> None:
    assert moment(text, SAO_PAULO) == datetime(*utc, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_a_form_of_its_own_is_read_by_its_format() -> None:
    assert moment("24/11/17 9h05", SAO_PAULO, "%d/%m/%y %Hh%M") == datetime(2017, 11, 24, 11, 5, tzinfo=UTC)


def test_a_day_has_no_zone() -> None:
    assert day("2017-12-01 00:00:00") == date(2017, 12, 1)


@pytest.mark.parametrize("text", ["2017-02-30 10:00:00", "yesterday", "0217-01-01", "9999-12-31 23:59:59", "1e9"])
def test_a_date_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as caught:
        moment(text, SAO_PAULO)
    assert caught.value.reason == "unreadable date"


@pytest.mark.parametrize(
    ("text", "currency", "minor"), [("58.9", "BRL", 5890), ("0", "BRL", 0), ("100", "JPY", 100), ("1.005", "BHD", 1005)]
)
def test_an_amount_becomes_minor_units(text: str, currency: str, minor: int) -> None:
    assert money(text, currency) == minor


def test_a_decimal_comma_and_minor_units_are_options() -> None:
    assert money("1.234,56", "EUR", ",") == 123456
    assert money("123456", "EUR", minor=True) == 123456


@pytest.mark.parametrize("text", ["12,50", "NaN", "Infinity", "1e999999999", "12.50 EUR", "٣x", "9" * 40])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        money(text, "EUR")


@pytest.mark.parametrize("text", ["1.5", "-1", "one", "99999999999", "NaN", "1e30"])
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        number(text)


def test_numbers_may_be_written_with_a_point_and_change_their_unit() -> None:
    assert number("225.0") == 225
    assert number("0.35", times=1000) == 350
