"""Which scope a field asks for."""

from __future__ import annotations

from typing import Any

from fulfillment.testing.shopify_twin.graph.answers import access_denied
from fulfillment.testing.shopify_twin.graph.wiring import Resolver

ORDERS, RETURNS, CUSTOMERS = "read_orders", "read_returns", "read_customers"
PLANS = "read_merchant_managed_fulfillment_orders"

NEEDED: dict[tuple[str, str], str] = {
    **{("QueryRoot", name): ORDERS for name in ("order", "orders", "orderByIdentifier", "refund")},
    **{("QueryRoot", name): CUSTOMERS for name in ("customer", "customers", "customerByIdentifier")},
    **{
        ("QueryRoot", name): RETURNS
        for name in (
            "return", "returnableFulfillments", "returnReasonDefinitions", "reverseDelivery", "reverseFulfillmentOrder",
        )
    },
    **{("QueryRoot", name): PLANS for name in ("fulfillmentOrder", "fulfillmentOrders")},
    **{("QueryRoot", name): "read_locations" for name in ("location", "locations")},
    ("QueryRoot", "fulfillment"): "read_fulfillments",
    ("Order", "customer"): CUSTOMERS,
    ("Order", "returns"): RETURNS,
    ("Order", "fulfillmentOrders"): PLANS,
    ("Fulfillment", "fulfillmentOrders"): PLANS,
    **{
        ("Mutation", name): "write_merchant_managed_fulfillment_orders"
        for name in (
            "fulfillmentCreate", "fulfillmentCancel", "fulfillmentTrackingInfoUpdate",
            "fulfillmentTrackingInfoUpdateV2", "fulfillmentOrderHold", "fulfillmentOrderReleaseHold",
        )
    },
    ("Mutation", "fulfillmentEventCreate"): "write_fulfillments",
    **{
        ("Mutation", name): "write_returns"
        for name in (
            "returnRequest", "returnApproveRequest", "returnDeclineRequest", "returnCreate", "returnProcess",
            "returnCancel", "returnClose", "returnReopen", "removeFromReturn", "reverseDeliveryCreateWithShipping",
            "reverseDeliveryShippingUpdate", "reverseFulfillmentOrderDispose",
        )
    },
    ("Mutation", "refundCreate"): "write_orders",
    ("Mutation", "orderCancel"): "write_orders",
}  # fmt: skip


def guard(kind: str, name: str, resolver: Resolver) -> Resolver:
    """Refuse the field to a token without its scope."""
    scope = NEEDED.get((kind, name))
    if scope is None:
        return resolver

    def guarded(thing: Any, info: Any, **given: Any) -> Any:
        if not info.context.token.allows(scope):
            raise access_denied(name, scope)
        return resolver(thing, info, **given)

    return guarded
