"""Deliveries about two orders in one box, recorded at the same moment by two workers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from fulfillment.facts import OtherNumber
from fulfillment.models import Consignment, Shipment, ShipmentNumber
from fulfillment.services import legs, pieces
from fulfillment.services.orders import record_order
from fulfillment.statuses import NumberRole
from tests.factories import a_store
from tests.fulfillment.test_consignments import stated

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("shared_database")]

ROUNDS = 4


def at_once(*works):
    gate = Barrier(len(works))

    def one(work):
        try:
            gate.wait(30)
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(one, works))


@pytest.mark.parametrize("number", range(ROUNDS))
def test_orders_recorded_at_once_find_each_other(number):
    store = a_store()
    at_once(*(lambda key=key: record_order(store, stated(f"{number}-{key}")) for key in range(4)))
    assert Consignment.objects.count() == 1
    assert set(Shipment.objects.values_list("consignment", flat=True)) == {Consignment.objects.get().pk}


def test_answers_that_name_the_same_number_at_once_open_one_leg_and_one_piece():
    shipment = record_order(a_store(), stated("1001")).shipments.get()
    leg = OtherNumber("9400111899223100001014", NumberRole.LAST_MILE, "usps")
    piece = OtherNumber("1Z999AA10987654321", NumberRole.PIECE, "ups")

    def both():
        own = Shipment.objects.get(pk=shipment.pk)
        legs.open_all(own, [leg], "carrier")
        pieces.open_all(own, [piece])

    at_once(both, both, both, both)
    assert ShipmentNumber.objects.count() == 1
    assert Shipment.objects.filter(master=shipment).count() == 1
