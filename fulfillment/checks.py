"""System checks of orders and parcels."""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Error, register

from fulfillment import hook_checks, map_checks, staff_checks  # noqa: F401 - their checks are registered too
from fulfillment.stores.misuse import faults, same_slugs
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
    unusable = {adapter: what for adapter in found if (what := _missing(adapter))}
    return [
        *(
            Error(
                f"{type(adapter).__module__}.{type(adapter).__name__} is not a usable store: {what}.",
                hint="Subclass fulfillment.stores.ModelStore and give it slug, name and order_model.",
                id="parcelwise_fulfillment.E001",
            )
            for adapter, what in unusable.items()
        ),
        *same_slugs(found),
        *(fault for adapter in found if adapter not in unusable for fault in faults(adapter)),
    ]


def _missing(adapter: Any) -> str:
    if not isinstance(adapter, ModelStore):
        return "it does not subclass ModelStore"
    absent = [name for name in ("slug", "name", "order_model") if not hasattr(adapter, name)]
    if absent:
        return f"it has no {', '.join(absent)}"
    slips = adapter.slips()
    return f"there is no field {', '.join(slips)}" if slips else ""
