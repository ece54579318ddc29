"""Small things that stand in several answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from parcelwise.api.fields import Amount, Money, Text, Told


@extend_schema_serializer(component_name="Address")
class AddressTold(Told):
    name = serializers.CharField()
    lines = serializers.ListField(child=serializers.CharField())
    city = serializers.CharField()
    region = serializers.CharField(help_text="State or province, as its code.")
    postcode = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166-1 alpha-2.")


@extend_schema_serializer(component_name="StoreName")
class StoreNamed(Told):
    id = serializers.UUIDField(source="uuid")
    name = serializers.CharField()


class MoneyOf(Money):
    """An amount in minor units of a row, in the currency that the row, or the order it belongs to, has."""

    def __init__(self, column: str, currency: str = "currency", **kwargs: Any) -> None:
        self.column, self.currency = column, currency.split(".")
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, value: Any) -> dict[str, str]:
        held = value
        for name in self.currency:
            held = getattr(held, name)
        return super().to_representation(Amount(getattr(value, self.column), held))


def is_told(serializer: Any, name: str) -> bool:
    """Whether ``expand`` names it."""
    return name in serializer.context.get("expand", ())


__all__ = ["AddressTold", "MoneyOf", "StoreNamed", "Text", "extend_schema_field", "is_told"]
