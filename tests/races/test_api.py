"""The same write of a program, sent at the same moment: it happens once, and everybody gets one answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from fulfillment.models import ExceptionNote, Order, Shipment, ShipmentException
from parcelwise.keys import AnsweredWrite
from tests.api.conftest import Program, of_staff, of_store
from tests.api.test_writing import an_order_stated
from tests.factories import a_shipment, a_store, an_order

AT_ONCE = 6

pytestmark = pytest.mark.usefixtures("shared_database")


def at_once(program: Program, path: str, body: object, **headers: str) -> list[tuple[int, bytes, bool]]:
    gate = Barrier(AT_ONCE)

    def one(_: int) -> tuple[int, bytes, bool]:
        try:
            mine = Program(program.whole)
            gate.wait()
            answer = mine.post(path, body, **headers)
            return answer.status_code, answer.content, "Idempotency-Replayed" in answer
        finally:
            connection.close()

    cache.clear()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


def test_a_note_sent_at_once_under_one_key_is_written_once():
    ben = of_staff("parcelwise_fulfillment.change_shipmentexception")
    row = ShipmentException.objects.create(
        shipment=a_shipment(an_order()), kind="stuck", episode="1", since=timezone.now()
    )
    told = at_once(ben, f"/exceptions/{row.uuid}/notes/", {"words": "Called"}, Idempotency_Key="k1")
    assert {status for status, _body, _again in told} == {200}
    assert len({body for _status, body, _again in told}) == 1
    assert sorted(again for _status, _body, again in told) == [False] + [True] * (AT_ONCE - 1)
    assert (ExceptionNote.objects.count(), AnsweredWrite.objects.count()) == (1, 1)


def test_an_order_stated_at_once_is_one_order_even_without_a_key():
    till = of_store(a_store(kind="api"))
    told = at_once(till, "/orders/", an_order_stated())
    assert {status for status, _body, _again in told} <= {200, 201}
    assert (Order.objects.count(), Shipment.objects.count()) == (1, 1)


def test_a_parcel_added_at_once_is_one_parcel():
    order = an_order()
    till = of_store(order.store)
    stated = {"order": str(order.uuid), "tracking_number": "1Z999AA10123456784"}
    told = at_once(till, "/shipments/", stated)
    assert sorted(status for status, _body, _again in told) == [200] * (AT_ONCE - 1) + [201]
    assert Shipment.objects.count() == 1
