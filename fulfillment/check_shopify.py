"""System checks of what this release asks Shopify for: whether it is still served, and as it should be."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from django.core.checks import CheckMessage, Warning, register
from django.utils import timezone

from fulfillment.stores.shopify.deprecated import troubling
from fulfillment.stores.shopify.versions import DEFAULT, ending


@register("parcelwise")
def shopify_is_asked_for_what_lasts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """``W030``: the usual version ends soon or has ended. ``W031``: a deprecated field is in use."""
    if find_spec("shopify_app") is None:
        return []
    found: list[CheckMessage] = []
    if sentence := ending(DEFAULT, timezone.now().date()):
        hint = "Update Parcelwise; a store may have a version of its own until then."
        found.append(Warning(sentence, hint=hint, id="parcelwise_fulfillment.W030"))
    if names := troubling(DEFAULT):
        said = f"Shopify will take away what Parcelwise asks version {DEFAULT} for: {', '.join(names)}."
        found.append(Warning(said, hint="Update Parcelwise.", id="parcelwise_fulfillment.W031"))
    return found
