"""A small made-up marketplace for the tests of imports: its mapping and its tables."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fulfillment.imports.mapping import parse_mapping
from fulfillment.models import Order
from fulfillment.services.imports import Report, import_orders

MARKET = """
[store]
slug = "feira"
name = "Feira"
currency = "BRL"
time_zone = "America/Sao_Paulo"
country = "BR"

[sources.orders]
files = ["*orders*"]

[sources.items]
files = ["*items*"]

[sources.buyers]
files = ["*buyers*"]
key = "buyer"
join = "orders.buyer"

[sources.sellers]
files = ["*sellers*"]
key = "seller"
join = "items.seller"
columns = ["town"]
optional = true

[sources.stars]
files = ["*stars*"]
columns = ["order", "stars"]
unused = "satisfaction has no table"

[order]
source = "orders"
external_id = "order"
placed_at = "bought"
promised_on = "promise"

[order.status]
column = "state"
map = { done = "closed", gone = "cancelled", new = "open" }

[customer]
external_id = "buyers.person"
name = "buyers.name"

[ship_to]
city = "buyers.city"
postcode = { column = "buyers.zip", pad = 5 }

[line]
source = "items"
order = "order"
external_id = "item"
title = "product"
quantity = "pieces"
unit_price = "price"
shipping = "freight"

[parcel]
per = "seller"

[parcel.origin]
city = "sellers.town"

[[parcel.events]]
status = "picked_up"
at = "orders.handed_over"

[[parcel.events]]
status = "delivered"
at = "orders.arrived"
"""

ORDERS = ("order", "buyer", "state", "bought", "handed_over", "arrived", "promise")
ITEMS = ("order", "item", "product", "seller", "pieces", "price", "freight")
BUYERS = ("buyer", "person", "name", "city", "zip")
SELLERS = ("seller", "town")

#: One order of two parcels that has arrived, and one that is open.
TABLES: dict[str, list[Sequence[str]]] = {
    "orders": [
        ORDERS,
        (
            "A1",
            "b1",
            "done",
            "2017-11-24 10:00:00",
            "2017-11-25 09:00:00",
            "2017-12-01 23:30:00",
            "2017-12-01 00:00:00",
        ),
        ("A2", "b2", "new", "2017-11-25 11:00:00", "", "", "2017-12-10 00:00:00"),
    ],
    "items": [
        ITEMS,
        ("A1", "1", "Rede de algodão", "s1", "2", "19.90", "5.10"),
        ("A1", "2", "Cuia", "s2", "1", "7.5", "2"),
        ("A2", "1", "Cuia", "s2", "1", "7.50", "2.00"),
    ],
    "buyers": [
        BUYERS,
        ("b1", "p1", "Ana Souza", "São Paulo", "1310"),
        ("b2", "p1", "Ana Souza", "São Paulo", "1310"),
    ],
    "sellers": [SELLERS, ("s1", "Fortaleza"), ("s2", "Belém")],
}


def tables(**changed: Any) -> dict[str, list[Sequence[str]]]:
    """TABLES with some of them replaced, or left out with None."""
    return {name: rows for name, rows in {**TABLES, **changed}.items() if rows is not None}


def with_order(*cells: str, items: Iterable[Sequence[str]] | None = None) -> dict[str, list[Sequence[str]]]:
    """TABLES with one more order (line 4 of its table), by buyer b1 unless it names another, and one item of it."""
    more = [(cells[0], "1", "Cuia", "s2", "1", "7.50", "2.00")] if items is None else list(items)
    return tables(orders=[*TABLES["orders"], cells], items=[*TABLES["items"], *more])


def as_csv(rows: Iterable[Sequence[str]], delimiter: str = ",") -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def write(folder: Path, content: Mapping[str, list[Sequence[str]]], zipped: Iterable[str] = ()) -> list[Path]:
    """Write tables into ``folder``; those in ``zipped`` as .csv.gz. Returns the paths."""
    paths = []
    for name, rows in content.items():
        path = folder / (f"{name}.csv.gz" if name in zipped else f"{name}.csv")
        data = as_csv(rows).encode()
        path.write_bytes(gzip.compress(data) if name in zipped else data)
        paths.append(path)
    return paths


def run(folder: Path, content: Mapping[str, list[Sequence[str]]] | None = None, mapping: str = MARKET) -> Report:
    """Import ``content`` (TABLES) by way of files in ``folder``."""
    paths = write(folder, TABLES if content is None else content)
    return import_orders(parse_mapping(mapping), paths, rejects=folder / "rejects.out")


def rejects(folder: Path) -> list[dict[str, str]]:
    """The rows of the rejects file."""
    path = folder / "rejects.out"
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def picture() -> dict[str, Any]:
    """All that an import wrote, by natural keys: two imports with the same picture did the same."""
    orders = Order.objects.prefetch_related("lines", "shipments__lines__order_line", "shipments__events")
    return {
        order.external_id: {
            **_columns(order, "number", "status", "placed_at", "promised_on", "total", "shipping", "ship_to"),
            "customer": (order.customer.external_id, order.contact.name),
            "lines": [_columns(line, "external_id", "position", "title", "quantity", "unit_price", "category",
                               "product_id", "weight_grams") for line in order.lines.all()],
            "parcels": [
                {
                    **_columns(parcel, "external_id", "status", "origin", "destination", "promised_on",
                               "handed_over_at", "first_attempt_at", "delivered_at", "delivered_on", "attempted_on",
                               "last_event_at"),
                    "contents": sorted((row.order_line.external_id, row.quantity) for row in parcel.lines.all()),
                    "events": [_columns(event, "status", "occurred_at", "code", "local_time", "zone", "source",
                                        "fingerprint") for event in parcel.events.all()],
                }
                for parcel in sorted(order.shipments.all(), key=lambda parcel: parcel.external_id)
            ],
        }
        for order in orders.select_related("customer__contact")
    }  # fmt: skip


def _columns(record: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(record, name) for name in names}
