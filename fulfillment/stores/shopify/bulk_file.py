"""The file of a bulk operation, read in slices: orders with their children, from a byte on to a byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from fulfillment.stores.shopify.documents.reading import TRACKING
from fulfillment.stores.shopify.gid import kind_of
from parcelwise.errors import GiveUp, RetryLater
from parcelwise.outbound import request

#: Bytes of a slice, and of the largest one: an order with its children has to fit in.
SLICE, LARGEST = 1 << 20, 1 << 26
#: Names of the connections of an order, by the kind of what is in them.
_CONNECTIONS = {"LineItem": "lineItems", "Return": "returns"}
#: What Shopify says of a parcel that nobody has reported an event of.
_WITHOUT_EVENTS = {None, "FULFILLED", "SUBMITTED", "MARKED_AS_FULFILLED", "CANCELED"}


class FileGone(RetryLater):
    """The file cannot be had any more: Shopify keeps it for seven days."""


@dataclass(slots=True)
class Part:
    """What a slice held: orders with all their lines in it, the byte at which to go on, and strays.

    ``strays``: orders whose children stood elsewhere, in spite of the grouping that was asked for.
    """

    orders: list[dict[str, Any]] = field(default_factory=list)
    next: int = 0
    strays: list[str] = field(default_factory=list)


def read_part(url: str, start: int, size: int) -> Part:
    """Orders that begin at byte ``start`` and after it; at least one unless the file ends there."""
    length = SLICE
    while True:
        raw = _bytes(url, start, min(start + length, size))
        at_end = start + len(raw) >= size
        part = _assembled(raw, start, at_end)
        if at_end or part.next > start:
            return part
        if length >= LARGEST:
            raise GiveUp(f"An order in Shopify's file is longer than {LARGEST:,} bytes.")
        length *= 4


def _bytes(url: str, start: int, end: int) -> bytes:
    """Bytes ``start`` up to ``end`` of the file. It lies at a storage that wants no token of ours."""
    if start >= end:
        return b""
    answer = request(
        "GET",
        url,
        headers={"Range": f"bytes={start}-{end - 1}", "Accept-Encoding": "identity"},
        expect=(403, 404, 410, 416),
        max_body=LARGEST * 2,
    )
    if answer.status in (403, 404, 410):
        raise FileGone("The file of the bulk operation is not there any more.")
    if answer.status != 206:
        raise GiveUp(f"{answer.url} does not hand out a part of a file: it answered {answer.status}.")
    if len(answer.body) != end - start:
        raise RetryLater("Shopify's file broke off in the middle.")
    return answer.body


def _assembled(raw: bytes, start: int, at_end: bool) -> Part:
    """The orders in ``raw`` that are whole: the last one only when the file ends behind it."""
    part, current, begun = Part(next=start), None, start
    for offset, line in _lines(raw, start):
        entry = _parsed(line)
        parent = entry.pop("__parentId", None)
        if parent is None:
            if current is not None:
                part.orders.append(current)
            current, begun = entry, offset
        elif current is not None and parent == current["id"]:
            name = _CONNECTIONS.get(kind_of(entry.get("id")))
            if name:
                current.setdefault(name, []).append(entry)
        else:
            part.strays.append(str(parent))
    if current is not None and at_end:
        part.orders.append(current)
        current = None
    part.next = start + len(raw) if at_end else begun
    return part


def _lines(raw: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """Whole lines with the byte at which each begins."""
    begin = 0
    while (end := raw.find(b"\n", begin)) >= 0:
        if end > begin:
            yield start + begin, raw[begin:end]
        begin = end + 1


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise GiveUp(f"A line of Shopify's file is not JSON: {error}") from error
    if not isinstance(found, dict):
        raise GiveUp("A line of Shopify's file is no object.")
    return found


def is_whole(order: dict[str, Any], *, over: bool) -> bool:
    """Whether nothing is missing that a bulk operation cannot give; then what follows from the rest is filled in.

    It refuses connections inside lists: events and contents of parcels, lines of refunds. ``over``: nobody follows the
    order any more, so that the moments its parcels left and came are enough.
    """
    if not _is_simple(order) or not all("events" in parcel or _is_told(parcel, over) for parcel in _parcels(order)):
        return False
    order["returns"] = []
    if not _parcels(order):
        return True
    (parcel,) = _parcels(order)
    parcel.setdefault("events", [])
    # The only parcel of an order that lost no piece has in it what is not still to be sent.
    parcel["fulfillmentLineItems"] = [
        {"quantity": sent, "lineItem": {"id": line["id"]}}
        for line in order["lineItems"]
        if (sent := int(line["quantity"]) - int(line["unfulfilledQuantity"])) > 0
    ]
    return True


def parcels_without_events(order: dict[str, Any], *, over: bool) -> list[dict[str, Any]]:
    """Its parcels, when nothing but their events keeps the order from being whole."""
    return [parcel for parcel in _parcels(order) if not _is_told(parcel, over)] if _is_simple(order) else []


def _parcels(order: dict[str, Any]) -> list[dict[str, Any]]:
    return order.get("fulfillments") or []


def _is_simple(order: dict[str, Any]) -> bool:
    """Whether it has at most one parcel, nothing came back of it, and what is in the parcel follows from its lines."""
    parcels = _parcels(order)
    if not order.get("lineItems") or order.get("refunds") or order.get("returns") or len(parcels) > 1:
        return False
    return not parcels or not (
        order.get("edited")
        or parcels[0].get("status") != "SUCCESS"
        or len(parcels[0].get("trackingInfo") or ()) >= TRACKING
    )


def _is_told(parcel: dict[str, Any], over: bool) -> bool:
    """Whether all is known that happened to the parcel: nothing did, or nobody asks any more."""
    return over or (parcel.get("displayStatus") in _WITHOUT_EVENTS and not parcel.get("inTransitAt"))
