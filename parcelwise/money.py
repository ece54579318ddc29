"""Money is a whole number of minor units and an ISO 4217 code. No float ever holds an amount."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from django.utils.formats import number_format

#: Currencies whose minor unit is not a hundredth (ISO 4217).
EXPONENTS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
}

#: No order is larger, and minor units of it still fit a 64-bit column.
LARGEST = Decimal(10**15)


def exponent(currency: str) -> int:
    """Digits after the point in ``currency``."""
    return EXPONENTS.get(currency.upper(), 2)


def to_minor(amount: str | int | Decimal, currency: str) -> int:
    """Minor units of a decimal amount: ``to_minor("12.50", "EUR") == 1250``. ValueError for what is no amount."""
    try:
        value = Decimal(str(amount).strip())
    except InvalidOperation as error:
        raise ValueError(f"“{amount}” is not an amount of money") from error
    # Compared without arithmetic, which overflows for what is written with an exponent of millions.
    if not value.is_finite() or not -LARGEST <= value <= LARGEST:
        raise ValueError(f"“{amount}” is not an amount of money")
    return int(value.scaleb(exponent(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def to_decimal(minor: int, currency: str) -> Decimal:
    """The amount as a Decimal with the currency's own number of digits."""
    return Decimal(minor).scaleb(-exponent(currency))


def show(minor: int, currency: str) -> str:
    """The amount for people, in the active language's number format: ``12.50 EUR``."""
    digits = exponent(currency)
    return f"{number_format(to_decimal(minor, currency), decimal_pos=digits, force_grouping=True)} {currency}"
