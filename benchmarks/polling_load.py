"""Polls a second of one worker process, with 100,000 active parcels in the data base, against the carrier twin.

    .venv/bin/python benchmarks/polling_load.py [--parcels 100000] [--seconds 30]

Orders, parcels and polls are written to a data base in a temporary folder (or to ``DATABASE_URL``). The twin runs in a
process of its own and knows the parcels that are made due. Its clock is pushed forward between the two rounds, so that
the first finds news of every parcel and the second none. The floor is the same calls to the twin through the same
gateway, without the data base. On a machine that others work on too, trust the polls in a second of the worker's own
processor time. What is needed follows from the calls a parcel and days a parcel of
``benchmarks/polling.py``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

#: Of the simulated month: calls a parcel with usual profiles, and the days for which a parcel is followed, which are
#: its calls at one every two hours.
CALLS, DAYS = 24.1, 40.2 * 2 / 24
#: Parcels that are made due for each round; more than a round can ask for.
DUE = 4000
PLACES = {"city": "Hamburg", "country": "DE"}, {"city": "München", "country": "DE"}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--parcels", type=int, default=100_000)
    arguments.add_argument("--seconds", type=float, default=30.0, help="of each round")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="polling-load-") as folder:
        os.environ["PARCELWISE_VAR"] = folder
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
        os.environ["DEBUG"] = "0"
        import django

        django.setup()
        with twin() as url:
            run(url, asked.parcels, asked.seconds)


class twin:
    """The carrier twin in a process of its own."""

    def __enter__(self) -> str:
        command = [sys.executable, "-u", "-m", "fulfillment.testing.carrier_twin", "--port", "0"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        return self._process.stdout.readline().split()[3].rstrip(",")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)


def run(url: str, parcels: int, seconds: float) -> None:
    from django.conf import settings
    from django.core.management import call_command

    from fulfillment.models import CarrierAccount, TrackingPoll
    from fulfillment.testing.carrier_twin import TwinControl, carrier_accounts

    allowed = {"OUTBOUND": {**settings.PARCELWISE.get("OUTBOUND", {}), "ALLOW_PRIVATE": ("127.0.0.1",)}}
    settings.PARCELWISE = {**settings.PARCELWISE, **allowed}
    began = time.perf_counter()
    call_command("migrate", verbosity=0)
    account = CarrierAccount.objects.create(**carrier_accounts(url)["ups"])
    numbers = build(parcels)
    print(f"built {parcels:,} parcels in {time.perf_counter() - began:.0f} s; {TrackingPoll.objects.count():,} polls")
    control = TwinControl(url)
    now = datetime.now(UTC)
    teach(control, numbers[: 2 * DUE], now)
    print(f"{'round':34}{'polls a second':>16}{'a processor second':>22}")
    rate("floor: calls without a data base", floor(account, numbers, seconds))
    work_off(2.0)  # what is loaded once
    news = work_off(seconds)
    rate("with news of every parcel", news)
    TrackingPoll.objects.filter(asked__gt=0).update(not_before=now)
    TrackingPoll.objects.filter(asked=0).update(not_before=now + timedelta(days=9))
    rate("with nothing new", work_off(seconds))
    needed = parcels * CALLS / DAYS / 86_400
    print(f"needed for {parcels:,} active parcels at {CALLS} calls in {DAYS:.1f} days each: {needed:.1f} a second")


def build(parcels: int) -> list[str]:
    """Parcels of one store, each with its order and a poll; the first ones are due. Returns their numbers."""
    from django.db import transaction
    from django.utils import timezone

    from fulfillment.models import Customer, Order, Shipment, Store, TrackingPoll
    from fulfillment.testing.carrier_twin import tracking_number
    from parcelwise.models import Contact

    now, (origin, goal) = timezone.now(), PLACES
    numbers = [tracking_number("ups", serial) for serial in range(parcels)]
    with transaction.atomic():
        store = Store.objects.create(slug="load", name="Load", kind="models", address=origin, time_zone="Europe/Berlin")
        contact = Contact.objects.create(name="Ana", email="ana@example.com")
        customer = Customer.objects.create(store=store, external_id="1", contact=contact)
        for start in range(0, parcels, 5000):
            ids = range(start, min(start + 5000, parcels))
            placed = now - timedelta(days=2)
            orders = Order.objects.bulk_create(
                Order(store=store, customer=customer, external_id=f"{n}", number=f"L-{n}", placed_at=placed, total=1,
                      currency="EUR", ship_to=goal)
                for n in ids
            )  # fmt: skip
            shipments = Shipment.objects.bulk_create(
                Shipment(order=order, external_id="1", carrier="ups", tracking_number=numbers[n], origin=origin,
                         destination=goal, created_at=placed)
                for n, order in zip(ids, orders, strict=True)
            )  # fmt: skip
            later = (now - timedelta(minutes=1), now + timedelta(days=9))
            TrackingPoll.objects.bulk_create(
                TrackingPoll(shipment=shipment, not_before=later[n >= 2 * DUE])
                for n, shipment in zip(ids, shipments, strict=True)
            )
    return numbers


def teach(control: object, numbers: list[str], now: datetime) -> None:
    """Tell the twin of the parcels: label, pick-up and three scans, all of them past."""
    steps = [
        {"at": (now - timedelta(hours=hours)).isoformat(), "what": what}
        for hours, what in ((30, "label"), (20, "picked_up"), (18, "origin_scan"), (16, "departed"), (4, "arrived"))
    ]
    origin, goal = PLACES
    for start in range(0, len(numbers), 500):
        control.add_parcels(  # type: ignore[attr-defined]
            [
                {"carrier": "ups", "number": number, "origin": origin, "destination": goal, "steps": steps}
                for number in numbers[start : start + 500]
            ]
        )


def floor(account: object, numbers: list[str], seconds: float) -> tuple[int, float, float]:
    from fulfillment.carriers import gateway_for

    gateway = gateway_for(account)  # type: ignore[arg-type]
    gateway.track(numbers[:1])  # what is loaded once
    began, busy, done = time.perf_counter(), time.process_time(), 0
    for chunk in chunks(numbers):
        gateway.track(chunk)
        done += len(chunk)
        if time.perf_counter() - began > seconds / 2:
            break
    return done, time.perf_counter() - began, time.process_time() - busy


def chunks(numbers: list[str]) -> Iterator[list[str]]:
    return (numbers[start : start + 10] for start in range(0, len(numbers), 10))


def work_off(seconds: float) -> tuple[int, float, float]:
    """Let one worker work off what is due, as it does in production."""
    from fulfillment.models import TrackingPoll
    from parcelwise.jobs import run_batch

    began, busy, done = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - began < seconds:
        found = run_batch(TrackingPoll)
        done += found
        if not found:
            break
    return done, time.perf_counter() - began, time.process_time() - busy


def rate(name: str, measured: tuple[int, float, float]) -> None:
    done, seconds, busy = measured
    share = done / max(busy, 0.001)
    print(f"{name:34}{done / seconds:16.1f}{share:22.1f}   ({done:,} in {seconds:.0f} s)", flush=True)


if __name__ == "__main__":
    main()
