"""Pictures of what was bought, as far as the shop shows any: ``FULFILLMENT.PICTURES`` names its function."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from django.utils.module_loading import import_string

from fulfillment.conf import fulfillment as conf
from fulfillment.models import OrderLine

logger = logging.getLogger("parcelwise.fulfillment")


def pictures_of(lines: Sequence[OrderLine]) -> Mapping[int, str]:
    """Addresses by key of ``lines``; nothing where there are none. A function that fails costs the pictures only."""
    if not conf.PICTURES:
        return {}
    try:
        found = import_string(conf.PICTURES)(lines)
    except Exception:
        logger.exception("no pictures for %s order lines", len(lines))
        return {}
    return {key: str(url) for key, url in found.items() if str(url).startswith(("/", "https://"))}
