"""Statuses of parcels in staff lists: a word in a colour, never the colour alone."""

from __future__ import annotations

from django.utils.safestring import SafeString

from fulfillment.statuses import TROUBLED, ShipmentStatus
from parcelwise.admin import badge

TONES = {
    ShipmentStatus.DELIVERED: "good",
    ShipmentStatus.CANCELLED: "plain",
    ShipmentStatus.UNKNOWN: "warn",
    **dict.fromkeys(TROUBLED, "bad"),
}


def status_badge(status: str, word: object) -> SafeString:
    return badge(word, TONES.get(ShipmentStatus(status), "plain"))
