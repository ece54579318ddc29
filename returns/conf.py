"""``PARCELWISE["RETURNS"]``."""

from __future__ import annotations

from parcelwise.conf import Section


class ReturnsSettings(Section, key="RETURNS"):
    """Returns: the rule where a store has none of its own, and labels."""

    WINDOW_DAYS: int = 30
    """Days after delivery in which a return is accepted, for stores without a return policy."""
    SILENT_DAYS: int = 7
    """Days without news after which a parcel counts as arrived on an unknown day, so that it can be returned."""


returns = ReturnsSettings()
