"""Fields that mean the same in every API: money, moments, days, and inputs that refuse what they do not know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from parcelwise.api.filters import aware
from parcelwise.api.problems import did_you_mean
from parcelwise.money import exponent, to_decimal, to_minor


@dataclass(frozen=True, slots=True)
class Amount:
    """Minor units of a currency."""

    minor: int
    currency: str


MONEY = {
    "type": "object",
    "required": ["amount", "currency"],
    "additionalProperties": False,
    "properties": {
        "amount": {"type": "string", "pattern": r"^-?\d{1,15}(\.\d{1,3})?$", "example": "49.90"},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$", "example": "EUR"},
    },
    "description": "A decimal number as text, with as many digits as the currency has, and its ISO 4217 code.",
}


@extend_schema_field(MONEY)
class Money(serializers.Field):
    """``{"amount": "49.90", "currency": "EUR"}``, the one way in which money is written. Inside, an :class:`Amount`."""

    default_error_messages = {
        "shape": gettext_lazy('Write {{"amount": "49.90", "currency": "EUR"}}, the amount as text.'),
        "digits": gettext_lazy("The currency has fewer digits after the point."),
    }

    def to_representation(self, value: Amount) -> dict[str, str]:
        return {"amount": f"{to_decimal(value.minor, value.currency):f}", "currency": value.currency}

    def to_internal_value(self, data: Any) -> Amount:
        if not isinstance(data, Mapping) or set(data) != {"amount", "currency"}:
            self.fail("shape")
        amount, currency = data["amount"], data["currency"]
        if not isinstance(amount, str) or not isinstance(currency, str) or not _is_code(currency):
            self.fail("shape")
        whole, _point, digits = amount.partition(".")
        plain = whole.removeprefix("-")
        if not (plain.isascii() and plain.isdigit() and len(plain) <= 15) or (digits and not digits.isdigit()):
            self.fail("shape")
        if len(digits) > exponent(currency):
            self.fail("digits")
        try:
            return Amount(to_minor(amount, currency), currency)
        except ValueError:
            self.fail("shape")
            raise


def _is_code(text: str) -> bool:
    return len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()


#: Years that are stated. Further ones are typing errors, and no window can be reckoned from the last day there is.
FIRST_YEAR, LAST_YEAR = 1990, 2199


class Moment(serializers.DateTimeField):
    """A moment in UTC; in requests any zone, but not without one."""

    def to_representation(self, value: Any) -> str | None:
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if value else None

    def to_internal_value(self, data: Any) -> Any:
        try:
            found = aware(data if isinstance(data, str) else "")
        except ValueError as error:
            raise serializers.ValidationError(str(error)) from None
        return _in_our_days(found)


class Day(serializers.DateField):
    """A day as ``2026-01-31``, in requests."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        return _in_our_days(super().to_internal_value(data))


def _in_our_days(found: Any) -> Any:
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        told = _("Write a year from %(first)d to %(last)d.") % {"first": FIRST_YEAR, "last": LAST_YEAR}
        raise serializers.ValidationError(told)
    return found


class Text(serializers.CharField):
    """Text that every data base takes."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 200)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError(_("This is no text."))
        return str(super().to_internal_value(data))


class Told(serializers.Serializer):
    """What goes out. Nothing is ever read by it."""


class Said(serializers.Serializer):
    """What comes in. A field that there is not is an error, with the one that was probably meant."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = {
                str(name)[:80]: [_("There is no such field.") + did_you_mean(str(name), self.fields)]
                for name in data
                if name not in self.fields
            }
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)
