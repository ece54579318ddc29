"""Time the KPI page's whole response beside its floor: the one GROUP BY of the on-time rate, in plain SQL.

    .venv/bin/python benchmarks/kpi_page.py [--parcels 75000] [--stores 2]
    .venv/bin/python benchmarks/kpi_page.py --database sqlite:////path/to/demo.sqlite3

Without ``--database`` and without ``DATABASE_URL`` a data base is built in a temporary folder: parcels of two years at
four carriers, one return in twelve. The page is fetched through all middleware by a staff member who is logged in;
figures are the median of seven after one warm-up, and of the same seven the processor time: on a machine that others
work on too, that is the one to trust.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

ROUNDS = 7
PAGE = "/admin/parcelwise_analytics/kpi/"
FLOOR = """
    SELECT delivered_on, carrier, count(*),
           sum(CASE WHEN coalesce(attempted_on, delivered_on) <= promised_on THEN 1 END)
    FROM parcelwise_fulfillment_shipment
    WHERE direction = 'out' AND delivered_on IS NOT NULL AND promised_on IS NOT NULL
    GROUP BY delivered_on, carrier
"""
CARRIERS = {"dhl": (0.5, 0.96), "ups": (0.25, 0.94), "usps": (0.17, 0.89), "fedex": (0.08, 0.92)}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--parcels", type=int, default=75_000)
    arguments.add_argument("--stores", type=int, default=2)
    arguments.add_argument("--database", default=os.environ.get("DATABASE_URL", ""), help="measure this one as it is")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="kpi-page-") as folder:
        os.environ["PARCELWISE_VAR"] = folder
        os.environ["DATABASE_URL"] = asked.database or f"sqlite:///{folder}/bench.sqlite3"
        set_up_django()
        if not asked.database:
            build(asked.parcels, asked.stores)
        measure()


def set_up_django() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
    os.environ["DEBUG"] = "0"  # or every query would be kept
    import django

    django.setup()


def build(parcels: int, stores: int) -> None:
    """``parcels`` parcels over two years up to yesterday, spread over ``stores`` stores."""
    from django.core.management import call_command
    from django.db import transaction

    started = time.perf_counter()
    call_command("migrate", verbosity=0)
    with transaction.atomic():
        fill(parcels, stores)
    print(f"built {parcels:,} parcels in {time.perf_counter() - started:.0f} s")


def fill(parcels: int, stores: int, seed: int = 7) -> None:
    from django.utils import timezone

    from fulfillment.models import Customer, Order, Shipment, Store
    from parcelwise.models import Contact
    from returns.models import ReturnRequest

    chance, today = random.Random(seed), timezone.localdate()
    names = ("Nordlicht Outdoor", "Atelier Brisa", "Kestrel Books", "Maison Verte")
    shops = [
        Store.objects.create(slug=f"bench-{n}", name=names[n % 4], kind="import", time_zone="Europe/Berlin")
        for n in range(stores)
    ]
    contact = Contact.objects.create(name="Ana Souza", email="ana@example.com")
    buyers = [Customer.objects.create(store=shop, external_id="bench", contact=contact) for shop in shops]
    address = {"name": "Ana Souza", "lines": ["Lindwurmstraße 12"], "city": "München", "country": "DE"}
    begin = datetime.combine(today - timedelta(days=730), datetime.min.time(), UTC)
    plans = [_parcel(chance, begin, number, parcels) for number in range(parcels)]
    orders = Order.objects.bulk_create(
        (
            Order(store=shops[n % stores], customer=buyers[n % stores], external_id=f"bench-{n}", number=f"B-{n}",
                  placed_at=plan["placed_at"], promised_on=plan["promised_on"], currency="EUR", ship_to=address)
            for n, plan in enumerate(plans)
        ),
        batch_size=2000,
    )  # fmt: skip
    Shipment.objects.bulk_create(
        (
            Shipment(order=order, external_id="1", origin=address, destination=address,
                     tracking_number=f"T{order.pk:010d}", **{k: v for k, v in plan.items() if k != "placed_at"})
            for order, plan in zip(orders, plans, strict=True)
        ),
        batch_size=2000,
    )  # fmt: skip
    delivered = [pair for pair in zip(orders, plans, strict=True) if pair[1]["delivered_at"]]
    sent_back = [pair for pair in delivered if chance.random() < 1 / 12]
    back = Shipment.objects.bulk_create(
        (
            Shipment(order=order, external_id="back", direction="back", carrier=plan["carrier"], status="delivered")
            for order, plan in sent_back
        ),
        batch_size=2000,
    )
    ReturnRequest.objects.bulk_create(
        (_return(chance, order, plan, parcel) for (order, plan), parcel in zip(sent_back, back, strict=True)),
        batch_size=2000,
    )


def _parcel(chance: random.Random, begin: datetime, number: int, parcels: int) -> dict[str, Any]:
    placed = begin + timedelta(days=730 * number / parcels)
    carrier = chance.choices(list(CARRIERS), [share for share, _rate in CARRIERS.values()])[0]
    promised = (placed + timedelta(days=6)).date()
    season = 0.07 if placed.month in (11, 12) else 0.0
    late = chance.random() > CARRIERS[carrier][1] - season
    # Drawn around the promise, weekly waves included: a line that moves as a shop's does.
    arrives = placed + timedelta(days=6 + chance.randrange(1, 5) if late else chance.choice((2, 3, 3, 4, 4, 5, 6)))
    there = arrives < begin + timedelta(days=730) and chance.random() > 0.006
    return {
        "placed_at": placed,
        "carrier": carrier,
        "promised_on": promised,
        "delivered_at": arrives if there else None,
        "delivered_on": arrives.date() if there else None,
        "attempted_on": arrives.date() if there else None,
        "status": "delivered" if there else "in_transit",
        "reason": "" if there or chance.random() > 0.2 else "carrier_parcel_lost",
    }


def _return(chance: random.Random, order: Any, plan: dict[str, Any], parcel: Any) -> Any:
    from returns.models import ReturnRequest

    requested = plan["delivered_at"] + timedelta(days=chance.uniform(0, 14))
    received = requested + timedelta(days=2 + chance.gammavariate(3, 1.4))
    closed = received + timedelta(days=0.2 + chance.gammavariate(1.5, 1))
    now = datetime.now(UTC)
    return ReturnRequest(
        number=f"RMA-{order.pk}",
        order=order,
        shipment=parcel,
        requested_at=requested,
        received_at=received if received < now else None,
        closed_at=closed if closed < now else None,
        status="closed" if closed < now else "received" if received < now else "approved",
    )


def measure() -> None:
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from fulfillment.models import Shipment, Store

    user, _made = get_user_model().objects.get_or_create(
        username="benchmark", defaults={"is_staff": True, "is_superuser": True}
    )
    client = Client()
    client.force_login(user)
    store = Store.objects.order_by("pk").values_list("pk", flat=True).first()
    pages = {
        "page, last 26 weeks": PAGE,
        "page, last 52 weeks": f"{PAGE}?weeks=52",
        "page, everything": f"{PAGE}?weeks=0",
        "page, one store": f"{PAGE}?store={store}" if store else PAGE,
        "page, one store, everything": f"{PAGE}?weeks=0&store={store}" if store else PAGE,
        "page, one carrier": f"{PAGE}?carrier=dhl",
    }
    print(f"\n{Shipment.objects.count():,} parcels, {connection.vendor}, median of {ROUNDS}\n")
    print(f"{'':<38}{'ms':>8}{'worst':>8}{'CPU ms':>8}{'queries':>9}{'kB':>8}")
    row("floor: raw SQL, GROUP BY day, carrier", timed(lambda: floor(connection)))
    for name, address in pages.items():
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        assert answer.status_code == 200, f"{address}: {answer.status_code}"
        asked = len(queries)
        row(name, timed(lambda address=address: client.get(address)), asked, len(answer.content) / 1024)
    user.delete()


def floor(connection: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FLOOR)
        cursor.fetchall()


def timed(call: Callable[[], Any]) -> tuple[float, float, float]:
    """Median, worst and median of processor time of the rounds in milliseconds, after one that does not count."""
    call()
    spent, worked = [], []
    for _round in range(ROUNDS):
        started, begun = time.perf_counter(), time.process_time()
        call()
        spent.append((time.perf_counter() - started) * 1000)
        worked.append((time.process_time() - begun) * 1000)
    return statistics.median(spent), max(spent), statistics.median(worked)


def row(name: str, times: tuple[float, float, float], queries: int = 1, size: float = 0) -> None:
    median, worst, worked = times
    print(f"{name:<38}{median:>8.1f}{worst:>8.1f}{worked:>8.1f}{queries:>9}{size:>8.0f}")


if __name__ == "__main__":
    main()
