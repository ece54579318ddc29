"""Telling Shopify that pieces were sent, and where their parcel is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fulfillment.carriers.names import carrier_name
from fulfillment.stores.base import WriteData, Written
from fulfillment.stores.shopify import words
from fulfillment.stores.shopify.client import Client, pages
from fulfillment.stores.shopify.documents import writing
from fulfillment.stores.shopify.gid import number_of
from parcelwise.errors import GiveUp

_OPEN_PLANS = ("OPEN", "IN_PROGRESS")


def send(client: Client, intention: WriteData) -> Written:
    """A parcel with a number: a new fulfilment, or the number of one that is there without."""
    if there := find_parcel(client, intention):
        return there
    payload, contents = intention.payload, intention.payload.get("contents")
    plans = _allotted(client, intention.order_id, contents)
    tracking = _tracking(payload)
    notify = bool(payload.get("notify"))
    if plans:
        wanted = {"lineItemsByFulfillmentOrder": plans, "notifyCustomer": notify, "trackingInfo": tracking}
        made = client.tell(writing.SEND, fulfillment=wanted)["fulfillment"]
        return Written(made["id"])
    bare = _without_number(client, intention.order_id, contents)
    if not bare:
        raise GiveUp("Nothing of the order is left to be sent at Shopify, and no parcel there waits for a number.")
    client.tell(writing.SET_TRACKING, id=bare, tracking=tracking, notify=notify)
    return Written(bare)


def find_parcel(client: Client, intention: WriteData) -> Written | None:
    """The parcel of the order that has the number already."""
    wanted = _plain(intention.payload["tracking_number"])
    for parcel in _sent(client, intention.order_id):
        numbers = [_plain(each.get("number") or "") for each in parcel["trackingInfo"]]
        if wanted and wanted in numbers:
            return Written(parcel["id"] if numbers[0] == wanted else f"{parcel['id']}#{wanted}"[:80])
    return None


def _plain(number: str) -> str:
    return number.replace(" ", "")


def _sent(client: Client, order: str) -> list[Any]:
    found: Any = client.ask(writing.SENT, id=order)["order"]
    if not found:
        raise GiveUp("Shopify does not have this order any more.")
    return [each for each in found["fulfillments"] if each["status"] not in words.CANCELLED_PARCELS]


def _tracking(payload: Mapping[str, Any]) -> dict[str, Any]:
    stated = {
        "company": carrier_name(payload.get("carrier") or ""),
        "number": payload["tracking_number"],
        "url": payload.get("tracking_url"),
    }
    return {name: value for name, value in stated.items() if value}


def _allotted(client: Client, order: str, contents: Mapping[str, int] | None) -> list[dict[str, Any]]:
    """The pieces, by the fulfilment orders and their lines that wait for them; empty when not all of them do."""
    left = None if contents is None else {line: int(pieces) for line, pieces in contents.items() if pieces}
    plans = []
    for plan in pages(client, writing.PLANS, "order", "fulfillmentOrders", id=order):
        if plan["status"] not in _OPEN_PLANS:
            continue
        chosen = []
        for line in pages(client, writing.PLAN_LINES, "node", "lineItems", id=plan["id"]):
            key, waiting = line["lineItem"]["id"], int(line["remainingQuantity"])
            pieces = waiting if left is None else min(waiting, left.get(key, 0))
            if pieces > 0:
                chosen.append({"id": line["id"], "quantity": pieces})
                if left is not None:
                    left[key] -= pieces
        if chosen:
            plans.append({"fulfillmentOrderId": plan["id"], "fulfillmentOrderLineItems": chosen})
    return [] if left and any(left.values()) else plans


def _without_number(client: Client, order: str, contents: Mapping[str, int] | None) -> str:
    """The parcel with these contents that has no number yet, where it can be no other."""
    bare = [
        parcel["id"] for parcel in _sent(client, order) if not any(each["number"] for each in parcel["trackingInfo"])
    ]
    if contents is not None:
        wanted = {line: int(pieces) for line, pieces in contents.items() if pieces}
        bare = [each for each in bare if _contents(client, each) == wanted]
    return bare[0] if len(bare) == 1 else ""


def _contents(client: Client, parcel: str) -> dict[str, int]:
    lines = pages(client, writing.SENT_CONTENTS, "node", "fulfillmentLineItems", id=parcel)
    return {line["lineItem"]["id"]: int(line["quantity"] or 0) for line in lines}


# Events


def add_event(client: Client, intention: WriteData) -> Written:
    payload = intention.payload
    status = words.EVENT_OF.get(payload["status"])
    if status is None:
        raise GiveUp(f"Shopify has no word for “{payload['status']}”.")
    stated = {
        "fulfillmentId": _fulfillment(payload),
        "status": status,
        "happenedAt": payload["happened_at"],
        "message": payload.get("message"),
        "city": payload.get("city"),
        "province": payload.get("region"),
        "country": payload.get("country"),
        "zip": payload.get("postcode"),
        "latitude": payload.get("latitude"),
        "longitude": payload.get("longitude"),
        "estimatedDeliveryAt": payload.get("estimated_at"),
    }
    event = {name: value for name, value in stated.items() if value not in (None, "")}
    return Written(number_of(client.tell(writing.ADD_EVENT, event=event)["fulfillmentEvent"]["id"]))


def find_event(client: Client, intention: WriteData) -> Written | None:
    """The event with that status of that second, if the parcel has one."""
    status = words.EVENT_OF.get(intention.payload["status"])
    moment = datetime.fromisoformat(intention.payload["happened_at"])
    for event in pages(client, writing.EVENTS, "node", "events", id=_fulfillment(intention.payload)):
        apart = abs(datetime.fromisoformat(event["happenedAt"]) - moment)
        if event["status"] == status and apart <= timedelta(seconds=1):
            return Written(number_of(event["id"]))
    return None


def _fulfillment(payload: Mapping[str, Any]) -> str:
    """Shopify's fulfilment: further parcels of one have its id, with their number behind a ``#``."""
    return str(payload["parcel"]).partition("#")[0]
