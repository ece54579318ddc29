"""How an imported order lies in our tables: the columns that an import writes, and the values for them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fulfillment.facts import Address, LineData, OrderData, ParcelData, Scan
from fulfillment.fold import ParcelState, fingerprint
from fulfillment.imports.assemble import Assembled
from fulfillment.models import Order
from fulfillment.services.shipments import state_columns

SOURCE = "import"

CONTACT = ("id", "uuid", "name", "email", "phone", "language", "time_zone")
CUSTOMER = ("id", "external_id", "contact", "consents", "stated_at")
ORDER = ("id", "number", "customer", "status", "placed_at", "promised_on", "total", "shipping", "ship_to", "raw",
         "digest", "currency", "payment_status", "source_updated_at")  # fmt: skip
LINE = ("id", "position", "title", "sku", "product_id", "category", "quantity", "unit_price", "weight_grams")
STATE = ("reason", "culprit", "handed_over_at", "first_attempt_at", "delivered_at", "attempted_on", "delivered_on",
         "last_event_at")  # fmt: skip
PARCEL = ("id", "carrier", "service", "tracking_number", "tracking_url", "origin", "destination", "promised_on", *STATE)
CONTENT = ("id", "shipment", "order_line", "quantity")
EVENT = ("id", "shipment", "fingerprint", "occurred_at", "status", "reason", "code", "description", "location",
         "local_time", "zone", "latitude", "longitude", "raw")  # fmt: skip


@dataclass(slots=True)
class Event:
    """A scan with its fingerprint: what the fold needs."""

    occurred_at: datetime
    status: str
    reason: str
    fingerprint: str
    scan: Scan


def events_of(scans: Sequence[Scan]) -> list[Event]:
    return [Event(scan.occurred_at, scan.status, scan.reason, fingerprint(scan), scan) for scan in scans]


def digest(assembled: Assembled) -> str:
    """A fingerprint of all that an import writes of an order, to see that nothing has changed."""
    order, customer = assembled.order, assembled.order.customer
    stated = (
        (order.external_id, order.number, order.placed_at.isoformat(), order.currency, order.status),
        (str(order.promised_on), order.total, order.shipping, tuple(order.raw.items()), _plain(order.ship_to)),
        (customer.external_id, customer.name, customer.email, customer.phone, customer.language, customer.time_zone),
        [_plain_line(line) for line in order.lines],
        [_plain_parcel(parcel, assembled.scans[parcel.external_id]) for parcel in order.parcels],
    )
    return hashlib.blake2b(repr(stated).encode(), digest_size=32).hexdigest()


def _plain(address: Address) -> tuple[Any, ...]:
    return address.name, address.lines, address.city, address.region, address.postcode, address.country


def _plain_line(line: LineData) -> tuple[Any, ...]:
    return line.external_id, *line_values(0, line)


def _plain_parcel(parcel: ParcelData, scans: Sequence[Scan]) -> tuple[Any, ...]:
    words = (parcel.external_id, parcel.carrier, parcel.service, parcel.tracking_number, parcel.tracking_url)
    stamps = [(scan.occurred_at.isoformat(), scan.status, scan.reason, fingerprint(scan)) for scan in scans]
    destination = _plain(parcel.destination) if parcel.destination else None
    stated = (words, _plain(parcel.origin), destination, tuple((parcel.contents or {}).items()), stamps)
    # Only where there are any: what was imported before these were known is the same still.
    relations = (parcel.piece_of, *((each.role, each.number, each.carrier) for each in parcel.numbers))
    return (*stated, relations) if parcel.piece_of or parcel.numbers else stated


def order_values(order: OrderData, stated: str) -> tuple[Any, ...]:
    """The values of ORDER after id, number and customer."""
    return (
        order.status,
        order.placed_at,
        order.promised_on,
        order.total,
        order.shipping,
        order.ship_to.as_json(),
        order.raw,
        stated,
        order.currency,
        order.payment_status,
        order.updated_at,
    )


def line_values(position: int, line: LineData) -> tuple[Any, ...]:
    """The values of LINE after id."""
    return (
        position,
        line.title[:300],
        line.sku,
        line.product_id,
        line.category,
        line.quantity,
        line.unit_price,
        line.weight_grams,
    )


def parcel_values(order: OrderData, parcel: ParcelData) -> tuple[Any, ...]:
    """The values of PARCEL after id and before STATE."""
    return (
        parcel.carrier.lower()[:50],
        parcel.service,
        parcel.tracking_number.replace(" ", "")[:80],
        parcel.tracking_url,
        parcel.origin.as_json(),
        (parcel.destination or order.ship_to).as_json(),
        order.promised_on,
    )


def state_values(state: ParcelState, of: Order) -> tuple[Any, ...]:
    """The values of STATE; ``of`` is any order of the store, for its zone."""
    columns: Mapping[str, Any] = state_columns(state, of)
    return tuple(columns[name] for name in STATE)


def event_values(event: Event) -> tuple[Any, ...]:
    """The values of EVENT after id and shipment."""
    scan = event.scan
    return (
        event.fingerprint,
        scan.occurred_at,
        scan.status,
        scan.reason,
        scan.code[:40],
        scan.description[:500],
        scan.location[:200],
        scan.local_time[:40],
        scan.zone,
        scan.latitude,
        scan.longitude,
        scan.raw,
    )
