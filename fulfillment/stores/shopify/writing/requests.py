"""Returns at Shopify: asked for, approved, declined, cancelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fulfillment.models import StoreWrite, WriteKind
from fulfillment.stores.base import WriteData, Written
from fulfillment.stores.shopify.client import Client, pages
from fulfillment.stores.shopify.documents import writing
from parcelwise.errors import GiveUp

#: Our reasons -> handles of Shopify's; shops may have others, so each names several that mean it.
REASONS: Mapping[str, tuple[str, ...]] = {
    "too_small": ("too-small", "size-too-small"),
    "too_large": ("too-large", "size-too-large"),
    "changed_mind": ("unwanted", "changed-my-mind"),
    "not_as_described": ("not-as-described",),
    "damaged": ("damaged", "damaged-or-defective", "defective"),
    "defective": ("defective", "damaged-or-defective"),
    "wrong_item": ("wrong-item",),
    "too_late": ("arrived-too-late", "too-late"),
}
_OTHER = ("other", "unknown")
#: Our reasons to decline -> ReturnDeclineReason.
DECLINES: Mapping[str, str] = {
    "window": "RETURN_PERIOD_ENDED",
    "return_period_ended": "RETURN_PERIOD_ENDED",
    "final_sale": "FINAL_SALE",
}
#: By which clocks may differ, theirs and ours.
_SKEW = timedelta(seconds=30)
_LONGEST_NOTE = 300


def request(client: Client, intention: WriteData) -> Written:
    """Ask for the return in the customer's name. Pieces are taken from what the parcels still have to give."""
    reasons = _reason_ids(client)
    left = returnable(client, intention.order_id)
    lines = []
    for wanted in intention.payload["lines"]:
        for source, pieces in _taken(left, wanted["line"], int(wanted["pieces"])):
            line = {
                "fulfillmentLineItemId": source,
                "quantity": pieces,
                "returnReasonDefinitionId": _reason(reasons, wanted.get("reason") or ""),
                "customerNote": (wanted.get("note") or "")[:_LONGEST_NOTE],
            }
            lines.append({name: value for name, value in line.items() if value})
    made = client.tell(writing.RETURN_REQUEST, input={"orderId": intention.order_id, "returnLineItems": lines})[
        "return"
    ]
    return Written(made["id"], {"name": made["name"]})


def returnable(client: Client, order: str) -> list[dict[str, Any]]:
    """Lines of sent parcels with the pieces that may come back: ``source``, ``line``, ``pieces``."""
    found = []
    for parcel in pages(client, writing.RETURNABLE, "returnableFulfillments", id=order):
        lines = parcel["returnableFulfillmentLineItems"]
        entries = lines["nodes"]
        if lines["pageInfo"]["hasNextPage"]:
            path = ("node", "returnableFulfillmentLineItems")
            entries = pages(client, writing.RETURNABLE_LINES, *path, id=parcel["id"])
        for each in entries:
            source = each["fulfillmentLineItem"]
            found.append({"source": source["id"], "line": source["lineItem"]["id"], "pieces": int(each["quantity"])})
    return found


def _taken(left: Sequence[dict[str, Any]], line: str, pieces: int) -> list[tuple[str, int]]:
    taken = []
    for entry in left:
        some = min(pieces, entry["pieces"]) if entry["line"] == line else 0
        if some > 0:
            entry["pieces"] -= some
            pieces -= some
            taken.append((entry["source"], some))
    if pieces > 0:
        raise GiveUp(f"{pieces} of the pieces cannot be returned at Shopify: not sent, or returned already.")
    return taken


def _reason_ids(client: Client) -> dict[str, str]:
    return {
        each["handle"]: each["id"]
        for each in pages(client, writing.REASONS, "returnReasonDefinitions")
        if not each["deleted"]
    }


def _reason(known: Mapping[str, str], reason: str) -> str:
    """The id of a reason of the shop's that means ours, or its “other”; empty when it has neither."""
    handles = (*REASONS.get(reason, ()), *_OTHER)
    return next((known[handle] for handle in handles if handle in known), "")


def find_request(client: Client, intention: WriteData) -> Written | None:
    """A return of exactly these pieces that came up since the first try began."""
    began = intention.began_at
    if began is None:
        return None
    wanted: Counter[str] = Counter()
    for line in intention.payload["lines"]:
        wanted[line["line"]] += int(line["pieces"])
    # What another intention has led to is not this one's, however alike they are.
    others = StoreWrite.objects.filter(store=client.store.pk, kind=WriteKind.RETURN_REQUESTED)
    taken = set(others.exclude(key=intention.key).values_list("external_id", flat=True))
    for each in pages(client, writing.RETURNS_OF, "order", "returns", id=intention.order_id):
        if each["id"] in taken:
            continue
        if datetime.fromisoformat(each["createdAt"]) >= began - _SKEW and _pieces(client, each["id"]) == wanted:
            return Written(each["id"], {"name": each["name"]})
    return None


def _pieces(client: Client, back: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for line in pages(client, writing.RETURN_LINES, "node", "returnLineItems", id=back):
        if source := line.get("fulfillmentLineItem"):
            found[source["lineItem"]["id"]] += int(line["quantity"])
    return found


# What becomes of it


def approve(client: Client, intention: WriteData) -> Written:
    if there := find_status("OPEN", "CLOSED")(client, intention):
        return there
    wanted = {"id": intention.earlier, "notifyCustomer": bool(intention.payload.get("notify"))}
    return _told(client.tell(writing.RETURN_APPROVE, input=wanted))


def decline(client: Client, intention: WriteData) -> Written:
    if there := find_status("DECLINED")(client, intention):
        return there
    payload = intention.payload
    wanted = {
        "id": intention.earlier,
        "declineReason": DECLINES.get(str(payload.get("reason") or "").lower(), "OTHER"),
        "declineNote": (payload.get("note") or "")[:500],
        "notifyCustomer": bool(payload.get("notify")),
    }
    return _told(client.tell(writing.RETURN_DECLINE, input=wanted))


def cancel(client: Client, intention: WriteData) -> Written:
    if there := find_status("CANCELED")(client, intention):
        return there
    return _told(client.tell(writing.RETURN_CANCEL, id=intention.earlier))


def find_status(*statuses: str) -> Callable[[Client, WriteData], Written | None]:
    """Look whether the return has one of ``statuses`` by now."""

    def find(client: Client, intention: WriteData) -> Written | None:
        if not intention.earlier:
            raise GiveUp("Shopify was not told of this return, so nothing can become of it there.")
        found: Any = client.ask(writing.RETURN_STATUS, id=intention.earlier)["return"]
        if not found:
            raise GiveUp("Shopify does not have this return any more.")
        return Written(found["id"], {"name": found["name"]}) if found["status"] in statuses else None

    return find


def _told(payload: Mapping[str, Any]) -> Written:
    return Written(payload["return"]["id"], {"name": payload["return"]["name"]})
