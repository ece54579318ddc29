"""How many pieces of which line are in parcels. Pure; a piece that is sent again is one piece."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from fulfillment.statuses import Direction, ShipmentStatus


def packed_pieces(shipments: Iterable[Any]) -> Counter[int]:
    """Key of the order's line -> pieces in parcels to the customer.

    ``shipments`` are all of one order, with their ``lines`` prefetched. A cancelled parcel holds nothing, and a
    reshipment adds only what was not in the parcel that it replaces.
    """
    rows = list(shipments)
    live = {
        shipment.pk: {line.order_line_id: line.quantity for line in shipment.lines.all()}
        for shipment in rows
        if shipment.direction == Direction.OUT and shipment.status != ShipmentStatus.CANCELLED
    }
    packed: Counter[int] = Counter()
    replaced = {shipment.pk: shipment.replaces_id for shipment in rows if shipment.pk in live}
    for key, inside in live.items():
        before = live.get(replaced[key] or 0, {})
        packed.update({line: max(pieces - before.get(line, 0), 0) for line, pieces in inside.items()})
    return packed
