"""A tracking number, written where the shop keeps its own: the core's fulfilments, an extension's list, else a note."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils import timezone

from fulfillment.carriers.names import carrier_name
from fulfillment.stores.base import Written
from fulfillment.stores.woocommerce.learned import TRACKING_ROUTE
from fulfillment.stores.woocommerce.parcels import OUR_ITEM, fulfillment_id, item_id, plain_number
from fulfillment.stores.woocommerce.values import Json, count, metas, rows, text
from fulfillment.stores.woocommerce.writes.acts import Act
from fulfillment.stores.woocommerce.writes.notes import Note
from fulfillment.stores.woocommerce.writes.refund import KEY_META

#: Carriers that the core's fulfilments know by the same word; others are named beside ``other``.
CORE_PROVIDERS = frozenset({"ups", "fedex", "usps", "dhl", "dpd", "gls"})


def _number(payload: Mapping[str, Any]) -> str:
    return text(payload.get("tracking_number")).replace(" ", "")


class CoreFulfillment(Act):
    """A fulfilment of the core (since WooCommerce 10.1)."""

    def look(self) -> Written | None:
        for fulfillment in self.client.listed(f"{self.order}/fulfillments").rows:
            told = metas(fulfillment)
            same_number = text(told.get("_tracking_number")).replace(" ", "").upper() == _number(self.payload).upper()
            if not fulfillment.get("date_deleted") and (told.get(KEY_META) == self.intention.key or same_number):
                return _of(fulfillment)
        return None

    def prepare(self) -> dict[str, Any]:
        carrier = text(self.payload.get("carrier"))
        known = carrier in CORE_PROVIDERS
        told = {
            "_items": self._items(),
            "_tracking_number": _number(self.payload),
            "_shipment_provider": carrier if known else "other",
            "_provider_name": "" if known else carrier_name(carrier),
            "_tracking_url": text(self.payload.get("tracking_url")),
            "_shipping_option": "manual-entry",
            KEY_META: self.intention.key,
        }
        metas_told = [{"key": key, "value": value} for key, value in told.items() if value]
        return {"status": "fulfilled", "is_fulfilled": True, "meta_data": metas_told}

    def carry_out(self, prepared: Any) -> Written:
        notify = self.payload.get("notify") is True
        return _of(self.client.post(f"{self.order}/fulfillments", prepared, notify_customer=notify))

    def _items(self) -> list[dict[str, int]]:
        """What is in the parcel; a fulfilment must say it line by line."""
        contents = self.payload.get("contents")
        if contents is None:
            order = self.client.get(self.order)
            contents = {text(line.get("id")): count(line.get("quantity")) for line in rows(order.get("line_items"))}
        return [{"item_id": int(line), "qty": int(pieces)} for line, pieces in contents.items() if int(pieces) > 0]


def _of(fulfillment: Json) -> Written:
    return Written(fulfillment_id(text(fulfillment.get("id"))), {"place": "fulfillments"})


class ListedNumber(Act):
    """An item of the Shipment Tracking extension's list, or of Advanced Shipment Tracking's, by their own routes."""

    @property
    def _route(self) -> str:
        route = self.store.preferences[TRACKING_ROUTE]
        return f"{route}/orders/{self.intention.order_id}/shipment-trackings"

    def look(self) -> Written | None:
        number = _number(self.payload).upper()
        for item in self.client.listed(self._route).rows:
            if plain_number(item).upper() == number:
                return Written(item_id(item), {"place": self._route.partition("/")[0]})
        return None

    def prepare(self) -> dict[str, Any]:
        carrier, own = text(self.payload.get("carrier")), not self._route.startswith("wc-ast/")
        return {
            "tracking_number": _number(self.payload),
            # A custom provider keeps the link; Advanced Shipment Tracking knows its own providers only.
            "custom_tracking_provider" if own else "tracking_provider": carrier_name(carrier) or "Parcel",
            "custom_tracking_link": text(self.payload.get("tracking_url")),
            "date_shipped": timezone.now().astimezone(self.store.zone).date().isoformat(),
        }

    def carry_out(self, prepared: Any) -> Written:
        return Written(item_id(self.client.post(self._route, prepared)), {"place": self._route.partition("/")[0]})


class NotedNumber(Note):
    """A note of the order, and a meta from which the number is read again."""

    @property
    def to_customer(self) -> bool:  # type: ignore[override]
        return self.payload.get("notify") is True

    @property
    def _name(self) -> str:
        return hashlib.sha256(self.intention.key.encode()).hexdigest()[:16]

    def beginning(self) -> str:
        return f"Parcel {_number(self.payload)} is on its way."

    def rest(self) -> Iterator[str]:
        yield carrier_name(text(self.payload.get("carrier")))
        yield text(self.payload.get("tracking_url"))

    def look(self) -> Written | None:
        noted = super().look()
        if noted is None or OUR_ITEM + self._name not in metas(self.client.get(self.order)):
            return None
        return self._as_item(noted)

    def carry_out(self, prepared: Any) -> Written:
        item = {
            "tracking_id": self._name,
            "tracking_number": _number(self.payload),
            "tracking_provider": text(self.payload.get("carrier")),
            "custom_tracking_link": text(self.payload.get("tracking_url")),
            "date_shipped": str(int(timezone.now().timestamp())),
            "products_list": [
                {"item_id": line, "qty": pieces} for line, pieces in (self.payload.get("contents") or {}).items()
            ],
        }
        # A meta with the same key is replaced, so that this may happen twice; the note may not.
        self.client.put(self.order, {"meta_data": [{"key": OUR_ITEM + self._name, "value": item}]})
        return self._as_item(super().look() or super().carry_out(prepared))

    def _as_item(self, noted: Written) -> Written:
        return Written(item_id({"tracking_id": self._name}), {"place": "note", **noted.detail})
