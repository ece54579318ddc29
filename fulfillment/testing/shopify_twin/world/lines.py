"""What was bought: lines, shipping, tax and what was paid."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from fulfillment.testing.shopify_twin.world.amounts import Amount, share, tax_of
from fulfillment.testing.shopify_twin.world.ids import Thing
from fulfillment.testing.shopify_twin.world.sale import Sale


@dataclass(frozen=True, slots=True)
class TaxLine:
    """``percent`` in hundredths of a per cent."""

    price_set: Amount
    percent: int
    title: str = "VAT"

    @property
    def rate(self) -> float:
        return self.percent / 10_000

    @property
    def rate_percentage(self) -> float:
        return self.percent / 100


@dataclass(frozen=True, slots=True)
class Attribute:
    key: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Product(Thing):
    type_name: ClassVar[str] = "Product"
    id: int
    title: str


@dataclass(frozen=True, slots=True)
class Variant(Thing):
    type_name: ClassVar[str] = "ProductVariant"
    id: int
    title: str
    sku: str | None = None
    barcode: str | None = None


@dataclass(frozen=True, slots=True)
class Weight:
    value: float
    unit: str = "GRAMS"


@dataclass(slots=True, eq=False)
class Line(Thing):
    """``price`` of one and ``discount`` on all units, in minor units. Counts are units.

    ``refunded`` counts all units that were refunded, ``refunded_open`` those of them that had not been sent.
    """

    type_name: ClassVar[str] = "LineItem"
    id: int
    order: Sale = field(repr=False)
    title: str
    price: int
    quantity: int = 1
    sku: str | None = None
    variant_title: str | None = None
    vendor: str | None = None
    product_id: int | None = None
    variant_id: int | None = None
    grams: int = 0
    discount: int = 0
    requires_shipping: bool = True
    is_gift_card: bool = False
    attributes: list[Attribute] = field(default_factory=list)
    removed: int = 0
    fulfilled: int = 0
    refunded: int = 0
    refunded_open: int = 0

    @property
    def name(self) -> str:
        return f"{self.title} - {self.variant_title}" if self.variant_title else self.title

    @property
    def taxable(self) -> bool:
        return self.order.tax_rate > 0

    @property
    def restockable(self) -> bool:
        return True

    @property
    def custom_attributes(self) -> list[Attribute]:
        return self.attributes

    @property
    def product(self) -> Product | None:
        return None if self.product_id is None else Product(self.product_id, self.title)

    @property
    def variant(self) -> Variant | None:
        return None if self.variant_id is None else Variant(self.variant_id, self.variant_title or self.title, self.sku)

    @property
    def weight(self) -> Weight:
        return Weight(float(self.grams))

    @property
    def current_quantity(self) -> int:
        return self.quantity - self.removed - self.refunded

    @property
    def refundable_quantity(self) -> int:
        return self.current_quantity

    @property
    def unfulfilled_quantity(self) -> int:
        return self.quantity - self.removed - self.fulfilled - self.refunded_open

    @property
    def fulfillable_quantity(self) -> int:
        return self.unfulfilled_quantity

    @property
    def non_fulfillable_quantity(self) -> int:
        return self.refunded_open

    @property
    def total(self) -> int:
        """Of all units that were ever ordered, after discount."""
        return self.price * self.quantity - self.discount

    @property
    def current_total(self) -> int:
        return share(self.total, self.current_quantity, self.quantity)

    def worth(self, units: int) -> int:
        """What the next ``units`` to be refunded are worth, so that all units together are worth the whole."""
        gone = self.removed + self.refunded
        return share(self.total, gone + units, self.quantity) - share(self.total, gone, self.quantity)

    def tax(self, amount: int) -> int:
        return tax_of(amount, self.order.tax_rate, included=self.order.taxes_included)

    @property
    def tax_lines(self) -> list[TaxLine]:
        if not self.order.tax_rate:
            return []
        return [TaxLine(Amount(self.tax(self.total), self.order.currency), self.order.tax_rate)]

    @property
    def original_unit_price_set(self) -> Amount:
        return Amount(self.price, self.order.currency)

    @property
    def discounted_unit_price_set(self) -> Amount:
        return Amount(share(self.total, 1, self.quantity), self.order.currency)

    @property
    def original_total_set(self) -> Amount:
        return Amount(self.price * self.quantity, self.order.currency)

    @property
    def discounted_total_set(self) -> Amount:
        return Amount(self.total, self.order.currency)

    @property
    def total_discount_set(self) -> Amount:
        return Amount(self.discount, self.order.currency)


@dataclass(slots=True, eq=False)
class ShippingLine(Thing):
    type_name: ClassVar[str] = "ShippingLine"
    id: int
    order: Sale = field(repr=False)
    title: str
    price: int
    code: str | None = "standard"
    source: str | None = "shopify"
    carrier_identifier: str | None = None
    phone: str | None = None
    is_removed: bool = False
    custom: bool = False

    @property
    def original_price_set(self) -> Amount:
        return Amount(self.price, self.order.currency)

    @property
    def discounted_price_set(self) -> Amount:
        return self.original_price_set

    @property
    def current_discounted_price_set(self) -> Amount:
        return Amount(0 if self.is_removed else self.price, self.order.currency)

    @property
    def tax_lines(self) -> list[TaxLine]:
        if not self.order.tax_rate:
            return []
        tax = tax_of(self.price, self.order.tax_rate, included=self.order.taxes_included)
        return [TaxLine(Amount(tax, self.order.currency), self.order.tax_rate)]


@dataclass(slots=True, eq=False)
class Transaction(Thing):
    """Money that moved or was held; ``amount`` in minor units of the order's currency."""

    type_name: ClassVar[str] = "OrderTransaction"
    id: int
    order: Sale = field(repr=False)
    kind: str
    amount: int
    created_at: datetime
    gateway: str = "shopify_payments"
    status: str = "SUCCESS"
    parent: Transaction | None = None
    #: Which payment of its order it is, from 1.
    place: int = 1
    manual_payment_gateway: bool = False
    error_code: str | None = None

    @property
    def formatted_gateway(self) -> str:
        return self.gateway.replace("_", " ").title()

    @property
    def amount_set(self) -> Amount:
        return Amount(self.amount, self.order.currency)

    @property
    def total_unsettled_set(self) -> Amount:
        return Amount(0, self.order.currency)

    @property
    def processed_at(self) -> datetime:
        return self.created_at

    @property
    def test(self) -> bool:
        return self.order.test

    @property
    def parent_transaction(self) -> Transaction | None:
        return self.parent

    @property
    def payment_id(self) -> str:
        return f"{self.order.name}.{self.place}"
