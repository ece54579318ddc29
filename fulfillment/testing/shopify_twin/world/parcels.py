"""What leaves the house: fulfilment orders (what is to be sent), fulfilments (what was), and their events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from fulfillment.testing.shopify_twin.world.amounts import Amount, share
from fulfillment.testing.shopify_twin.world.ids import Thing
from fulfillment.testing.shopify_twin.world.lines import Line
from fulfillment.testing.shopify_twin.world.places import Destination, Location
from fulfillment.testing.shopify_twin.world.sale import Sale


@dataclass(frozen=True, slots=True)
class Tracking:
    company: str | None = None
    number: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    action: str


@dataclass(slots=True, eq=False)
class FulfillmentEvent(Thing):
    type_name: ClassVar[str] = "FulfillmentEvent"
    id: int
    fulfillment: Fulfillment = field(repr=False)
    status: str
    happened_at: datetime
    created_at: datetime
    message: str | None = None
    estimated_delivery_at: datetime | None = None
    address1: str | None = None
    city: str | None = None
    province: str | None = None
    zip: str | None = None
    country: str | None = None
    latitude: float | None = None
    longitude: float | None = None


@dataclass(slots=True, eq=False)
class FulfillmentLine(Thing):
    type_name: ClassVar[str] = "FulfillmentLineItem"
    id: int
    fulfillment: Fulfillment = field(repr=False)
    line_item: Line
    quantity: int

    @property
    def original_total_set(self) -> Amount:
        return Amount(self.line_item.price * self.quantity, self.fulfillment.order.currency)

    @property
    def discounted_total_set(self) -> Amount:
        line = self.line_item
        return Amount(share(line.total, self.quantity, line.quantity), self.fulfillment.order.currency)


@dataclass(slots=True, eq=False)
class Fulfillment(Thing):
    type_name: ClassVar[str] = "Fulfillment"
    id: int
    order: Sale = field(repr=False)
    created_at: datetime
    updated_at: datetime
    place: int
    location: Location
    status: str = "SUCCESS"
    tracking: list[Tracking] = field(default_factory=list)
    lines: list[FulfillmentLine] = field(default_factory=list)
    events: list[FulfillmentEvent] = field(default_factory=list)
    fulfillment_orders: list[FulfillmentOrder] = field(default_factory=list, repr=False)

    @property
    def name(self) -> str:
        return f"{self.order.name}.{self.place}"

    @property
    def fulfillment_line_items(self) -> list[FulfillmentLine]:
        return self.lines

    @property
    def tracking_info(self) -> list[Tracking]:
        return self.tracking

    @property
    def total_quantity(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def requires_shipping(self) -> bool:
        return any(line.line_item.requires_shipping for line in self.lines)

    @property
    def origin_address(self) -> None:
        return None

    @property
    def latest(self) -> FulfillmentEvent | None:
        """The event that happened last; of two at the same second the one that was told last."""
        return max(self.events, key=lambda event: (event.happened_at, event.id), default=None)

    @property
    def display_status(self) -> str:
        if self.status == "CANCELLED":
            return "CANCELED"
        return self.latest.status if self.latest else "FULFILLED"

    @property
    def in_transit_at(self) -> datetime | None:
        return self._first("IN_TRANSIT")

    @property
    def delivered_at(self) -> datetime | None:
        return self._first("DELIVERED")

    @property
    def estimated_delivery_at(self) -> datetime | None:
        told = sorted((event.happened_at, event.id, event.estimated_delivery_at) for event in self.events)
        return next((estimate for *_, estimate in reversed(told) if estimate), None)

    def _first(self, status: str) -> datetime | None:
        return min((event.happened_at for event in self.events if event.status == status), default=None)


@dataclass(slots=True, eq=False)
class FulfillmentOrderLine(Thing):
    type_name: ClassVar[str] = "FulfillmentOrderLineItem"
    id: int
    line_item: Line
    total_quantity: int
    remaining_quantity: int

    @property
    def requires_shipping(self) -> bool:
        return self.line_item.requires_shipping

    @property
    def product_title(self) -> str:
        return self.line_item.title

    @property
    def sku(self) -> str | None:
        return self.line_item.sku

    @property
    def variant_title(self) -> str | None:
        return self.line_item.variant_title

    @property
    def vendor(self) -> str | None:
        return self.line_item.vendor


@dataclass(slots=True, eq=False)
class Hold(Thing):
    type_name: ClassVar[str] = "FulfillmentHold"
    id: int
    reason: str
    reason_notes: str | None = None
    handle: str | None = None
    held_by_requesting_app: bool = True

    @property
    def display_reason(self) -> str:
        return self.reason.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Delivery(Thing):
    type_name: ClassVar[str] = "DeliveryMethod"
    id: int
    presented_name: str | None = None
    service_code: str | None = None
    method_type: str = "SHIPPING"


@dataclass(slots=True, eq=False)
class FulfillmentOrder(Thing):
    type_name: ClassVar[str] = "FulfillmentOrder"
    id: int
    order: Sale = field(repr=False)
    created_at: datetime
    updated_at: datetime
    location: Location
    status: str = "OPEN"
    lines: list[FulfillmentOrderLine] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    fulfillments: list[Fulfillment] = field(default_factory=list, repr=False)

    @property
    def line_items(self) -> list[FulfillmentOrderLine]:
        return self.lines

    @property
    def fulfillment_holds(self) -> list[Hold]:
        return self.holds

    @property
    def order_id(self) -> str:
        return self.order.gid

    @property
    def order_name(self) -> str:
        return self.order.name

    @property
    def order_processed_at(self) -> datetime:
        return self.order.processed_at

    @property
    def request_status(self) -> str:
        return "UNSUBMITTED"

    @property
    def fulfill_at(self) -> datetime:
        return self.created_at

    @property
    def fulfill_by(self) -> None:
        return None

    @property
    def assigned_location(self) -> Location:
        return self.location

    @property
    def delivery_method(self) -> Delivery | None:
        way = self.order.shipped_by
        return Delivery(self.id, *way) if way else None

    @property
    def destination(self) -> Destination | None:
        address = self.order.shipping_address
        return Destination(address, self.order.email) if address else None

    @property
    def supported_actions(self) -> list[Action]:
        actions = {
            "OPEN": ["CREATE_FULFILLMENT", "HOLD"],
            "IN_PROGRESS": ["CREATE_FULFILLMENT", "HOLD"],
            "ON_HOLD": ["RELEASE_HOLD"],
        }
        return [Action(name) for name in actions.get(self.status, [])]
