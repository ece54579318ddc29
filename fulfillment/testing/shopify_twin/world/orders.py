"""Orders, and every figure that follows from what happened to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from fulfillment.testing.shopify_twin.world.amounts import Amount, tax_of
from fulfillment.testing.shopify_twin.world.ids import Thing
from fulfillment.testing.shopify_twin.world.lines import Attribute, Line, ShippingLine, TaxLine, Transaction
from fulfillment.testing.shopify_twin.world.parcels import Fulfillment, FulfillmentOrder
from fulfillment.testing.shopify_twin.world.people import Address, Customer
from fulfillment.testing.shopify_twin.world.refunding import Refund
from fulfillment.testing.shopify_twin.world.returning import Return

TAKEN = ("SALE", "CAPTURE")


@dataclass(slots=True, eq=False)
class Order(Thing):
    """``tax_rate`` in hundredths of a per cent, one for all lines; all money in ``currency``."""

    type_name: ClassVar[str] = "Order"
    id: int
    number: int
    shop: str
    created_at: datetime
    updated_at: datetime
    currency: str = "EUR"
    email: str | None = None
    phone: str | None = None
    customer: Customer | None = None
    customer_locale: str | None = "de"
    lines: list[Line] = field(default_factory=list)
    shipping: list[ShippingLine] = field(default_factory=list)
    shipping_address: Address | None = None
    billing_address: Address | None = None
    transactions: list[Transaction] = field(default_factory=list)
    fulfillment_orders: list[FulfillmentOrder] = field(default_factory=list)
    fulfillments: list[Fulfillment] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    taxes_included: bool = True
    tax_rate: int = 1900
    tags: list[str] = field(default_factory=list)
    note: str | None = None
    attributes: list[Attribute] = field(default_factory=list)
    token: str = ""
    source_name: str = "web"
    po_number: str | None = None
    test: bool = False
    edited: bool = False
    closed_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None

    @property
    def name(self) -> str:
        return f"#{self.number}"

    @property
    def confirmation_number(self) -> str:
        return self.token[:9].upper()

    @property
    def cart_token(self) -> str:
        return f"c1-{self.token}"

    @property
    def checkout_token(self) -> str:
        return self.token

    @property
    def status_page_url(self) -> str:
        return f"https://{self.shop}/orders/{self.token}/authenticate?key={self.token[::-1]}"

    @property
    def processed_at(self) -> datetime:
        return self.created_at

    @property
    def currency_code(self) -> str:
        return self.currency

    @property
    def presentment_currency_code(self) -> str:
        return self.currency

    @property
    def custom_attributes(self) -> list[Attribute]:
        return self.attributes

    @property
    def closed(self) -> bool:
        return self.closed_at is not None

    @property
    def confirmed(self) -> bool:
        return True

    @property
    def tax_exempt(self) -> bool:
        return False

    estimated_taxes = duties_included = tax_exempt

    @property
    def line_items(self) -> list[Line]:
        return self.lines

    @property
    def shipping_lines(self) -> list[ShippingLine]:
        return self.shipping

    @property
    def shipping_line(self) -> ShippingLine | None:
        return self.shipping[0] if self.shipping else None

    @property
    def shipped_by(self) -> tuple[str, str | None] | None:
        return (self.shipping[0].title, self.shipping[0].code) if self.shipping else None

    @property
    def discount_codes(self) -> list[str]:
        return []

    @property
    def payment_gateway_names(self) -> list[str]:
        return list(dict.fromkeys(payment.gateway for payment in self.transactions))

    @property
    def requires_shipping(self) -> bool:
        return any(line.requires_shipping for line in self.lines)

    @property
    def fulfillable(self) -> bool:
        return self.cancelled_at is None and any(line.unfulfilled_quantity for line in self.lines)

    @property
    def subtotal_line_items_quantity(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def current_subtotal_line_items_quantity(self) -> int:
        return sum(line.current_quantity for line in self.lines)

    @property
    def total_weight(self) -> str:
        return str(sum(line.grams * line.quantity for line in self.lines))

    # Money, in minor units.

    @property
    def subtotal(self) -> int:
        return sum(line.total for line in self.lines)

    @property
    def shipping_price(self) -> int:
        return sum(line.price for line in self.shipping)

    @property
    def shipping_refunded(self) -> int:
        return sum(line.amount for refund in self.refunds for line in refund.shipping)

    @property
    def tax(self) -> int:
        return sum(line.tax(line.total) for line in self.lines) + self.tax_on(self.shipping_price)

    @property
    def total(self) -> int:
        return self.subtotal + self.shipping_price + (0 if self.taxes_included else self.tax)

    @property
    def current_subtotal(self) -> int:
        return sum(line.current_total for line in self.lines)

    @property
    def current_shipping(self) -> int:
        return self.shipping_price - self.shipping_refunded

    @property
    def current_tax(self) -> int:
        return sum(line.tax(line.current_total) for line in self.lines) + self.tax_on(self.current_shipping)

    @property
    def current_total(self) -> int:
        return self.current_subtotal + self.current_shipping + (0 if self.taxes_included else self.current_tax)

    @property
    def received(self) -> int:
        return sum(paid.amount for paid in self.transactions if paid.kind in TAKEN and paid.status == "SUCCESS")

    @property
    def refunded(self) -> int:
        return sum(back.amount for back in self.transactions if back.kind == "REFUND" and back.status == "SUCCESS")

    @property
    def refundable_amount(self) -> int:
        return self.received - self.refunded

    @property
    def refundable(self) -> bool:
        return self.refundable_amount > 0

    @property
    def fully_paid(self) -> bool:
        return self.received - self.refunded >= self.current_total

    @property
    def unpaid(self) -> bool:
        return not self.received

    def tax_on(self, amount: int) -> int:
        return tax_of(amount, self.tax_rate, included=self.taxes_included)

    def amount(self, minor: int) -> Amount:
        return Amount(minor, self.currency)

    @property
    def tax_lines(self) -> list[TaxLine]:
        return [TaxLine(self.amount(self.tax), self.tax_rate)] if self.tax_rate else []

    @property
    def subtotal_price_set(self) -> Amount:
        return self.amount(self.subtotal)

    @property
    def total_price_set(self) -> Amount:
        return self.amount(self.total)

    original_total_price_set = total_price_set

    @property
    def total_price(self) -> str:
        return self.amount(self.total).amount

    @property
    def total_tax_set(self) -> Amount:
        return self.amount(self.tax)

    @property
    def total_shipping_price_set(self) -> Amount:
        return self.amount(self.shipping_price)

    @property
    def total_discounts_set(self) -> Amount:
        return self.amount(sum(line.discount for line in self.lines))

    current_total_discounts_set = total_discounts_set

    @property
    def total_refunded_set(self) -> Amount:
        return self.amount(self.refunded)

    @property
    def total_refunded_shipping_set(self) -> Amount:
        return self.amount(self.shipping_refunded)

    @property
    def total_received_set(self) -> Amount:
        return self.amount(self.received)

    @property
    def total_outstanding_set(self) -> Amount:
        return self.amount(self.outstanding)

    @property
    def outstanding(self) -> int:
        return 0 if self.cancelled_at else max(0, self.current_total - self.refundable_amount)

    @property
    def net_payment_set(self) -> Amount:
        return self.amount(self.refundable_amount)

    @property
    def current_subtotal_price_set(self) -> Amount:
        return self.amount(self.current_subtotal)

    @property
    def current_total_price_set(self) -> Amount:
        return self.amount(self.current_total)

    @property
    def current_total_tax_set(self) -> Amount:
        return self.amount(self.current_tax)

    @property
    def current_shipping_price_set(self) -> Amount:
        return self.amount(self.current_shipping)

    # Where it stands.

    @property
    def display_financial_status(self) -> str:
        received, refunded = self.received, self.refunded
        if not received:
            return "VOIDED" if self.cancelled_at else "PENDING"
        if refunded:
            return "REFUNDED" if refunded >= received else "PARTIALLY_REFUNDED"
        return "PAID" if self.cancelled_at or received >= self.current_total else "PARTIALLY_PAID"

    @property
    def display_fulfillment_status(self) -> str:
        sent = any(line.fulfilled for line in self.lines)
        if sent and not any(line.unfulfilled_quantity for line in self.lines):
            return "FULFILLED"
        if sent:
            return "PARTIALLY_FULFILLED"
        return "ON_HOLD" if any(part.status == "ON_HOLD" for part in self.fulfillment_orders) else "UNFULFILLED"

    @property
    def return_status(self) -> str:
        states = {back.status for back in self.returns}
        if "REQUESTED" in states:
            return "RETURN_REQUESTED"
        if "OPEN" in states:
            open_returns = [back for back in self.returns if back.status == "OPEN"]
            inspected = all(not line.unprocessed_quantity for back in open_returns for line in back.lines)
            return "INSPECTION_COMPLETE" if inspected else "IN_PROGRESS"
        return "RETURNED" if "CLOSED" in states else "NO_RETURN"
