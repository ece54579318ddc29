from __future__ import annotations

from collections.abc import Iterator

import pytest

from fulfillment.testing.shopify_twin import ShopifyTwin, TwinClock


@pytest.fixture
def shopify() -> Iterator[ShopifyTwin]:
    with ShopifyTwin(clock=TwinClock()) as twin:
        yield twin
