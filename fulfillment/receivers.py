"""What orders and parcels hear of themselves, for their stores' platforms."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from fulfillment.models import Shipment, ShipmentChange
from fulfillment.services import telling_stores
from fulfillment.signals import shipment_moved


@receiver(shipment_moved, dispatch_uid="parcelwise.fulfillment.tell_store")
def parcel_moved(shipment: Shipment, change: ShipmentChange, **_: Any) -> None:
    """The store's platform hears how its parcels move."""
    telling_stores.tell_movement(shipment, change)
