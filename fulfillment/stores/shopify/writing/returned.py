"""Goods that have come back: processed at Shopify, each piece with what becomes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fulfillment.stores.base import WriteData, Written
from fulfillment.stores.shopify.client import Client, pages
from fulfillment.stores.shopify.documents import writing
from parcelwise.errors import GiveUp

#: Our dispositions -> ReverseFulfillmentOrderDispositionType; what is neither sold again nor lost stays out of stock.
DISPOSITIONS: Mapping[str, str] = {"restocked": "RESTOCKED", "missing": "MISSING", "": "PROCESSING_REQUIRED"}
_SKEW = timedelta(seconds=30)


def process(client: Client, intention: WriteData) -> Written:
    """Confirm the pieces of our lines, in the lines of the return that still wait for them."""
    if not intention.earlier:
        raise GiveUp("Shopify was not told of this return, so nothing can come back of it there.")
    waiting, expected, lines = _waiting(client, intention.earlier), _expected(client, intention.earlier), []
    kinds = {line.get("disposition") for line in intention.payload["lines"]}
    place = main_location(client) if "restocked" in kinds else ""
    for wanted in intention.payload["lines"]:
        pieces = int(wanted["pieces"])
        for line in (each for each in waiting if each["line"] == wanted["line"]):
            some = min(pieces, line["pieces"])
            if some > 0:
                pieces, line["pieces"] = pieces - some, line["pieces"] - some
                kind = DISPOSITIONS.get(wanted.get("disposition") or "", "NOT_RESTOCKED")
                lines.append((line["id"], some, _disposed(expected, line["source"], some, kind, place)))
        if pieces > 0:
            raise GiveUp(f"{pieces} of the pieces are not in the return at Shopify, or were processed there already.")
    wanted_input = {
        "returnId": intention.earlier,
        "returnLineItems": _merged(lines),
        "note": (intention.payload.get("note") or "")[:500],
        "notifyCustomer": False,
    }
    made = client.tell(writing.RETURN_PROCESS, input=wanted_input)["return"]
    return Written(made["id"], {"name": made["name"]})


def _merged(lines: list[tuple[str, int, list[dict[str, Any]]]]) -> list[dict[str, Any]]:
    """One entry for each line of the return: some of its pieces may be sold again and some not."""
    found: dict[str, dict[str, Any]] = {}
    for key, pieces, dispositions in lines:
        entry = found.setdefault(key, {"id": key, "quantity": 0, "dispositions": []})
        entry["quantity"] += pieces
        entry["dispositions"] += dispositions
    return list(found.values())


def _waiting(client: Client, back: str) -> list[dict[str, Any]]:
    return [
        {
            "id": line["id"],
            "source": line["fulfillmentLineItem"]["id"],
            "line": line["fulfillmentLineItem"]["lineItem"]["id"],
            "pieces": int(line["unprocessedQuantity"]),
        }
        for line in pages(client, writing.RETURN_LINES, "node", "returnLineItems", id=back)
        if line.get("fulfillmentLineItem")
    ]


def _expected(client: Client, back: str) -> list[dict[str, Any]]:
    """Lines of what is expected in the warehouse: ``id``, ``source`` (the line of the parcel) and open ``pieces``."""
    found: Any = client.ask(writing.REVERSE_ORDERS, id=back)["return"]
    if not found:
        raise GiveUp("Shopify does not have this return any more.")
    return [
        {
            "id": line["id"],
            "source": (line.get("fulfillmentLineItem") or {}).get("id"),
            "pieces": int(line["totalQuantity"]) - sum(int(each["quantity"]) for each in line["dispositions"]),
            "dispositions": line["dispositions"],
        }
        for order in found["reverseFulfillmentOrders"]["nodes"]
        for line in pages(client, writing.REVERSE_LINES, "node", "lineItems", id=order["id"])
    ]


def _disposed(expected: list[dict[str, Any]], source: str, pieces: int, kind: str, place: str) -> list[dict[str, Any]]:
    found = []
    for line in expected:
        some = min(pieces, line["pieces"]) if line["source"] == source else 0
        if some > 0:
            line["pieces"] -= some
            pieces -= some
            entry = {"reverseFulfillmentOrderLineItemId": line["id"], "quantity": some, "dispositionType": kind}
            found.append({**entry, "locationId": place} if kind == "RESTOCKED" else entry)
    return found


def main_location(client: Client) -> str:
    """Where what is put back into stock is counted."""
    found: Any = client.ask(writing.LOCATION)["location"]
    if not found:
        raise GiveUp("The shop has no location into whose stock something could be put back.")
    return str(found["id"])


def find_processed(client: Client, intention: WriteData) -> Written | None:
    """Whether these pieces were disposed of since the first try began."""
    if intention.began_at is None or not intention.earlier:
        return None
    since, done = intention.began_at - _SKEW, Counter[tuple[str, str]]()
    lines = {each["source"]: each["line"] for each in _waiting(client, intention.earlier)}
    for expected in _expected(client, intention.earlier):
        for each in expected["dispositions"]:
            if datetime.fromisoformat(each["createdAt"]) >= since:
                done[lines.get(expected["source"], ""), each["type"]] += int(each["quantity"])
    wanted: Counter[tuple[str, str]] = Counter()
    for line in intention.payload["lines"]:
        kind = DISPOSITIONS.get(line.get("disposition") or "", "NOT_RESTOCKED")
        wanted[line["line"], kind] += int(line["pieces"])
    return Written(intention.earlier) if wanted and wanted <= done else None
