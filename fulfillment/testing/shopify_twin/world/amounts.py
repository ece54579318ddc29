"""Money as the platform tells it: the same amount is money of the shop and of the buyer, in one currency."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, Self

from parcelwise.money import exponent


class Amount(NamedTuple):
    """``minor`` units of ``currency``; answers as a MoneyBag and as a MoneyV2."""

    minor: int
    currency: str

    @property
    def shop_money(self) -> Self:
        return self

    @property
    def presentment_money(self) -> Self:
        return self

    @property
    def currency_code(self) -> str:
        return self.currency

    @property
    def amount(self) -> str:
        """As GraphQL writes it: no zeros at the end but one digit after the point (``12.5``, ``10.0``)."""
        text = self.plain
        if "." not in text:
            return f"{text}.0"
        text = text.rstrip("0")
        return f"{text}0" if text.endswith(".") else text

    @property
    def plain(self) -> str:
        """As webhooks write it: all digits of the currency (``12.50``)."""
        return plain(self.minor, self.currency)


@lru_cache(maxsize=16_384)
def plain(minor: int, currency: str) -> str:
    digits = exponent(currency)
    if digits == 0:
        return str(minor)
    whole, rest = divmod(abs(minor), 10**digits)
    return f"{'-' if minor < 0 else ''}{whole}.{rest:0{digits}}"


def share(total: int, part: int, whole: int) -> int:
    """``total`` times ``part`` of ``whole``, rounded half up, without a float."""
    return (2 * total * part + whole) // (2 * whole) if whole else 0


def tax_of(amount: int, rate: int, *, included: bool) -> int:
    """Tax in or on top of ``amount`` at ``rate`` hundredths of a per cent (1900 is 19 %)."""
    return share(amount, rate, 10_000 + rate if included else 10_000)
