"""An order as its customer sees it, put together from rows that were read before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property

from django.utils import timezone

from fulfillment.models import Order, OrderLine, Shipment
from fulfillment.packed import packed_pieces
from fulfillment.pages import whereabouts
from fulfillment.pages.known import Answer
from fulfillment.pages.order_answer import answer_for_order
from fulfillment.pages.parcel import ParcelView, Step, steps
from fulfillment.pictures import pictures_of
from fulfillment.statuses import FINAL, OrderStatus, ShipmentStatus
from fulfillment.telling import reader_zone
from parcelwise.clock import day_of

#: Seconds after which a page asks for news: with a driver about, on the way, and when little is to be expected.
SOON, SOMETIMES, RARELY = 30, 60, 300


class OrderView:
    """An order on a page: one answer, its parcels, and what has not been sent."""

    def __init__(self, order: Order, parcels: Sequence[Shipment], now: datetime | None = None) -> None:
        self.order, self.now = order, now or timezone.now()
        self.zone = reader_zone(order)
        self.parcels = [ParcelView(parcel, self.zone, self.now, number) for number, parcel in enumerate(parcels, 1)]
        by_key = {parcel.shipment.pk: parcel for parcel in self.parcels}
        for parcel in self.parcels:
            parcel.also_holds = [other.number for other in whereabouts.also_holds(parcel.shipment, order)]
            before = by_key.get(parcel.shipment.replaces_id or 0)
            if before and parcel.shipment.status != ShipmentStatus.CANCELLED:
                parcel.again_of, before.again_in = before.number, parcel.number

    @cached_property
    def whereabouts(self) -> str:
        """Where everything is, in one line."""
        shipments = [parcel.shipment for parcel in self.parcels]
        waiting = sum(pieces for _line, pieces in self.waiting)
        return whereabouts.of_order(self.order, shipments, self.now, waiting=waiting)

    @cached_property
    def today(self) -> date:
        return day_of(self.now, self.zone)

    @cached_property
    def placed_on(self) -> date:
        return day_of(self.order.placed_at, self.zone)

    @property
    def lead(self) -> str:
        """:attr:`whereabouts` as it stands under the headline, which it need not repeat."""
        said = f"{self.answer.headline}; "
        rest = self.whereabouts.removeprefix(said)
        return rest[:1].upper() + rest[1:]

    @cached_property
    def answer(self) -> Answer:
        return answer_for_order(
            [(parcel.known, parcel.answer) for parcel in self.parcels if not parcel.again_in],
            waiting=bool(self.waiting),
            today=self.today,
            promised_on=self.order.promised_on,
            cancelled=self.is_cancelled,
            payment=self.order.payment_status,
        )

    @property
    def is_cancelled(self) -> bool:
        return self.order.status == OrderStatus.CANCELLED

    @property
    def steps(self) -> list[Step]:
        """Of an order without a parcel; a parcel has its own."""
        return steps(self.answer.step)

    @cached_property
    def only_parcel(self) -> ParcelView | None:
        """The parcel when it is the whole story."""
        return self.parcels[0] if len(self.parcels) == 1 and not self.waiting else None

    @cached_property
    def waiting(self) -> list[tuple[OrderLine, int]]:
        """Lines with the number of pieces that no parcel holds; nothing once the order is closed or cancelled."""
        if self.order.status != OrderStatus.OPEN:
            return []
        packed = packed_pieces([parcel.shipment for parcel in self.parcels])
        if self.parcels and not packed:
            return []  # the store does not say what is in which parcel
        left = [(line, line.quantity - packed[line.pk]) for line in self.order.lines.all()]
        return [(line, pieces) for line, pieces in left if pieces > 0]

    @cached_property
    def pictures(self) -> Mapping[int, str]:
        """Addresses of pictures by key of the order's lines; empty where the shop shows none."""
        return pictures_of(list(self.order.lines.all()))

    @property
    def has_window(self) -> bool:
        return any(parcel.window for parcel in self.parcels)

    @property
    def has_arrived(self) -> bool:
        """Some of it, at least."""
        return any(parcel.is_delivered for parcel in self.parcels)

    @property
    def is_to_come(self) -> bool:
        """Some of it is on its way or not sent yet."""
        open_parcels = any(parcel.shipment.status not in FINAL for parcel in self.parcels)
        return not self.is_cancelled and self.answer.tone != "bad" and bool(open_parcels or self.waiting)

    @property
    def every(self) -> int:
        """Seconds after which the page asks for news; 0 when there will be none."""
        open_ones = {parcel.shipment.status for parcel in self.parcels} - FINAL
        if not open_ones and not self.waiting:
            return 0
        if ShipmentStatus.OUT_FOR_DELIVERY in open_ones:
            return SOON
        return SOMETIMES if open_ones - {ShipmentStatus.PENDING} else RARELY

    @property
    def subtotal(self) -> int:
        return sum(line.unit_price * line.quantity for line in self.order.lines.all())

    @property
    def rest(self) -> int:
        """What the total differs by from lines and shipping: discounts below zero, fees above."""
        return self.order.total - self.subtotal - self.order.shipping

    @property
    def support_email(self) -> str:
        return self.order.store.support_email


def views_of(orders: Sequence[Order], now: datetime | None = None) -> Iterator[OrderView]:
    """For a list; ``orders`` as :func:`fulfillment.queries.for_list` reads them."""
    for order in orders:
        yield OrderView(order, order.parcels, now)  # type: ignore[attr-defined]
