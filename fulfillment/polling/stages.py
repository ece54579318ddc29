"""What a parcel waits for: its status, and in transit also where its last scan was and whether it has left there."""

from __future__ import annotations

import re

from fulfillment.statuses import ShipmentStatus

#: In transit, and scanned last in the town it goes to: what comes next is the delivery vehicle.
AT_DESTINATION = "at_destination"
#: In transit between two places: what comes next is an arrival, and that takes hours.
UNDER_WAY = "under_way"
#: The same on the way to another country: legs are longer.
UNDER_WAY_ABROAD = "under_way_abroad"
#: Stages that are spent where the parcel comes from: their hours are hours there.
AT_ORIGIN = frozenset({ShipmentStatus.PENDING.value, ShipmentStatus.PICKED_UP.value})

#: Words of carriers for leaving a place, in the languages of those whose words are read here.
_LEFT = re.compile(
    r"\b(depart(ed|ure)\b|has left\b|left (the )?\w+|dispatched|onward transport|verlassen|weitertransport"
    r"|weitergeleitet|vertrokken|quitt[ée]|partito|ha salido)",
    re.IGNORECASE,
)


def stage_of(status: str, *, place: str = "", words: str = "", destination_city: str = "", abroad: bool = False) -> str:
    """The stage of a parcel with ``status`` whose last scan was made at ``place``, with the carrier's ``words``.

    ``abroad``: it goes to another country than it comes from.
    """
    if status != ShipmentStatus.IN_TRANSIT:
        return str(status)
    town = destination_city.strip().casefold()
    if _LEFT.search(words):
        return UNDER_WAY_ABROAD if abroad else UNDER_WAY
    return AT_DESTINATION if town and place.strip().casefold().startswith(town) else str(status)


def status_of(stage: str) -> str:
    """The status of a parcel in ``stage``."""
    return ShipmentStatus.IN_TRANSIT.value if stage in (AT_DESTINATION, UNDER_WAY, UNDER_WAY_ABROAD) else stage


def keys_of(stage: str, code: str = "") -> tuple[str, ...]:
    """Keys under which a profile may know the stage, narrowest first: with the carrier's own code, then without."""
    return (f"{stage}:{code}", stage) if code else (stage,)
