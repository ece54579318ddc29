"""The parcel that brings a return home: an ordinary shipment with the direction turned round."""

from __future__ import annotations

from fulfillment.models import Shipment, ShipmentLine
from fulfillment.services import pieces
from fulfillment.statuses import Direction, ShipmentStatus
from returns.models import ReturnPolicy, ReturnRequest


def open_parcel(request: ReturnRequest) -> Shipment:
    """The return's own parcel, from the customer to the shop, without a number until it is handed over."""
    order = request.order
    shipment = Shipment.objects.create(
        order=order,
        external_id=f"return-{request.number}",
        direction=Direction.BACK,
        carrier=_carrier(request),
        origin=order.ship_to,
        destination=order.store.address,
    )
    ShipmentLine.objects.bulk_create(
        ShipmentLine(shipment=shipment, order_line_id=line.order_line_id, quantity=line.quantity)
        for line in request.lines.all()
    )
    pieces.link_return(shipment)
    return shipment


def _carrier(request: ReturnRequest) -> str:
    """Who brings it back: the policy's carrier, else the one that delivered."""
    policy = ReturnPolicy.objects.filter(store=request.order.store).first()
    if policy and policy.carrier:
        return policy.carrier
    sent = request.order.shipments.filter(
        direction=Direction.OUT, lines__order_line__in=request.lines.values("order_line")
    )
    known = sent.exclude(carrier="").exclude(status=ShipmentStatus.CANCELLED)
    return known.order_by("-delivered_at", "-pk").values_list("carrier", flat=True).first() or ""
