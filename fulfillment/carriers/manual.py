"""Carriers without an interface: nobody is asked, people follow the link to the carrier's own page."""

from __future__ import annotations

from collections.abc import Sequence

from fulfillment.carriers.base import Carrier
from fulfillment.facts import TrackingFailure, TrackingUpdate


class Manual(Carrier):
    """Can do nothing by itself; news of its parcels come from the store or from staff."""

    def track(self, numbers: Sequence[str]) -> list[TrackingUpdate | TrackingFailure]:
        return [
            TrackingFailure(number, f"{self.name} is followed by hand; nobody can be asked.", permanent=True)
            for number in numbers
        ]
