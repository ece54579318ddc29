"""The simulated site with WooCommerce."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from demo.simulate.cast import ARTICLES, Article, Person
from demo.simulate.year import PlannedOrder
from demo.stores.front import CARRIERS, StoreFront
from fulfillment.testing.woocommerce_twin import WooCommerceControl

PRODUCTS = {article.sku: 100 + number for number, article in enumerate(ARTICLES)}
#: Prices in the catalogue include it; WooCommerce keeps them without.
TAX = Decimal("1.19")


class WooCommerceFront(StoreFront):
    kind, slug, name = "woocommerce", "nordlicht-woocommerce", "Nordlicht on WooCommerce (simulated)"
    credentials = {"key": "ck_twin", "secret": "cs_twin"}
    serials = 5_000_000

    def __init__(self, control: WooCommerceControl) -> None:
        self._control = control
        self._known: dict[str, dict[str, Any]] = {}

    @property
    def control(self) -> WooCommerceControl:
        return self._control

    def orders(self) -> dict[str, int]:
        return {str(key): _cents(order["total"]) for key, order in self.control.snapshot().items()}

    def place(self, plan: PlannedOrder) -> str:
        lines = [_line(article, quantity) for article, quantity in plan.lines]
        placed = self.control.world("place_order", lines=lines, billing=_address(plan.person), status="processing")
        self._known[str(placed["id"])] = placed
        return str(placed["id"])

    def send(self, order: str, carrier: str, number: str, pieces: Mapping[str, int], *, last: bool = True) -> None:
        """A whole order as the extensions have it, a part of one as the core does, which knows what is in it."""
        lines = self._lines(order)
        whole = {line["sku"]: line["quantity"] for line in lines.values()} == dict(pieces)
        quantities = {str(key): pieces[line["sku"]] for key, line in lines.items() if line["sku"] in pieces}
        columns = {"kind": "ast"} if whole else {"kind": "core", "quantities": quantities}
        self.control.world("add_tracking", int(order), number, provider=CARRIERS[carrier], **columns)
        if last:
            self.control.world("change_status", int(order), "completed")

    def delivered(self, order: str, number: str, at: datetime) -> None:
        """WooCommerce does not hear of that."""

    def cancel(self, order: str) -> None:
        self.control.world("change_status", int(order), "cancelled")

    def refund(self, order: str, sku: str, reason: str) -> int:
        key, line = next((key, line) for key, line in self._lines(order).items() if line["sku"] == sku)
        self.control.world("refund", int(order), quantities={str(key): 1}, reason=reason, by_gateway=True)
        return (_cents(line["total"]) + _cents(line["total_tax"])) // int(line["quantity"])

    def change_address(self, order: str, street: str) -> None:
        self.control.world("edit_order", int(order), shipping={"address_1": street})

    def order(self, order: str) -> dict[str, Any]:
        return self.control.snapshot()[int(order)]

    def _lines(self, order: str) -> dict[int, dict[str, Any]]:
        known = self._known.get(order) or self.order(order)
        return {line["id"]: line for line in known["line_items"]}


def _line(article: Article, quantity: int) -> dict[str, Any]:
    return {
        "name": article.name,
        "sku": article.sku,
        "product_id": PRODUCTS[article.sku],
        "price": int((article.price / TAX * 100).quantize(Decimal(1))),
        "quantity": quantity,
    }


def _address(person: Person) -> dict[str, str]:
    first, _, last = person.name.partition(" ")
    home = person.home
    return {
        "first_name": first,
        "last_name": last,
        "address_1": home.lines[0],
        "city": home.city,
        "postcode": home.postcode,
        "country": home.country,
        "email": person.email,
    }


def _cents(text: str) -> int:
    return int(Decimal(text) * 100)
