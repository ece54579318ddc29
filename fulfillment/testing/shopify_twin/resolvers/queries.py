"""The fields of ``QueryRoot``, and those of objects that are more than an attribute."""

from __future__ import annotations

from typing import Any

from fulfillment.testing.shopify_twin.graph.versions import SUPPORTED
from fulfillment.testing.shopify_twin.graph.wiring import Resolver, paged
from fulfillment.testing.shopify_twin.resolvers import orders_page, search
from fulfillment.testing.shopify_twin.resolvers.apps import AccessScope, App, Installation
from fulfillment.testing.shopify_twin.resolvers.call import Call
from fulfillment.testing.shopify_twin.resolvers.suggested import suggested_refund
from fulfillment.testing.shopify_twin.webhooks.subscriptions import Version
from fulfillment.testing.shopify_twin.world.ids import HISTORY, Thing, history_index
from fulfillment.testing.shopify_twin.world.orders import Order
from fulfillment.testing.shopify_twin.world.people import Customer
from fulfillment.testing.shopify_twin.world.refusals import Refused
from fulfillment.testing.shopify_twin.world.returning import REASONS
from fulfillment.testing.shopify_twin.world.world import World


def _one(kind: str) -> Resolver:
    def resolve(_: Any, info: Any, id: str | None = None) -> Any:
        call: Call = info.context
        found = call.node(id) if id else call.world.shop.location
        return _seen(call, found) if found is not None and found.type_name == kind else None

    return resolve


def _seen(call: Call, thing: Thing) -> Thing | None:
    """Orders that are too old for the app do not exist for it."""
    old = isinstance(thing, Order) and call.since is not None and thing.created_at < call.since
    return None if old else thing


def _node(_: Any, info: Any, id: str) -> Any:
    found = info.context.node(id)
    return None if found is None else _seen(info.context, found)


def _nodes(_: Any, info: Any, ids: list[str]) -> list[Any]:
    return [_node(None, info, gid) for gid in ids]


def _orders(_: Any, info: Any, **given: Any) -> Any:
    call: Call = info.context
    words = search.read(given.get("query"))
    if words.warnings:
        told = {"path": [str(info.path.key)], "query": given.get("query"), "warnings": words.warnings}
        call.extensions.setdefault("search", []).append(told)
    return orders_page.page(call.world, words, given, call.since)


def _orders_of(customer: Customer, info: Any, **given: Any) -> Any:
    words = search.read(f"customer_id:{customer.id} {given.get('query') or ''}")
    return orders_page.page(info.context.world, words, given, info.context.since)


def _last_order(customer: Customer, info: Any) -> Any:
    """The newest; nobody walks through a long history for it, for each buyer's place there is known."""
    world: World = info.context.world
    mine = [order for order in world.orders.values() if order.customer and order.customer.id == customer.id]
    if (past := world.past) is not None and customer.id >= HISTORY:
        places = past.places_of(history_index(customer.id))
        there = [place for place in places if past.number(place) not in world.orders]
        mine += [past.order(place) for place in there if past.number(place) not in world.deleted]
    return max(mine, key=lambda order: (order.created_at, order.id), default=None)


def _order_by(_: Any, info: Any, identifier: dict[str, Any]) -> Any:
    return _one("Order")(None, info, id=identifier.get("id"))


def _customers(_: Any, info: Any, **given: Any) -> Any:
    return paged(info.context.world.all_customers(), given)


def _customer_by(_: Any, info: Any, identifier: dict[str, Any]) -> Any:
    world = info.context.world
    if identifier.get("id"):
        return _one("Customer")(None, info, id=identifier["id"])
    if identifier.get("emailAddress"):
        return world.by_email.get(identifier["emailAddress"])
    return next((one for one in world.all_customers() if one.phone == identifier.get("phoneNumber")), None)


def _subscriptions(_: Any, info: Any, **given: Any) -> Any:
    found = info.context.subscriptions.all()
    if given.get("topics"):
        found = [one for one in found if one.topic in given["topics"]]
    if given.get("uri"):
        found = [one for one in found if one.uri == given["uri"]]
    return paged(found, given)


def _returnable(_: Any, info: Any, orderId: str, **given: Any) -> Any:
    world = info.context.world
    order = world.node(orderId)
    if not isinstance(order, Order):
        return paged([], given)
    found: dict[int, Returnable] = {}
    for line, units in world.returnable(order):
        entry = found.setdefault(line.fulfillment.id, Returnable(line.fulfillment))
        entry.returnable_fulfillment_line_items.append({"fulfillment_line_item": line, "quantity": units})
    return paged(list(found.values()), given)


class Returnable(Thing):
    """What can come back of one fulfilment."""

    type_name = "ReturnableFulfillment"

    def __init__(self, fulfillment: Any) -> None:
        self.fulfillment, self.id = fulfillment, fulfillment.id
        self.returnable_fulfillment_line_items: list[dict[str, Any]] = []


def _plans(_: Any, info: Any, includeClosed: bool = False, **given: Any) -> Any:
    with info.context.world.lock:
        orders = list(info.context.world.orders.values())
    found = [plan for order in orders for plan in order.fulfillment_orders]
    return paged([plan for plan in found if includeClosed or plan.status not in ("CLOSED", "CANCELLED")], given)


def _reasons(_: Any, info: Any, handles: Any = None, ids: Any = None, **given: Any) -> Any:
    found = [one for one in REASONS if (not handles or one.handle in handles) and (not ids or one.gid in ids)]
    return paged(found, given)


def _installation(_: Any, info: Any) -> Installation:
    access = info.context.access
    scopes = [AccessScope(handle) for handle in sorted(info.context.token.scopes)]
    return Installation(App(access.client_id), scopes)


def _current_bulk(_: Any, info: Any, type: str = "QUERY") -> Any:
    found = info.context.bulk.all()
    return found[-1] if found and type == "QUERY" else None


def _suggested(order: Order, info: Any, **given: Any) -> Any:
    try:
        return suggested_refund(info.context.world, order, given)
    except Refused:
        return None


QUERIES: dict[tuple[str, str], Resolver] = {
    **{
        ("QueryRoot", field): _one(kind)
        for field, kind in {
            "order": "Order",
            "customer": "Customer",
            "return": "Return",
            "fulfillment": "Fulfillment",
            "fulfillmentOrder": "FulfillmentOrder",
            "location": "Location",
            "refund": "Refund",
            "reverseDelivery": "ReverseDelivery",
            "reverseFulfillmentOrder": "ReverseFulfillmentOrder",
            "webhookSubscription": "WebhookSubscription",
            "bulkOperation": "BulkOperation",
        }.items()
    },
    ("QueryRoot", "shop"): lambda _, info: info.context.world.shop,
    ("QueryRoot", "node"): _node,
    ("QueryRoot", "nodes"): _nodes,
    ("QueryRoot", "orders"): _orders,
    ("QueryRoot", "orderByIdentifier"): _order_by,
    ("QueryRoot", "customers"): _customers,
    ("QueryRoot", "customerByIdentifier"): _customer_by,
    ("QueryRoot", "webhookSubscriptions"): _subscriptions,
    ("QueryRoot", "currentAppInstallation"): _installation,
    ("QueryRoot", "publicApiVersions"): lambda _, info: [Version(handle) for handle in SUPPORTED],
    ("QueryRoot", "bulkOperations"): lambda _, info, **given: paged(info.context.bulk.all(), given),
    ("QueryRoot", "currentBulkOperation"): _current_bulk,
    ("QueryRoot", "returnableFulfillments"): _returnable,
    ("QueryRoot", "returnReasonDefinitions"): _reasons,
    ("QueryRoot", "fulfillmentOrders"): _plans,
    ("QueryRoot", "locations"): lambda _, info, **given: paged([info.context.world.shop.location], given),
    ("Customer", "orders"): _orders_of,
    ("Customer", "lastOrder"): _last_order,
    ("Order", "suggestedRefund"): _suggested,
}
