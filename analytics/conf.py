"""``PARCELWISE["ANALYTICS"]``."""

from __future__ import annotations

from parcelwise.conf import Section


class AnalyticsSettings(Section, key="ANALYTICS"):
    """Key figures and the pages that show them."""

    TARGETS: dict[str, float] = {}
    """Targets by KPI slug, over those a KPI brings itself: ``{"on-time-rate": 0.95, "return-turnaround": 10}``."""
    WEEKS: int = 26
    """Weeks the KPI page shows at first, up to the newest data."""
    SMALL_SAMPLE: int = 10
    """Below this many observations a figure is greyed out and left out of the line."""
    MOST_WEEKS: int = 260
    """Weeks "everything" goes back at most."""
    MOST_PARTS: int = 12
    """Small charts beside each other at most; the rest stays in the table."""


analytics = AnalyticsSettings()
