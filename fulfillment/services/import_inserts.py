"""Adds what an import brings that is not there yet: customers, orders, lines and parcels, many at a time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from fulfillment.facts import LineData, OrderData, ParcelData
from fulfillment.fold import fold
from fulfillment.imports.assemble import Assembled
from fulfillment.models import Customer, Order, OrderLine, Shipment, ShipmentLine, Store, TrackingEvent
from fulfillment.services import import_rows as columns
from fulfillment.services.bulk import Rows
from fulfillment.services.customers import newest
from parcelwise.models import Contact

#: What an import adds rows to.
WRITTEN_MODELS = (Contact, Customer, Order, OrderLine, Shipment, ShipmentLine, TrackingEvent)

#: Order id, line's external id -> line id.
LineIds = dict[tuple[int, str], int]


class Inserts:
    """Adds rows to the tables of one store. Call it inside a transaction that holds the store's lock."""

    def __init__(self, store: Store, *, source: str = columns.SOURCE, asked_at: datetime | None = None) -> None:
        self.store = store
        #: Any order of the store, for its zone.
        self.sample = Order(store=store)
        now = timezone.now()
        self.contacts = Rows(Contact, *columns.CONTACT, created_at=now)
        self.customers = Rows(Customer, *columns.CUSTOMER, store=store.pk)
        self.orders = Rows(
            Order, *columns.ORDER, "uuid", "external_id",
            store=store.pk, is_history=True, source_asked_at=asked_at, created_at=now, updated_at=now,
        )  # fmt: skip
        self.lines = Rows(OrderLine, *columns.LINE, "order", "external_id")
        self.parcels = Rows(
            Shipment, *columns.PARCEL, "status", "uuid", "order", "external_id", created_at=now, updated_at=now
        )
        self.contents = Rows(ShipmentLine, *columns.CONTENT)
        self.events = Rows(TrackingEvent, *columns.EVENT, source=source, recorded_at=now)

    def customer_ids(self, batch: Sequence[Assembled]) -> dict[str, int]:
        """Customer ids by the store's id; those not yet there are made, each with a contact of their own."""
        stated = newest(one.order.customer for one in batch)
        known = dict(
            Customer.objects.filter(store=self.store, external_id__in=list(stated)).values_list("external_id", "pk")
        )
        new = [customer for key, customer in stated.items() if key not in known]
        contacts, pks = self.contacts.new_ids(len(new)), self.customers.new_ids(len(new))
        self.contacts.insert(
            [
                (pk, uuid.uuid4(), one.name, one.email.lower(), one.phone, one.language, one.time_zone)
                for pk, one in zip(contacts, new, strict=True)
            ]
        )
        self.customers.insert(
            [
                (pk, one.external_id, contact, dict(one.consents or {}), one.stated_at)
                for pk, one, contact in zip(pks, new, contacts, strict=True)
            ]
        )
        return known | {one.external_id: pk for pk, one in zip(pks, new, strict=True)}

    def add_orders(
        self, new: Sequence[tuple[Assembled, str]], customers: dict[str, int]
    ) -> tuple[dict[str, int], LineIds]:
        """Add orders, each with its digest, and all that is in them. Returns the ids of orders and of lines."""
        orders = list(zip(self.orders.new_ids(len(new)), (one.order for one, _stated in new), strict=True))
        self.orders.insert([
            (
                pk,
                order.number,
                customers[order.customer.external_id],
                *columns.order_values(order, stated),
                uuid.uuid4(),
                order.external_id,
            )
            for (pk, order), (_one, stated) in zip(orders, new, strict=True)
        ])  # fmt: skip
        lines = self.add_lines([(pk, at, line) for pk, order in orders for at, line in enumerate(order.lines)])
        self.add_parcels(
            [
                (pk, one.order, parcel, columns.events_of(one.scans[parcel.external_id]))
                for (pk, _order), (one, _stated) in zip(orders, new, strict=True)
                for parcel in one.order.parcels
            ],
            lines,
        )
        return {order.external_id: pk for pk, order in orders}, lines

    def add_lines(self, lines: Sequence[tuple[int, int, LineData]]) -> LineIds:
        """Add lines given as (order id, position, line). Returns their ids."""
        pks = self.lines.new_ids(len(lines))
        self.lines.insert(
            [
                (pk, *columns.line_values(at, line), order, line.external_id)
                for pk, (order, at, line) in zip(pks, lines, strict=True)
            ]
        )
        return {(order, line.external_id): pk for pk, (order, _at, line) in zip(pks, lines, strict=True)}

    def add_parcels(
        self, parcels: Sequence[tuple[int, OrderData, ParcelData, list[columns.Event]]], lines: LineIds
    ) -> None:
        """Add parcels, their contents and events, and the state that follows from the events."""
        pks = self.parcels.new_ids(len(parcels))
        rows, contents = [], []
        for pk, (order, data, parcel, events) in zip(pks, parcels, strict=True):
            state = fold(events)
            rows.append((
                pk,
                *columns.parcel_values(data, parcel),
                *columns.state_values(state, self.sample),
                state.status,
                uuid.uuid4(),
                order,
                parcel.external_id,
            ))  # fmt: skip
            contents += [(pk, lines[order, key], quantity) for key, quantity in (parcel.contents or {}).items()]
        self.parcels.insert(rows)
        self.add(self.contents, contents)
        self.add(
            self.events,
            [
                (pk, *columns.event_values(event))
                for pk, parcel in zip(pks, parcels, strict=True)
                for event in parcel[3]
            ],
        )

    def add(self, rows: Rows, values: Sequence[tuple[object, ...]]) -> None:
        """Add rows given without their primary keys."""
        rows.insert([(pk, *one) for pk, one in zip(rows.new_ids(len(values)), values, strict=True)])
