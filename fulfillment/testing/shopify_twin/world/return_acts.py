"""What comes back: asked for, approved or declined, on its way, looked at, refunded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fulfillment.testing.shopify_twin.world.amounts import Amount, share
from fulfillment.testing.shopify_twin.world.keeper import Ref, act
from fulfillment.testing.shopify_twin.world.orders import Order
from fulfillment.testing.shopify_twin.world.parcels import FulfillmentLine
from fulfillment.testing.shopify_twin.world.refund_acts import Back, RefundActs
from fulfillment.testing.shopify_twin.world.refunding import Refund
from fulfillment.testing.shopify_twin.world.refusals import Refused
from fulfillment.testing.shopify_twin.world.returning import (
    Decline,
    Disposition,
    RestockingFee,
    Return,
    ReturnLine,
    ReturnShippingFee,
    ReverseFulfillmentOrder,
    ReverseLine,
    reason_for,
)
from parcelwise.money import to_minor

DEAD = ("DECLINED", "CANCELED")


class ReturnActs(RefundActs):
    @act
    def request_return(
        self, order: Ref, lines: Sequence[Mapping[str, Any]], *, shipping_fee: str | None = None
    ) -> Return:
        """The buyer asks. Each of ``lines`` has ``line`` (a fulfilment's line), ``quantity`` and perhaps ``reason``
        (a handle, global id or the older enum), ``note`` (the buyer's), ``reason_note`` and ``fee`` (per cent)."""
        back = self._begin(order, lines, "REQUESTED", shipping_fee)
        self.tell("returns/request", back)
        self.touch(self.order_of(back))
        return back

    @act
    def create_return(
        self, order: Ref, lines: Sequence[Mapping[str, Any]], *, shipping_fee: str | None = None
    ) -> Return:
        """Staff open a return at once; lines as in :meth:`request_return`."""
        back = self._begin(order, lines, "OPEN", shipping_fee)
        self._expect(back)
        self.tell("returns/approve", back)
        self.touch(self.order_of(back))
        return back

    @act
    def approve_return(self, back: Ref) -> Return:
        found = self._in(back, "REQUESTED")
        found.status, found.request_approved_at = "OPEN", self.now()
        self._expect(found)
        return self._moved(found, "returns/approve")

    @act
    def decline_return(self, back: Ref, reason: str = "OTHER", note: str | None = None) -> Return:
        found = self._in(back, "REQUESTED")
        found.status, found.decline = "DECLINED", Decline(reason, note)
        return self._moved(found, "returns/decline")

    @act
    def cancel_return(self, back: Ref) -> Return:
        found = self._in(back, "OPEN", "REQUESTED")
        if found.refunds or any(line.processed_quantity for line in found.lines):
            raise Refused("A part of the return was processed already.", "id", code="INVALID_STATE")
        found.status = "CANCELED"
        for reverse in found.reverse_fulfillment_orders:
            reverse.status = "CANCELED"
        return self._moved(found, "returns/cancel")

    @act
    def close_return(self, back: Ref) -> Return:
        return self._close(self._in(back, "OPEN"))

    @act
    def reopen_return(self, back: Ref) -> Return:
        found = self._in(back, "CLOSED")
        found.status, found.closed_at = "OPEN", None
        return self._moved(found, "returns/reopen")

    @act
    def remove_from_return(self, back: Ref, lines: Mapping[str, int]) -> Return:
        """Units that do not come back after all: global id of the return line -> units."""
        found = self._in(back, "OPEN")
        chosen = [(self._line_of(found, gid), units) for gid, units in lines.items()]
        for line, units in chosen:
            if not 0 < units <= line.unprocessed_quantity:
                raise Refused("There are not so many units to remove.", "returnLineItems", code="INVALID")
        for line, units in chosen:
            line.quantity -= units
            for reverse in found.reverse_fulfillment_orders:
                for part in reverse.lines:
                    if part.return_line is line:
                        part.total_quantity -= units
        return self._moved(found, "returns/update", removals={line.gid: units for line, units in chosen})

    @act
    def process_return(
        self,
        back: Ref,
        lines: Sequence[Mapping[str, Any]],
        *,
        refund: Sequence[Mapping[str, Any]] | None = None,
        shipping: str | None = None,
        note: str | None = None,
        allow_more: bool = False,
    ) -> Return:
        """What came back was looked at. Each of ``lines`` has ``line``, ``quantity`` and perhaps ``dispositions``
        (``line``: the reverse line, ``type``, ``quantity``); ``refund`` are transactions as in :meth:`refund`."""
        found = self._in(back, "OPEN")
        order = self.order_of(found)
        chosen = [(self._line_of(found, wanted["line"]), wanted) for wanted in lines]
        for line, wanted in chosen:
            if not 0 < wanted["quantity"] <= line.unprocessed_quantity:
                raise Refused("Quantity is greater than what is left to process.", "returnLineItems", code="INVALID")
        dispositions = [self._disposition(entry) for _, wanted in chosen for entry in wanted.get("dispositions") or ()]
        backs: list[Back] = [] if refund is None else [self._back(order, entry) for entry in refund]
        self.check_backs(order, backs, allow_more=allow_more)
        freight = self._shipping(order, shipping) if refund is not None else 0
        parts = []
        for line, wanted in chosen:
            line.processed_quantity += wanted["quantity"]
            kept = any(entry["type"] == "RESTOCKED" for entry in wanted.get("dispositions") or ())
            units = min(wanted["quantity"], line.fulfillment_line_item.line_item.refundable_quantity)
            if units:
                parts.append(self.part_of_return(line, units, restocked=kept))
        self._dispose(dispositions)
        if refund is not None:
            self.book(order, parts, backs, shipping=freight, returned=found, details={"note": note})
        self._moved(found, "returns/process")
        return found if any(line.unprocessed_quantity for line in found.lines) else self._close(found)

    @act
    def dispose(self, entries: Sequence[Mapping[str, Any]]) -> list[ReverseLine]:
        """Say where units went: ``line`` (the reverse line), ``type`` (RESTOCKED …), ``quantity``."""
        found = [self._disposition(entry) for entry in entries]
        self._dispose(found)
        for order in {line.parent.order.id: line.parent for line, _, _ in found}.values():
            self.touch(self.order_of(order))
        return list(dict.fromkeys(line for line, _, _ in found))

    @act
    def refund_return(self, back: Ref, *, note: str | None = None) -> Refund:
        """Give the money of a return back as the older ``returnRefund`` did: lines that are not refunded yet."""
        found = self._in(back, "OPEN", "CLOSED")
        order = self.order_of(found)
        parts = [self.part_of_return(line, line.refundable_quantity, restocked=True) for line in found.lines]
        parts = [part for part in parts if 0 < part.units <= part.line.refundable_quantity]
        if not parts:
            raise Refused("There is nothing to refund.", "returnRefundInput")
        backs = self._usual(order, self._worth(order, parts, 0))
        return self.book(order, parts, backs, returned=found, details={"note": note})

    def returnable(self, order: Order) -> list[tuple[FulfillmentLine, int]]:
        """Lines of fulfilments and how many units of them can still come back."""
        lines = [line for sent in order.fulfillments if sent.status == "SUCCESS" for line in sent.lines]
        coming = [line for back in order.returns if back.status not in DEAD for line in back.lines]
        found = []
        for line in lines:
            bought = line.line_item
            here = sum(entry.quantity for entry in coming if entry.fulfillment_line_item is line)
            same = [entry for entry in coming if entry.fulfillment_line_item.line_item is bought]
            aside = bought.refunded - bought.refunded_open - sum(entry.refunded_quantity for entry in same)
            left = bought.fulfilled - sum(entry.quantity for entry in same) - max(0, aside)
            found.append((line, max(0, min(line.quantity - here, left))))
        return [(line, units) for line, units in found if units]

    def _begin(self, order: Ref, lines: Sequence[Mapping[str, Any]], status: str, fee: str | None) -> Return:
        sale = self.get(Order, order, "orderId")
        left = {line.id: units for line, units in self.returnable(sale)}
        chosen = [(self.get(FulfillmentLine, wanted["line"], "returnLineItems"), wanted) for wanted in lines]
        if not chosen:
            raise Refused("Return line items can't be blank.", "returnLineItems", code="BLANK")
        for line, wanted in chosen:
            units = int(wanted.get("quantity", 1))
            left[line.id] = left.get(line.id, 0) - units
            if units < 1 or left[line.id] < 0:
                field = ("returnLineItems", "0", "quantity")
                raise Refused("Return line item is not available for return in this quantity.", *field)
        place = len(sale.returns) + 1
        back = Return(self.number(Return), sale, place, status, self.now())
        back.lines = [self._return_line(back, line, wanted) for line, wanted in chosen]
        if fee is not None:
            amount = Amount(to_minor(fee, sale.currency), sale.currency)
            back.shipping_fee = ReturnShippingFee(self.number(ReturnShippingFee), amount)
        sale.returns.append(back)
        self.keep(back, *back.lines)
        return back

    def _return_line(self, back: Return, line: FulfillmentLine, wanted: Mapping[str, Any]) -> ReturnLine:
        units, reason = int(wanted.get("quantity", 1)), wanted.get("reason")
        handle = reason if reason and not reason.isupper() else None
        entry = ReturnLine(self.number(ReturnLine), back, line, units, reason_for(handle, reason))
        entry.customer_note, entry.return_reason_note = wanted.get("note"), wanted.get("reason_note") or ""
        if wanted.get("fee"):
            worth = share(line.line_item.total, units, line.line_item.quantity)
            fee = Amount(share(worth, round(wanted["fee"] * 100), 10_000), back.order.currency)
            entry.restocking_fee = RestockingFee(self.number(RestockingFee), wanted["fee"], fee)
        return entry

    def _expect(self, back: Return) -> None:
        """An open return is expected in the warehouse."""
        reverse = ReverseFulfillmentOrder(self.number(ReverseFulfillmentOrder), back)
        reverse.lines = [ReverseLine(self.number(ReverseLine), reverse, line, line.quantity) for line in back.lines]
        back.reverse_fulfillment_orders.append(reverse)
        self.keep(reverse, *reverse.lines)

    def _disposition(self, entry: Mapping[str, Any]) -> tuple[ReverseLine, str, int]:
        line = self.get(ReverseLine, entry["line"], "dispositionInputs")
        if not 0 < entry["quantity"] <= line.total_quantity - line.disposed:
            raise Refused("Quantity is greater than what is left to dispose of.", "dispositionInputs")
        return line, entry["type"], entry["quantity"]

    def _dispose(self, entries: Sequence[tuple[ReverseLine, str, int]]) -> None:
        for line, kind, units in entries:
            place = self.shop.location if kind == "RESTOCKED" else None
            disposition = Disposition(self.number(Disposition), kind, units, self.now(), place)
            line.dispositions.append(disposition)
            self.tell("reverse_fulfillment_orders/dispose", line.parent, line=line, disposition=disposition)
            if all(part.disposed >= part.total_quantity for part in line.parent.lines):
                line.parent.status = "CLOSED"

    def _line_of(self, back: Return, ref: Ref) -> ReturnLine:
        line = self.get(ReturnLine, ref, "returnLineItems")
        if line.return_ is not back:
            raise Refused("The line is of another return.", "returnLineItems", code="NOT_FOUND")
        return line

    def _in(self, ref: Ref, *states: str) -> Return:
        back = self.get(Return, ref, "id")
        if back.status not in states:
            raise Refused(f"Return is {back.status.lower()}.", "id", code="INVALID_STATE")
        return back

    def _close(self, back: Return) -> Return:
        back.status, back.closed_at = "CLOSED", self.now()
        return self._moved(back, "returns/close")

    def _moved(self, back: Return, topic: str, **more: Any) -> Return:
        self.tell(topic, back, **more)
        self.touch(self.order_of(back))
        return back
