"""Giving money back at Shopify, to the minor unit and once.

``refundCreate`` is used for returns as well: it takes a key that makes it happen once; ``returnProcess`` has none.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from fulfillment.stores.base import WriteData, Written
from fulfillment.stores.shopify.client import Client, pages
from fulfillment.stores.shopify.documents import writing
from fulfillment.stores.shopify.writing.returned import main_location
from parcelwise.errors import GiveUp
from parcelwise.money import show, to_decimal, to_minor

#: Kinds of transactions that brought money, and states in which one that gives back counts.
_TAKEN = ("SALE", "CAPTURE")
_COUNTS = ("SUCCESS", "PENDING", "AWAITING_RESPONSE")
#: Our keys as the UUIDs that Shopify likes best.
_NAMESPACE = uuid.UUID("5d0f7a0e-9a53-5f0b-8a44-1d6c31f6a1c2")


def refund(client: Client, intention: WriteData) -> Written:
    """Refund the lines, the shipping and, if ``move_money``, exactly ``amount`` to where it came from."""
    payload = intention.payload
    if found := find_refund(client, intention):
        return found
    sale: Any = client.ask(writing.MONEY_OF, id=intention.order_id)["order"]
    if not sale:
        raise GiveUp("Shopify does not have this order any more.")
    if payload["currency"] != sale["currencyCode"]:
        raise GiveUp(f"The refund is in {payload['currency']}, and the order at Shopify in {sale['currencyCode']}.")
    wanted: dict[str, Any] = {
        "orderId": intention.order_id,
        "note": _note(intention),
        "notify": False,
        "refundLineItems": _lines(client, intention),
        "transactions": _transactions(sale, int(payload["amount"])) if payload.get("move_money") else [],
    }
    if payload.get("shipping"):
        wanted["shipping"] = {"amount": _shown(int(payload["shipping"]), sale)}
    if sale["presentmentCurrencyCode"] != sale["currencyCode"]:
        wanted["currency"] = sale["presentmentCurrencyCode"]
    made = client.tell(writing.REFUND, input=wanted, key=str(uuid.uuid5(_NAMESPACE, intention.key)))["refund"]
    if not made:
        raise GiveUp("Shopify took the refund and did not say what it calls it; look at the order there.")
    return Written(made["id"])


def find_refund(client: Client, intention: WriteData) -> Written | None:
    """The refund whose note has our mark."""
    found: Any = client.ask(writing.REFUNDS_OF, id=intention.order_id)["order"]
    mark = _mark(intention)
    for each in (found or {}).get("refunds") or ():
        if mark in (each.get("note") or ""):
            return Written(each["id"])
    return None


def _mark(intention: WriteData) -> str:
    return f"[{hashlib.sha256(intention.key.encode()).hexdigest()[:12]}]"


def _note(intention: WriteData) -> str:
    """Why, for the people in the shop, with the mark by which the refund is found again."""
    said = " ".join(part for part in (intention.payload.get("rma"), intention.payload.get("reason")) if part)
    return f"{said[:200]} {_mark(intention)}".strip()


def _lines(client: Client, intention: WriteData) -> list[dict[str, Any]]:
    """The pieces that Shopify still counts as not refunded: those that it processed in a return are no more."""
    asked = intention.payload.get("lines") or ()
    if not asked:
        return []
    # Stock of what came back in a return is dealt with where that is processed.
    restock = bool(intention.payload.get("restock")) and not intention.earlier
    place = {"locationId": main_location(client)} if restock else {}
    path = ("order", "lineItems")
    known = {each["id"]: each for each in pages(client, writing.REFUNDABLE, *path, id=intention.order_id)}
    found = []
    for line in asked:
        there = known.get(line["line"])
        pieces = min(int(line["pieces"]), int(there["refundableQuantity"])) if there else 0
        unsent = min(pieces, int(there["unfulfilledQuantity"])) if there else 0
        parts = (("CANCEL", unsent), ("RETURN", pieces - unsent)) if restock else (("NO_RESTOCK", pieces),)
        found += [
            {"lineItemId": line["line"], "quantity": some, "restockType": kind, **place} for kind, some in parts if some
        ]
    return found


def _transactions(sale: Mapping[str, Any], amount: int) -> list[dict[str, Any]]:
    """``amount`` over the payments of the order, first payment first, none of them more than is left of it."""
    currency, found, open_amount = str(sale["currencyCode"]), [], amount
    for payment in sale["transactions"]:
        if payment["kind"] not in _TAKEN or payment["status"] != "SUCCESS":
            continue
        back = min(open_amount, _left(payment, sale, "shopMoney"))
        if back <= 0:
            continue
        open_amount -= back
        found.append(
            {
                "orderId": sale["id"],
                "parentId": payment["id"],
                "gateway": payment["gateway"] or "",
                "kind": "REFUND",
                "amount": _of_payment(back, payment, sale),
            }
        )
    if open_amount:
        short = f"{show(amount - open_amount, currency)} of {show(amount, currency)}"
        raise GiveUp(f"Only {short} is left of the order's payments at Shopify to give back.")
    return found


def _left(payment: Mapping[str, Any], sale: Mapping[str, Any], money: str) -> int:
    """What is left of a payment, in minor units."""
    code = sale["currencyCode"] if money == "shopMoney" else sale["presentmentCurrencyCode"]

    def minor(transaction: Mapping[str, Any]) -> int:
        return to_minor(transaction["amountSet"][money]["amount"], code)

    given = sum(
        minor(each)
        for each in sale["transactions"]
        if each["kind"] == "REFUND"
        and each["status"] in _COUNTS
        and (each.get("parentTransaction") or {}).get("id") == payment["id"]
    )
    return minor(payment) - given


def _of_payment(back: int, payment: Mapping[str, Any], sale: Mapping[str, Any]) -> str:
    """The amount in the currency in which the payment was made: all that is left, or its share of it."""
    if sale["presentmentCurrencyCode"] == sale["currencyCode"]:
        return str(to_decimal(back, sale["currencyCode"]))
    ours, theirs = _left(payment, sale, "shopMoney"), _left(payment, sale, "presentmentMoney")
    share = (Decimal(theirs) * back / ours).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return str(to_decimal(int(share), sale["presentmentCurrencyCode"]))


def _shown(amount: int, sale: Mapping[str, Any]) -> str:
    """An amount of the shop's currency in the buyer's, by what the first payment was worth in both."""
    if sale["presentmentCurrencyCode"] == sale["currencyCode"]:
        return str(to_decimal(amount, sale["currencyCode"]))
    payment = next((each for each in sale["transactions"] if each["kind"] in _TAKEN), None)
    if payment is None:
        raise GiveUp("The order was paid in another currency, and no payment tells what that was worth.")
    ours = to_minor(payment["amountSet"]["shopMoney"]["amount"], sale["currencyCode"])
    theirs = to_minor(payment["amountSet"]["presentmentMoney"]["amount"], sale["presentmentCurrencyCode"])
    share = (Decimal(theirs) * amount / ours).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return str(to_decimal(int(share), sale["presentmentCurrencyCode"]))
