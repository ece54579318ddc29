"""What was given back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from fulfillment.testing.shopify_twin.world.amounts import Amount, share, tax_of
from fulfillment.testing.shopify_twin.world.ids import Thing
from fulfillment.testing.shopify_twin.world.lines import Line, ShippingLine, Transaction
from fulfillment.testing.shopify_twin.world.places import Location
from fulfillment.testing.shopify_twin.world.sale import Sale


@dataclass(slots=True, eq=False)
class RefundLine(Thing):
    """``subtotal`` and ``tax`` in minor units, for all ``quantity`` units."""

    type_name: ClassVar[str] = "RefundLineItem"
    id: int
    line_item: Line
    quantity: int
    restock_type: str
    subtotal: int
    location: Location | None = None

    @property
    def restocked(self) -> bool:
        return self.restock_type in ("CANCEL", "RETURN")

    @property
    def tax(self) -> int:
        return self.line_item.tax(self.subtotal)

    @property
    def price_set(self) -> Amount:
        return Amount(share(self.subtotal, 1, self.quantity), self.line_item.order.currency)

    @property
    def subtotal_set(self) -> Amount:
        return Amount(self.subtotal, self.line_item.order.currency)

    @property
    def total_tax_set(self) -> Amount:
        return Amount(self.tax, self.line_item.order.currency)


@dataclass(slots=True, eq=False)
class RefundShipping(Thing):
    type_name: ClassVar[str] = "RefundShippingLine"
    id: int
    shipping_line: ShippingLine
    amount: int

    @property
    def subtotal_amount_set(self) -> Amount:
        return Amount(self.amount, self.shipping_line.order.currency)

    @property
    def tax(self) -> int:
        order = self.shipping_line.order
        return tax_of(self.amount, order.tax_rate, included=order.taxes_included)

    @property
    def tax_amount_set(self) -> Amount:
        return Amount(self.tax, self.shipping_line.order.currency)


@dataclass(slots=True, eq=False)
class Adjustment(Thing):
    """The difference between what the lines are worth and what was paid back."""

    type_name: ClassVar[str] = "OrderAdjustment"
    id: int
    amount_set: Amount
    reason: str | None = None

    @property
    def tax_amount_set(self) -> Amount:
        return Amount(0, self.amount_set.currency)


@dataclass(slots=True, eq=False)
class Refund(Thing):
    type_name: ClassVar[str] = "Refund"
    id: int
    order: Sale = field(repr=False)
    created_at: datetime
    processed_at: datetime
    note: str | None = None
    return_: Thing | None = field(default=None, repr=False)
    lines: list[RefundLine] = field(default_factory=list)
    shipping: list[RefundShipping] = field(default_factory=list)
    order_adjustments: list[Adjustment] = field(default_factory=list)
    transactions: list[Transaction] = field(default_factory=list)

    @property
    def updated_at(self) -> datetime:
        return self.created_at

    @property
    def total(self) -> int:
        return sum(payment.amount for payment in self.transactions)

    @property
    def total_refunded_set(self) -> Amount:
        return Amount(self.total, self.order.currency)

    @property
    def refund_line_items(self) -> list[RefundLine]:
        return self.lines

    @property
    def refund_shipping_lines(self) -> list[RefundShipping]:
        return self.shipping
