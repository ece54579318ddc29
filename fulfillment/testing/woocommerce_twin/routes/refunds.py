"""``/wc/v3/orders/<id>/refunds``: money that goes back, by the gateway unless it is told not to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fulfillment.testing.woocommerce_twin.encoding import cents
from fulfillment.testing.woocommerce_twin.errors import Refused, no_such_order
from fulfillment.testing.woocommerce_twin.query import flag
from fulfillment.testing.woocommerce_twin.records import Order, Refund
from fulfillment.testing.woocommerce_twin.routes.base import Call, Reply, page
from fulfillment.testing.woocommerce_twin.shapes import refund_json


def listing(call: Call) -> Reply:
    order = _order(call)
    path = f"wc/v3/orders/{order.id}/refunds"
    return page(call, path, order.refunds, lambda refund: refund_json(call.site, refund))


def single(call: Call) -> Reply:
    return Reply(refund_json(call.site, _refund(call, _order(call))))


def create(call: Call) -> Reply:
    """``api_refund`` and ``api_restock`` are true unless they are said to be false."""
    order, body = _order(call), call.body
    lines = [_line(entry) for entry in body.get("line_items", [])]
    try:
        amount = cents(body["amount"]) if body.get("amount") not in (None, "") else _sum(lines)
    except ValueError:
        raise Refused(
            400,
            "rest_invalid_param",
            "Invalid parameter(s): amount",
            params={"amount": "amount is not of type string."},
            details={},
        ) from None
    if amount < 0:
        raise Refused(400, "woocommerce_rest_invalid_order_refund", "Refund amount must be greater than zero.")
    refund = call.shop.refund(
        order,
        amount,
        reason=body.get("reason") or "",
        lines=lines,
        by_gateway=body.get("api_refund", True) is not False,
        restock=body.get("api_restock", True) is not False,
        meta=body.get("meta_data", []),
    )
    location = f"{call.site.url}/wp-json/wc/v3/orders/{order.id}/refunds/{refund.id}"
    return Reply(refund_json(call.site, refund), 201, {"Location": location})


def delete(call: Call) -> Reply:
    """Takes the record away, not the money back. The trash is not for refunds."""
    order = _order(call)
    refund = _refund(call, order)
    if not flag(call.parameters, "force", default=True):
        raise Refused(501, "woocommerce_rest_trash_not_supported", "The shop_order_refund does not support trashing.")
    shown = refund_json(call.site, refund)
    call.shop.undo_refund(order, refund)
    return Reply(shown)


def _order(call: Call) -> Order:
    order = call.site.orders.get(call.id())
    if order is None:
        raise no_such_order("woocommerce_rest_invalid_order_id")
    return order


def _refund(call: Call, order: Order) -> Refund:
    refund = next((refund for refund in order.refunds if refund.id == call.id(1)), None)
    if refund is None:
        raise Refused(404, "woocommerce_rest_invalid_order_refund_id", "Invalid order refund ID.")
    return refund


def _line(entry: Mapping[str, Any]) -> dict[str, int]:
    return {
        "id": int(entry["id"]),
        "quantity": int(entry.get("quantity", 0)),
        "refund_total": cents(entry.get("refund_total", 0)),
        "refund_tax": sum(cents(tax.get("refund_total", 0)) for tax in entry.get("refund_tax", [])),
    }


def _sum(lines: list[dict[str, int]]) -> int:
    return sum(line["refund_total"] + line["refund_tax"] for line in lines)
