"""Mutations of fulfilments and fulfilment orders."""

from __future__ import annotations

from typing import Any

from fulfillment.testing.shopify_twin.graph.names import snake
from fulfillment.testing.shopify_twin.graph.wiring import Resolver
from fulfillment.testing.shopify_twin.resolvers.call import Call
from fulfillment.testing.shopify_twin.resolvers.mutation import Effect, Given, mutation


def _create(call: Call, given: Given) -> dict[str, Any]:
    wanted = given["fulfillment"]
    sent = call.world.fulfill_plans(wanted["lineItemsByFulfillmentOrder"], wanted.get("trackingInfo"))
    return {"fulfillment": sent}


def _cancel(call: Call, given: Given) -> dict[str, Any]:
    return {"fulfillment": call.world.cancel_fulfillment(given["id"])}


def _track(call: Call, given: Given) -> dict[str, Any]:
    info = given["trackingInfoInput"]
    numbers = info.get("numbers") or ([info["number"]] if info.get("number") else [])
    urls = info.get("urls") or ([info["url"]] if info.get("url") else [])
    company = info.get("company")
    sent = call.world.update_tracking(given["fulfillmentId"], company=company, numbers=numbers, urls=urls)
    return {"fulfillment": sent}


def _event(call: Call, given: Given) -> dict[str, Any]:
    wanted = dict(given["fulfillmentEvent"])
    fulfillment, status = wanted.pop("fulfillmentId"), wanted.pop("status")
    columns = {snake(name): value for name, value in wanted.items()}
    return {"fulfillment_event": call.world.add_event(fulfillment, status, **columns)}


def _hold(call: Call, given: Given) -> dict[str, Any]:
    wanted = given["fulfillmentHold"]
    hold = call.world.hold(given["id"], wanted["reason"], wanted.get("reasonNotes"), wanted.get("handle"))
    return {"fulfillment_hold": hold, "fulfillment_order": call.world.node(given["id"])}


def _release(call: Call, given: Given) -> dict[str, Any]:
    return {"fulfillment_order": call.world.release(given["id"])}


_EFFECTS: dict[str, Effect] = {
    "fulfillmentCreate": _create,
    "fulfillmentCancel": _cancel,
    "fulfillmentTrackingInfoUpdate": _track,
    "fulfillmentTrackingInfoUpdateV2": _track,
    "fulfillmentEventCreate": _event,
    "fulfillmentOrderHold": _hold,
    "fulfillmentOrderReleaseHold": _release,
}
PARCELS: dict[tuple[str, str], Resolver] = {
    ("Mutation", name): mutation(name, effect) for name, effect in _EFFECTS.items()
}
