"""What is done to orders: placed, paid, edited, cancelled, deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Unpack

from fulfillment.testing.shopify_twin.world.customer_acts import CustomerActs
from fulfillment.testing.shopify_twin.world.keeper import Ref, act, parts
from fulfillment.testing.shopify_twin.world.lines import Attribute, Line, ShippingLine, Transaction
from fulfillment.testing.shopify_twin.world.orders import Order
from fulfillment.testing.shopify_twin.world.parcels import FulfillmentOrder, FulfillmentOrderLine
from fulfillment.testing.shopify_twin.world.people import Address, Customer
from fulfillment.testing.shopify_twin.world.refusals import Refused
from parcelwise.money import to_minor

#: ``price`` and ``discount`` (on the whole line) are decimal text, such as ``"29.90"``.
Wanted = Mapping[str, Any]
USUAL: Wanted = {"title": "Aviator sunglasses", "sku": "SKU2006-001", "price": "89.99", "grams": 100}
WAYS: Sequence[Wanted] = ({"title": "Standard", "price": "4.90"},)


class OrderDetails(TypedDict, total=False):
    """What can be said of an order when it is placed; whatever is not said is usual."""

    lines: Sequence[Wanted]
    #: A customer that exists, or the columns of one; None for a guest of whom nothing is known.
    customer: Ref | Mapping[str, Any] | None
    email: str | None
    phone: str | None
    locale: str
    shipping_address: Mapping[str, Any] | None
    billing_address: Mapping[str, Any] | None
    shipping: Sequence[Wanted]
    currency: str
    taxes_included: bool
    #: Hundredths of a per cent.
    tax_rate: int
    paid: bool
    gateway: str
    tags: Sequence[str]
    note: str | None
    attributes: Mapping[str, str]
    test: bool


class OrderActs(CustomerActs):
    @act
    def place_order(self, **details: Unpack[OrderDetails]) -> Order:
        """Place an order; it is paid unless ``paid=False``."""
        now, number = self.now(), self.number(Order)
        self._order_number += 1
        customer = self._buyer(details.get("customer"))
        order = Order(number, self._order_number, self.shop.myshopify_domain, now, now)
        order.currency = details.get("currency", self.shop.currency_code)
        order.taxes_included = details.get("taxes_included", self.shop.taxes_included)
        order.tax_rate = details.get("tax_rate", 1900)
        order.customer, order.token = customer, self.token(number)
        order.email = details.get("email", customer.email if customer else None)
        order.phone = details.get("phone", customer.phone if customer else None)
        order.customer_locale = details.get("locale", customer.locale if customer else "de")
        order.tags, order.note = list(details.get("tags", ())), details.get("note")
        order.test = details.get("test", False)
        order.attributes = [Attribute(key, value) for key, value in details.get("attributes", {}).items()]
        order.lines = [self._line(order, wanted) for wanted in details.get("lines") or (USUAL,)]
        order.shipping = [self._way(order, wanted) for wanted in details.get("shipping", WAYS)]
        self._addresses(order, details)
        order.fulfillment_orders = [self._to_send(order, order.lines)]
        self.take_in(order)
        if customer is not None:
            customer.number_of_orders += 1
        self.touch(order, "orders/create")
        if details.get("paid", True):
            self.pay(order, gateway=details.get("gateway", "shopify_payments"))
        return order

    @act
    def pay(self, order: Ref, amount: str | None = None, gateway: str = "shopify_payments") -> Transaction:
        """Take what is outstanding, or ``amount``."""
        sale = self.get(Order, order)
        due = sale.outstanding if amount is None else to_minor(amount, sale.currency)
        place = len(sale.transactions) + 1
        paid = Transaction(self.number(Transaction), sale, "SALE", due, self.now(), gateway, place=place)
        sale.transactions.append(paid)
        self.keep(paid)
        if sale.customer is not None:
            sale.customer.spent += due
        self.tell("order_transactions/create", paid)
        self.touch(sale, *(["orders/paid"] if sale.fully_paid else []))
        return paid

    @act
    def edit_order(
        self,
        order: Ref,
        *,
        add: Sequence[Wanted] = (),
        remove: Mapping[str, int] | None = None,
        note: str | None = None,
        tags: Sequence[str] | None = None,
        shipping_address: Mapping[str, Any] | None = None,
        notify: bool = False,
    ) -> Order:
        """Add lines, take units of lines away (global id or SKU -> units), correct note, tags or address."""
        sale = self._open(order)
        removals = {self._line_named(sale, name): units for name, units in (remove or {}).items()}
        for line, units in removals.items():
            if not 0 < units <= line.unfulfilled_quantity:
                raise Refused("There are not so many units left to remove.", "quantity")
        for line, units in removals.items():
            line.removed += units
            self._send_fewer(sale, line, units)
        added = [self._line(sale, wanted) for wanted in add]
        if added:
            sale.lines += added
            plan = self._to_send(sale, added)
            sale.fulfillment_orders.append(plan)
            self.keep(*added, plan, *plan.lines)
        self._correct(sale, note, tags, shipping_address)
        if added or removals:
            sale.edited = True
            more = {"additions": {line.id: line.quantity for line in added}, "notify": notify}
            more["removals"] = {line.id: units for line, units in removals.items()}
            self.tell("orders/edited", sale, number=self.numbers.next("OrderEdit"), **more)
        self.touch(sale)
        return sale

    @act
    def cancel_order(self, order: Ref, reason: str = "CUSTOMER", *, refund: bool = True, restock: bool = True) -> Order:
        """Cancel what was not sent; with ``refund`` everything that was paid is given back."""
        sale = self._open(order)
        if any(line.fulfilled for line in sale.lines):
            raise Refused("Cannot cancel an order of which something was fulfilled.", "orderId")
        if refund and sale.refundable:
            self._give_all_back(sale, restock=restock)
        sale.cancelled_at = sale.closed_at = self.now()
        sale.cancel_reason = reason
        for plan in sale.fulfillment_orders:
            if plan.status != "CANCELLED":
                plan.status, plan.updated_at = "CANCELLED", self.now()
                self.tell("fulfillment_orders/cancelled", plan)
        self.touch(sale, "orders/cancelled")
        return sale

    @act
    def close_order(self, order: Ref) -> Order:
        """Archive it."""
        sale = self.get(Order, order)
        sale.closed_at = self.now()
        self.touch(sale)
        return sale

    @act
    def delete_order(self, order: Ref) -> None:
        """Remove an order and everything of it; the platform tells no more than its id."""
        sale = self.get(Order, order)
        self.drop(*(part for part in parts(sale) if not isinstance(part, Customer)))
        del self.orders[sale.id]
        self.deleted.add(sale.id)
        self.tell("orders/delete", sale)

    def _give_all_back(self, order: Order, *, restock: bool) -> None:
        raise NotImplementedError

    def _open(self, order: Ref) -> Order:
        sale = self.get(Order, order, "orderId")
        if sale.cancelled_at is not None:
            raise Refused("The order was cancelled.", "orderId")
        return sale

    def _buyer(self, wanted: Ref | Mapping[str, Any] | None) -> Customer | None:
        if wanted is None:
            return None
        if not isinstance(wanted, Mapping):
            return self.get(Customer, wanted)
        known = self.by_email.get(wanted.get("email") or "")
        return known or self.add_customer(**wanted)

    def _line(self, order: Order, wanted: Wanted) -> Line:
        columns = {**wanted, "price": to_minor(wanted["price"], order.currency)}
        columns["discount"] = to_minor(wanted.get("discount", "0"), order.currency)
        extra = columns.pop("attributes", {})
        number = self.number(Line)
        columns.setdefault("product_id", number + 2_000_000)
        columns.setdefault("variant_id", number + 4_000_000)
        return Line(number, order, **columns, attributes=[Attribute(key, value) for key, value in extra.items()])

    def _way(self, order: Order, wanted: Wanted) -> ShippingLine:
        columns = {**wanted, "price": to_minor(wanted["price"], order.currency)}
        return ShippingLine(self.number(ShippingLine), order, **columns)

    def _addresses(self, order: Order, details: OrderDetails) -> None:
        usual = order.customer.default_address if order.customer else None
        order.shipping_address = self._address(details.get("shipping_address"), usual)
        order.billing_address = self._address(details.get("billing_address"), order.shipping_address)

    def _address(self, columns: Mapping[str, Any] | None, usual: Address | None) -> Address | None:
        if columns is not None:
            return Address(self.number(Address), **columns)
        if usual is None:
            return None
        copied = {name: getattr(usual, name) for name in Address.__slots__ if name != "id"}
        return Address(self.number(Address), **copied)

    def _to_send(self, order: Order, lines: Sequence[Line]) -> FulfillmentOrder:
        now = self.now()
        plan = FulfillmentOrder(self.number(FulfillmentOrder), order, now, now, self.shop.location)
        plan.lines = [
            FulfillmentOrderLine(self.number(FulfillmentOrderLine), line, line.quantity, line.quantity)
            for line in lines
        ]
        return plan

    def _send_fewer(self, order: Order, line: Line, units: int) -> None:
        """Units that are not to be sent any more leave their fulfilment orders."""
        for plan in order.fulfillment_orders:
            for part in plan.lines:
                if part.line_item is line and plan.status not in ("CLOSED", "CANCELLED"):
                    gone = min(units, part.remaining_quantity)
                    part.remaining_quantity -= gone
                    part.total_quantity -= gone
                    units -= gone
            if plan.status != "CANCELLED" and not any(part.remaining_quantity for part in plan.lines):
                plan.status, plan.updated_at = "CLOSED", self.now()

    def _line_named(self, order: Order, name: str) -> Line:
        for line in order.lines:
            if name in (line.gid, line.sku, str(line.id)):
                return line
        raise Refused("The line item does not exist.", "lineItemId", code="NOT_FOUND")

    def _correct(
        self, order: Order, note: str | None, tags: Sequence[str] | None, address: Mapping[str, Any] | None
    ) -> None:
        if note is not None:
            order.note = note
        if tags is not None:
            order.tags = list(tags)
        if address is not None:
            order.shipping_address = self._address(address, None)
            if order.shipping_address is not None:
                self.keep(order.shipping_address)
