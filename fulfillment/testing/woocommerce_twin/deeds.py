"""What happens in the shop: the hand of its customers and of its staff, from a test or a demonstration."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from typing import Any

from fulfillment.testing.carrier_twin.tracking_numbers import tracking_number
from fulfillment.testing.twins.post import Post
from fulfillment.testing.woocommerce_twin import cast, trackings
from fulfillment.testing.woocommerce_twin.records import Customer, Line, Order, Refund, Webhook, set_meta
from fulfillment.testing.woocommerce_twin.shop import Shop


class Deeds:
    """Safe between threads. Orders are named by their id; money is in cents.

    Every change is stamped with the twin's time and tells the hooks, whose jobs leave when the post is told to send.
    """

    def __init__(self, shop: Shop, post: Post, seed: int = 1) -> None:
        self.shop, self.site, self.post = shop, shop.site, post
        self._dice = random.Random(seed)

    @property
    def gateway_refunds(self) -> list[tuple[int, int]]:
        """Money that really went back: (order, cents) of each refund with ``api_refund``, by API or by staff."""
        return list(self.site.gateway_refunds)

    def order(self, order_id: int) -> Order:
        return self.site.orders[order_id]

    def webhook(self, webhook_id: int) -> Webhook:
        """With its ``status`` and ``failures``."""
        return self.site.webhooks[webhook_id]

    def place_order(self, *, dice: random.Random | None = None, **columns: Any) -> Order:
        """A new order; what is not given (``lines``, ``billing``, ``status``, …: see ``Shop.place``) is made up."""
        with self.site.lock:
            dice = dice or self._dice
            if "payment_method" not in columns:
                columns["payment_method"], columns["payment_title"] = dice.choice(cast.METHODS[:2])
            columns.setdefault("lines", cast.basket(dice))
            columns.setdefault("billing", cast.address(dice, len(self.site.orders) + 1))
            return self.shop.place(**columns)

    def change_status(self, order_id: int, status: str) -> None:
        with self.site.lock:
            order = self.order(order_id)
            self.shop.set_status(order, status)
            self.shop.save(order)

    def edit_order(
        self,
        order_id: int,
        *,
        billing: Mapping[str, str] | None = None,
        shipping: Mapping[str, str] | None = None,
        customer_note: str | None = None,
        meta: Mapping[str, Any] | None = None,
        quantities: Mapping[int, int] | None = None,
        add: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        """``quantities``: by id of the line, 0 takes it out; ``add``: lines as in ``Shop.place``."""
        with self.site.lock:
            order = self.order(order_id)
            order.billing.update(billing or {})
            order.shipping.update(shipping or {})
            order.customer_note = order.customer_note if customer_note is None else customer_note
            for key, value in (meta or {}).items():
                set_meta(self.site, order.meta, key, value)
            for line_id, quantity in (quantities or {}).items():
                self.shop.change_line(order, _line(order, line_id), quantity=quantity)
            for line in add:
                self.shop.add_line(order, line)
            self.shop.save(order)

    def add_tracking(
        self,
        order_id: int,
        number: str = "",
        *,
        kind: str = "shipment_tracking",
        provider: str = "DHL DE",
        quantities: Mapping[int, int] | None = None,
    ) -> str:
        """Write a tracking number (one of DHL's is made up) where ``kind`` says; returns it.

        ``core``: an order fulfilment with ``quantities`` (by id of the line; all); ``shipment_tracking`` and ``ast``:
        an item of that extension.
        """
        with self.site.lock:
            if kind not in self.site.plugins:
                raise ValueError(f"the site has no “{kind}”, only {', '.join(sorted(self.site.plugins))}")
            order = self.order(order_id)
            number = number or tracking_number("dhl", order_id)
            body = {"tracking_number": number, "tracking_provider": provider}
            if kind == "core":
                self._fulfil(order, number, provider, quantities)
            elif kind == "ast":
                trackings.add_ast(self.shop, order, body)
            else:
                trackings.add_shipment_tracking(self.shop, order, body)
            return number

    def refund(
        self,
        order_id: int,
        amount: int | None = None,
        *,
        reason: str = "",
        quantities: Mapping[int, int] | None = None,
        by_gateway: bool = False,
    ) -> Refund:
        """``amount`` cents, or ``quantities`` by id of the line (their price and tax), or all that is left."""
        with self.site.lock:
            order = self.order(order_id)
            lines = [_refund_line(_line(order, line_id), count) for line_id, count in (quantities or {}).items()]
            if amount is None:
                amount = sum(line["refund_total"] + line["refund_tax"] for line in lines)
            return self.shop.refund(
                order, amount or order.total - order.refunded, reason=reason, lines=lines, by_gateway=by_gateway
            )

    def trash(self, order_id: int) -> None:
        with self.site.lock:
            self.shop.trash(self.order(order_id))

    def restore(self, order_id: int) -> None:
        with self.site.lock:
            self.shop.restore(self.order(order_id))

    def delete(self, order_id: int) -> None:
        """For good; no webhook tells of it, with the real site neither."""
        with self.site.lock:
            self.shop.delete(self.order(order_id))

    def add_customer(self, **columns: Any) -> Customer:
        """``email``, ``first_name``, ``last_name``, ``billing``, ``shipping``: what is not given is made up."""
        with self.site.lock:
            home = cast.address(self._dice, 100_000 + len(self.site.customers))
            columns = {"first_name": home["first_name"], "last_name": home["last_name"], "billing": home, **columns}
            return self.shop.add_customer(columns.pop("email", home["email"]), **columns)

    def update_customer(self, customer_id: int, **columns: Any) -> None:
        """``email``, ``first_name``, ``last_name``; ``billing`` and ``shipping`` are merged in."""
        with self.site.lock:
            customer = self.site.customers[customer_id]
            for name, value in columns.items():
                if name in ("billing", "shipping"):
                    getattr(customer, name).update(value)
                else:
                    setattr(customer, name, value)
            self.shop.save_customer(customer)

    def _fulfil(self, order: Order, number: str, provider: str, quantities: Mapping[int, int] | None) -> None:
        counts = quantities or {line.id: line.quantity for line in order.lines}
        trackings.add_fulfillment(
            self.shop,
            order,
            [
                {"key": "_items", "value": [{"item_id": line, "qty": count} for line, count in counts.items()]},
                {"key": "_tracking_number", "value": number},
                {"key": "_shipment_provider", "value": trackings.slug(provider).partition("-")[0]},
                {"key": "_tracking_url", "value": trackings.link(number)},
            ],
            status="fulfilled",
        )


def _line(order: Order, line_id: int) -> Line:
    return next(line for line in order.lines if line.id == line_id)


def _refund_line(line: Line, count: int) -> dict[str, int]:
    return {
        "id": line.id,
        "quantity": count,
        "refund_total": line.total * count // line.quantity,
        "refund_tax": line.tax * count // line.quantity,
    }
