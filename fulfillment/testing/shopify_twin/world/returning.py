"""What comes back: returns, what is expected back of them, and how it travels."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from fulfillment.testing.shopify_twin.world.amounts import Amount, share
from fulfillment.testing.shopify_twin.world.ids import Thing, parse
from fulfillment.testing.shopify_twin.world.lines import Transaction
from fulfillment.testing.shopify_twin.world.parcels import FulfillmentLine
from fulfillment.testing.shopify_twin.world.places import Location
from fulfillment.testing.shopify_twin.world.refunding import Refund
from fulfillment.testing.shopify_twin.world.sale import Sale


@dataclass(frozen=True, slots=True)
class Reason(Thing):
    """Why something comes back, as the shop's staff may choose it; ``word`` is the older enum."""

    type_name: ClassVar[str] = "ReturnReasonDefinition"
    id: int
    handle: str
    name: str
    word: str
    deleted: bool = False


REASONS = tuple(
    Reason(number, handle, name, word)
    for number, (handle, name, word) in enumerate(
        [
            ("unwanted", "Changed my mind", "UNWANTED"),
            ("defective", "Damaged or defective", "DEFECTIVE"),
            ("not-as-described", "Not as described", "NOT_AS_DESCRIBED"),
            ("wrong-item", "Wrong item", "WRONG_ITEM"),
            ("too-small", "Too small", "SIZE_TOO_SMALL"),
            ("too-large", "Too large", "SIZE_TOO_LARGE"),
            ("style", "Style", "STYLE"),
            ("color", "Colour", "COLOR"),
            ("other", "Other", "OTHER"),
            ("unknown", "Unknown", "UNKNOWN"),
        ],
        start=1,
    )
)


def reason_for(gid: str | None, word: str | None) -> Reason:
    """The reason of a global id, of a handle or of the older enum; unknown where neither is given."""
    for reason in REASONS:
        if (gid and gid in (reason.handle, reason.gid)) or (not gid and reason.word == word):
            return reason
    if gid and parse(gid)[0] != "ReturnReasonDefinition":
        raise ValueError(f"“{gid}” is no reason")
    return REASONS[-1]


@dataclass(frozen=True, slots=True)
class Decline:
    reason: str
    note: str | None = None


@dataclass(slots=True, eq=False)
class RestockingFee(Thing):
    type_name: ClassVar[str] = "RestockingFee"
    id: int
    percentage: float
    amount_set: Amount


@dataclass(slots=True, eq=False)
class ReturnShippingFee(Thing):
    type_name: ClassVar[str] = "ReturnShippingFee"
    id: int
    amount_set: Amount


@dataclass(slots=True, eq=False)
class ReturnLine(Thing):
    type_name: ClassVar[str] = "ReturnLineItem"
    id: int
    return_: Return = field(repr=False)
    fulfillment_line_item: FulfillmentLine
    quantity: int
    reason: Reason
    return_reason_note: str = ""
    customer_note: str | None = None
    restocking_fee: RestockingFee | None = None
    processed_quantity: int = 0
    refunded_quantity: int = 0

    @property
    def return_reason(self) -> str:
        return self.reason.word

    @property
    def return_reason_definition(self) -> Reason:
        return self.reason

    @property
    def unprocessed_quantity(self) -> int:
        return self.quantity - self.processed_quantity

    @property
    def processable_quantity(self) -> int:
        return self.unprocessed_quantity if self.return_.status == "OPEN" else 0

    @property
    def refundable_quantity(self) -> int:
        return self.quantity - self.refunded_quantity

    @property
    def with_code_discounted_total_price_set(self) -> Amount:
        line = self.fulfillment_line_item.line_item
        return Amount(share(line.total, self.quantity, line.quantity), line.order.currency)


@dataclass(slots=True, eq=False)
class Disposition(Thing):
    type_name: ClassVar[str] = "ReverseFulfillmentOrderDisposition"
    id: int
    type: str
    quantity: int
    created_at: datetime
    location: Location | None = None


@dataclass(slots=True, eq=False)
class ReverseLine(Thing):
    type_name: ClassVar[str] = "ReverseFulfillmentOrderLineItem"
    id: int
    parent: ReverseFulfillmentOrder = field(repr=False)
    return_line: ReturnLine
    total_quantity: int
    dispositions: list[Disposition] = field(default_factory=list)

    @property
    def fulfillment_line_item(self) -> FulfillmentLine:
        return self.return_line.fulfillment_line_item

    @property
    def disposed(self) -> int:
        return sum(disposition.quantity for disposition in self.dispositions)


@dataclass(slots=True, eq=False)
class ReverseDeliveryLine(Thing):
    type_name: ClassVar[str] = "ReverseDeliveryLineItem"
    id: int
    reverse_fulfillment_order_line_item: ReverseLine
    quantity: int

    @property
    def dispositions(self) -> list[Disposition]:
        return []


@dataclass(frozen=True, slots=True)
class ReturnTracking:
    number: str | None = None
    url: str | None = None
    carrier_name: str | None = None


@dataclass(frozen=True, slots=True)
class ReturnLabel:
    public_file_url: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(slots=True, eq=False)
class Deliverable:
    type_name: ClassVar[str] = "ReverseDeliveryShippingDeliverable"
    tracking: ReturnTracking | None = None
    label: ReturnLabel | None = None


@dataclass(slots=True, eq=False)
class ReverseDelivery(Thing):
    type_name: ClassVar[str] = "ReverseDelivery"
    id: int
    reverse_fulfillment_order: ReverseFulfillmentOrder = field(repr=False)
    lines: list[ReverseDeliveryLine] = field(default_factory=list)
    deliverable: Deliverable = field(default_factory=Deliverable)

    @property
    def reverse_delivery_line_items(self) -> list[ReverseDeliveryLine]:
        return self.lines


@dataclass(slots=True, eq=False)
class ReverseFulfillmentOrder(Thing):
    type_name: ClassVar[str] = "ReverseFulfillmentOrder"
    id: int
    return_: Return = field(repr=False)
    status: str = "OPEN"
    lines: list[ReverseLine] = field(default_factory=list)
    reverse_deliveries: list[ReverseDelivery] = field(default_factory=list)

    @property
    def order(self) -> Sale:
        return self.return_.order

    @property
    def line_items(self) -> list[ReverseLine]:
        return self.lines


@dataclass(slots=True, eq=False)
class Return(Thing):
    """``status`` is REQUESTED, OPEN, DECLINED, CANCELED or CLOSED."""

    type_name: ClassVar[str] = "Return"
    id: int
    order: Sale = field(repr=False)
    place: int
    status: str
    created_at: datetime
    lines: list[ReturnLine] = field(default_factory=list)
    decline: Decline | None = None
    request_approved_at: datetime | None = None
    closed_at: datetime | None = None
    shipping_fee: ReturnShippingFee | None = None
    reverse_fulfillment_orders: list[ReverseFulfillmentOrder] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list, repr=False)

    @property
    def name(self) -> str:
        return f"{self.order.name}-R{self.place}"

    @property
    def total_quantity(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def return_line_items(self) -> list[ReturnLine]:
        return self.lines

    @property
    def exchange_line_items(self) -> list[object]:
        return []

    @property
    def return_shipping_fees(self) -> list[ReturnShippingFee]:
        return [self.shipping_fee] if self.shipping_fee else []

    @property
    def transactions(self) -> list[Transaction]:
        return [payment for refund in self.refunds for payment in refund.transactions]
