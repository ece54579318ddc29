"""The shop's checkout."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms

from demo.shop.models import Order, OrderLine, Product

#: Where the shop sends to, and what that costs.
COUNTRIES = {"DE": "Germany", "AT": "Austria", "NL": "Netherlands", "FR": "France"}
SHIPPING = {"DE": "4.90"}
SHIPPING_ABROAD = "9.90"
MOST = 9


class CheckoutForm(forms.ModelForm):
    """Address and pieces: a field ``pieces_<product>`` for each product on offer."""

    country = forms.ChoiceField(choices=list(COUNTRIES.items()))

    class Meta:
        model = Order
        fields = ("name", "email", "phone", "street", "postcode", "city", "country")
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "phone": forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
            "street": forms.TextInput(attrs={"autocomplete": "street-address"}),
            "postcode": forms.TextInput(attrs={"autocomplete": "postal-code"}),
            "city": forms.TextInput(attrs={"autocomplete": "address-level2"}),
        }
        labels = {"phone": "Phone (optional)", "street": "Street and number"}

    def __init__(self, products: list[Product], wanted: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.products = products
        for product in products:
            self.fields[f"pieces_{product.pk}"] = forms.TypedChoiceField(
                choices=[(number, str(number)) for number in range(MOST + 1)],
                coerce=int,
                initial=1 if product.sku == wanted else 0,
                label=f"Pieces of {product.name}",
            )

    def rows(self) -> Iterator[tuple[Product, forms.BoundField]]:
        for product in self.products:
            yield product, self[f"pieces_{product.pk}"]

    def address_fields(self) -> Iterator[forms.BoundField]:
        for name in self.Meta.fields:
            yield self[name]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not any(cleaned.get(f"pieces_{product.pk}") for product in self.products):
            raise forms.ValidationError("Choose at least one piece of something.")
        return cleaned

    def lines(self, order: Order) -> list[OrderLine]:
        """The lines of a valid form, not saved."""
        return [
            OrderLine(order=order, product=product, quantity=pieces, price=product.price)
            for product in self.products
            if (pieces := self.cleaned_data[f"pieces_{product.pk}"])
        ]
