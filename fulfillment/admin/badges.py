"""Statuses in staff lists: a word in a colour, never the colour alone."""

from __future__ import annotations

from django.utils.html import format_html
from django.utils.safestring import SafeString

from fulfillment.statuses import TROUBLED, ShipmentStatus

TONES = {
    ShipmentStatus.DELIVERED: "good",
    ShipmentStatus.CANCELLED: "plain",
    ShipmentStatus.UNKNOWN: "warn",
    **dict.fromkeys(TROUBLED, "bad"),
}


def badge(word: object, tone: str = "plain") -> SafeString:
    """``word`` as a badge; ``tone`` is good, warn, bad or plain."""
    return format_html('<span class="pw-badge pw-{}">{}</span>', tone, word)


def status_badge(status: str, word: object) -> SafeString:
    return badge(word, TONES.get(ShipmentStatus(status), "plain"))
