"""How fast ``import_orders`` is, beside a bare ``bulk_create`` of the same rows on the same data base in the same run.

    python benchmarks/import_orders.py [FOLDER] [--mapping FILE] [--database URL] [--orders N]

FOLDER has the tables (default: $PARCELWISE_OLIST, else ../shared/olist). Without --database it uses a new SQLite file;
a PostgreSQL URL must name a data base that may be emptied. The floor writes objects that are already built, in batches
of the same size, one transaction a batch. Both run in turn, --rounds times; the table shows the median.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BATCH = 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    default = Path(os.environ.get("PARCELWISE_OLIST", ROOT / "../shared/olist"))
    parser.add_argument("folder", nargs="?", type=Path, default=default)
    parser.add_argument("--mapping", type=Path, default=ROOT / "docs/mappings/olist.toml")
    parser.add_argument("--database", default="", help="URL of a data base that may be emptied")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not options.folder.is_dir():
        sys.exit(f"{options.folder} is not there; name a folder with tables")
    with tempfile.TemporaryDirectory() as folder:
        _set_up(options.database, Path(folder))
        rounds = [_round(options.folder, options.mapping, Path(folder)) for _ in range(options.rounds)]
    _show(rounds, options.json)


def _set_up(database: str, folder: Path) -> None:
    os.environ["DATABASE_URL"] = database or f"sqlite:///{folder / 'benchmark.sqlite3'}"
    os.environ["PARCELWISE_VAR"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "demo.settings"
    os.environ["DEBUG"] = "0"
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, skip_checks=True)


def _round(folder: Path, mapping: Path, scratch: Path) -> dict[str, Any]:
    """One import into empty tables, one again over it, and the floor with the rows that the import made."""
    from fulfillment.imports.mapping import read_mapping
    from fulfillment.services.imports import import_orders

    plan = read_mapping(mapping)
    _empty()
    busy = time.process_time()
    first = import_orders(plan, [folder], rejects=scratch / "rejects.csv")
    busy = time.process_time() - busy
    again = import_orders(plan, [folder], rejects=scratch / "rejects.csv")
    rows, seconds, floor_busy = _floor()
    orders = sum(first.orders.values())
    took = first.seconds["read"] + first.seconds["write"]
    return {
        "orders": orders,
        "rows": rows,
        "import": orders / took,
        "read": first.seconds["read"],
        "write": first.seconds["write"],
        "again": orders / (again.seconds["read"] + again.seconds["write"]),
        "floor": orders / seconds,
        "ratio": seconds / took,
        "import_cpu": busy,
        "floor_cpu": floor_busy,
    }


def _models() -> list[Any]:
    from fulfillment.models import Customer, Order, OrderLine, Shipment, ShipmentLine, TrackingEvent
    from parcelwise.models import Contact

    return [Contact, Customer, Order, OrderLine, Shipment, ShipmentLine, TrackingEvent]


def _empty() -> None:
    from django.core.management import call_command

    call_command("flush", verbosity=0, interactive=False)


def _floor() -> tuple[int, float, float]:
    """Write the rows that are there once more: (rows, seconds, CPU seconds). Only ``bulk_create`` is timed."""
    from django.db import connection, transaction

    from fulfillment.models import Store

    store = Store.objects.get()
    objects = [(model, list(model.objects.order_by("pk"))) for model in _models()]
    _empty()
    store.save(force_insert=True)
    rows, seconds, busy = 0, 0.0, 0.0
    for model, found in objects:
        rows += len(found)
        began, before = time.perf_counter(), time.process_time()
        for start in range(0, len(found), BATCH):
            with transaction.atomic():
                model.objects.bulk_create(found[start : start + BATCH])
        seconds, busy = seconds + time.perf_counter() - began, busy + time.process_time() - before
        if connection.vendor == "sqlite":
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return rows, seconds, busy


def _show(rounds: list[dict[str, Any]], as_json: bool) -> None:
    median = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    if as_json:
        print(json.dumps(median))
        return
    print(f"{median['orders']:,.0f} orders, {median['rows']:,.0f} rows in 7 tables, median of {len(rounds)} rounds")
    print(f"{'':34}{'orders/s':>10}")
    print(f"{'import_orders, into empty tables':34}{median['import']:>10,.0f}")
    print(f"{'  of that: reading, writing (s)':34}{median['read']:>10.1f}{median['write']:>8.1f}")
    print(f"{'import_orders again, all unchanged':34}{median['again']:>10,.0f}")
    print(f"{'floor: bulk_create of the rows':34}{median['floor']:>10,.0f}")
    print(f"{'import : floor':34}{median['ratio']:>10.2f}")
    print(f"{'CPU seconds: import with lanes, floor':34}{median['import_cpu']:>7.1f}{median['floor_cpu']:>8.1f}")


if __name__ == "__main__":
    main()
