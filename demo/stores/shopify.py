"""The simulated shop at Shopify."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from demo.simulate.cast import Article, Person
from demo.simulate.year import PlannedOrder
from demo.stores.front import CARRIERS, StoreFront
from fulfillment.testing.shopify_twin import ShopifyControl


class ShopifyFront(StoreFront):
    kind, slug, name = "shopify", "nordlicht-shopify", "Nordlicht on Shopify (simulated)"
    credentials = {"client_id": "twin-client-id", "client_secret": "shpss_twin-client-secret"}
    serials = 3_000_000

    def __init__(self, control: ShopifyControl) -> None:
        self._control = control

    @property
    def control(self) -> ShopifyControl:
        return self._control

    def orders(self) -> dict[str, int]:
        return {order["gid"]: order["total"] for order in self.control.snapshot().values()}

    def place(self, plan: PlannedOrder) -> str:
        home = _address(plan.person)
        customer = {
            "first_name": home["first_name"],
            "last_name": home["last_name"],
            "email": plan.person.email,
            "locale": plan.person.language,
            "address": home,
        }
        lines = [_line(article, quantity) for article, quantity in plan.lines]
        placed = self.control.world("place_order", lines=lines, customer=customer, shipping_address=home)
        return str(placed["gid"])

    def send(self, order: str, carrier: str, number: str, pieces: Mapping[str, int], *, last: bool = True) -> None:
        self.control.world("fulfill", order, company=CARRIERS[carrier], numbers=[number], lines=dict(pieces))

    def delivered(self, order: str, number: str, at: datetime) -> None:
        parcel = self.parcel(order, number)
        self.control.world("add_event", gid("Fulfillment", parcel["id"]), "DELIVERED", happened_at=at)

    def cancel(self, order: str) -> None:
        self.control.world("cancel_order", order)

    def refund(self, order: str, sku: str, reason: str) -> int:
        pieces = [{"line": sku, "quantity": 1, "restock_type": "RETURN"}]
        before = int(self.order(order)["refunded"])
        self.control.world("refund", order, lines=pieces, note=reason)
        return int(self.order(order)["refunded"]) - before

    def change_address(self, order: str, street: str) -> None:
        known = {name: value for name, value in self.order(order)["shipping_address"].items() if value}
        self.control.world("edit_order", order, shipping_address={**known, "address1": street})

    def ask_for_return(self, order: str, reason: str) -> str:
        """The buyer wants to send one piece back. Returns what the return is called there."""
        line = self.order(order)["fulfillments"][0]["lines"][0]
        wanted = {"line": gid("FulfillmentLineItem", line["id"]), "quantity": 1, "reason": reason}
        self.control.world("request_return", order, [wanted])
        return str(self.order(order)["returns"][-1]["name"])

    def approve_a_return(self) -> str:
        """Staff approve a return that somebody asked for. Returns what it is called; empty when there is none."""
        for order in self.control.snapshot().values():
            for back in order["returns"]:
                if back["status"] == "REQUESTED":
                    self.control.world("approve_return", gid("Return", back["id"]))
                    return str(back["name"])
        return ""

    def order(self, order: str) -> dict[str, Any]:
        return self.control.order(order)

    def parcel(self, order: str, number: str) -> dict[str, Any]:
        """The fulfilment with this tracking number; StopIteration when there is none."""
        sent: list[dict[str, Any]] = self.order(order)["fulfillments"]
        return next(one for one in sent if number in [tracking["number"] for tracking in one["tracking"]])


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


def _line(article: Article, quantity: int) -> dict[str, Any]:
    return {
        "title": article.name,
        "sku": article.sku,
        "price": f"{article.price}",
        "quantity": quantity,
        "grams": article.weight_grams,
    }


def _address(person: Person) -> dict[str, str]:
    first, _, last = person.name.partition(" ")
    home = person.home
    return {
        "first_name": first,
        "last_name": last,
        "address1": home.lines[0],
        "city": home.city,
        "zip": home.postcode,
        "country_code": home.country,
    }
