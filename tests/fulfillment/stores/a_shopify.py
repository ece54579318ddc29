"""A store of ours that is connected to a twin of Shopify's."""

from __future__ import annotations

from typing import Any

from fulfillment.models import Store
from fulfillment.stores.shopify import ShopifyPlatform
from fulfillment.testing.shopify_twin import ShopifyTwin
from tests.factories import a_store

SECRET = "shpss_twin-client-secret"


def connected(twin: ShopifyTwin, **columns: Any) -> Store:
    """With the twin's fixed token, unless ``credentials`` say otherwise."""
    usual: dict[str, Any] = {
        "kind": "shopify",
        "url": twin.url,
        "platform_id": twin.shop,
        "credentials": {"access_token": "shpat_twin-admin-token", "client_secret": SECRET},
    }
    return a_store(**{**usual, **columns})


def platform(store: Store, *, patience: float = 0.0) -> ShopifyPlatform:
    """Its platform, which does not wait for points unless told to."""
    found = ShopifyPlatform(store)
    found.client.patience = found.walk.patience = patience
    return found
