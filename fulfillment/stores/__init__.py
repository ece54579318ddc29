"""Adapters for where orders come from: a project's own models, and platforms elsewhere."""

from fulfillment.conf import fulfillment as conf
from fulfillment.models import Store
from fulfillment.stores.base import Platform
from fulfillment.stores.fields import Each, Fields
from fulfillment.stores.models import ModelStore
from parcelwise.providers import Registry

__all__ = ["Each", "Fields", "ModelStore", "Platform", "is_remote", "platform_class", "platform_of", "platforms"]

platforms = Registry(
    "store platform",
    {
        "shopify": "fulfillment.stores.shopify.ShopifyPlatform",
        "woocommerce": "fulfillment.stores.woocommerce.WooCommercePlatform",
    },
    lambda: conf.PLATFORMS,
)


def is_remote(store: Store) -> bool:
    """Whether the store's orders lie on a platform elsewhere."""
    return store.kind in platforms


def platform_class(kind: str) -> type[Platform]:
    """The class for a kind of platform; Misconfigured when there is none."""
    found: type[Platform] = platforms.load(kind)
    return found


def platform_of(store: Store) -> Platform:
    """The platform of ``store``, ready for work."""
    return platform_class(store.kind)(store)
