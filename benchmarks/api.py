"""How long the API takes for a list of 50 and for one record, beside a plain view that gives the same rows.

::

    python benchmarks/api.py [--orders 2000] [--database postgres://…]

Every request goes through all middleware of the demo, with a key of a store. The floor is a Django view of a few lines
over the same rows in the same run: the same key looked up, one query for the rows, ``JsonResponse``. Figures are
medians after a warm-up, in milliseconds of wall and of processor time; on a busy machine trust the latter.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

ROUNDS = 60
ROWS = 50


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--orders", type=int, default=2000)
    arguments.add_argument("--database", default="", help="an empty one, where SQLite is not wanted")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-api-") as folder:
        os.environ["PARCELWISE_VAR"] = folder
        os.environ["DATABASE_URL"] = asked.database or f"sqlite:///{folder}/bench.sqlite3"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
        os.environ["DEBUG"] = "0"  # or every query would be kept
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        measure(*fill(asked.orders))


def fill(orders: int) -> tuple[str, Any]:
    """Orders of one line and one parcel with three scans each; a key of their store, and one of the parcels."""
    from datetime import timedelta

    from django.db import transaction
    from django.utils import timezone

    from fulfillment.models import ApiAccess, Customer, Order, OrderLine, Shipment, ShipmentLine, Store, TrackingEvent
    from parcelwise.keys import make_key
    from parcelwise.models import Contact
    from parcelwise.scopes import scopes

    now = timezone.now()
    with transaction.atomic():
        store = Store.objects.create(slug="bench", name="Bench", kind="api")
        contact = Contact.objects.create(name="Ana Souza", email="ana@example.com")
        buyer = Customer.objects.create(store=store, external_id="1", contact=contact)
        made = Order.objects.bulk_create(
            Order(store=store, customer=buyer, external_id=str(n), number=f"B-{n}", currency="EUR", total=4990,
                  placed_at=now - timedelta(minutes=n), ship_to={"country": "DE"})
            for n in range(orders)
        )  # fmt: skip
        lines = OrderLine.objects.bulk_create(
            OrderLine(order=order, external_id="1", title="Wool socks", quantity=1, unit_price=4990) for order in made
        )
        parcels = Shipment.objects.bulk_create(
            Shipment(order=order, external_id="1", carrier="ups", tracking_number=f"1Z{order.pk:016d}",
                     status="in_transit", origin={"country": "DE"}, destination={"country": "DE"})
            for order in made
        )  # fmt: skip
        ShipmentLine.objects.bulk_create(
            ShipmentLine(shipment=parcel, order_line=line, quantity=1)
            for parcel, line in zip(parcels, lines, strict=True)
        )
        TrackingEvent.objects.bulk_create(
            TrackingEvent(shipment=parcel, fingerprint=f"{n}", occurred_at=now - timedelta(hours=n), status="unknown",
                          description="Departed")
            for parcel in parcels for n in range(3)
        )  # fmt: skip
        key, whole = make_key("bench", [each.name for each in scopes("store")])
        ApiAccess.objects.create(key=key, audience="store", store=store)
    return whole, parcels[len(parcels) // 2]


def measure(whole: str, parcel: Any) -> None:
    from django.test import Client, override_settings
    from django.urls import include, path

    from fulfillment.models import Order

    sys.modules["bench_urls"] = urls = type(sys)("bench_urls")
    urls.urlpatterns = [  # type: ignore[attr-defined]
        path("api/v1/", include("fulfillment.api.urls")),
        path("floor/orders/", floor_orders),
        path("floor/shipments/", floor_shipments),
        path("floor/shipment/", floor_shipment),
    ]
    settings = override_settings(ROOT_URLCONF="bench_urls", PARCELWISE={"API": {"PER_MINUTE": 10**9}})
    settings.enable()
    client = Client(headers={"Authorization": f"Bearer {whole}"})
    pages = {
        f"orders, {ROWS} rows": ("/floor/orders/", f"/api/v1/orders/?limit={ROWS}"),
        f"parcels, {ROWS} rows": ("/floor/shipments/", f"/api/v1/shipments/?limit={ROWS}"),
        f"parcels with scans, {ROWS} rows": (
            "/floor/shipments/?scans", f"/api/v1/shipments/?limit={ROWS}&expand=events"
        ),
        "one parcel": (f"/floor/shipment/?id={parcel.uuid}", f"/api/v1/shipments/{parcel.uuid}/"),
    }  # fmt: skip
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    print(f"\n{Order.objects.count():,} orders, {connection.vendor}, median of {ROUNDS}, one process\n")
    print(f"{'':<34}{'ms':>8}{'CPU ms':>8}{'req/s':>8}{'queries':>9}{'kB':>7}")
    for name, (floor, address) in pages.items():
        for words, where in ((f"{name}: floor", floor), (name, address)):
            with CaptureQueriesContext(connection) as asked:
                answer = client.get(where)
                queries = len(asked)
            assert answer.status_code == 200, answer.content
            wall, cpu = timed(lambda where=where: client.get(where))  # type: ignore[misc]
            size = len(answer.content) / 1024
            print(f"{words:<34}{wall:>8.1f}{cpu:>8.1f}{1000 / wall:>8.0f}{queries:>9}{size:>7.0f}")


def timed(call: Callable[[], Any]) -> tuple[float, float]:
    for _ in range(5):
        call()
    spent, worked = [], []
    for _ in range(ROUNDS):
        started, begun = time.perf_counter(), time.process_time()
        call()
        spent.append((time.perf_counter() - started) * 1000)
        worked.append((time.process_time() - begun) * 1000)
    return statistics.median(spent), statistics.median(worked)


def _store(request: Any) -> Any:
    from fulfillment.api.callers import Keys
    from parcelwise.keys import find_key

    return find_key(request.headers["Authorization"].split()[1], Keys.keys.all()).access.store


def floor_orders(request: Any) -> Any:
    from django.http import JsonResponse

    from fulfillment.models import Order

    names = ("uuid", "number", "external_id", "status", "placed_at", "total", "currency", "ship_to", "updated_at")
    rows = Order.objects.filter(store=_store(request)).order_by("-placed_at", "-uuid").values(
        *names, "customer__contact__name", "customer__contact__email"
    )  # fmt: skip
    return JsonResponse({"results": list(rows[:ROWS])})


_PARCEL = ("uuid", "order__uuid", "order__number", "carrier", "tracking_number", "status", "delivered_at",
           "promised_on", "origin", "destination", "created_at", "updated_at")  # fmt: skip


def floor_shipments(request: Any) -> Any:
    from django.http import JsonResponse

    from fulfillment.models import Shipment, TrackingEvent

    mine = Shipment.objects.filter(order__store=_store(request)).order_by("-created_at", "-uuid")
    rows = list(mine.values("pk", *_PARCEL)[:ROWS])
    if "scans" in request.GET:
        scans: dict[int, list[Any]] = {}
        found = TrackingEvent.objects.filter(shipment__in=[row["pk"] for row in rows])
        for scan in found.values("shipment", "occurred_at", "status", "description", "location"):
            scans.setdefault(scan["shipment"], []).append(scan)
        rows = [{**row, "events": scans.get(row["pk"], [])} for row in rows]
    return JsonResponse({"results": rows})


def floor_shipment(request: Any) -> Any:
    from django.http import JsonResponse

    from fulfillment.models import Shipment

    mine = Shipment.objects.filter(order__store=_store(request), uuid=request.GET["id"])
    return JsonResponse(mine.values(*_PARCEL).get())


if __name__ == "__main__":
    main()
