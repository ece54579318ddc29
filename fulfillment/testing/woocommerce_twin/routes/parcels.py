"""The three places where a tracking number can stand: the core's fulfilments and the two tracking extensions."""

from __future__ import annotations

from typing import Any

from fulfillment.testing.woocommerce_twin import trackings
from fulfillment.testing.woocommerce_twin.errors import Refused, no_such_order
from fulfillment.testing.woocommerce_twin.query import text
from fulfillment.testing.woocommerce_twin.records import Fulfillment, Order
from fulfillment.testing.woocommerce_twin.routes.base import Call, Reply
from fulfillment.testing.woocommerce_twin.shapes import fulfillment_json


def fulfillments(call: Call) -> Reply:
    parcels = _order(call).fulfillments
    return Reply([fulfillment_json(call.site, parcel) for parcel in parcels if parcel.deleted is None])


def fulfillment(call: Call) -> Reply:
    return Reply(fulfillment_json(call.site, _fulfillment(call, _order(call))))


def fulfillment_metadata(call: Call) -> Reply:
    return Reply(fulfillment_json(call.site, _fulfillment(call, _order(call)))["meta_data"])


def create_fulfillment(call: Call) -> Reply:
    order = _order(call)
    parcel = trackings.add_fulfillment(call.shop, order, call.body.get("meta_data", []), status=_status(call.body))
    return Reply(fulfillment_json(call.site, parcel), 201)


def update_fulfillment(call: Call) -> Reply:
    """What is not among ``meta_data`` is taken out."""
    order = _order(call)
    parcel = _fulfillment(call, order)
    status = _status(call.body) if {"status", "is_fulfilled"} & call.body.keys() else None
    trackings.change_fulfillment(call.shop, order, parcel, call.body.get("meta_data"), status=status)
    return Reply(fulfillment_json(call.site, parcel))


def delete_fulfillment(call: Call) -> Reply:
    order = _order(call)
    trackings.delete_fulfillment(call.shop, order, _fulfillment(call, order))
    return Reply({"message": "Fulfillment deleted successfully."})


def lookup(call: Call) -> Reply:
    _order(call)
    number = text(call.parameters, "tracking_number")
    if not number:
        raise Refused(
            400, "rest_missing_callback_param", "Missing parameter(s): tracking_number", params=["tracking_number"]
        )
    return Reply(trackings.recognise(number))


def items(call: Call) -> Reply:
    order = _order(call)
    return Reply([_shown(call, order, item) for item in trackings.items(order)])


def item(call: Call) -> Reply:
    order = _order(call)
    return Reply(_shown(call, order, _item(call, order)))


def create_item(call: Call) -> Reply:
    order, body = _order(call), call.body
    if not body.get("tracking_number"):
        raise Refused(
            400, "rest_missing_callback_param", "Missing parameter(s): tracking_number", params=["tracking_number"]
        )
    add = trackings.add_ast if _is_ast(call) else trackings.add_shipment_tracking
    return Reply(_shown(call, order, add(call.shop, order, body)), 201)


def delete_item(call: Call) -> Reply:
    order = _order(call)
    found = _item(call, order)
    trackings.delete_item(call.shop, order, found)
    return Reply(_shown(call, order, found))


def _order(call: Call) -> Order:
    order = call.site.orders.get(call.id())
    if order is None:
        raise no_such_order()
    return order


def _fulfillment(call: Call, order: Order) -> Fulfillment:
    for parcel in order.fulfillments:
        if parcel.id == call.id(1) and parcel.deleted is None:
            return parcel
    # The plugin's exception has no code, and its handler knows one status.
    raise Refused(400, 0, "Fulfillment not found.")


def _item(call: Call, order: Order) -> dict[str, Any]:
    found = next((item for item in trackings.items(order) if item["tracking_id"] == call.args[1]), None)
    if found is None:
        raise Refused(404, "woocommerce_rest_order_shipment_tracking_invalid_id", "Invalid shipment tracking ID.")
    return found


def _status(body: dict[str, Any]) -> str:
    if body.get("status"):
        return str(body["status"])
    return "fulfilled" if body.get("is_fulfilled") else "unfulfilled"


def _is_ast(call: Call) -> bool:
    return "/wc-ast/" in call.request.path


def _shown(call: Call, order: Order, item: dict[str, Any]) -> dict[str, Any]:
    namespace = "wc-ast/v3" if _is_ast(call) else "wc-shipment-tracking/v3"
    base = f"{call.site.url}/wp-json/{namespace}/orders/{order.id}"
    return {
        "tracking_id": item["tracking_id"],
        "tracking_provider": item["custom_tracking_provider"] or item["tracking_provider"],
        "tracking_link": item["custom_tracking_link"] or trackings.link(item["tracking_number"]),
        "tracking_number": item["tracking_number"],
        "date_shipped": trackings.day(item["date_shipped"]),
        "_links": {
            "self": [{"href": f"{base}/shipment-trackings/{item['tracking_id']}"}],
            "collection": [{"href": f"{base}/shipment-trackings"}],
            "up": [{"href": f"{call.site.url}/wp-json/wc/v3/orders/{order.id}"}],
        },
    }
