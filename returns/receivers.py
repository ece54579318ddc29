"""What returns hear from the floor below."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from fulfillment.models import Shipment, ShipmentChange
from fulfillment.signals import shipment_moved
from fulfillment.statuses import Direction
from returns.services import requests


@receiver(shipment_moved, dispatch_uid="parcelwise.returns.parcel_moved")
def parcel_moved(shipment: Shipment, change: ShipmentChange, **_: Any) -> None:
    """A return follows its parcel home."""
    if shipment.direction == Direction.BACK:
        requests.follow_parcel(shipment, change)
