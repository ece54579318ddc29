"""The shop as customers see it: one accent of the settings, readable in both colour schemes."""

from __future__ import annotations

from parcelwise import colour
from parcelwise.conf import BrandSettings, brand


def accents() -> dict[str, colour.Accent]:
    """The accent for the schemes ``light`` and ``dark``; of the default where the setting is no colour."""
    try:
        wanted = colour.parse(brand.ACCENT)
    except ValueError:
        wanted = colour.parse(BrandSettings.defaults()["ACCENT"])
    return {
        "light": colour.accent_on(wanted, colour.LIGHT_GROUND),
        "dark": colour.accent_on(wanted, colour.DARK_GROUND),
    }
