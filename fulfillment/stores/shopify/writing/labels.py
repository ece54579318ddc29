"""The label and the number of a parcel that comes back, attached to the return at Shopify."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from fulfillment.stores.base import WriteData, Written
from fulfillment.stores.shopify.client import Client, pages
from fulfillment.stores.shopify.documents import writing
from parcelwise.errors import GiveUp
from parcelwise.outbound import request

_PDF = "application/pdf"


def attach(client: Client, intention: WriteData) -> Written:
    """A reverse delivery with number and label; one that is there without them gets them."""
    payload, reverses = intention.payload, _reverses(client, intention)
    if there := _with_all(reverses, payload):
        return Written(there)
    waiting = next((each for each in reverses if each["status"] == "OPEN"), None)
    if waiting is None:
        raise GiveUp("Shopify does not expect anything back for this return: it is not approved, or it is over.")
    tracking = {name: payload[key] for name, key in _TRACKING.items() if payload.get(key)} or None
    label = _label(client, payload)
    stated = {"tracking": tracking, "label": {"fileUrl": label} if label else None}
    if bare := _bare(waiting, payload):
        client.tell(writing.SHIP_BACK_UPDATE, id=bare, **stated)
        return Written(bare)
    lines = [
        {"reverseFulfillmentOrderLineItemId": line["id"], "quantity": int(line["totalQuantity"])}
        for line in pages(client, writing.REVERSE_LINES, "node", "lineItems", id=waiting["id"])
        if int(line["totalQuantity"]) > 0
    ]
    made = client.tell(writing.SHIP_BACK, order=waiting["id"], lines=lines, **stated)
    return Written(made["reverseDelivery"]["id"])


_TRACKING = {"number": "tracking_number", "url": "tracking_url"}


def find_label(client: Client, intention: WriteData) -> Written | None:
    there = _with_all(_reverses(client, intention), intention.payload)
    return Written(there) if there else None


def _reverses(client: Client, intention: WriteData) -> list[Any]:
    if not intention.earlier:
        raise GiveUp("Shopify was not told of this return, so it can have no label there.")
    found: Any = client.ask(writing.REVERSE_ORDERS, id=intention.earlier)["return"]
    if not found:
        raise GiveUp("Shopify does not have this return any more.")
    return list(found["reverseFulfillmentOrders"]["nodes"])


def _with_all(reverses: list[Any], payload: Mapping[str, Any]) -> str:
    """The delivery that has the number, and a label if one is to be there."""
    wants_label = bool(payload.get("label_url") or payload.get("label_pdf"))
    for reverse in reverses:
        for delivery in reverse["reverseDeliveries"]["nodes"]:
            has = delivery.get("deliverable") or {}
            number = (has.get("tracking") or {}).get("number") or ""
            if number == (payload.get("tracking_number") or "") and (has.get("label") or not wants_label):
                return str(delivery["id"])
    return ""


def _bare(reverse: Any, payload: Mapping[str, Any]) -> str:
    """A delivery that has no number yet, or this one and no label."""
    for delivery in reverse["reverseDeliveries"]["nodes"]:
        has = delivery.get("deliverable") or {}
        number = (has.get("tracking") or {}).get("number") or ""
        if number in ("", payload.get("tracking_number") or ""):
            return str(delivery["id"])
    return ""


def _label(client: Client, payload: Mapping[str, Any]) -> str:
    """Where Shopify finds the label: our address of it, or one of its own to which the file was uploaded."""
    if not payload.get("label_pdf"):
        return str(payload.get("label_url") or "")
    try:
        pdf = base64.b64decode(payload["label_pdf"], validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise GiveUp("The label is not a PDF that can be read.") from error
    before = client.told
    name = f"label-{payload.get('rma') or 'return'}.pdf"
    wanted = {"resource": "RETURN_LABEL", "filename": name, "mimeType": _PDF, "httpMethod": "PUT"}
    (target,) = client.tell(writing.STAGE_UPLOAD, input=[{**wanted, "fileSize": str(len(pdf))}])["stagedTargets"]
    headers = {each["name"]: each["value"] for each in target["parameters"]}
    request("PUT", target["url"], headers={**headers, "Content-Type": _PDF}, content=pdf)
    client.told = before  # a file that nothing points to is no effect
    return str(target["resourceUrl"])
