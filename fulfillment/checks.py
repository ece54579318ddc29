"""System checks of orders and parcels."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from fulfillment.stores.models import ModelStore, adapters
from parcelwise.errors import Misconfigured


@register("parcelwise")
def stores_can_be_loaded(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """``parcelwise_fulfillment.E001``: each entry of STORES is a ModelStore with the attributes it needs."""
    try:
        found = adapters()
    except (Misconfigured, TypeError) as error:
        return [
            Error(
                str(error),
                hint="Each entry is the dotted path of a subclass of fulfillment.stores.ModelStore.",
                id="parcelwise_fulfillment.E001",
            )
        ]
    return [
        Error(
            f"{type(adapter).__module__}.{type(adapter).__name__} is not a usable store: {what}.",
            hint="Subclass fulfillment.stores.ModelStore and give it slug, name and order_model.",
            id="parcelwise_fulfillment.E001",
        )
        for adapter in found
        if (what := _missing(adapter))
    ]


def _missing(adapter: Any) -> str:
    if not isinstance(adapter, ModelStore):
        return "it does not subclass ModelStore"
    absent = [name for name in ("slug", "name", "order_model") if not hasattr(adapter, name)]
    if absent:
        return f"it has no {', '.join(absent)}"
    slips = adapter.slips()
    return f"there is no field {', '.join(slips)}" if slips else ""
