"""What happens now: orders saved in the shop's own models, parcels known to the carrier twin, and time that hurries."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from demo.shop.models import Order, Parcel
from demo.simulate import shop as rows
from demo.simulate.year import ORIGIN, PlannedOrder, PlannedParcel
from fulfillment.models import Shipment, TrackingPoll
from fulfillment.testing.carrier_twin import Place, Step, TwinControl, tracking_number
from fulfillment.testing.carrier_twin.parcels import Book
from fulfillment.testing.carrier_twin.parcels import Parcel as TwinParcel
from parcelwise.background import wake
from parcelwise.jobs import JobState


def user_id_of(email: str) -> int | None:
    """The login that belongs to a mail address, if there is one."""
    return get_user_model().objects.filter(email=email).values_list("pk", flat=True).first()


def place(plan: PlannedOrder) -> Order:
    """Save an order in the shop, as its checkout would."""
    with transaction.atomic():
        order = rows.order_row(plan, f"new-{random.getrandbits(48):x}", user_id_of(plan.person.email))
        order.state = Order.State.CANCELLED if plan.cancelled else Order.State.PAID
        order.save()
        order.number = f"NL-{10_000 + order.pk}"
        order.save(update_fields=["number"])
        for line in rows.line_rows(plan, order, rows.ensure_products()):
            line.save()
    return order


def pack(order: Order, parcel: PlannedParcel, twin: TwinControl) -> Parcel:
    """Save a parcel of ``order`` in the shop and give it to the carrier, who alone knows what will become of it."""
    serial = 20_000_000 + order.pk * 10 + order.parcels.count()
    number = tracking_number(parcel.carrier, serial)
    register(twin, parcel.carrier, number, order, parcel.steps)
    with transaction.atomic():
        row = Parcel.objects.create(
            order=order,
            carrier=parcel.carrier,
            service=parcel.service,
            tracking_code=number,
            packed_at=parcel.packed_at,
        )
        lines = list(order.lines.order_by("pk"))
        row.lines.set([lines[index] for index in parcel.articles])
        order.state = Order.State.SHIPPED
        order.save(update_fields=["state"])
    return row


def register(twin: TwinControl, carrier: str, number: str, order: Order, steps: Sequence[Step]) -> None:
    """Tell the twin of a parcel and of all that happens to it, now or later."""
    destination = Place(order.city, order.country, order.region, order.postcode)
    home = {"city": ORIGIN.city, "country": ORIGIN.country, "region": ORIGIN.region, "postcode": ORIGIN.postcode}
    twin.add_parcel(
        carrier,
        number=number,
        origin=home,
        destination={"city": destination.city, "country": destination.country, "region": destination.region},
        steps=[step.as_json() for step in steps],
    )


def place_all(plans: Iterable[PlannedOrder], twin: TwinControl) -> int:
    """Place and pack the orders of the last days; parcels to be packed later than now are left for the trickle."""
    now, count = timezone.now(), 0
    for plan in plans:
        order = place(plan)
        for parcel in plan.parcels:
            if parcel.packed_at <= now:
                pack(order, parcel, twin)
        count += 1
    return count


def hurry(book: Book, shipment: Shipment) -> Step | None:
    """Let the next step of a parcel happen now, and all later ones so much earlier; None when nothing is left.

    The twin's parcels would take their days; a demo is looked at for minutes. Only the carrier's side is hurried: what
    Parcelwise sees are scans with the time at which they were made.
    """
    parcel = book.get(shipment.carrier, shipment.tracking_number)
    now = timezone.now()
    coming = sorted((step for step in parcel.steps if step.at > now), key=lambda step: step.at) if parcel else []
    if parcel is None or not coming:
        return None
    shift = coming[0].at - now + timedelta(seconds=1)
    steps = tuple(replace(step, at=step.at - shift) if step.at > now else step for step in parcel.steps)
    book.put(_with_steps(parcel, steps))
    poll_now(shipment)
    return replace(coming[0], at=now)


def _with_steps(parcel: TwinParcel, steps: tuple[Step, ...]) -> TwinParcel:
    return replace(parcel, steps=steps)


def poll_now(shipment: Shipment) -> None:
    """Make the poll of a parcel due at once."""
    TrackingPoll.objects.filter(shipment=shipment, state=JobState.WAITING).update(not_before=timezone.now())
    wake()


def under_way(limit: int, since: datetime) -> list[Shipment]:
    """Parcels that a carrier still moves, in random order."""
    open_polls = Shipment.objects.filter(poll__state=JobState.WAITING, created_at__gte=since)
    return list(open_polls.exclude(tracking_number="").order_by("?")[:limit])
