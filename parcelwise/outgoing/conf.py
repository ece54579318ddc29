"""The settings of outgoing webhooks."""

from __future__ import annotations

from parcelwise.conf import Section


class OutgoingSettings(Section, key="OUTGOING"):
    """Signed webhooks that we send."""

    DEADLINE: float = 15.0
    """Seconds that a receiver has for its answer."""
    OFF_AFTER_DAYS: int = 5
    """Days in which every try failed, after which an endpoint is switched off."""
    ROTATION_HOURS: int = 24
    """Hours for which messages are signed with the former secret too, after a new one was made."""
    KEEP_DAYS: int = 30
    """Days after which events and their deliveries are deleted."""
    PARALLEL: int = 32
    """Calls that one worker makes at the same time, to all endpoints together."""


outgoing = OutgoingSettings()
