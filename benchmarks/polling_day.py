"""A simulated day on a fast clock: does one worker keep up with the polls of 100,000 active parcels?

    .venv/bin/python benchmarks/polling_day.py [--rows 100000] [--moving 2000] [--hours 6] [--load 100000]

``--moving`` parcels live as the carrier twin lets them live, on a clock that is so much faster that together they make
the polls of ``--load`` parcels (2,000 at 50 times the speed are 100,000). The other rows of ``--rows`` lie in the same
tables and are not due. One worker works off what is due, through the real gateway and over HTTP to the twin in a
process of its own, into SQLite or ``DATABASE_URL``. Printed is how long due polls waited for it, in real seconds, and
how many waited at once: a backlog that grows shows in the later hours.

The clock begins at the hour that it is, the parcels are of the last days, so what is loaded depends on when it is run.
The first simulated hour only brings the parcels to where they are, and is not counted.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from polling_load import twin  # noqa: E402


class FastClock:
    """Simulated time from the moment at which it was made."""

    def __init__(self, speed: float) -> None:
        self.speed, self.began, self._real = speed, datetime.now(UTC), time.monotonic()

    def now(self) -> datetime:
        return self.began + timedelta(seconds=(time.monotonic() - self._real) * self.speed)

    def real(self, simulated: timedelta) -> float:
        return simulated.total_seconds() / self.speed


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--moving", type=int, default=2000)
    arguments.add_argument("--load", type=int, default=100_000)
    arguments.add_argument("--hours", type=float, default=6.0, help="simulated, after the first")
    arguments.add_argument("--seed", type=int, default=7)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="polling-day-") as folder:
        os.environ["PARCELWISE_VAR"] = folder
        os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder}/bench.sqlite3")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
        os.environ["DEBUG"] = "0"
        import django

        django.setup()
        with twin() as url:
            run(url, asked)


def run(url: str, asked: argparse.Namespace) -> None:
    from django.conf import settings
    from django.core.management import call_command
    from django.utils import timezone

    from fulfillment.models import CarrierAccount, TrackingPoll
    from fulfillment.testing.carrier_twin import TwinControl, carrier_accounts

    allowed = {"OUTBOUND": {**settings.PARCELWISE.get("OUTBOUND", {}), "ALLOW_PRIVATE": ("127.0.0.1",)}}
    settings.PARCELWISE = {**settings.PARCELWISE, **allowed}
    call_command("migrate", verbosity=0)
    for columns in carrier_accounts(url).values():
        CarrierAccount.objects.create(**columns)
    build(TwinControl(url), asked)
    clock = FastClock(asked.load / asked.moving)
    timezone.now = clock.now  # type: ignore[assignment]
    over = threading.Event()
    pushing = threading.Thread(target=push_clock, args=(TwinControl(url), clock, over))
    pushing.start()
    try:
        waits, depth = work(clock, asked.hours, TrackingPoll)
    finally:
        over.set()
        pushing.join()
    report(waits, depth, clock, asked)


def build(control: Any, asked: argparse.Namespace) -> None:
    """The moving parcels, each due in the first simulated hour, and the rows that lie beside them."""
    import random

    from polling import lives

    from fulfillment.models import Customer, Order, Shipment, Store, TrackingPoll
    from fulfillment.testing.carrier_twin import tracking_number
    from parcelwise.models import Contact

    now, dice = datetime.now(UTC), random.Random(asked.seed)
    store = Store.objects.create(slug="day", name="Day", kind="models", time_zone="Europe/Berlin")
    contact = Contact.objects.create(name="Ana", email="ana@example.com")
    customer = Customer.objects.create(store=store, external_id="1", contact=contact)
    month = lives(asked.moving * 8, now - timedelta(days=26), f"{asked.seed}")
    moving = [life for life in month if life.steps[0].at < now < life.steps[-1].at][: asked.moving]
    if len(moving) < asked.moving:
        raise SystemExit(f"Only {len(moving)} parcels of the month are on their way now.")
    rows = []
    for serial in range(asked.rows):
        life = moving[serial] if serial < len(moving) else None
        carrier = life.carrier if life else "ups"
        rows.append((carrier, tracking_number(carrier, serial), life))
    for start in range(0, len(rows), 5000):
        part = rows[start : start + 5000]
        orders = Order.objects.bulk_create(
            Order(store=store, customer=customer, external_id=number, number=number, total=1, currency="EUR",
                  placed_at=life.steps[0].at if life else now)
            for _carrier, number, life in part
        )  # fmt: skip
        shipments = Shipment.objects.bulk_create(
            Shipment(order=order, external_id="1", carrier=carrier, tracking_number=number,
                     origin=place(life.origin) if life else {}, destination=place(life.destination) if life else {},
                     created_at=life.steps[0].at if life else now)
            for order, (carrier, number, life) in zip(orders, part, strict=True)
        )  # fmt: skip
        TrackingPoll.objects.bulk_create(
            TrackingPoll(shipment=shipment, not_before=now + timedelta(hours=dice.random()) if life
                         else now + timedelta(days=99))
            for shipment, (_carrier, _number, life) in zip(shipments, part, strict=True)
        )  # fmt: skip
        known = [(carrier, number, life) for carrier, number, life in part if life]
        for first in range(0, len(known), 250):
            control.add_parcels(
                [
                    {
                        "carrier": carrier,
                        "number": number,
                        "origin": place(life.origin),
                        "destination": place(life.destination),
                        "steps": [
                            {"at": step.at.isoformat(), "what": step.what.value, "place": place(step.place)}
                            for step in life.steps
                        ],
                    }
                    for carrier, number, life in known[first : first + 250]
                ]
            )


def place(found: Any) -> dict[str, str]:
    return {"city": found.city, "country": found.country, "region": found.region}


def push_clock(control: Any, clock: FastClock, over: threading.Event) -> None:
    """Keep the twin's clock with ours; a scan is never told before it has happened."""
    told = clock.began
    while not over.wait(0.25):
        now = clock.now()
        control.set_clock(advance=max((now - told).total_seconds() - 0.25, 0))
        told = now


def work(clock: FastClock, hours: float, poll: Any) -> tuple[dict[int, list[float]], dict[int, list[int]]]:
    """Work off what is due; by simulated hour, how long each poll waited and how many were due, in real seconds."""
    from parcelwise.jobs import JobState, run_batch

    waits: dict[int, list[float]] = defaultdict(list)
    depth: dict[int, list[int]] = defaultdict(list)
    manager, looked = poll._default_manager, 0.0

    class Watching(type(manager.get_queryset())):  # type: ignore[misc]
        def claim(self, limit: int, *, lease: float | None = None) -> list[Any]:
            taken: list[Any] = super().claim(limit, lease=lease)
            now = clock.now()
            for job in taken:
                waits[hour(clock, now)].append(clock.real(now - job.not_before))
            return taken

    manager._queryset_class = Watching
    poll.objects.claim = lambda limit, lease=None: Watching(poll).claim(limit, lease=lease)
    poll._default_manager.claim = poll.objects.claim
    while (now := clock.now()) < clock.began + timedelta(hours=hours + 1):
        if time.monotonic() - looked > 2:
            looked = time.monotonic()
            depth[hour(clock, now)].append(poll.objects.filter(state=JobState.WAITING, not_before__lte=now).count())
        if not run_batch(poll):
            time.sleep(0.05)
    return waits, depth


def hour(clock: FastClock, now: datetime) -> int:
    return int((now - clock.began).total_seconds() // 3600)


def report(
    waits: dict[int, list[float]], depth: dict[int, list[int]], clock: FastClock, asked: argparse.Namespace
) -> None:
    print(f"{asked.moving:,} parcels at {clock.speed:.0f} times the speed among {asked.rows:,} rows: "
          f"the polls of {asked.load:,}; begun at {clock.began:%A %H:%M} UTC")  # fmt: skip
    print(f"{'simulated hour':>16}{'polls a second':>16}{'waited p50':>12}{'p99':>8}{'longest':>10}{'most due':>10}")
    for number in sorted(waits):
        found = waits[number]
        shares = statistics.quantiles(found, n=100) if len(found) > 1 else found * 99
        note = "" if number else "  (not counted)"
        print(f"{number:16}{len(found) / (3600 / clock.speed):16.1f}{shares[49]:11.1f}s{shares[98]:7.1f}s"
              f"{max(found):9.1f}s{max(depth[number], default=0):10}{note}")  # fmt: skip
    counted = [wait for number, found in waits.items() if number for wait in found]
    shares = statistics.quantiles(counted, n=100)
    longest = max(counted)
    print(f"{len(counted):,} polls: waited p50 {shares[49]:.1f} s, p99 {shares[98]:.1f} s, longest {longest:.1f} s")


if __name__ == "__main__":
    main()
