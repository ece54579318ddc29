"""What is done to parcels: sent in one or several, given tracking numbers, followed by events, held back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from fulfillment.testing.shopify_twin.world.keeper import Keeper, Ref, act
from fulfillment.testing.shopify_twin.world.orders import Order
from fulfillment.testing.shopify_twin.world.parcels import (
    Fulfillment,
    FulfillmentEvent,
    FulfillmentLine,
    FulfillmentOrder,
    FulfillmentOrderLine,
    Hold,
    Tracking,
)
from fulfillment.testing.shopify_twin.world.refusals import Refused

URLS = {
    "DHL": "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode={}",
    "DPD": "https://tracking.dpd.de/parcelstatus?query={}",
    "UPS": "https://www.ups.com/track?tracknum={}",
    "FedEx": "https://www.fedex.com/fedextrack/?trknbr={}",
    "USPS": "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
    "Hermes": "https://www.myhermes.de/empfangen/sendungsverfolgung/sendungsinformation#{}",
}


def tracking(company: str | None, numbers: Sequence[str], urls: Sequence[str] = ()) -> list[Tracking]:
    """One entry per number; the platform makes the URL where it knows the company."""
    pattern = URLS.get(company or "")
    return [
        Tracking(company, number, urls[at] if at < len(urls) else pattern.format(number) if pattern else None)
        for at, number in enumerate(numbers)
    ]


class ParcelActs(Keeper):
    @act
    def fulfill(
        self,
        order: Ref,
        *,
        lines: Mapping[str, int] | None = None,
        company: str | None = None,
        numbers: Sequence[str] = (),
        urls: Sequence[str] = (),
    ) -> Fulfillment:
        """Send all that is left, or some units of some lines (global id or SKU of the line -> units)."""
        sale = self.get(Order, order)
        wanted: list[tuple[FulfillmentOrder, FulfillmentOrderLine, int]] = []
        left = dict(lines) if lines is not None else None
        for plan in sale.fulfillment_orders:
            for part in plan.lines if plan.status in ("OPEN", "IN_PROGRESS") else ():
                units = part.remaining_quantity
                if left is not None:
                    name = next((n for n in (part.line_item.gid, part.line_item.sku or "") if n in left), None)
                    units = min(units, left[name]) if name else 0
                    if name:
                        left[name] -= units
                if units:
                    wanted.append((plan, part, units))
        if left and any(left.values()):
            raise Refused("There are not so many units left to send.", "fulfillment")
        return self._send(sale, wanted, tracking(company, numbers, urls))

    @act
    def fulfill_plans(self, plans: Sequence[Mapping[str, Any]], info: Mapping[str, Any] | None = None) -> Fulfillment:
        """As ``fulfillmentCreate`` has it: fulfilment orders, and of each perhaps only some lines."""
        wanted: list[tuple[FulfillmentOrder, FulfillmentOrderLine, int]] = []
        for entry in plans:
            plan = self.get(FulfillmentOrder, entry["fulfillmentOrderId"], "fulfillment")
            if plan.status not in ("OPEN", "IN_PROGRESS"):
                words = (
                    "is on hold" if plan.status == "ON_HOLD" else f"has an unfulfillable status= {plan.status.lower()}"
                )
                raise Refused(f"Fulfillment order {plan.id} {words}.", "fulfillment")
            asked = {line["id"]: line["quantity"] for line in entry.get("fulfillmentOrderLineItems") or ()}
            known = {part.gid: part for part in plan.lines}
            if set(asked) - set(known):
                raise Refused("Fulfillment order line item does not exist.", "fulfillment")
            for gid, part in known.items():
                units = asked.get(gid, 0) if asked else part.remaining_quantity
                if units > part.remaining_quantity or units < 0:
                    raise Refused("Invalid fulfillment order line item quantity requested.", "fulfillment")
                if units:
                    wanted.append((plan, part, units))
        if len({plan.order.id for plan, *_ in wanted}) > 1:
            raise Refused("All fulfillment orders must belong to the same order.", "fulfillment")
        sale = self.order_of(wanted[0][0]) if wanted else None
        return self._send(sale, wanted, self._tracking(info or {}))

    @act
    def update_tracking(
        self, fulfillment: Ref, *, company: str | None = None, numbers: Sequence[str] = (), urls: Sequence[str] = ()
    ) -> Fulfillment:
        """Replace what is known of where the parcels are."""
        sent = self.get(Fulfillment, fulfillment, "fulfillmentId")
        if sent.status == "CANCELLED":
            raise Refused("The fulfillment was cancelled.", "fulfillmentId")
        sent.tracking = tracking(company, numbers, urls)
        self._touch_parcel(sent)
        return sent

    @act
    def cancel_fulfillment(self, fulfillment: Ref) -> Fulfillment:
        """It was not sent after all: its units are to be sent again."""
        sent = self.get(Fulfillment, fulfillment, "id")
        if sent.status == "CANCELLED" or any(event.status == "DELIVERED" for event in sent.events):
            raise Refused("The fulfillment cannot be cancelled any more.", "id")
        if any(line.fulfillment_line_item in sent.lines for back in self.order_of(sent).returns for line in back.lines):
            raise Refused("A part of the fulfillment is being returned.", "id")
        sent.status = "CANCELLED"
        for line in sent.lines:
            line.line_item.fulfilled -= line.quantity
            for plan in sent.fulfillment_orders:
                for part in plan.lines:
                    if part.line_item is line.line_item:
                        part.remaining_quantity = min(part.total_quantity, part.remaining_quantity + line.quantity)
                        plan.status = "OPEN"
        self._touch_parcel(sent)
        return sent

    @act
    def add_event(
        self, fulfillment: Ref, status: str, *, happened_at: datetime | str | None = None, **columns: Any
    ) -> FulfillmentEvent:
        """``status`` is one of the platform's words, such as ``IN_TRANSIT``; ``columns`` as in the event."""
        sent = self.get(Fulfillment, fulfillment, "fulfillmentEvent", "fulfillmentId")
        now = self.now()
        number = self.number(FulfillmentEvent)
        estimate = _moment(columns.pop("estimated_delivery_at", None))
        event = FulfillmentEvent(number, sent, status, _moment(happened_at) or now, now, **columns)
        event.estimated_delivery_at = estimate
        sent.events.append(event)
        self.keep(event)
        self.tell("fulfillment_events/create", event)
        self._touch_parcel(sent)
        return event

    @act
    def delete_event(self, event: Ref) -> None:
        gone = self.get(FulfillmentEvent, event)
        gone.fulfillment.events.remove(gone)
        self.drop(gone)
        self.tell("fulfillment_events/delete", gone)
        self._touch_parcel(gone.fulfillment)

    @act
    def hold(self, plan: Ref, reason: str = "OTHER", notes: str | None = None, handle: str | None = None) -> Hold:
        held = self.get(FulfillmentOrder, plan, "id")
        if held.status not in ("OPEN", "ON_HOLD"):
            raise Refused("The fulfillment order cannot be held.", "id", code="FULFILLMENT_ORDER_NOT_SPLITTABLE")
        hold = Hold(self.number(Hold), reason, notes, handle)
        held.holds.append(hold)
        held.status, held.updated_at = "ON_HOLD", self.now()
        self.keep(hold)
        self.tell("fulfillment_orders/placed_on_hold", held, hold=hold)
        self.touch(self.order_of(held))
        return hold

    @act
    def release(self, plan: Ref) -> FulfillmentOrder:
        held = self.get(FulfillmentOrder, plan, "id")
        if held.status != "ON_HOLD":
            raise Refused("The fulfillment order is not on hold.", "id", code="INVALID")
        self.drop(*held.holds)
        held.holds.clear()
        held.status, held.updated_at = "OPEN", self.now()
        self.tell("fulfillment_orders/hold_released", held)
        self.touch(self.order_of(held))
        return held

    def _send(
        self,
        order: Order | None,
        wanted: Sequence[tuple[FulfillmentOrder, FulfillmentOrderLine, int]],
        info: list[Tracking],
    ) -> Fulfillment:
        if order is None or not wanted:
            raise Refused("There is nothing left to send.", "fulfillment")
        now, place = self.now(), len(order.fulfillments) + 1
        sent = Fulfillment(self.number(Fulfillment), order, now, now, place, self.shop.location, tracking=info)
        for plan, part, units in wanted:
            sent.lines.append(FulfillmentLine(self.number(FulfillmentLine), sent, part.line_item, units))
            part.remaining_quantity -= units
            part.line_item.fulfilled += units
            if plan not in sent.fulfillment_orders:
                sent.fulfillment_orders.append(plan)
                plan.fulfillments.append(sent)
        for plan in sent.fulfillment_orders:
            plan.status = "IN_PROGRESS" if any(part.remaining_quantity for part in plan.lines) else "CLOSED"
            plan.updated_at = now
        order.fulfillments.append(sent)
        self.keep(sent, *sent.lines)
        self.tell("fulfillments/create", sent)
        whole = order.display_fulfillment_status == "FULFILLED"
        if whole and order.fully_paid:
            order.closed_at = now
        self.touch(order, "orders/fulfilled" if whole else "orders/partially_fulfilled")
        return sent

    def _touch_parcel(self, sent: Fulfillment) -> None:
        sent.updated_at = self.now()
        self.tell("fulfillments/update", sent)
        self.touch(self.order_of(sent))

    def _tracking(self, info: Mapping[str, Any]) -> list[Tracking]:
        numbers = info.get("numbers") or ([info["number"]] if info.get("number") else [])
        urls = info.get("urls") or ([info["url"]] if info.get("url") else [])
        return tracking(info.get("company"), numbers, urls)


def _moment(told: datetime | str | None) -> datetime | None:
    return datetime.fromisoformat(told) if isinstance(told, str) else told
