"""``Order.suggestedRefund``: what a refund would be worth, and where the money would go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fulfillment.testing.shopify_twin.world.orders import Order
from fulfillment.testing.shopify_twin.world.refunding import RefundLine
from fulfillment.testing.shopify_twin.world.world import World


def suggested_refund(world: World, order: Order, given: Mapping[str, Any]) -> dict[str, Any]:
    """Raises ``Refused`` for what cannot be refunded."""
    if given.get("suggestFullRefund"):
        lines = [{"line": line, "quantity": line.current_quantity} for line in order.lines if line.current_quantity]
    else:
        lines = [{**wanted, "line": wanted["lineItemId"]} for wanted in given.get("refundLineItems") or ()]
    shipping = given.get("shippingAmount")
    if given.get("refundShipping") or given.get("suggestFullRefund"):
        shipping = "full"
    parts, freight, worth = world.suggested(order, lines, shipping)
    subtotal = sum(part.line.worth(part.units) for part in parts)
    tax = sum(part.line.tax(part.line.worth(part.units)) for part in parts)
    most = order.amount(order.refundable_amount)
    payments = [payment for payment in order.transactions if payment.kind in ("SALE", "CAPTURE")]
    return {
        "amount_set": order.amount(min(worth, order.refundable_amount)),
        "maximum_refundable_set": most,
        "subtotal_set": order.amount(subtotal),
        "discounted_subtotal_set": order.amount(subtotal),
        "total_tax_set": order.amount(tax + order.tax_on(freight)),
        "refund_line_items": [
            RefundLine(0, part.line, part.units, part.restock, part.line.worth(part.units)) for part in parts
        ],
        "shipping": {
            "amount_set": order.amount(freight),
            "maximum_refundable_set": order.amount(order.current_shipping),
            "tax_set": order.amount(order.tax_on(freight)),
        },
        "suggested_transactions": [
            {
                "amount_set": order.amount(min(worth, order.refundable_amount)),
                "gateway": payment.gateway,
                "kind": "SUGGESTED_REFUND",
                "maximum_refundable_set": most,
                "parent_transaction": payment,
            }
            for payment in payments[:1]
        ],
    }
