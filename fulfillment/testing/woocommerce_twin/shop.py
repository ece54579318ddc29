"""Everything that changes a site's records, with the events that follow. API and world both go through here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from fulfillment.testing.woocommerce_twin.errors import Refused, invalid_order
from fulfillment.testing.woocommerce_twin.hooks import Hooks
from fulfillment.testing.woocommerce_twin.records import (
    REFUNDING,
    STATUSES,
    Customer,
    Line,
    Meta,
    Note,
    Order,
    Refund,
    ShippingLine,
    Site,
    get_meta,
    set_meta,
)

PAID = ("processing", "completed")


class Shop:
    def __init__(self, site: Site, hooks: Hooks) -> None:
        self.site, self.hooks = site, hooks

    def order(self, order_id: int, status: int = 404) -> Order:
        """Raises ``Refused`` where there is none."""
        order = self.site.orders.get(order_id)
        if order is None:
            raise invalid_order(status)
        return order

    def place(
        self,
        *,
        lines: Iterable[Mapping[str, Any]],
        billing: Mapping[str, str],
        shipping: Mapping[str, str] | None = None,
        status: str = "processing",
        shipping_cost: int = 490,
        customer_id: int = 0,
        created: datetime | None = None,
        quiet: bool = False,
        **more: Any,
    ) -> Order:
        """``lines``: ``name``, ``quantity``, ``price`` (cents for one, without tax), ``sku``, ``product_id``.

        ``more`` sets columns of the order. ``quiet`` is for what happened before the hooks were there.
        """
        with self.site.lock:
            now = created or self.site.now()
            order = Order(
                id=self.site.ids.next("post"),
                order_key=f"wc_order_{self.site.random_text(13)}",
                status="pending",
                currency=self.site.currency,
                created=now,
                modified=now,
                billing=dict(billing),
                shipping={key: value for key, value in (shipping or billing).items() if key != "email"},
                customer_id=customer_id,
                tax_percent=self.site.tax_percent,
                **more,
            )
            order.lines = [self._line(line) for line in lines]
            tax = self._tax(shipping_cost)
            order.shipping_lines = [
                ShippingLine(self.site.ids.next("item"), "Standard", "flat_rate", shipping_cost, tax)
            ]
            order.tax_item_id = self.site.ids.next("item")
            self.site.orders[order.id] = order
            self._enter(order, status, now)
            self.site.revision += 1
            if not quiet:
                self.hooks.happened("order.created", order.id)
                self.hooks.happened("order.updated", order.id)
            return order

    def save(self, order: Order, *, changed: bool = True) -> None:
        """Note a change of an order and tell the hooks; they hear of it even where nothing changed."""
        if changed:
            order.modified = self.site.now()
            self.site.revision += 1
        self.hooks.happened("order.updated", order.id)

    def set_status(self, order: Order, status: str) -> None:
        """Raises ``Refused`` for a status that the site does not know."""
        if status not in STATUSES:
            known = ", ".join(("auto-draft", *STATUSES))
            raise Refused(
                400,
                "rest_invalid_param",
                "Invalid parameter(s): status",
                params={"status": f"status is not one of {known}."},
                details={},
            )
        if status != order.status:
            self._enter(order, status, self.site.now())

    def _enter(self, order: Order, status: str, now: datetime) -> None:
        before, order.status = order.status, status
        if status in PAID and order.paid is None:
            order.paid = now
            for line in order.lines:
                set_meta(self.site, line.meta, "_reduced_stock", str(line.quantity))
            if order.customer_id in self.site.customers:
                self.site.customers[order.customer_id].paying = True
        if status == "completed" and order.completed is None:
            order.completed = now
        words = f"Order status changed from {before} to {status}."
        order.notes.insert(0, Note(self.site.ids.next("note"), now, "system", words, to_customer=False))

    def refund(
        self,
        order: Order,
        amount: int,
        *,
        reason: str = "",
        lines: Iterable[Mapping[str, Any]] = (),
        by_gateway: bool = False,
        restock: bool = True,
        meta: Iterable[Mapping[str, Any]] = (),
    ) -> Refund:
        """``lines``: ``id``, ``quantity``, ``refund_total`` and ``refund_tax`` in cents. Raises ``Refused``."""
        if amount <= 0 or amount > order.total - order.refunded:
            raise _cannot_refund("Invalid refund amount.")
        if by_gateway and order.payment_method not in REFUNDING:
            raise _cannot_refund("The payment gateway for this order does not support automatic refunds.")
        refund = Refund(
            id=self.site.ids.next("post"),
            order_id=order.id,
            created=self.site.now(),
            amount=amount,
            reason=reason,
            by_gateway=by_gateway,
            lines=[line for wanted in lines for line in self._refunded_lines(order, wanted, restock)],
        )
        for entry in meta:
            set_meta(self.site, refund.meta, entry["key"], entry["value"])
        order.refunds.insert(0, refund)
        if by_gateway:
            self.site.gateway_refunds.append((order.id, amount))
        if order.refunded == order.total:
            self._enter(order, "refunded", self.site.now())
        self.save(order)
        return refund

    def undo_refund(self, order: Order, refund: Refund) -> None:
        """Hooks hear of it from 11.2 on; the order does not count as modified."""
        order.refunds.remove(refund)
        self.site.revision += 1
        if tuple(int(part) for part in self.site.version.split(".")[:2]) >= (11, 2):
            self.hooks.happened("order.updated", order.id)

    def trash(self, order: Order) -> None:
        if order.status == "trash":
            raise Refused(410, "woocommerce_rest_already_trashed", "The shop_order has already been deleted.")
        order.before_trash, order.status = order.status, "trash"
        order.modified = self.site.now()
        self.site.revision += 1
        self.hooks.happened("order.deleted", order.id)

    def restore(self, order: Order) -> None:
        if order.status == "trash":
            order.status = order.before_trash
            order.modified = self.site.now()
            self.site.revision += 1
            self.hooks.happened("order.restored", order.id)

    def delete(self, order: Order) -> None:
        """For good. No hook hears of it: only the trash has an event."""
        del self.site.orders[order.id]
        self.site.revision += 1

    def add_customer(self, email: str, **columns: Any) -> Customer:
        with self.site.lock:
            now = self.site.now()
            customer = Customer(
                self.site.ids.next("customer"), email, columns.pop("username", email.split("@")[0]), now, now, **columns
            )
            midnight = now.replace(hour=0, minute=0, second=0)
            set_meta(self.site, customer.meta, "wc_last_active", str(int(midnight.timestamp())))
            self.site.customers[customer.id] = customer
            self.site.revision += 1
            self.hooks.happened("customer.created", customer.id)
            return customer

    def save_customer(self, customer: Customer) -> None:
        customer.modified = self.site.now()
        self.site.revision += 1
        self.hooks.happened("customer.updated", customer.id)

    def delete_customer(self, customer: Customer) -> None:
        """Their orders become those of a guest."""
        del self.site.customers[customer.id]
        for order in self.site.orders.values():
            if order.customer_id == customer.id:
                order.customer_id = 0
        self.site.revision += 1
        self.hooks.happened("customer.deleted", customer.id)

    def change_line(self, order: Order, line: Line, *, quantity: int | None = None, total: int | None = None) -> None:
        """Of a quantity without a total, the price of one stays. A quantity of 0 takes the line out."""
        if quantity == 0:
            order.lines.remove(line)
            return
        if total is None and quantity is not None:
            total = line.total * quantity // line.quantity
        line.quantity = line.quantity if quantity is None else quantity
        line.total = line.subtotal = line.total if total is None else total
        line.tax = self._tax(line.total)

    def add_line(self, order: Order, line: Mapping[str, Any]) -> Line:
        added = self._line(line)
        order.lines.append(added)
        return added

    def _line(self, line: Mapping[str, Any]) -> Line:
        total = int(line["price"]) * int(line["quantity"])
        return Line(
            id=self.site.ids.next("item"),
            name=line["name"],
            product_id=line.get("product_id", 0),
            quantity=int(line["quantity"]),
            total=total,
            tax=self._tax(total),
            subtotal=total,
            sku=line.get("sku", ""),
        )

    def _tax(self, net: int) -> int:
        return (net * self.site.tax_percent + 50) // 100

    def _refunded_lines(self, order: Order, wanted: Mapping[str, Any], restock: bool) -> Iterable[Line]:
        line = next((line for line in order.lines if line.id == wanted["id"]), None)
        if line is None:  # the site ignores lines that are not of the order
            return
        quantity, total = int(wanted.get("quantity", 0)), int(wanted.get("refund_total", 0))
        if restock and quantity:
            self._restock(line, quantity)
        yield Line(
            id=self.site.ids.next("item"),
            name=line.name,
            product_id=line.product_id,
            quantity=-quantity,
            total=-total,
            tax=-int(wanted.get("refund_tax", 0)),
            subtotal=-total,
            sku=line.sku,
            meta=[Meta(self.site.ids.next("meta"), "_refunded_item_id", str(line.id))],
        )

    def _restock(self, line: Line, quantity: int) -> None:
        left = max(0, int(get_meta(line.meta, "_reduced_stock") or 0) - quantity)
        back = int(get_meta(line.meta, "_restock_refunded_items") or 0) + quantity
        set_meta(self.site, line.meta, "_reduced_stock", str(left))
        set_meta(self.site, line.meta, "_restock_refunded_items", str(back))


def _cannot_refund(message: str) -> Refused:
    return Refused(500, "woocommerce_rest_cannot_create_order_refund", message)
