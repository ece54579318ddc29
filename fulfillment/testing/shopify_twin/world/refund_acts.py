"""Money goes back: checked first, then booked, so that nothing is half done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypedDict, Unpack

from fulfillment.testing.shopify_twin.world.amounts import Amount
from fulfillment.testing.shopify_twin.world.keeper import Ref, act
from fulfillment.testing.shopify_twin.world.lines import Line, Transaction
from fulfillment.testing.shopify_twin.world.order_acts import OrderActs, Wanted
from fulfillment.testing.shopify_twin.world.orders import TAKEN, Order
from fulfillment.testing.shopify_twin.world.refunding import Adjustment, Refund, RefundLine, RefundShipping
from fulfillment.testing.shopify_twin.world.refusals import Refused
from fulfillment.testing.shopify_twin.world.returning import Return, ReturnLine
from parcelwise.money import to_minor


class RefundDetails(TypedDict, total=False):
    #: ``line`` (or its global id or SKU), ``quantity``, ``restock_type`` (NO_RESTOCK, CANCEL, RETURN).
    lines: Sequence[Wanted]
    #: ``"full"``, or how much of the shipping goes back, as decimal text.
    shipping: str | None
    #: ``parent`` (a transaction) and ``amount``; left out: what lines and shipping are worth, to where it came from.
    #: Empty: no money moves.
    transactions: Sequence[Wanted] | None
    note: str | None
    discrepancy: str | None
    allow_more: bool


class Part(NamedTuple):
    line: Line
    units: int
    restock: str
    returned: ReturnLine | None = None


class Back(NamedTuple):
    parent: Transaction
    amount: int


class RefundActs(OrderActs):
    @act
    def refund(self, order: Ref, **details: Unpack[RefundDetails]) -> Refund:
        """Give units, shipping or money back."""
        sale = self.get(Order, order, "orderId")
        parts = [self._part(sale, wanted) for wanted in details.get("lines", ())]
        shipping = self._shipping(sale, details.get("shipping"))
        worth = self._worth(sale, parts, shipping)
        wanted = details.get("transactions")
        backs = self._usual(sale, worth) if wanted is None else [self._back(sale, entry) for entry in wanted]
        self.check_backs(sale, backs, allow_more=details.get("allow_more", False))
        if not parts and not shipping and not any(back.amount for back in backs):
            raise Refused("There is nothing to refund.", "base")
        return self.book(sale, parts, backs, shipping=shipping, details=details)

    def _give_all_back(self, order: Order, *, restock: bool) -> None:
        kind = "CANCEL" if restock else "NO_RESTOCK"
        lines = [{"line": line, "quantity": line.current_quantity, "restock_type": kind} for line in order.lines]
        self.refund(order, lines=[line for line in lines if line["quantity"]], shipping="full")

    def book(
        self,
        order: Order,
        parts: Sequence[Part],
        backs: Sequence[Back],
        *,
        shipping: int = 0,
        returned: Return | None = None,
        details: RefundDetails,
    ) -> Refund:
        """Write down a refund that was checked."""
        now, worth = self.now(), self._worth(order, parts, shipping)
        refund = Refund(self.number(Refund), order, now, now, details.get("note"), returned)
        for part in parts:
            refund.lines.append(self._book_line(order, part))
        if shipping:
            refund.shipping.append(RefundShipping(self.number(RefundShipping), order.shipping[0], shipping))
        for back in backs:
            refund.transactions.append(self._book_back(order, back))
        if worth != refund.total:
            amount = Amount(worth - refund.total, order.currency)
            refund.order_adjustments.append(Adjustment(self.number(Adjustment), amount, details.get("discrepancy")))
        order.refunds.append(refund)
        if returned is not None:
            returned.refunds.append(refund)
        self.keep(refund, *refund.transactions)
        for payment in refund.transactions:
            self.tell("order_transactions/create", payment)
        self.tell("refunds/create", refund)
        self.touch(order)
        return refund

    def check_backs(self, order: Order, backs: Sequence[Back], *, allow_more: bool) -> None:
        total = sum(back.amount for back in backs)
        if total > order.refundable_amount and not allow_more:
            asked, left = order.amount(total).plain, order.amount(order.refundable_amount).plain
            raise Refused(f"Refund amount {asked} is greater than net payment received {left}.", "transactions")

    def part_of_return(self, line: ReturnLine, units: int, *, restocked: bool) -> Part:
        return Part(line.fulfillment_line_item.line_item, units, "RETURN" if restocked else "NO_RESTOCK", line)

    def _part(self, order: Order, wanted: Wanted) -> Part:
        line = wanted["line"] if isinstance(wanted["line"], Line) else self._line_named(order, wanted["line"])
        units = int(wanted.get("quantity", 1))
        if not 0 < units <= line.refundable_quantity:
            raise Refused("Quantity cannot refund more items than were purchased.", "refundLineItems", "0", "quantity")
        restock = wanted.get("restock_type") or "NO_RESTOCK"
        if restock == "CANCEL" and units > line.unfulfilled_quantity:
            raise Refused("Only what was not fulfilled can be cancelled.", "refundLineItems", "0", "restockType")
        return Part(line, units, restock)

    def _shipping(self, order: Order, wanted: str | None) -> int:
        left = order.current_shipping
        if not wanted:
            return 0
        amount = left if wanted == "full" else to_minor(wanted, order.currency)
        if amount > left or amount < 0:
            raise Refused("Shipping refund amount is greater than what is left of shipping.", "shipping")
        return amount

    def _worth(self, order: Order, parts: Sequence[Part], shipping: int) -> int:
        """What goes back for ``parts`` and shipping, in minor units, tax included."""
        subtotals = [(part.line, part.line.worth(part.units)) for part in parts]
        worth = sum(amount for _, amount in subtotals) + shipping
        if not order.taxes_included:
            worth += sum(line.tax(amount) for line, amount in subtotals) + order.tax_on(shipping)
        return worth

    def _usual(self, order: Order, worth: int) -> list[Back]:
        """To where the money came from, first payment first, and never more than is left of it."""
        backs: list[Back] = []
        for payment in order.transactions:
            amount = min(worth, self._left_of(order, payment)) if payment.kind in TAKEN else 0
            if amount > 0:
                backs.append(Back(payment, amount))
                worth -= amount
        return backs

    def _left_of(self, order: Order, payment: Transaction) -> int:
        return payment.amount - sum(
            back.amount for back in order.transactions if back.parent is payment and back.status == "SUCCESS"
        )

    def _back(self, order: Order, wanted: Mapping[str, Any]) -> Back:
        parent = wanted.get("parent")
        payments = [payment for payment in order.transactions if payment.kind in TAKEN]
        known = [payment for payment in payments if parent in (None, payment, payment.gid)]
        if not known:
            raise Refused("Parent transaction does not exist.", "transactions", "0", "parentId")
        amount = to_minor(wanted["amount"], order.currency)
        if amount <= 0:
            raise Refused("Transaction amount must be greater than zero.", "transactions", "0", "amount")
        return Back(known[0], amount)

    def _book_line(self, order: Order, part: Part) -> RefundLine:
        line, units = part.line, part.units
        subtotal = line.worth(units)
        waiting = line.unfulfilled_quantity
        sent = line.fulfilled - (line.refunded - line.refunded_open)
        unsent = units if part.restock == "CANCEL" else min(waiting, max(0, units - sent))
        line.refunded += units
        if unsent:
            line.refunded_open += unsent
            self._send_fewer(order, line, unsent)
        if part.returned is not None:
            part.returned.refunded_quantity += units
        place = self.shop.location if part.restock != "NO_RESTOCK" else None
        return RefundLine(self.number(RefundLine), line, units, part.restock, subtotal, place)

    def _book_back(self, order: Order, back: Back) -> Transaction:
        number, place = self.number(Transaction), len(order.transactions) + 1
        payment = Transaction(number, order, "REFUND", back.amount, self.now(), back.parent.gateway, place=place)
        payment.parent = back.parent
        order.transactions.append(payment)
        if order.customer is not None:
            order.customer.spent -= back.amount
        return payment

    def suggested(self, order: Order, lines: Sequence[Wanted], shipping: str | None) -> tuple[list[Part], int, int]:
        """What a refund would be: its parts, how much of shipping, and what all of it is worth."""
        parts = [self._part(order, wanted) for wanted in lines]
        back = self._shipping(order, shipping)
        return parts, back, self._worth(order, parts, back)
