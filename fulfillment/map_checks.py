"""System checks of the tile server under the maps."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Error, Warning, register

from fulfillment.conf import fulfillment as conf

#: What is filled in, in whatever order a server wants it.
PLACES = {"z", "x", "y"}


@register("parcelwise")
def tiles_can_be_loaded(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """``parcelwise_fulfillment.E017`` and ``W018``: MAP_TILES is a template of https, and its makers are named."""
    template = conf.MAP_TILES
    if not template:
        return []
    if what := _fault(template):
        hint = "Write it as https://tiles.example/{z}/{x}/{y}.png, or leave it empty for a sketch without streets."
        return [Error(f"FULFILLMENT.MAP_TILES {what}.", hint=hint, id="parcelwise_fulfillment.E017")]
    if not conf.MAP_ATTRIBUTION.strip():
        hint = "Name in FULFILLMENT.MAP_ATTRIBUTION whom the licence of the tiles wants named."
        return [Warning("Nobody is named under the maps.", hint=hint, id="parcelwise_fulfillment.W018")]
    return []


def _fault(template: str) -> str:
    """What is wrong with the template; empty when nothing is."""
    try:
        address = urlsplit(template)
        host = address.hostname
    except ValueError:
        return "is no address"
    if address.scheme != "https" or not host:
        return "is no https address"
    if "{" in host or address.username is not None:
        return "has a host that is not fixed, or a login in it"
    named = re.findall(r"\{([^{}]*)\}", template)
    if missing := sorted(PLACES - set(named)):
        return "has no place for " + ", ".join(f"{{{name}}}" for name in missing)
    if unknown := sorted(set(named) - PLACES):
        return f"has a place {{{unknown[0]}}} that nobody fills in"
    return ""
