"""``PARCELWISE["FULFILLMENT"]``."""

from __future__ import annotations

from parcelwise.conf import Section


class FulfillmentSettings(Section, key="FULFILLMENT"):
    """Orders, parcels, tracking and arrival."""

    STORES: tuple[str, ...] = ()
    """Dotted paths of adapters for the project's own order models (subclasses of ``ModelStore``)."""
    CARRIERS: dict[str, str] = {}
    """Further carrier gateways: name -> dotted path of a subclass of ``Carrier``."""
    PLATFORMS: dict[str, str] = {}
    """Further platforms of stores: kind -> dotted path of a subclass of ``fulfillment.stores.Platform``."""
    HOOK_URL: str = ""
    """Scheme, host and path under which ``fulfillment.hook_urls`` is reached from outside, if it is not
    ``LINKS["BASE_URL"]`` and the path of the URL configuration."""
    KEEP_DELIVERIES_DAYS: int = 30
    """Days after which the raw deliveries of platforms, which hold personal data, are deleted."""
    WARN_ABOVE: float = 0.6
    """Chance of being late from which a delay counts as expected."""
    CALM_BELOW: float = 0.3
    """Chance of being late below which an expected delay counts as over."""
    POLL_MINUTES: dict[str, int] = {}
    """Minutes between two polls by status, over the built-in table."""
    RECONCILE_MINUTES: int = 60
    """Minutes between two sweeps over the project's own order models."""
    STOP_AFTER_DAYS: int = 60
    """Days without any news after which a parcel is no longer polled."""


fulfillment = FulfillmentSettings()
