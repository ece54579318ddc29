"""What our documents use that Shopify has marked as deprecated, as ``scripts/refresh_shopify_schemas.py`` found it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

from fulfillment.stores.shopify import documents

#: Deprecated in versions that do not have the replacement yet; later versions are asked for that.
UNAVOIDABLE = frozenset({"CustomerPhoneNumber.marketingState"})


@cache
def _uses() -> Mapping[str, Mapping[str, list[str]]]:
    file = resources.files("fulfillment.stores.shopify").joinpath("deprecated.json")
    found: Mapping[str, Mapping[str, list[str]]] = json.loads(file.read_text())
    return found


def troubling(version: str) -> list[str]:
    """Names that our documents use in ``version`` although there is something else to use."""
    used = {name for names in _uses().get(version, {}).values() for name in names}
    return sorted(used - UNAVOIDABLE)


def is_expected(document: str, version: str) -> bool:
    """Whether it is known that ``document`` uses something deprecated in ``version``."""
    return _names().get(document, "") in _uses().get(version, {})


@cache
def _names() -> Mapping[str, str]:
    return {document: name for name, document in documents.every()}
