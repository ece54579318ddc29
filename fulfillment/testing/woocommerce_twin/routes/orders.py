"""``/wc/v3/orders``: lists, single orders, changes, the trash, notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from fulfillment.testing.woocommerce_twin.encoding import cents
from fulfillment.testing.woocommerce_twin.errors import Refused, invalid_parameter, no_such_order
from fulfillment.testing.woocommerce_twin.query import choice, flag, moment, number, numbers, text, words
from fulfillment.testing.woocommerce_twin.records import STATUSES, Note, Order, set_meta
from fulfillment.testing.woocommerce_twin.routes.base import Call, Reply, only, page
from fulfillment.testing.woocommerce_twin.shapes import CUSTOMER_ADDRESS, note_json, order_json

ORDERINGS = ("date", "id", "include", "title", "slug", "modified")
PAGING = ("page", "per_page", "_fields")
BOUNDS = ("after", "before", "modified_after", "modified_before")
ADDRESS = {*CUSTOMER_ADDRESS, "email", "phone"}


def listing(call: Call) -> Reply:
    return page(call, "wc/v3/orders", _found(call), lambda order: order_json(call.site, order))


def single(call: Call) -> Reply:
    return Reply(only(call, order_json(call.site, call.shop.order(call.id()))))


def create(call: Call) -> Reply:
    body = call.body
    if body.get("customer_id") and body["customer_id"] not in call.site.customers:
        raise Refused(400, "woocommerce_rest_invalid_customer_id", "Customer ID is invalid.")
    order = call.shop.place(
        lines=[_line(line) for line in body.get("line_items", [])],
        billing=_address(body.get("billing", {})),
        shipping=_address(body["shipping"]) if "shipping" in body else None,
        status="processing" if body.get("set_paid") else body.get("status", "pending"),
        shipping_cost=sum(cents(line.get("total", 0)) for line in body.get("shipping_lines", [])),
        customer_id=body.get("customer_id", 0),
        payment_method=body.get("payment_method", ""),
        payment_title=body.get("payment_method_title", ""),
        customer_note=body.get("customer_note", ""),
        created_via="rest-api",
    )
    for entry in body.get("meta_data", []):
        set_meta(call.site, order.meta, entry["key"], entry["value"])
    return Reply(order_json(call.site, order), 201, {"Location": f"{call.site.url}/wp-json/wc/v3/orders/{order.id}"})


def update(call: Call) -> Reply:
    order = call.shop.order(call.id(), status=400)
    _apply(call, order, call.body)
    call.shop.save(order, changed=bool(call.body))
    return Reply(order_json(call.site, order))


def delete(call: Call) -> Reply:
    order = call.shop.order(call.id())
    shown = order_json(call.site, order)
    if flag(call.parameters, "force"):
        call.shop.delete(order)
        return Reply(shown)
    call.shop.trash(order)
    return Reply(order_json(call.site, order))


def notes(call: Call) -> Reply:
    order = _parent(call)
    kind = choice(call.parameters, "type", "any", ("any", "customer", "internal"))
    shown = [note for note in order.notes if kind == "any" or note.to_customer == (kind == "customer")]
    return Reply([note_json(call.site, order.id, note) for note in shown])


def add_note(call: Call) -> Reply:
    order = _parent(call)
    if not call.body.get("note"):
        raise Refused(400, "rest_missing_callback_param", "Missing parameter(s): note", params=["note"])
    note = Note(
        call.site.ids.next("note"),
        call.site.now(),
        "Parcelwise",
        call.body["note"],
        to_customer=bool(call.body.get("customer_note", False)),
    )
    order.notes.insert(0, note)
    return Reply(note_json(call.site, order.id, note), 201)


def _parent(call: Call) -> Order:
    order = call.site.orders.get(call.id())
    if order is None:
        raise no_such_order()
    return order


def _found(call: Call) -> list[Order]:
    """What the list is made of, kept until something changes: walking through many pages is common."""
    site = call.site
    asked = sorted((name, value) for name, value in call.request.pairs if name not in PAGING and "oauth" not in name)
    if site.last_list is None or site.last_list[:2] != (site.revision, asked):
        site.last_list = (site.revision, asked, _find(call))
    return site.last_list[2]


def _find(call: Call) -> list[Order]:
    orders = _statuses(call)
    included, excluded = numbers(call.parameters, "include"), set(numbers(call.parameters, "exclude"))
    if included:
        wanted = set(included)
        orders = (order for order in orders if order.id in wanted)
    if excluded:
        orders = (order for order in orders if order.id not in excluded)
    customer = number(call.parameters, "customer", 0, 0)
    if customer:
        orders = (order for order in orders if order.customer_id == customer)
    sought = text(call.parameters, "search").lower()
    if sought:
        orders = (order for order in orders if _matches(order, sought))
    found = list(_in_time(call, orders))
    _sort(call, found, included)
    return found


def _statuses(call: Call) -> Iterable[Order]:
    statuses = words(call.parameters, "status") or ["any"]
    for index, status in enumerate(statuses):
        if status not in ("any", "trash", *STATUSES):
            known = ", ".join(("any", "trash", *STATUSES))
            raise invalid_parameter("status", f"status[{index}] is not one of {known}.")
    orders = call.site.orders.values()
    if "any" in statuses:  # the trash is not any
        return (order for order in orders if order.status != "trash")
    return (order for order in orders if order.status in statuses)


def _in_time(call: Call, orders: Iterable[Order]) -> Iterable[Order]:
    """Both bounds are exclusive: what changed in the very second of ``modified_after`` is left out."""
    zone = call.site.zone
    named = {name: moment(call.parameters, name, zone) for name in BOUNDS}
    bounds = [(name, bound) for name, bound in named.items() if bound is not None]
    if not bounds:
        return orders
    # In GMT the digits are read as they stand.
    columns = None if flag(call.parameters, "dates_are_gmt") else zone

    def fits(order: Order) -> bool:
        for name, bound in bounds:
            value = order.modified if name.startswith("modified") else order.created
            naive = value.astimezone(columns).replace(tzinfo=None) if columns else value.replace(tzinfo=None)
            if (naive <= bound) if name.endswith("after") else (naive >= bound):
                return False
        return True

    return (order for order in orders if fits(order))


def _sort(call: Call, orders: list[Order], included: list[int]) -> None:
    orderby = choice(call.parameters, "orderby", "date", ORDERINGS)
    descending = choice(call.parameters, "order", "desc", ("asc", "desc")) == "desc"
    if orderby == "include":
        orders.sort(key=lambda order: included.index(order.id) if order.id in included else 0)
        return

    def rank(order: Order) -> tuple[datetime, int] | int:
        if orderby == "modified":
            return order.modified, order.id
        return (order.created, order.id) if orderby == "date" else order.id

    orders.sort(key=rank, reverse=descending)


def _matches(order: Order, sought: str) -> bool:
    texts = [str(order.id), *order.billing.values(), *order.shipping.values(), *(line.name for line in order.lines)]
    return any(sought in text.lower() for text in texts)


def _apply(call: Call, order: Order, body: Mapping[str, Any]) -> None:
    for name in ("billing", "shipping"):
        if name in body:
            getattr(order, name).update(_address(body[name]))
    for name in ("customer_note", "transaction_id", "payment_method", "customer_id"):
        if name in body:
            setattr(order, name, body[name])
    for entry in body.get("meta_data", []):
        set_meta(call.site, order.meta, entry["key"], entry["value"], entry.get("id"))
    for entry in body.get("line_items", []):
        _apply_line(call, order, entry)
    if body.get("set_paid") and order.status in ("pending", "failed", "on-hold"):
        call.shop.set_status(order, "processing")
    if body.get("status"):
        call.shop.set_status(order, body["status"])


def _apply_line(call: Call, order: Order, entry: Mapping[str, Any]) -> None:
    if not entry.get("id"):
        call.shop.add_line(order, _line(entry))
        return
    line = next((line for line in order.lines if line.id == entry["id"]), None)
    if line is None:
        raise Refused(400, "woocommerce_rest_invalid_item_id", "Order item ID provided is not associated with order.")
    total = cents(entry["total"]) if "total" in entry else None
    call.shop.change_line(order, line, quantity=entry.get("quantity"), total=total)


def _line(entry: Mapping[str, Any]) -> dict[str, Any]:
    quantity = int(entry.get("quantity", 1))
    return {
        "name": entry.get("name", f"Product {entry.get('product_id', 0)}"),
        "product_id": entry.get("product_id", 0),
        "quantity": quantity,
        "price": cents(entry.get("total", 0)) // max(1, quantity),
        "sku": entry.get("sku", ""),
    }


def _address(address: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in address.items() if key in ADDRESS}
