"""From a cell's text to a value. Refusal says in a sentence why a text makes no sense."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from parcelwise.money import to_minor

#: Whole numbers that the data base can hold, and amounts of which it can hold the sum.
LARGEST_NUMBER = 2_147_483_647
LARGEST_AMOUNT = 1_000_000_000_000_000
#: Years outside are slips of the pen (0202-03-01, 20017-10-02).
YEARS = range(1990, 2100)


class Refusal(ValueError):
    """A text that makes no sense. ``reason`` is the short name under which such cases are counted."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason
        self.sentence = sentence


def moment(text: str, zone: ZoneInfo, form: str = "") -> datetime:
    """A moment in UTC. A time without an offset is local in ``zone``; of a doubled autumn hour, the first."""
    local = _parse(text, form)
    if local.tzinfo is None:
        local = local.replace(tzinfo=zone)
    return local.astimezone(UTC)


def has_offset(text: str) -> bool:
    """Whether ``text``, an ISO 8601 time, says its own offset."""
    return text.endswith(("Z", "z")) or "+" in text[10:] or "-" in text[10:]


@lru_cache(maxsize=4096)
def day(text: str, form: str = "") -> date:
    """A calendar day; the time of day beside it, if any, is left out."""
    return _parse(text, form).date()


def _parse(text: str, form: str) -> datetime:
    try:
        found = datetime.strptime(text, form) if form else datetime.fromisoformat(text)
    except ValueError as error:
        like = f" of the form {form}" if form else ""
        raise Refusal("unreadable date", f"“{text}” is not a date{like}") from error
    if found.year not in YEARS:
        raise Refusal("unreadable date", f"“{text}” has the year {found.year}, which cannot be right")
    return found


def money(text: str, currency: str, decimal: str = ".", minor: bool = False) -> int:
    """Minor units of a decimal amount that is not negative; ``minor``: the text has minor units already."""
    if decimal != ".":
        text = text.replace(".", "").replace(decimal, ".")
    try:
        amount = _whole(text) if minor else to_minor(text, currency)
    except (ValueError, ArithmeticError) as error:
        raise Refusal("unreadable amount", f"“{text}” is not an amount of money") from error
    return _in_range(text, amount, LARGEST_AMOUNT)


def number(text: str, times: int = 1) -> int:
    """A whole number that is not negative. ``times`` converts units (kg to g) and rounds."""
    try:
        value = round(_decimal(text) * times) if times != 1 else _whole(text)
    except (ValueError, ArithmeticError) as error:
        raise Refusal("unreadable number", f"“{text}” is not a whole number") from error
    return _in_range(text, value, LARGEST_NUMBER)


def _whole(text: str) -> int:
    if text.isdecimal():
        return int(text[:30])
    value = _decimal(text)
    if value != value.to_integral_value():
        raise ValueError(text)
    return int(value)


def _decimal(text: str) -> Decimal:
    value = Decimal(text)
    # 1e999999 is short to write and long to compute with.
    if not value.is_finite() or value.adjusted() > 30:
        raise ValueError(text)
    return value


def sum_of(amounts: Iterable[int]) -> int:
    """The sum of amounts; Refusal when no data base column holds it."""
    found = sum(amounts)
    return _in_range(str(found), found, LARGEST_AMOUNT)


def _in_range(text: str, value: int, largest: int) -> int:
    if value < 0:
        raise Refusal("negative", f"“{text}” is negative")
    if value > largest:
        raise Refusal("too large", f"“{text}” is too large to be right")
    return value
