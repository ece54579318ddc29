"""Refunds."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from fulfillment.testing.shopify_twin.webhooks.payloads.common import Payload, moment, money_set
from fulfillment.testing.shopify_twin.webhooks.payloads.lines import part_line, shipping_line, transaction
from fulfillment.testing.shopify_twin.world.refunding import Adjustment, Refund, RefundLine, RefundShipping


def refund(back: Refund, zone: ZoneInfo) -> Payload:
    currency = back.order.currency
    returned = {"id": back.return_.id, "admin_graphql_api_id": back.return_.gid} if back.return_ else None
    return {
        "id": back.id,
        "order_id": back.order.id,
        "created_at": moment(back.created_at, zone),
        "note": back.note,
        "user_id": None,
        "processed_at": moment(back.processed_at, zone),
        "duties": [],
        "total_duties_set": money_set(0, currency),
        "return": returned,
        "refund_shipping_lines": [_shipping(line) for line in back.shipping],
        "restock": any(line.restocked for line in back.lines),
        "admin_graphql_api_id": back.gid,
        "order_adjustments": [_adjustment(back, entry) for entry in back.order_adjustments],
        "refund_line_items": [_line(line) for line in back.lines],
        "transactions": [transaction(payment, zone) for payment in back.transactions],
    }


def _line(line: RefundLine) -> Payload:
    currency = line.line_item.order.currency
    subtotal, tax = money_set(line.subtotal, currency), money_set(line.tax, currency)
    return {
        "id": line.id,
        "quantity": line.quantity,
        "line_item_id": line.line_item.id,
        "location_id": line.location.id if line.location else None,
        "restock_type": line.restock_type.lower(),
        # Here, and nowhere else, the platform writes amounts as numbers.
        "subtotal": float(subtotal["shop_money"]["amount"]),
        "total_tax": float(tax["shop_money"]["amount"]),
        "subtotal_set": subtotal,
        "total_tax_set": tax,
        "line_item": part_line(line.line_item, line.line_item.quantity),
    }


def _shipping(line: RefundShipping) -> Payload:
    currency = line.shipping_line.order.currency
    return {
        "id": line.id,
        "shipping_line": shipping_line(line.shipping_line),
        "subtotal_amount_set": money_set(line.amount, currency),
        "tax_amount_set": money_set(line.tax, currency),
    }


def _adjustment(back: Refund, entry: Adjustment) -> Payload:
    amount = entry.amount_set
    return {
        "id": entry.id,
        "order_id": back.order.id,
        "refund_id": back.id,
        "amount": amount.plain,
        "tax_amount": entry.tax_amount_set.plain,
        "kind": "refund_discrepancy",
        "reason": entry.reason,
        "amount_set": money_set(amount.minor, amount.currency),
        "tax_amount_set": money_set(0, amount.currency),
    }
