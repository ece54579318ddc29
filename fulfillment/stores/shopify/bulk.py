"""The first sync by a bulk operation: started, waited for, its file read slice by slice from a stored place on.

The cursor is JSON: ``operation`` (its id), then ``url``, ``size``, ``total`` and ``next`` (a byte), ``todo`` (orders
that have to be read singly) and ``failed`` (operations that came to nothing). A run that is killed goes on there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from fulfillment.facts import OrderData
from fulfillment.stores.base import Page, Unreadable
from fulfillment.stores.shopify import documents, orders
from fulfillment.stores.shopify.bulk_events import add_events
from fulfillment.stores.shopify.bulk_file import FileGone, is_whole, parcels_without_events, read_part
from fulfillment.stores.shopify.client import Client
from fulfillment.stores.shopify.documents import bulk
from fulfillment.stores.shopify.replies import Refused
from parcelwise.errors import Misconfigured

#: Orders that are read singly in one step; as many may wait while the file is read on.
SINGLY = 40
#: Seconds between two looks at an operation, and before another try when too many run.
LOOK_EVERY, BUSY = 5.0, 30.0
#: Operations that may come to nothing before orders are paged through instead.
FAILURES = 2
_BUSY = {"OPERATION_IN_PROGRESS", "LIMIT_REACHED"}
_EVER = datetime(2000, 1, 1, tzinfo=UTC)

Cursor = Mapping[str, Any]


def everything(client: Client, cursor: Cursor) -> Page:
    """The next page of all orders."""
    if cursor.get("paging") is not None:
        return _paged(client, cursor)
    if cursor.get("todo") and (len(cursor["todo"]) >= SINGLY or cursor["next"] >= cursor["size"]):
        return _singly(client, cursor)
    if "url" in cursor:
        return _slice(client, cursor)
    return _look(client, cursor) if cursor.get("operation") else _start(client, cursor)


def _start(client: Client, cursor: Cursor) -> Page:
    if cursor.get("failed", 0) >= FAILURES:
        return Page(cursor={"paging": {}}, doing="reading orders page by page")
    query = documents.text(bulk.BULK_ORDERS, client.version)
    try:
        operation = client.tell(bulk.BULK_RUN, query=query)["bulkOperation"]
    except Refused as error:
        if not (error.codes & _BUSY or "already in progress" in str(error)):
            raise
        return Page(cursor=dict(cursor), doing="waiting: another bulk operation of the app is running", wait=BUSY)
    return Page(cursor={**cursor, "operation": operation["id"]}, doing="Shopify prepares the orders", wait=1)


def _look(client: Client, cursor: Cursor) -> Page:
    found: Any = client.ask(bulk.BULK_STATE, id=cursor["operation"])["bulkOperation"]
    status = (found or {}).get("status", "EXPIRED")
    if status == "COMPLETED":
        return _ready(found, cursor)
    if status in ("CREATED", "RUNNING", "CANCELING"):
        count = int(found.get("rootObjectCount") or 0)
        return Page(cursor=dict(cursor), doing=f"Shopify prepares the orders: {count:,} so far", wait=LOOK_EVERY)
    if found and found.get("errorCode") == "ACCESS_DENIED":
        raise Misconfigured(f"Shopify does not let the app read all that is asked for of {client.store.name}.")
    # A partial file is not used: what it lacks of its last orders nobody can tell.
    return _again(cursor, f"Shopify's bulk operation ended as {status.lower()}; trying again")


def _ready(found: Mapping[str, Any], cursor: Cursor) -> Page:
    total = int(found.get("rootObjectCount") or 0)
    if not found.get("url"):
        return Page(total=total, doing="there are no orders")
    place = {"url": found["url"], "size": int(found["fileSize"]), "total": total, "next": 0, "todo": []}
    return Page(cursor={**cursor, **place}, total=total, doing="reading Shopify's file")


def _again(cursor: Cursor, doing: str) -> Page:
    return Page(cursor={"failed": int(cursor.get("failed", 0)) + 1}, doing=doing, wait=LOOK_EVERY)


def _slice(client: Client, cursor: Cursor) -> Page:
    try:
        part = read_part(cursor["url"], cursor["next"], cursor["size"])
    except FileGone:
        return _again(cursor, "Shopify's file is not there any more; starting anew")
    whole, unreadable, todo = list[OrderData](), list[Unreadable](), dict.fromkeys([*cursor["todo"], *part.strays])
    add_events(client, [parcel for node in part.orders for parcel in parcels_without_events(node, over=_is_over(node))])
    for node in part.orders:
        if not is_whole(node, over=_is_over(node)):
            todo[node["id"]] = None
            continue
        data = orders.facts(node)
        if isinstance(data, OrderData):
            whole.append(data)
        else:
            unreadable.append(data)
    place = {**cursor, "next": part.next, "todo": list(todo)}
    return _page(place, whole, unreadable)


def _is_over(node: Mapping[str, Any]) -> bool:
    """Whether the order is so old that no walk reads it again, and what it came to is known."""
    placed = datetime.fromisoformat(node["createdAt"])
    return bool(node.get("closedAt")) and timezone.now() - placed > orders.VISIBLE_FOR


def _singly(client: Client, cursor: Cursor) -> Page:
    now, later = cursor["todo"][:SINGLY], cursor["todo"][SINGLY:]
    found = orders.read(client, now).values()
    read = [data for data in found if isinstance(data, OrderData)]
    return _page({**cursor, "todo": later}, read, [data for data in found if isinstance(data, Unreadable)])


def _page(place: dict[str, Any], read: list[OrderData], unreadable: list[Unreadable]) -> Page:
    done = place["next"] >= place["size"] and not place["todo"]
    percent = 100 * place["next"] // max(place["size"], 1)
    return Page(
        orders=tuple(read),
        unreadable=tuple(unreadable),
        cursor=None if done else place,
        total=place["total"],
        doing=f"reading Shopify's file: {percent} %",
    )


def _paged(client: Client, cursor: Cursor) -> Page:
    """All orders in the order of their last change: slower, and it needs no file."""
    page = orders.changes(client, _EVER, cursor["paging"])
    on = None if page.cursor is None else {"paging": dict(page.cursor)}
    return Page(page.orders, page.unreadable, on, doing="reading orders page by page")
