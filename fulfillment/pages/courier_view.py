"""What a customer sees of the shop's own courier."""

from __future__ import annotations

from dataclasses import dataclass

from fulfillment.maps import Map


@dataclass(frozen=True, slots=True)
class CourierView:
    """``map`` is None where there is nothing to show; ``note`` then says why. All are words for the reader."""

    eta_words: str = ""
    before_words: str = ""
    as_of: str = ""
    map: Map | None = None
    note: str = ""
