"""Mutations of orders, and those about the app itself: subscriptions, bulk operations, uploads."""

from __future__ import annotations

from typing import Any

from fulfillment.testing.shopify_twin.graph.names import snake
from fulfillment.testing.shopify_twin.graph.wiring import Resolver
from fulfillment.testing.shopify_twin.resolvers.call import Call
from fulfillment.testing.shopify_twin.resolvers.mutation import Effect, Given, mutation
from fulfillment.testing.shopify_twin.world.refusals import Refused


def _refund(call: Call, given: Given) -> dict[str, Any]:
    wanted = given["input"]
    shipping = wanted.get("shipping") or {}
    for entry in wanted.get("transactions") or ():
        if entry["kind"] != "REFUND":
            raise Refused("Transaction kind must be refund.", "transactions", "0", "kind")
        if entry["orderId"] != wanted["orderId"]:
            raise Refused("Transaction is of another order.", "transactions", "0", "orderId")
    refund = call.world.refund(
        wanted["orderId"],
        lines=[
            {"line": entry["lineItemId"], "quantity": entry["quantity"], "restock_type": entry.get("restockType")}
            for entry in wanted.get("refundLineItems") or ()
        ],
        shipping="full" if shipping.get("fullRefund") else shipping.get("amount"),
        transactions=[
            {"parent": entry.get("parentId"), "amount": entry["amount"]} for entry in wanted.get("transactions") or ()
        ],
        note=wanted.get("note"),
        discrepancy=wanted.get("discrepancyReason"),
        allow_more=bool(wanted.get("allowOverRefunding")),
    )
    return {"refund": refund, "order": refund.order}


def _cancel(call: Call, given: Given) -> dict[str, Any]:
    refund = bool(given.get("refund") or (given.get("refundMethod") or {}).get("originalPaymentMethodsRefund"))
    order = call.world.cancel_order(given["orderId"], given["reason"], refund=refund, restock=given["restock"])
    return {"job": {"id": f"gid://shopify/Job/{order.token}", "done": False}}


def _columns(wanted: Given) -> dict[str, Any]:
    columns = {snake(name): value for name, value in wanted.items() if name != "callbackUrl" and value is not None}
    if wanted.get("callbackUrl"):
        columns.setdefault("uri", wanted["callbackUrl"])
    return columns


def _subscribe(call: Call, given: Given) -> dict[str, Any]:
    columns = _columns(given["webhookSubscription"])
    return {"webhook_subscription": call.subscriptions.create(given["topic"], call.world.now(), **columns)}


def _resubscribe(call: Call, given: Given) -> dict[str, Any]:
    columns = _columns(given["webhookSubscription"])
    return {"webhook_subscription": call.subscriptions.update(given["id"], call.world.now(), **columns)}


def _unsubscribe(call: Call, given: Given) -> dict[str, Any]:
    return {"deleted_webhook_subscription_id": call.subscriptions.delete(given["id"]).gid}


def _bulk(call: Call, given: Given) -> dict[str, Any]:
    return {"bulk_operation": call.bulk.run(given["query"], grouped=given["groupObjects"])}


def _stop_bulk(call: Call, given: Given) -> dict[str, Any]:
    return {"bulk_operation": call.bulk.cancel(given["id"])}


def _stage(call: Call, given: Given) -> dict[str, Any]:
    targets = [
        call.uploads.stage(one["filename"], one["mimeType"], one["resource"], one.get("httpMethod") or "PUT")
        for one in given["input"]
    ]
    return {"staged_targets": targets}


_EFFECTS: dict[str, Effect] = {
    "refundCreate": _refund,
    "webhookSubscriptionCreate": _subscribe,
    "webhookSubscriptionUpdate": _resubscribe,
    "webhookSubscriptionDelete": _unsubscribe,
    "bulkOperationRunQuery": _bulk,
    "bulkOperationCancel": _stop_bulk,
    "stagedUploadsCreate": _stage,
}
ORDERS: dict[tuple[str, str], Resolver] = {
    **{("Mutation", name): mutation(name, effect) for name, effect in _EFFECTS.items()},
    ("Mutation", "orderCancel"): mutation("orderCancel", _cancel, errors="order_cancel_user_errors"),
    ("Job", "id"): lambda job, _: job["id"],
}
