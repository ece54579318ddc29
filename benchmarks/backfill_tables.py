"""The tables of ``shopify_backfill.py``: made, counted, compared, and their rows written once more as a floor.

    python -m benchmarks.backfill_tables connect KIND URL CREDENTIALS | release ID | count ID BORN | floor URL

Each prints JSON. ``count``: rows by table, and digests of all that is in them but keys and the times of writing.
Orders that are just as old at BORN as those that are not followed any more (30 days), or not read again (60), are left
out of them: of those, two runs rightly say different things.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

BATCH = 1000
#: Columns that differ between two runs over the same store.
OF_A_RUN = {
    "id",
    "uuid",
    "created_at",
    "updated_at",
    "recorded_at",
    "source_asked_at",
    "last_asked_at",
    "not_before",
    "announced_at",
}
BORDERS, AROUND = (timedelta(days=30), timedelta(days=60)), (timedelta(days=2), timedelta(days=1))


def main(task: str, *given: str) -> None:
    if task == "floor":
        _add_data_base("floor", given[0])
    import django

    django.setup()
    tasks: dict[str, Callable[..., Any]] = {"connect": _connect, "count": _count, "floor": _floor, "release": _release}
    print(json.dumps(tasks[task](*given)))


def _add_data_base(alias: str, url: str) -> None:
    """A second one beside the first, before Django has looked at the settings."""
    from importlib import import_module

    import dj_database_url

    settings = import_module(os.environ["DJANGO_SETTINGS_MODULE"])
    options = settings.DATABASES["default"].get("OPTIONS", {})
    settings.DATABASES[alias] = {**dj_database_url.parse(url), "OPTIONS": dict(options)}


def _connect(kind: str, url: str, credentials: str) -> int:
    from django.core.management import call_command

    from fulfillment.models import StoreRun
    from fulfillment.services import runs
    from fulfillment.services.connect import connect

    call_command("migrate", verbosity=0, skip_checks=True)
    attempt = connect(kind, url, json.loads(credentials))
    if not attempt.works:
        sys.exit(f"not connected: {[tick for tick in attempt.ticks if not tick.good]}")
    runs.start(attempt.store, StoreRun.Kind.FIRST_SYNC)
    return int(attempt.store.pk)


def _release(pk: str) -> int:
    """As if the lease of a worker that was killed had run out. Returns the orders that it has left."""
    from django.utils import timezone

    from fulfillment.models import Order, StoreRun
    from parcelwise.jobs import JobState

    past = timezone.now() - timedelta(seconds=1)
    StoreRun.objects.filter(store=pk, state=JobState.RUNNING).update(lease_until=past)
    return int(Order.objects.filter(store=pk).count())


def _tables() -> dict[Any, tuple[str, tuple[str, ...]]]:
    """Each table that is filled: how it leads to its order, and the paths that stand for its keys."""
    from fulfillment import models
    from parcelwise.models import Contact

    return {
        Contact: ("", ()),
        models.Customer: ("", ("contact__name", "contact__email", "contact__phone", "contact__language")),
        models.Order: ("", ("customer__external_id",)),
        models.OrderLine: ("order__", ("order__external_id",)),
        models.Shipment: ("order__", ("order__external_id",)),
        models.ShipmentLine: ("shipment__order__", ("shipment__external_id", "order_line__external_id")),
        models.TrackingEvent: ("shipment__order__", ("shipment__external_id",)),
        models.Refund: ("order__", ("order__external_id",)),
        models.RefundLine: ("refund__order__", ("refund__external_id", "order_line__external_id")),
        models.StoreReturn: ("order__", ("order__external_id",)),
        models.StoreReturnLine: ("store_return__order__", ("store_return__external_id", "order_line__external_id")),
        models.ShipmentChange: ("shipment__order__", ("shipment__external_id",)),
        models.TrackingPoll: ("shipment__order__", ("shipment__external_id",)),
    }


def _count(pk: str, born: str) -> dict[str, Any]:
    counts, digests = {}, {}
    for model, (to_order, paths) in _tables().items():
        name, whole = model.__name__, 0
        counts[name] = model.objects.count()
        own = [each.name for each in model._meta.concrete_fields if not each.is_relation and each.name not in OF_A_RUN]
        rows = _settled(model, to_order, datetime.fromisoformat(born)).values_list(*own, *paths)
        for row in rows.order_by().iterator(5000):
            # A sum, so that the order of the rows does not matter.
            whole += int.from_bytes(hashlib.sha256(repr(row).encode()).digest())
        digests[name] = f"{whole % 2**256:064x}"
    return {"rows": counts, "digests": digests}


def _settled(model: Any, to_order: str, born: datetime) -> Any:
    rows = model.objects.all()
    if to_order or model.__name__ == "Order":
        for border in BORDERS:
            edges = (born - border - AROUND[0], born - border + AROUND[1])
            rows = rows.exclude(**{f"{to_order}placed_at__range": edges})
    return rows


def _floor(url: str) -> dict[str, Any]:
    """Seconds that ``bulk_create``, and the data base's own bulk statement, take for all the rows there are."""
    from django.core.management import call_command
    from django.db import transaction

    from fulfillment.models import Store

    found: dict[str, Any] = {"rows": sum(model.objects.count() for model in _tables())}
    for name, write in (("bulk_create", _bulk_create), ("statement", _statement)):
        call_command("migrate", database="floor", verbosity=0, skip_checks=True)
        call_command("flush", database="floor", verbosity=0, interactive=False)
        Store.objects.using("floor").bulk_create(Store.objects.all())
        seconds = 0.0
        for model in _tables():
            for batch in _batches(model, as_rows=write is _statement):
                began = time.perf_counter()
                with transaction.atomic(using="floor"):
                    write(model, batch)
                seconds += time.perf_counter() - began
        found[name] = seconds
    return found


def _batches(model: Any, *, as_rows: bool) -> Iterator[Sequence[Any]]:
    """The rows of a table, as objects or as the driver gives them."""
    if not as_rows:
        last = 0
        while batch := list(model.objects.filter(pk__gt=last).order_by("pk")[:BATCH]):
            yield batch
            last = batch[-1].pk
        return
    from django.db import connection

    with connection.cursor() as cursor:
        names = ", ".join(_columns(model))
        cursor.execute(f"SELECT {names} FROM {model._meta.db_table} ORDER BY id")
        while rows := cursor.fetchmany(BATCH):
            yield rows


def _columns(model: Any) -> list[str]:
    return [f'"{field.column}"' for field in model._meta.concrete_fields]


def _bulk_create(model: Any, batch: Sequence[Any]) -> None:
    model.objects.using("floor").bulk_create(batch)


def _statement(model: Any, batch: Sequence[Any]) -> None:
    from django.db import connections

    connection, names = connections["floor"], _columns(model)
    into = f"{model._meta.db_table} ({', '.join(names)})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in batch:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {into} VALUES ({', '.join(['%s'] * len(names))})", batch)


if __name__ == "__main__":
    main(*sys.argv[1:])
