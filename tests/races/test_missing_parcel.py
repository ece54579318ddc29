"""A customer who clicks again and again, in several windows: one exception, its words once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from fulfillment.access import link_to
from fulfillment.models import ExceptionNote, ShipmentException
from tests.factories import a_shipment, an_order

AT_ONCE = 6


@pytest.mark.usefixtures("shared_database")
def test_however_often_it_is_clicked_it_is_one_exception() -> None:
    at = timezone.now() - timedelta(hours=3)
    parcel = a_shipment(an_order(), status="delivered", delivered_at=at, delivered_on=at.date())
    path = f"{link_to(parcel.order).removeprefix('http://127.0.0.1:8000')}parcels/{parcel.uuid}/missing/"

    def click(_number: int) -> int:
        return Client().post(path, {"words": "It is not here"}).status_code

    assert _at_once(click) == [302] * AT_ONCE
    [row] = ShipmentException.objects.all()
    assert row.closed_at is None
    assert ExceptionNote.objects.filter(words="It is not here").count() == 1


def _at_once(work: Callable[[int], int]) -> list[int]:
    gate = Barrier(AT_ONCE)

    def one(number: int) -> int:
        try:
            connection.ensure_connection()
            gate.wait(30)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))
