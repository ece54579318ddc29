"""The demo keeps moving: each kind of tick leaves a trace in the shop, at the carriers and in our tables."""

from __future__ import annotations

import random

import pytest

from demo.parcelwise_adapter import ShopStore
from demo.run.trickle import Trickle
from demo.simulate import shop as rows
from fulfillment.models import CarrierAccount, Order, Shipment
from fulfillment.statuses import ShipmentStatus
from fulfillment.testing.carrier_twin import CarrierTwin, carrier_accounts
from parcelwise.testing import run_jobs
from returns.models import ReturnPolicy, ReturnRequest, ReturnStatus

pytest.importorskip("karrio")

pytestmark = pytest.mark.django_db(transaction=True)


def test_ticks_take_an_order_from_the_checkout_to_a_return_on_its_way_home(settings, tmp_path):
    settings.VAR = tmp_path
    with CarrierTwin(state=tmp_path / "twin.sqlite3") as twin:
        settings.TWIN_URL = twin.url
        rows.ensure_logins()
        ReturnPolicy.objects.create(store=ShopStore().store(), window_days=30)
        for columns in carrier_accounts(twin.url).values():
            CarrierAccount.objects.create(**columns)
        trickle = Trickle(random.Random(5))

        assert "bought" in trickle.order()
        run_jobs()
        order = Order.objects.get()
        assert "packed" in trickle.pack()
        run_jobs()
        shipment = Shipment.objects.get()
        for _ in range(40):
            if not trickle.scan():
                break
            run_jobs()
        shipment.refresh_from_db()
        assert shipment.events.filter(source="carrier").count() >= 5
        assert shipment.status == ShipmentStatus.DELIVERED

        assert "approved" in trickle.return_something()
        run_jobs()
        while not (said := trickle.move_a_return()):
            pass
        assert "handed over" in said
        trickle.scan()
        run_jobs()
        request = ReturnRequest.objects.get(order=order)
        assert request.status in (ReturnStatus.APPROVED, ReturnStatus.IN_TRANSIT)
        assert request.shipment.tracking_number
        trickle.book.close()
