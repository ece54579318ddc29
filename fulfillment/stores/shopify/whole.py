"""Orders that are whole: what did not fit on the first page of a question is read to its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fulfillment.stores.shopify.client import Client, pages
from fulfillment.stores.shopify.documents import reading
from fulfillment.stores.shopify.gid import kind_of
from fulfillment.stores.shopify.mapping import nodes
from parcelwise.errors import RetryLater

#: Lists of an order that come without pages -> how many entries a first page has.
_FIRST = {"fulfillments": reading.PARCELS, "refunds": reading.REFUNDS}

Node = dict[str, Any]


def make_whole(client: Client, orders: Sequence[Node]) -> list[Node]:
    """The same orders with every line, parcel, event, refund and return in them.

    An order that changes while its pages are read is read again by the caller: RetryLater.
    """
    for order in orders:
        _lists(client, order)
    paged = [order for order in orders if _is_cut(order)]
    _parts(client, orders)
    for order in orders:
        for part in _with_pages(order):
            paged += [order] if _finish(client, part) and order not in paged else []
    for order in paged:
        _check_unchanged(client, order)
    return list(orders)


def _is_cut(order: Node) -> bool:
    return bool(order.pop("_cut", False))


def _lists(client: Client, order: Node) -> None:
    """The ids of all parcels and refunds: a list that is as long as we asked for may go on."""
    for name, first in _FIRST.items():
        known = order.get(name) or []
        if len(known) < first:
            continue
        found: Any = client.ask(reading.ALL_OF[name], id=order["id"])
        there = {entry["id"]: entry for entry in known}
        whole = [there.get(entry["id"], entry) for entry in ((found.get("order") or {}).get(name) or ())]
        order["_cut"] = order.get("_cut") or len(whole) > len(known)
        order[name] = whole
    if _goes_on(order.get("returns")):
        order["returns"] = {"nodes": pages(client, reading.MORE["Order", "returns"], "node", "returns", id=order["id"])}
        order["_cut"] = True


def _parts(client: Client, orders: Iterable[Node]) -> None:
    """Put the whole thing where so far only its id is known, for all the orders at once."""
    for name, document in reading.READ_PARTS.items():
        missing = [part for order in orders for part in nodes(order.get(name)) if len(part) == 1]
        for start in range(0, len(missing), reading.PARTS_AT_ONCE):
            chunk = missing[start : start + reading.PARTS_AT_ONCE]
            found = client.ask(document, ids=[part["id"] for part in chunk])["nodes"]
            for part, read in zip(chunk, found, strict=True):
                if not read:
                    raise RetryLater("A part of the order was gone while the order was read.", after=2)
                part.update(read)


def _with_pages(order: Node) -> Iterator[Node]:
    yield order
    yield from order.get("fulfillments") or ()
    yield from order.get("refunds") or ()
    yield from nodes(order.get("returns"))


def _finish(client: Client, part: Node) -> bool:
    """Read the further pages of each connection of ``part``. Returns whether there were any."""
    kind, more = kind_of(part["id"]), False
    for (owner, field), document in reading.MORE.items():
        if owner == kind and _goes_on(part.get(field)):
            part[field] = {"nodes": pages(client, document, "node", field, id=part["id"])}
            more = True
    if len(part.get("trackingInfo") or ()) >= reading.TRACKING:
        found: Any = client.ask(reading.ALL_TRACKING, id=part["id"])
        part["trackingInfo"] = (found.get("fulfillment") or {}).get("trackingInfo") or part["trackingInfo"]
    return more


def _goes_on(connection: Any) -> bool:
    return isinstance(connection, dict) and bool((connection.get("pageInfo") or {}).get("hasNextPage"))


def _check_unchanged(client: Client, order: Node) -> None:
    found: Any = client.ask(reading.ORDER_STAMP, id=order["id"])
    if (found.get("order") or {}).get("updatedAt") != order.get("updatedAt"):
        raise RetryLater("The order changed while its pages were read.", after=2)
