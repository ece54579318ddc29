"""A Shopify on loopback: the Admin GraphQL API, OAuth, bulk operations, signed webhooks, and a shop behind them.

It needs neither Django nor a data base, only ``parcelwise[twins]`` (graphql-core)::

    with ShopifyTwin(clock=TwinClock(frozen=True)) as twin:
        store = connect(url=twin.url, token="shpat_twin-admin-token")      # your own code
        twin.subscribe("orders/create", "http://127.0.0.1:8000/hooks")     # or by webhookSubscriptionCreate
        order = twin.world.place_order(customer={"email": "ana@example.com"}, lines=[{"title": "Mug", "price": "9.90"}])
        parcel = twin.world.fulfill(order, company="DHL", numbers=["00340434292135100124"])
        twin.world.add_event(parcel, "DELIVERED")
        twin.post.flush()                                                  # real POSTs with real signatures
        assert store.state() == twin.snapshot()

Mishaps are told by ``twin.faults`` (answers) and ``twin.post.weather`` (webhooks), see ``fulfillment.testing.twins``;
by ``twin.api.throttle_with_429``, ``twin.bucket``, ``twin.bulk.fail_next()``, ``twin.access.rotate()`` and
``.expire()``, ``twin.grant()``, ``twin.uninstall()``, ``twin.bump_webhooks()``. ``twin.world.history(orders=100_000)``
gives the shop a past that is computed as it is read.

In another process: ``python -m fulfillment.testing.shopify_twin --port 8723``, told what to do by ``ShopifyControl``.

What it does not do: several currencies in one order, discounts by code, exchanges, gift cards, draft orders, duties,
several locations, metafields, ``filter`` and ``includeFields`` of subscriptions (they are kept but not applied), XML
payloads, ``OR`` in search words, the deprecated REST API, and the ``customers`` list for buyers of the history (they
are found by id and in their orders). Costs are counted by a simple formula: read the figures, do not compute them.
"""

from fulfillment.testing.shopify_twin.control import ShopifyControl
from fulfillment.testing.shopify_twin.graph.versions import LATEST, SUPPORTED
from fulfillment.testing.shopify_twin.twin import ShopifyTwin
from fulfillment.testing.shopify_twin.world.refusals import Refused
from fulfillment.testing.shopify_twin.world.world import World
from fulfillment.testing.twins.clock import TwinClock

__all__ = ["LATEST", "SUPPORTED", "Refused", "ShopifyControl", "ShopifyTwin", "TwinClock", "World"]
