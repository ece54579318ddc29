"""Money back, booked in the shop and, where that was decided, sent by its gateway.

WooCommerce has no idempotency key. It makes the refund with its reason in one step, calls the gateway, mails, and only
then stores the meta data; a PHP that dies in between leaves a refund without them. So the mark is in both.
"""

from __future__ import annotations

import hashlib
from typing import Any

from fulfillment.stores.base import Written
from fulfillment.stores.woocommerce.values import Json, metas, text
from fulfillment.stores.woocommerce.writes.acts import Act
from fulfillment.stores.woocommerce.writes.amounts import refunded_items, written
from parcelwise.errors import GiveUp

#: The intention's key, among the refund's meta data.
KEY_META = "_parcelwise_key"


def mark(key: str) -> str:
    """What is found in the reason of the refund that the intention ``key`` has led to; a customer may read it."""
    return f"(Ref. {hashlib.sha256(key.encode()).hexdigest()[:10]})"


class Refund(Act):
    def look(self) -> Written | None:
        key, sign = self.intention.key, mark(self.intention.key)
        for refund in self.client.all(f"{self.order}/refunds"):
            if metas(refund).get(KEY_META) == key or sign in text(refund.get("reason")):
                return _written(refund)
        return None

    def prepare(self) -> dict[str, Any]:
        """The body of the call. ``api_refund`` moves money unless it says not to, so it always says."""
        payload, order = self.payload, self.client.get(self.order)
        currency = text(order.get("currency")).upper()
        if currency != text(payload.get("currency")).upper():
            raise GiveUp(f"The refund is in {payload.get('currency')} and the order at WooCommerce in {currency}.")
        return {
            "amount": written(int(payload["amount"]), currency),
            "reason": self._reason(),
            "line_items": refunded_items(payload, order, currency),
            "api_refund": payload.get("move_money") is True,
            "api_restock": payload.get("restock") is True,
            "meta_data": [{"key": KEY_META, "value": self.intention.key}],
        }

    def carry_out(self, prepared: Any) -> Written:
        return _written(self.client.post(f"{self.order}/refunds", prepared))

    def _reason(self) -> str:
        rma = text(self.payload.get("rma"))
        told = (text(self.payload.get("reason")), f"Return {rma}" if rma else "", mark(self.intention.key))
        return " ".join(filter(None, told))


def _written(refund: Json) -> Written:
    detail = {"amount": text(refund.get("amount")), "by_gateway": refund.get("refunded_payment") is True}
    return Written(text(refund.get("id")), detail)
