"""What returns hear from the floor below."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from fulfillment.models import Shipment, ShipmentChange
from fulfillment.signals import shipment_moved
from fulfillment.statuses import Direction
from returns.models import ReturnChange, ReturnRequest
from returns.services import requests, telling_stores
from returns.signals import return_moved


@receiver(shipment_moved, dispatch_uid="parcelwise.returns.parcel_moved")
def parcel_moved(shipment: Shipment, change: ShipmentChange, **_: Any) -> None:
    """A return follows its parcel home."""
    if shipment.direction == Direction.BACK:
        requests.follow_parcel(shipment, change)


@receiver(return_moved, dispatch_uid="parcelwise.returns.tell_store")
def return_stepped(request: ReturnRequest, change: ReturnChange, **_: Any) -> None:
    """The store's platform hears what becomes of a return."""
    telling_stores.tell(request, change)
