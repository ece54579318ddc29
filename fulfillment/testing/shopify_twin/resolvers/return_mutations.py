"""Mutations of returns and of their way back."""

from __future__ import annotations

from typing import Any

from fulfillment.testing.shopify_twin.graph.wiring import Resolver
from fulfillment.testing.shopify_twin.resolvers.call import Call
from fulfillment.testing.shopify_twin.resolvers.mutation import Effect, Given, mutation


def _line(wanted: Given) -> dict[str, Any]:
    return {
        "line": wanted["fulfillmentLineItemId"],
        "quantity": wanted["quantity"],
        "reason": wanted.get("returnReasonDefinitionId") or wanted.get("returnReason"),
        "note": wanted.get("customerNote"),
        "reason_note": wanted.get("returnReasonNote"),
        "fee": (wanted.get("restockingFee") or {}).get("percentage"),
    }


def _begun(wanted: Given) -> tuple[str, list[dict[str, Any]], str | None]:
    fee = wanted.get("returnShippingFee")
    lines = [_line(line) for line in wanted["returnLineItems"]]
    return wanted["orderId"], lines, fee["amount"]["amount"] if fee else None


def _request(call: Call, given: Given) -> dict[str, Any]:
    order, lines, fee = _begun(given["input"])
    return {"return_": call.world.request_return(order, lines, shipping_fee=fee)}


def _create(call: Call, given: Given) -> dict[str, Any]:
    order, lines, fee = _begun(given["returnInput"])
    return {"return_": call.world.create_return(order, lines, shipping_fee=fee)}


def _approve(call: Call, given: Given) -> dict[str, Any]:
    return {"return_": call.world.approve_return(given["input"]["id"])}


def _decline(call: Call, given: Given) -> dict[str, Any]:
    wanted = given["input"]
    declined = call.world.decline_return(wanted["id"], wanted["declineReason"], wanted.get("declineNote"))
    return {"return_": declined}


def _cancel(call: Call, given: Given) -> dict[str, Any]:
    return {"return_": call.world.cancel_return(given["id"])}


def _close(call: Call, given: Given) -> dict[str, Any]:
    return {"return_": call.world.close_return(given["id"])}


def _reopen(call: Call, given: Given) -> dict[str, Any]:
    return {"return_": call.world.reopen_return(given["id"])}


def _remove(call: Call, given: Given) -> dict[str, Any]:
    lines = {line["returnLineItemId"]: line["quantity"] for line in given.get("returnLineItems") or ()}
    return {"return_": call.world.remove_from_return(given["returnId"], lines)}


def _process(call: Call, given: Given) -> dict[str, Any]:
    wanted = given["input"]
    issued = (wanted.get("financialTransfer") or {}).get("issueRefund")
    refund = None
    if issued is not None:
        refund = [
            {"parent": entry["parentId"], "amount": entry["transactionAmount"]["amount"]}
            for entry in issued["orderTransactions"]
        ]
    lines = [
        {
            "line": line["id"],
            "quantity": line["quantity"],
            "dispositions": [_disposition(entry) for entry in line.get("dispositions") or ()],
        }
        for line in wanted.get("returnLineItems") or ()
    ]
    freight = wanted.get("refundShipping") or {}
    amount = (freight.get("shippingRefundAmount") or {}).get("amount")
    processed = call.world.process_return(
        wanted["returnId"],
        lines,
        refund=refund,
        shipping="full" if freight.get("fullRefund") else amount,
        note=wanted.get("note"),
        allow_more=bool(issued and issued.get("allowOverRefunding")),
    )
    return {"return_": processed}


def _disposition(entry: Given) -> dict[str, Any]:
    return {
        "line": entry["reverseFulfillmentOrderLineItemId"],
        "type": entry["dispositionType"],
        "quantity": entry["quantity"],
    }


def _dispose(call: Call, given: Given) -> dict[str, Any]:
    lines = call.world.dispose([_disposition(entry) for entry in given["dispositionInputs"]])
    return {"reverse_fulfillment_order_line_items": lines}


def _way(given: Given) -> dict[str, Any]:
    tracking, label = given.get("trackingInput") or {}, given.get("labelInput") or {}
    return {"number": tracking.get("number"), "url": tracking.get("url"), "label_url": label.get("fileUrl")}


def _ship(call: Call, given: Given) -> dict[str, Any]:
    lines = {line["reverseFulfillmentOrderLineItemId"]: line["quantity"] for line in given["reverseDeliveryLineItems"]}
    return {"reverse_delivery": call.world.ship_back(given["reverseFulfillmentOrderId"], lines, **_way(given))}


def _reship(call: Call, given: Given) -> dict[str, Any]:
    return {"reverse_delivery": call.world.update_way_back(given["reverseDeliveryId"], **_way(given))}


_EFFECTS: dict[str, Effect] = {
    "returnRequest": _request,
    "returnCreate": _create,
    "returnApproveRequest": _approve,
    "returnDeclineRequest": _decline,
    "returnCancel": _cancel,
    "returnClose": _close,
    "returnReopen": _reopen,
    "removeFromReturn": _remove,
    "returnProcess": _process,
    "reverseFulfillmentOrderDispose": _dispose,
    "reverseDeliveryCreateWithShipping": _ship,
    "reverseDeliveryShippingUpdate": _reship,
}
RETURNS: dict[tuple[str, str], Resolver] = {
    ("Mutation", name): mutation(name, effect) for name, effect in _EFFECTS.items()
}
