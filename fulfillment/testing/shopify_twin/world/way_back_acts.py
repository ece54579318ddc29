"""How a return travels: labels and tracking numbers of reverse deliveries."""

from __future__ import annotations

from collections.abc import Mapping

from fulfillment.testing.shopify_twin.world.keeper import Keeper, Ref, act
from fulfillment.testing.shopify_twin.world.refusals import Refused
from fulfillment.testing.shopify_twin.world.returning import (
    Deliverable,
    ReturnLabel,
    ReturnTracking,
    ReverseDelivery,
    ReverseDeliveryLine,
    ReverseFulfillmentOrder,
    ReverseLine,
)


class WayBackActs(Keeper):
    @act
    def ship_back(
        self,
        reverse: Ref,
        lines: Mapping[str, int] | None = None,
        *,
        number: str | None = None,
        url: str | None = None,
        carrier: str | None = None,
        label_url: str | None = None,
    ) -> ReverseDelivery:
        """A parcel on its way back: all lines, or global id of the reverse line -> units."""
        expected = self.get(ReverseFulfillmentOrder, reverse, "reverseFulfillmentOrderId")
        if expected.status != "OPEN":
            raise Refused(
                "The reverse fulfillment order is not open.", "reverseFulfillmentOrderId", code="INVALID_STATE"
            )
        units = lines or {line.gid: line.total_quantity for line in expected.lines}
        chosen = [(self.get(ReverseLine, gid, "reverseDeliveryLineItems"), wanted) for gid, wanted in units.items()]
        for line, wanted in chosen:
            if line.parent is not expected or not 0 < wanted <= line.total_quantity:
                raise Refused("Quantity is greater than what is expected back.", "reverseDeliveryLineItems")
        delivery = ReverseDelivery(self.number(ReverseDelivery), expected)
        delivery.lines = [
            ReverseDeliveryLine(self.number(ReverseDeliveryLine), line, wanted) for line, wanted in chosen
        ]
        expected.reverse_deliveries.append(delivery)
        self.keep(delivery, *delivery.lines)
        return self._attach(delivery, ReturnTracking(number, url, carrier), label_url)

    @act
    def update_way_back(
        self,
        delivery: Ref,
        *,
        number: str | None = None,
        url: str | None = None,
        carrier: str | None = None,
        label_url: str | None = None,
    ) -> ReverseDelivery:
        """Replace tracking, label or both; what is not given stays."""
        found = self.get(ReverseDelivery, delivery, "reverseDeliveryId")
        tracking = ReturnTracking(number, url, carrier) if number or url else found.deliverable.tracking
        return self._attach(found, tracking, label_url)

    def _attach(
        self, delivery: ReverseDelivery, tracking: ReturnTracking | None, label_url: str | None
    ) -> ReverseDelivery:
        now, label = self.now(), delivery.deliverable.label
        if label_url:
            label = ReturnLabel(label_url, label.created_at if label else now, now)
        delivery.deliverable = Deliverable(tracking, label)
        if tracking or label:
            self.tell("reverse_deliveries/attach_deliverable", delivery)
        self.touch(self.order_of(delivery.reverse_fulfillment_order))
        return delivery
