"""Time the sweep for trouble over open parcels, in seconds and queries, beside its floor: reading the same rows.

    .venv/bin/python benchmarks/trouble_sweep.py [--parcels 20000] [--arrived 6000] [--database URL]

Without ``--database`` and ``DATABASE_URL`` a SQLite file in a temporary folder. Parcels are those of
``demo.simulate``, moved so that they are under way now; their carriers were asked just now. The statistics of silence
are learned from ``--arrived`` parcels of the year before, which is timed as well. The floor reads the same parcels and
scans as tuples, batch by batch, and looks at nothing. “Busy” is the time of the processor in this process: on a machine
that others work on too, that is the one to trust.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

CHUNK = 2000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parcels", type=int, default=20_000)
    parser.add_argument("--arrived", type=int, default=6_000)
    parser.add_argument("--database", default=os.environ.get("DATABASE_URL", ""), help="an empty one")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trouble-sweep-") as folder:
        os.environ["PARCELWISE_VAR"] = folder
        os.environ["DATABASE_URL"] = asked.database or f"sqlite:///{folder}/bench.sqlite3"
        os.environ["DEBUG"] = "0"  # or every query would be kept
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
        import django

        django.setup()
        build(asked.parcels, asked.arrived)
        measure()
    return 0


def build(parcels: int, arrived: int) -> None:
    from django.core.management import call_command
    from django.utils import timezone

    from fulfillment.models import Customer, Store
    from parcelwise.models import Contact

    call_command("migrate", verbosity=0)
    started, now = time.perf_counter(), timezone.now()
    store = Store.objects.create(slug="bench", name="Nordlicht", kind="import", time_zone="Europe/Berlin")
    customer = Customer.objects.create(store=store, external_id="c", contact=Contact.objects.create(name="Ana"))
    write(customer, under_way(parcels, now), now)
    write(customer, past(arrived, now), now)
    print(f"built {parcels:,} parcels under way and {arrived:,} of the past in {time.perf_counter() - started:.0f} s")


def lives(seed: int) -> Iterator[Any]:
    """Parcels of a simulated shop without end, with the addresses they go to."""
    from demo.simulate.cast import some_people
    from demo.simulate.year import plan_order

    dice = random.Random(seed)
    people = some_people(dice, 1000)
    begin = datetime(2025, 5, 5, 9, tzinfo=_berlin())
    while True:
        plan = plan_order(dice, dice.choice(people), begin + timedelta(hours=dice.uniform(0, 24 * 28)))
        for parcel in plan.parcels:
            yield plan, parcel


def under_way(count: int, now: datetime) -> Iterator[Any]:
    """Parcels of which now is some moment of their lives, or some days after it where they were lost."""
    from fulfillment.testing.carrier_twin import Happening

    ends = (Happening.DELIVERED, Happening.RETURNING)
    dice = random.Random(7)
    for (plan, parcel), _ in zip(lives(1), range(count), strict=False):
        first, last = parcel.steps[0].at, parcel.steps[-1].at
        moment = first + (last - first) * dice.random() * 0.97
        if parcel.steps[-1].what not in ends:  # lost: for some days already
            moment = last + timedelta(days=dice.uniform(0, 5))
        yield plan, parcel, now - moment, False


def past(count: int, now: datetime) -> Iterator[Any]:
    dice = random.Random(8)
    for (plan, parcel), _ in zip(lives(2), range(count), strict=False):
        weeks = timedelta(weeks=dice.randint(4, 40))  # whole weeks: weekdays stay what they were
        yield (
            plan,
            parcel,
            now
            - weeks
            - timedelta(hours=(now - parcel.steps[0].at).total_seconds() // 3600 % 168)
            - (parcel.steps[0].at),
            True,
        )


def write(customer: Any, planned: Iterator[Any], now: datetime) -> None:
    from django.db import transaction

    from demo.simulate.history import event_row, shipment_row
    from demo.simulate.scans import scans
    from fulfillment.models import Order, Shipment, TrackingEvent, TrackingPoll
    from fulfillment.statuses import FINAL

    chunk: list[Any] = []
    number = Order.objects.count()

    def flush() -> None:
        nonlocal number
        with transaction.atomic():
            orders = Order.objects.bulk_create(
                Order(
                    store=customer.store, customer=customer, external_id=f"{number + index}",
                    number=f"B{number + index}",
                    placed_at=parcel.packed_at + shift - timedelta(hours=6), ship_to=plan.person.home.as_json(),
                    is_history=is_past, currency="EUR",
                )
                for index, (plan, parcel, shift, is_past) in enumerate(chunk)
            )  # fmt: skip
            number += len(orders)
            rows = []
            for order, (_plan, parcel, shift, _past) in zip(orders, chunk, strict=True):
                moved = [
                    type(step)(step.at + shift, step.what, step.place, step.code, step.words) for step in parcel.steps
                ]
                events = [event_row(scan) for scan in scans(moved, now)]
                rows.append(
                    (shipment_row(order, events, "p", parcel, f"N{order.pk}", origin={"country": "DE"}), events)
                )
                rows[-1][0].created_at = parcel.packed_at + shift
            Shipment.objects.bulk_create(shipment for shipment, _ in rows)
            for shipment, events in rows:
                for event in events:
                    event.shipment = shipment
            TrackingEvent.objects.bulk_create([event for _, events in rows for event in events], batch_size=1000)
            TrackingPoll.objects.bulk_create(
                TrackingPoll(shipment=shipment, last_asked_at=now)
                for shipment, _ in rows
                if shipment.status not in FINAL
            )
        chunk.clear()

    for one in planned:
        chunk.append(one)
        if len(chunk) == CHUNK:
            flush()
    flush()


def measure() -> None:
    from fulfillment.models import Shipment, ShipmentException, TrackingEvent
    from fulfillment.services import silence, trouble
    from fulfillment.services.trouble import BATCH
    from fulfillment.statuses import FINAL

    def floor() -> int:
        parcels = Shipment.objects.exclude(status__in=FINAL).order_by("pk")
        last, seen = 0, 0
        while batch := list(parcels.filter(pk__gt=last).values_list("pk", "status", "last_event_at")[:BATCH]):
            keys = [row[0] for row in batch]
            seen += len(
                list(TrackingEvent.objects.filter(shipment__in=keys).values_list("shipment", "occurred_at", "status"))
            )
            last = keys[-1]
        return seen

    print(f"{Shipment.objects.exclude(status__in=FINAL).count():,} parcels under way\n")
    print("| | seconds | of them busy | queries | |\n|---|---|---|---|---|")
    timed("learn the statistics of silence", silence.refresh_silence, "parcels")
    timed("floor: read parcels and scans", floor, "scans")
    timed("first sweep: everything is news", trouble.sweep, "")
    timed("every later sweep: nothing is new", trouble.sweep, "")
    kinds: dict[str, int] = {}
    for kind in ShipmentException.objects.values_list("kind", flat=True):
        kinds[kind] = kinds.get(kind, 0) + 1
    print("\nopened:", ", ".join(f"{kind} {count:,}" for kind, count in sorted(kinds.items())))


def timed(name: str, work: Callable[[], Any], unit: str) -> None:
    from django.db import connection

    count = 0

    def counting(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count
        count += 1
        return execute(sql, params, many, context)

    started, busy = time.perf_counter(), time.process_time()
    with connection.execute_wrapper(counting):
        came = work()
    busy, took = time.process_time() - busy, time.perf_counter() - started
    print(f"| {name} | {took:.1f} | {busy:.1f} | {count:,} | {came} {unit} |", flush=True)


def _berlin() -> Any:
    from zoneinfo import ZoneInfo

    return ZoneInfo("Europe/Berlin")


if __name__ == "__main__":
    sys.exit(main())
