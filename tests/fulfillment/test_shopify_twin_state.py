"""A Shopify twin that is started again does not take up the ids of deliveries that were sent before."""

from __future__ import annotations

import pytest

pytest.importorskip("graphql")

from fulfillment.testing.shopify_twin import ShopifyTwin
from fulfillment.testing.twins import TwinClock


def ids_of_deliveries(twin: ShopifyTwin) -> set[str]:
    twin.post.wire = False
    twin.world.place_order()
    twin.post.flush()
    return {sent.headers["X-Shopify-Webhook-Id"] for sent in twin.post.recorded}


def test_each_start_has_delivery_ids_of_its_own(tmp_path):
    path, clock = tmp_path / "shop.jsonl", TwinClock(frozen=True)
    first = ShopifyTwin(clock=clock, state=path)
    first.subscribe("orders/create", "http://127.0.0.1:1/hooks")
    sent = ids_of_deliveries(first)
    assert sent
    first.stop()
    clock.change(advance=1)
    second = ShopifyTwin(clock=clock, state=path)
    assert len(second.world.orders) == 1
    later = ids_of_deliveries(second)
    assert len(later) == len(sent)
    assert not later & sent
    second.stop()
