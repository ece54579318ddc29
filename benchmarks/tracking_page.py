"""Time and weigh the tracking page beside its floor: a plain Django view that reads the same rows and writes one line.

    .venv/bin/python benchmarks/tracking_page.py [--parcels 5] [--events 60] [--rounds 60]

A data base is built in a temporary folder: one order of five lines, its parcels in five different states, each with
scans, window and poll. Every page is fetched through all middleware; figures are the median and the 95th percentile of
the rounds after five to warm up, and of the same rounds the processor time: on a machine that others work on too, that
is the one to trust. Bytes are those of the answer, with style sheet and script as they lie in the package.
"""

from __future__ import annotations

import argparse
import gzip
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

WARM_UP = 5
STATUSES = (
    ("delivered", ""),
    ("out_for_delivery", ""),
    ("in_transit", ""),
    ("delivery_failed", "consignee_not_home"),
    ("on_hold", "customs_duties_unpaid"),
)
SHEETS = (
    "parcelwise/static/parcelwise/parcelwise.css",
    "fulfillment/static/parcelwise/fulfillment/map.css",
    "fulfillment/static/parcelwise/fulfillment/track.js",
)
BASE = "http://127.0.0.1:8000"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--parcels", type=int, default=5)
    arguments.add_argument("--events", type=int, default=60)
    arguments.add_argument("--rounds", type=int, default=60)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory(prefix="tracking-page-") as folder:
        os.environ.update(PARCELWISE_VAR=folder, DATABASE_URL=f"sqlite:///{folder}/bench.sqlite3", DEBUG="0")
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "demo.settings")
        import django

        django.setup()
        measure(build(asked.parcels, asked.events), asked.rounds)


def build(parcels: int, events: int) -> Any:
    """The order whose pages are measured."""
    from django.core.management import call_command
    from django.utils import timezone

    from fulfillment.models import Forecast, OrderLine, ShipmentLine, TrackingEvent, TrackingPoll
    from fulfillment.services.sharing import share
    from tests.factories import a_shipment, an_order

    call_command("migrate", verbosity=0)
    order, now = an_order(), timezone.now()
    for number in range(parcels):
        OrderLine.objects.create(order=order, external_id=f"b{number}", title=f"Trail boots, size {40 + number}",
                                 quantity=1, unit_price=9900)  # fmt: skip
    for number, line in zip(range(parcels), order.lines.exclude(external_id="1"), strict=False):
        status, reason = STATUSES[number % len(STATUSES)]
        columns: dict[str, Any] = {"status": status, "reason": reason, "handed_over_at": now - timedelta(days=3)}
        if status == "delivered":
            receipt = {"signed_by": "A. SOUZA", "left_at": "Front Door"}
            columns |= {"delivered_at": now, "delivered_on": now.date(), "receipt": receipt}
        parcel = a_shipment(order, tracking_url="https://www.ups.com/track?tracknum=1", **columns)
        parcel.lines.all().delete()
        ShipmentLine.objects.create(shipment=parcel, order_line=line, quantity=1)
        window = {"p10": now, "p50": now + timedelta(days=1), "p90": now + timedelta(days=3)}
        Forecast.objects.create(shipment=parcel, moment="scan", version="bench", **window)
        TrackingPoll.objects.create(shipment=parcel, last_asked_at=now)
        for scan in range(events // parcels):
            at = now - timedelta(hours=4 * scan)
            TrackingEvent.objects.create(
                shipment=parcel, fingerprint=f"{scan}", occurred_at=at, description="Departed from facility",
                status=status if not scan else "in_transit", reason=reason if not scan else "", location="Hannover, DE",
                latitude=52.4 - scan / 3, longitude=9.7 + scan / 5, raw={"code": "DP", "words": "x" * 300},
            )  # fmt: skip
    return share(order)


def measure(order: Any, rounds: int) -> None:
    from django.test import Client
    from django.urls import clear_url_caches, path, set_urlconf

    from demo import urls
    from fulfillment.access import link_to, shared_link

    urls.urlpatterns.append(path("floor/<int:key>/", floor))
    clear_url_caches()
    set_urlconf(None)
    page, shared = link_to(order).removeprefix(BASE), shared_link(order).removeprefix(BASE)
    client = Client()
    name = client.get(f"{page}now/")["ETag"]
    known = {"headers": {"If-None-Match": name}}
    print(f"{'':34}{'status':>7}{'queries':>8}{'ms':>8}{'p95':>7}{'cpu ms':>8}{'bytes':>8}{'gzip':>7}")
    figures = {
        "floor: the same rows, one line": (f"/floor/{order.pk}/", {}),
        "tracking page": (page, {}),
        "its part that changes": (f"{page}now/", {}),
        "nothing new (304)": (f"{page}now/", known),
        "page to share": (shared, {}),
    }
    for what, (address, how) in figures.items():
        row(what, lambda address=address, how=how: client.get(address, **how), rounds)
    html = client.get(page).content
    parts = [html, *((ROOT / sheet).read_bytes() for sheet in SHEETS)]
    print(f"\n{'page with style sheets and script':34}{sum(map(len, parts)):>54}{sum(map(packed, parts)):>7}")


def row(what: str, get: Callable[[], Any], rounds: int) -> None:
    """One line of the table."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for _ in range(WARM_UP):
        get()
    with CaptureQueriesContext(connection) as queries:
        answer = get()
    asked = len(queries)  # read now: the next request forgets them
    wall, cpu = [], []
    for _ in range(rounds):
        began, began_cpu = time.perf_counter(), time.process_time()
        answer = get()
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - began_cpu) * 1000)
    p95 = sorted(wall)[int(0.95 * len(wall))]
    print(f"{what:34}{answer.status_code:>7}{asked:>8}{statistics.median(wall):>8.1f}{p95:>7.1f}"
          f"{statistics.median(cpu):>8.1f}{len(answer.content):>8}{packed(answer.content):>7}")  # fmt: skip


def floor(request: Any, key: int) -> Any:
    """What any page of it has to do: read the order and all of its parcels' rows."""
    from django.http import HttpResponse

    from fulfillment.models import Order
    from fulfillment.queries import for_page, for_visit

    order = for_visit(Order.objects.filter(pk=key)).get()
    return HttpResponse(f"{order.number}: {sum(len(parcel.scans) for parcel in for_page(order))} scans")  # type: ignore[attr-defined]


def packed(data: bytes) -> int:
    return len(gzip.compress(data, 6)) if data else 0


if __name__ == "__main__":
    main()
