"""Writing the part of the year that lies behind: the shop's own rows and ours, in bulk, without telling anybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from demo.shop import models as shop
from demo.simulate import shop as rows
from demo.simulate.scans import scans
from demo.simulate.year import PlannedOrder, PlannedParcel
from fulfillment.facts import OrderData, Scan
from fulfillment.fold import fingerprint, fold
from fulfillment.models import Customer, Order, OrderLine, Shipment, ShipmentLine, Store, TrackingEvent
from fulfillment.services.orders import digest
from fulfillment.services.shipments import milestones, state_columns
from fulfillment.stores import ModelStore
from fulfillment.testing.carrier_twin import tracking_number
from parcelwise.models import Contact

CHUNK = 250


class HistoryWriter:
    """Writes planned orders of the past. ``until`` is the moment up to which they have happened."""

    def __init__(self, adapter: ModelStore, until: datetime, users: dict[str, int]) -> None:
        self.adapter, self.until, self.users = adapter, until, users
        self.store: Store = adapter.store()
        self.products = rows.ensure_products()
        self.customers: dict[str, Customer] = {}

    def write(self, plans: Sequence[PlannedOrder], progress: Callable[[int], None]) -> None:
        for start in range(0, len(plans), CHUNK):
            chunk = plans[start : start + CHUNK]
            with transaction.atomic():
                self._write_chunk(chunk, start)
            progress(start + len(chunk))

    def _write_chunk(self, plans: Sequence[PlannedOrder], first: int) -> None:
        theirs = self._shop_rows(plans, first)
        stated = {
            order.pk: self.adapter.state(order)
            for order in self.adapter.orders().filter(pk__in=[order.pk for order in theirs])
        }
        data = [stated[order.pk] for order in theirs]
        self._ensure_customers(data)
        ours = Order.objects.bulk_create(self._order(each) for each in data)
        lines = self._lines(ours, data)
        self._parcels(ours, data, plans, lines)

    def _shop_rows(self, plans: Sequence[PlannedOrder], first: int) -> list[shop.Order]:
        orders = shop.Order.objects.bulk_create(
            rows.order_row(plan, f"NL-{10_001 + first + index}", self.users.get(plan.person.email))
            for index, plan in enumerate(plans)
        )
        lines = [rows.line_rows(plan, order, self.products) for plan, order in zip(plans, orders, strict=True)]
        shop.OrderLine.objects.bulk_create(line for group in lines for line in group)
        parcels: list[tuple[shop.Parcel, PlannedParcel, list[shop.OrderLine]]] = []
        for plan, order, own in zip(plans, orders, lines, strict=True):
            codes = [tracking_number(parcel.carrier, order.pk * 10 + i) for i, parcel in enumerate(plan.parcels)]
            parcels += [
                (row, parcel, own)
                for row, parcel in zip(rows.parcel_rows(plan, order, codes), plan.parcels, strict=True)
            ]
        shop.Parcel.objects.bulk_create(row for row, _parcel, _own in parcels)
        through = shop.Parcel.lines.through
        through.objects.bulk_create(
            through(parcel=row, orderline=own[index]) for row, parcel, own in parcels for index in parcel.articles
        )
        return orders

    def _ensure_customers(self, data: Sequence[OrderData]) -> None:
        new = {each.customer.external_id: each.customer for each in data}
        new = {key: customer for key, customer in new.items() if key not in self.customers}
        contacts = Contact.objects.bulk_create(
            Contact(
                name=customer.name,
                email=customer.email,
                phone=customer.phone,
                language=customer.language,
                user_id=customer.user_id,
            )
            for customer in new.values()
        )
        made = Customer.objects.bulk_create(
            Customer(store=self.store, external_id=key, contact=contact)
            for key, contact in zip(new, contacts, strict=True)
        )
        self.customers.update({customer.external_id: customer for customer in made})

    def _order(self, data: OrderData) -> Order:
        return Order(
            store=self.store,
            external_id=data.external_id,
            number=data.number,
            customer=self.customers[data.customer.external_id],
            status=data.status,
            placed_at=data.placed_at,
            promised_on=data.promised_on,
            currency=data.currency,
            total=data.total,
            shipping=data.shipping,
            ship_to=data.ship_to.as_json(),
            is_history=True,
            digest=digest(data),
        )

    def _lines(self, ours: Sequence[Order], data: Sequence[OrderData]) -> dict[tuple[int, str], OrderLine]:
        made = OrderLine.objects.bulk_create(
            OrderLine(
                order=order,
                external_id=line.external_id,
                position=position,
                title=line.title,
                sku=line.sku,
                product_id=line.product_id,
                category=line.category,
                quantity=line.quantity,
                unit_price=line.unit_price,
                weight_grams=line.weight_grams,
            )
            for order, each in zip(ours, data, strict=True)
            for position, line in enumerate(each.lines)
        )
        return {(line.order_id, line.external_id): line for line in made}

    def _parcels(
        self,
        ours: Sequence[Order],
        data: Sequence[OrderData],
        plans: Sequence[PlannedOrder],
        lines: dict[tuple[int, str], OrderLine],
    ) -> None:
        shipments: list[tuple[Shipment, list[TrackingEvent], dict[str, int]]] = []
        for order, each, plan in zip(ours, data, plans, strict=True):
            for parcel, planned in zip(each.parcels, plan.parcels, strict=True):
                seen = [*milestones(parcel), *scans(planned.steps, self.until)]
                events = [event_row(scan) for scan in seen]
                shipment = shipment_row(order, events, parcel.external_id, planned, parcel.tracking_number)
                contents = parcel.contents or {line.external_id: line.quantity for line in each.lines}
                shipments.append((shipment, events, dict(contents)))
        Shipment.objects.bulk_create(shipment for shipment, _events, _contents in shipments)
        for shipment, events, _contents in shipments:
            for event in events:
                event.shipment = shipment
        TrackingEvent.objects.bulk_create(
            [event for _shipment, events, _contents in shipments for event in events], batch_size=1000
        )
        ShipmentLine.objects.bulk_create(
            ShipmentLine(shipment=shipment, order_line=lines[shipment.order_id, key], quantity=quantity)
            for shipment, _events, contents in shipments
            for key, quantity in contents.items()
        )


def event_row(scan: Scan, source: str = "carrier") -> TrackingEvent:
    """An event without its parcel, recorded a little after it happened."""
    return TrackingEvent(
        fingerprint=fingerprint(scan),
        occurred_at=scan.occurred_at,
        status=scan.status,
        reason=scan.reason,
        code=scan.code,
        description=scan.description,
        location=scan.location,
        local_time=scan.local_time,
        source=source,
        recorded_at=scan.occurred_at,
    )


def shipment_row(
    order: Order, events: list[TrackingEvent], external_id: str, planned: PlannedParcel, number: str, **columns: Any
) -> Shipment:
    """A parcel whose state follows from ``events``."""
    state = fold(events)
    return Shipment(
        order=order,
        external_id=external_id,
        carrier=planned.carrier,
        service=planned.service,
        tracking_number=number,
        promised_on=order.promised_on,
        status=state.status,
        created_at=planned.packed_at,
        **{"origin": order.store.address, "destination": order.ship_to, **columns},
        **state_columns(state, order),
    )
