"""Writes imported orders over what an earlier import left: the file's word counts, but a blank erases nothing.

An import states milestones, not scans: a corrected stamp takes the place of the one that an import stated before. What
others reported of the parcel (a carrier, staff) stays, and the state is folded from all of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from fulfillment.facts import LineData, OrderData, ParcelData
from fulfillment.fold import fold
from fulfillment.imports.assemble import Assembled
from fulfillment.imports.milestones import CANCELLED_CODE, taken_back
from fulfillment.models import Customer, Order, OrderLine, Shipment, ShipmentLine, Store, TrackingEvent
from fulfillment.services import import_rows as columns
from fulfillment.services.bulk import Rows
from fulfillment.services.import_inserts import Inserts, LineIds
from fulfillment.statuses import Direction, ShipmentStatus
from parcelwise.changes import move
from parcelwise.models import Contact


@dataclass(frozen=True, slots=True)
class Changed:
    """An order that is there and that the file states differently; ``digest`` is of the new statement."""

    pk: int
    stated: Assembled
    digest: str


class Updates:
    """Updates the orders of one store. Call it inside a transaction that holds the store's lock."""

    def __init__(self, store: Store, inserts: Inserts) -> None:
        self.store, self.inserts = store, inserts
        self.orders = Rows(Order, *columns.ORDER, "updated_at")
        self.lines = Rows(OrderLine, *columns.LINE)
        self.parcels = Rows(Shipment, *columns.PARCEL)
        self.contents = Rows(ShipmentLine, "id", "quantity")
        self.contacts = Rows(Contact, *columns.CONTACT[:1], *columns.CONTACT[2:])

    def write(self, changes: Sequence[Changed], customers: Mapping[str, int]) -> None:
        """Write ``changes``; ``customers`` has the ids of their customers by the store's id."""
        if not changes:
            return
        self._write_orders(changes, customers)
        self._write_contacts(changes, customers)
        lines = self._write_lines(changes)
        self._write_parcels(changes, lines)

    def _write_orders(self, changes: Sequence[Changed], customers: Mapping[str, int]) -> None:
        known, now = Order.objects.in_bulk([change.pk for change in changes]), timezone.now()
        rows = []
        for change in changes:
            order, before = change.stated.order, known[change.pk]
            status, placed_at, promised_on, total, shipping, ship_to, *rest = columns.order_values(order, change.digest)
            kept = (promised_on or before.promised_on, total, shipping, filled(ship_to, before.ship_to))
            customer = customers[order.customer.external_id]
            rows.append((change.pk, order.number, customer, status, placed_at, *kept, *rest, now))
        self.orders.update(rows)

    def _write_contacts(self, changes: Sequence[Changed], customers: Mapping[str, int]) -> None:
        stated = {customers[one.external_id]: one for one in (change.stated.order.customer for change in changes)}
        rows = []
        for customer in Customer.objects.filter(pk__in=list(stated)).select_related("contact"):
            data, before = stated[customer.pk], customer.contact
            values = {"name": data.name, "email": data.email.lower(), "phone": data.phone,
                      "language": data.language, "time_zone": data.time_zone}  # fmt: skip
            if any(value and value != getattr(before, name) for name, value in values.items()):
                rows.append((before.pk, *(value or getattr(before, name) for name, value in values.items())))
        self.contacts.update(rows)

    def _write_lines(self, changes: Sequence[Changed]) -> LineIds:
        found = OrderLine.objects.filter(order__in=[change.pk for change in changes])
        known = {(line.order_id, line.external_id): line for line in found}
        rows, new, ids = [], [], {}
        for change in changes:
            for at, line in enumerate(change.stated.order.lines):
                before = known.pop((change.pk, line.external_id), None)
                if before:
                    rows.append((before.pk, *_line_over(before, at, line)))
                    ids[change.pk, line.external_id] = before.pk
                else:
                    new.append((change.pk, at, line))
        self.lines.update(rows)
        gone = OrderLine.objects.filter(pk__in=[line.pk for line in known.values()])
        # A line that went into a parcel keeps its row, because returns may hang on it.
        gone.filter(shipment_lines__isnull=False).update(quantity=0)
        gone.filter(shipment_lines__isnull=True).delete()
        return ids | self.inserts.add_lines(new)

    def _write_parcels(self, changes: Sequence[Changed], lines: LineIds) -> None:
        found = Shipment.objects.filter(order__in=[change.pk for change in changes], direction=Direction.OUT)
        known = {(parcel.order_id, parcel.external_id): parcel for parcel in found}
        events: dict[int, list[TrackingEvent]] = defaultdict(list)
        for event in TrackingEvent.objects.filter(shipment__in=found):
            events[event.shipment_id].append(event)
        new, old = [], []
        for change in changes:
            order = change.stated.order
            for parcel in order.parcels:
                stated = columns.events_of(change.stated.scans[parcel.external_id])
                before = known.pop((change.pk, parcel.external_id), None)
                if before:
                    old.append(_Over(before, order, parcel, stated, events[before.pk]))
                else:
                    new.append((change.pk, order, parcel, stated))
        placed = {change.pk: change.stated.order.placed_at for change in changes}
        for left in known.values():
            # The file no longer names it: if no carrier has seen it, it was taken back.
            if left.status in (ShipmentStatus.PENDING, ShipmentStatus.UNKNOWN):
                stated = columns.events_of([taken_back(placed[left.order_id])])
                old.append(_Over(left, None, None, stated, events[left.pk]))
        self.inserts.add_parcels(new, lines)
        self._write_over(old)
        self._write_contents([over for over in old if over.parcel], lines)

    def _write_over(self, parcels: Sequence[_Over]) -> None:
        dropped = [event.pk for over in parcels for event in over.replaced]
        TrackingEvent.objects.filter(pk__in=dropped).delete()
        self.inserts.add(
            self.inserts.events,
            [(over.before.pk, *columns.event_values(event)) for over in parcels for event in over.fresh],
        )
        rows = []
        for over in parcels:
            state = fold([*over.kept, *over.fresh])
            rows.append((over.before.pk, *over.values(), *columns.state_values(state, self.inserts.sample)))
            if state.status != over.before.status:
                at = state.decided_at or timezone.now()
                move(over.before, state.status, at=at, actor=columns.SOURCE, why=over.why(at), announce=False)
        self.parcels.update(rows)

    def _write_contents(self, parcels: Sequence[_Over], lines: LineIds) -> None:
        found = ShipmentLine.objects.filter(shipment__in=[over.before.pk for over in parcels])
        known = {(row.shipment_id, row.order_line_id): row for row in found}
        rows, new = [], []
        for over in parcels:
            contents = (over.parcel.contents if over.parcel else None) or {}
            for key, quantity in contents.items():
                line = lines[over.before.order_id, key]
                before = known.pop((over.before.pk, line), None)
                if before is None:
                    new.append((over.before.pk, line, quantity))
                elif before.quantity != quantity:
                    rows.append((before.pk, quantity))
        self.contents.update(rows)
        self.inserts.add(self.inserts.contents, new)
        ShipmentLine.objects.filter(pk__in=[row.pk for row in known.values()]).delete()


@dataclass(slots=True)
class _Over:
    """A parcel that is there (``before``), what the file states of it, and its events before. Sorts these out."""

    before: Shipment
    order: OrderData | None
    parcel: ParcelData | None
    stated: list[columns.Event]
    events: list[TrackingEvent]

    @property
    def fresh(self) -> list[columns.Event]:
        known = {event.fingerprint for event in self.events}
        return [event for event in self.stated if event.fingerprint not in known]

    @property
    def replaced(self) -> list[TrackingEvent]:
        """Events of an earlier import that this one states otherwise."""
        stated = {event.fingerprint for event in self.stated}
        codes = {event.scan.code for event in self.stated} | {CANCELLED_CODE}
        return [
            event
            for event in self.events
            if event.source == columns.SOURCE and event.code in codes and event.fingerprint not in stated
        ]

    @property
    def kept(self) -> list[TrackingEvent]:
        dropped = {event.pk for event in self.replaced}
        return [event for event in self.events if event.pk not in dropped]

    def values(self) -> tuple[Any, ...]:
        """The values of PARCEL after id and before STATE: the file's, and where it says nothing those before."""
        before = self.before
        known = (before.carrier, before.service, before.tracking_number, before.tracking_url,
                 before.origin, before.destination, before.promised_on)  # fmt: skip
        if self.order is None or self.parcel is None:
            return known
        stated = columns.parcel_values(self.order, self.parcel)
        return tuple(
            filled(new, old) if isinstance(new, dict) else new or old for new, old in zip(stated, known, strict=True)
        )

    def why(self, at: datetime) -> str:
        """The words of the event that decided."""
        words = ((event.occurred_at, event.scan.description) for event in self.stated)
        return next((text for moment, text in words if moment == at), "")


def filled(stated: dict[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The address as stated, with the parts it leaves blank as they were before."""
    return {name: value or before.get(name, value) for name, value in stated.items()}


def _line_over(before: OrderLine, at: int, line: LineData) -> tuple[Any, ...]:
    """The values of LINE after id: the file's, and where it says nothing those before."""
    position, title, sku, product_id, category, quantity, unit_price, weight = columns.line_values(at, line)
    # Without a table of products the title is only a key.
    if title in (sku, product_id, line.external_id):
        title = before.title or title
    words = (sku or before.sku, product_id or before.product_id, category or before.category)
    return position, title, *words, quantity, unit_price, weight or before.weight_grams
