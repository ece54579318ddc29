"""The twin's steps as the scans that polling them would have given, for the part of the year that lies behind."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from fulfillment.facts import Scan
from fulfillment.statuses import Reason, ShipmentStatus
from fulfillment.testing.carrier_twin import Happening, Step

S = ShipmentStatus
WORDS: dict[Happening, tuple[ShipmentStatus, str, str]] = {
    Happening.LABEL: (S.PENDING, "", "The shipment was announced electronically"),
    Happening.PICKED_UP: (S.PICKED_UP, "", "Picked up at the sender"),
    Happening.ORIGIN_SCAN: (S.IN_TRANSIT, "", "Processed in the parcel centre of origin"),
    Happening.ARRIVED: (S.IN_TRANSIT, "", "Arrived at a parcel centre"),
    Happening.DEPARTED: (S.IN_TRANSIT, "", "Left the parcel centre"),
    Happening.OUT_FOR_DELIVERY: (S.OUT_FOR_DELIVERY, "", "Loaded into the delivery vehicle"),
    Happening.DELIVERED: (S.DELIVERED, "", "Delivered"),
    Happening.NOT_HOME: (S.DELIVERY_FAILED, Reason.CONSIGNEE_NOT_HOME, "Nobody was at home"),
    Happening.REFUSED: (S.DELIVERY_FAILED, Reason.CONSIGNEE_REFUSED, "The recipient refused the parcel"),
    Happening.ADDRESS: (S.ON_HOLD, Reason.CONSIGNEE_INCORRECT_ADDRESS, "The address is incomplete"),
    Happening.WEATHER: (S.DELIVERY_DELAYED, Reason.WEATHER_DELAY, "Delayed by bad weather"),
    Happening.LATE: (S.DELIVERY_DELAYED, Reason.CARRIER_CAPACITY_EXCEEDED, "Delayed in the network"),
    Happening.RETURNING: (S.RETURN_TO_SENDER, "", "On its way back to the sender"),
}


def scans(steps: Iterable[Step], until: datetime) -> list[Scan]:
    """The scans of the steps that lie before ``until``."""
    return [
        Scan(
            occurred_at=step.at,
            status=status,
            reason=reason,
            code=str(step.what),
            description=words,
            location=step.place.city,
            local_time=step.local.isoformat(timespec="minutes"),
        )
        for step in steps
        if step.at <= until
        for status, reason, words in [WORDS[step.what]]
    ]
