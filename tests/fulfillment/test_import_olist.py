"""The real thing, where it is: its first orders with the shipped mapping, beside a plain reading of the tables."""

from __future__ import annotations

import csv
import gzip
import os
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import F, Sum

from fulfillment.imports.mapping import read_mapping
from fulfillment.models import Order, Shipment
from fulfillment.services.imports import import_orders

ROOT = Path(__file__).resolve().parents[2]
OLIST = Path(os.environ.get("PARCELWISE_OLIST", ROOT / "../shared/olist"))
ORDERS = 2000

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not OLIST.is_dir(), reason="the Olist tables are not here (PARCELWISE_OLIST)"),
]


def read(name: str) -> list[dict[str, str]]:
    with gzip.open(OLIST / f"{name}.csv.gz", "rt", encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def cut(folder: Path, name: str, rows: list[dict[str, str]]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_the_first_orders_of_olist_come_in_as_they_are(tmp_path: Path) -> None:
    orders = read("orders")[:ORDERS]
    ids, buyers = {row["order_id"] for row in orders}, {row["customer_id"] for row in orders}
    items = [row for row in read("order_items") if row["order_id"] in ids]
    cut(tmp_path, "orders", orders)
    cut(tmp_path, "order_items", items)
    cut(tmp_path, "customers", [row for row in read("customers") if row["customer_id"] in buyers])
    others = [OLIST / f"{name}.csv.gz" for name in ("products", "sellers", "product_category_name_translation",
                                                    "order_reviews", "order_payments")]  # fmt: skip
    plan = read_mapping(ROOT / "docs/mappings/olist.toml")
    report = import_orders(plan, [tmp_path, *others], rejects=tmp_path / "rejects.out")

    sellers, total = defaultdict(set), Decimal(0)
    for row in items:
        sellers[row["order_id"]].add(row["seller_id"])
        total += Decimal(row["price"]) + Decimal(row["freight_value"])
    delivered = in_time = 0
    for row in orders:
        if row["order_delivered_customer_date"]:
            parcels = len(sellers[row["order_id"]])
            delivered += parcels
            in_time += parcels * (
                row["order_delivered_customer_date"][:10] <= row["order_estimated_delivery_date"][:10]
            )

    assert report.rejected == {}
    assert Order.objects.count() == ORDERS
    assert Order.objects.aggregate(sum=Sum("total"))["sum"] == int(total * 100)
    arrived = Shipment.objects.filter(delivered_on__isnull=False)
    assert Shipment.objects.count() == sum(map(len, sellers.values()))
    assert (arrived.count(), arrived.filter(delivered_on__lte=F("promised_on")).count()) == (delivered, in_time)
