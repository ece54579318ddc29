"""The wired schema of each version."""

from __future__ import annotations

from functools import cache

from graphql import GraphQLSchema

from fulfillment.testing.shopify_twin.graph import versions
from fulfillment.testing.shopify_twin.graph.wiring import wire
from fulfillment.testing.shopify_twin.resolvers.order_mutations import ORDERS
from fulfillment.testing.shopify_twin.resolvers.parcel_mutations import PARCELS
from fulfillment.testing.shopify_twin.resolvers.queries import QUERIES
from fulfillment.testing.shopify_twin.resolvers.return_mutations import RETURNS
from fulfillment.testing.shopify_twin.resolvers.scopes import guard


@cache
def schema(version: str) -> GraphQLSchema:
    """Ready to execute against; what a resolver needs comes as ``context`` (a ``Call``)."""
    return wire(versions.schema(version), {**QUERIES, **ORDERS, **PARCELS, **RETURNS}, guard)
