"""How imported parcels stand to others: the number of the last mile, and the first piece of their shipment.

Few parcels have either, so these are not written in bulk but by the services that know what makes sense.
"""

from __future__ import annotations

from collections.abc import Iterable

from fulfillment.facts import OrderData, ParcelData
from fulfillment.models import Shipment, ShipmentNumber, Store
from fulfillment.services import legs, pieces
from fulfillment.services.import_rows import SOURCE


def write(store: Store, orders: Iterable[OrderData]) -> None:
    """Write the relations of the parcels of ``orders``, which are there already. What no table names any more goes."""
    stated = {(order.external_id, parcel.external_id): parcel for order in orders for parcel in order.parcels}
    keys = {order for order, _parcel in stated}
    related = {key[0] for key, parcel in stated.items() if parcel.numbers or parcel.piece_of}
    before = ShipmentNumber.objects.filter(source=SOURCE, shipment__order__store=store)
    related |= set(
        before.filter(shipment__order__external_id__in=keys).values_list("shipment__order__external_id", flat=True)
    )
    if not related:
        return
    rows = Shipment.objects.filter(order__store=store, order__external_id__in=related).select_related("order__store")
    found = {(row.order.external_id, row.external_id): row for row in rows}
    for (order, key), shipment in found.items():
        if parcel := stated.get((order, key)):
            _number(shipment, parcel)
            if first := found.get((order, parcel.piece_of)):
                pieces.join(first, shipment)


def _number(shipment: Shipment, parcel: ParcelData) -> None:
    kept = {leg.pk for leg in legs.open_all(shipment, parcel.numbers, SOURCE)}
    for leg in shipment.numbers.filter(source=SOURCE).exclude(pk__in=kept):
        legs.close_leg(leg)
