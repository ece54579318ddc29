"""Plain functions that make real rows: one small cast, real-looking places."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone

from fulfillment.facts import Address
from fulfillment.models import (
    Courier,
    CourierDevice,
    CourierPosition,
    CourierRun,
    Customer,
    Order,
    OrderLine,
    ProofOfDelivery,
    RoutingService,
    RunStop,
    Shipment,
    ShipmentLine,
    SpeedStatistics,
    Store,
)
from parcelwise.models import Contact

_serial = count(1)

HAMBURG = Address("Nordlicht Outdoor", ("Speicherstadt 4",), "Hamburg", "HH", "20457", "DE")
MUNICH = Address("Ana Souza", ("Lindwurmstraße 12",), "München", "BY", "80337", "DE")


def a_store(**columns: Any) -> Store:
    number = next(_serial)
    defaults: dict[str, Any] = {
        "slug": f"store-{number}",
        "name": "Nordlicht Outdoor",
        "kind": "models",
        "currency": "EUR",
        "time_zone": "Europe/Berlin",
        "address": HAMBURG.as_json(),
    }
    return Store.objects.create(**{**defaults, **columns})


def a_contact(**columns: Any) -> Contact:
    return Contact.objects.create(**{"name": "Ana Souza", "email": "ana@example.com", "language": "en", **columns})


def an_order(store: Store | None = None, contact: Contact | None = None, pieces: int = 2, **columns: Any) -> Order:
    """An order of one line with ``pieces`` pieces at 49.90 each."""
    store, contact, number = store or a_store(), contact or a_contact(), next(_serial)
    customer = Customer.objects.create(store=store, external_id=f"c{number}", contact=contact)
    defaults: dict[str, Any] = {
        "external_id": str(number),
        "number": f"NL-{1000 + number}",
        "placed_at": timezone.now() - timedelta(days=3),
        "promised_on": date.today() + timedelta(days=3),
        "currency": store.currency,
        "total": 4990 * pieces,
        "ship_to": MUNICH.as_json(),
    }
    order = Order.objects.create(store=store, customer=customer, **{**defaults, **columns})
    OrderLine.objects.create(
        order=order, external_id="1", title="Wool socks", sku="SOCK", quantity=pieces, unit_price=4990
    )
    return order


def a_shipment(order: Order | None = None, **columns: Any) -> Shipment:
    """A parcel with everything of the order in it."""
    order = order or an_order()
    number = next(_serial)
    defaults: dict[str, Any] = {
        "external_id": str(number),
        "carrier": "ups",
        "tracking_number": f"1Z999AA1012345{number:04d}",
        "origin": order.store.address,
        "destination": order.ship_to,
        "promised_on": order.promised_on,
    }
    shipment = Shipment.objects.create(order=order, **{**defaults, **columns})
    for line in order.lines.all():
        ShipmentLine.objects.create(shipment=shipment, order_line=line, quantity=line.quantity)
    return shipment


def a_courier_with(parcel: Shipment, contact: Contact, word: str) -> list[Any]:
    """A courier on the way with ``parcel``: one row of each table that is about couriers; ``word`` stands in them."""
    now = timezone.now()
    courier = Courier.objects.create(contact=contact)
    device = CourierDevice.objects.create(courier=courier, name=f"Phone of {word}", key_id=f"k{next(_serial)}")
    run = CourierRun.objects.create(
        store=parcel.order.store, courier=courier, day=now.date(), state="under_way", started_at=now, route={"of": word}
    )
    RunStop.objects.create(run=run, shipment=parcel, position=1, latitude=53.55, longitude=9.99)
    position = {"device": device, "run": run, "at": now, "latitude": 53.56, "longitude": 9.98}
    proof = {"shipment": parcel, "taken_at": now, "place": word, "image": b"jpeg", "media_type": "image/jpeg"}
    return [
        courier,
        device,
        run,
        CourierPosition.objects.create(key=f"i:{word}"[:64], **position),
        ProofOfDelivery.objects.create(kind="photo", words=word, **proof),
        SpeedStatistics.objects.create(store=parcel.order.store, part="speed", key=f"{next(_serial)}", through=now),
        RoutingService.objects.create(kind="osrm", is_active=False, last_error=f"no road to {word}"),
    ]


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]
