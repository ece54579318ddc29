"""Two workers read one order of the project at the same time: the older reading must not be the one that stays."""

from __future__ import annotations

from decimal import Decimal
from threading import Event, Thread

import pytest
from django.db import connection

from demo.parcelwise_adapter import ShopStore
from demo.shop.models import Order as ShopOrder
from demo.shop.models import OrderLine, Product
from fulfillment.models import Order
from fulfillment.services import sync

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer: readings cannot overlap"),
]


class SlowStore(ShopStore):
    """Has read the order and is held up before it can record what it read."""

    def __init__(self) -> None:
        self.has_read, self.may_go_on = Event(), Event()

    def find(self, external_id):
        found = super().find(external_id)
        self.has_read.set()
        assert self.may_go_on.wait(30)
        return found


def in_thread(work, *args) -> Thread:
    def run() -> None:
        try:
            work(*args)
        finally:
            connection.close()

    thread = Thread(target=run)
    thread.start()
    return thread


def test_of_two_readings_that_overlap_the_newer_stays():
    socks = Product.objects.create(sku="SOCK", name="Wool socks", category="socks", price=Decimal("19.90"))
    bought = ShopOrder.objects.create(number="NL-1", email="ana@example.com", name="Ana", street="Weg 1", city="Kiel",
                                      postcode="24103")  # fmt: skip
    OrderLine.objects.create(order=bought, product=socks, quantity=1, price=socks.price)
    slow = SlowStore()
    slow.store()
    first = in_thread(sync.read, slow, str(bought.pk))
    assert slow.has_read.wait(30)
    ShopOrder.objects.filter(pk=bought.pk).update(city="Lübeck")
    second = in_thread(sync.read, ShopStore(), str(bought.pk))
    second.join(1)
    slow.may_go_on.set()
    for thread in (first, second):
        thread.join(30)
    assert Order.objects.get().destination.city == "Lübeck"
