"""A store drops a line from an order while a return speaks of it: the return keeps its line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fulfillment.facts import CustomerData, LineData, OrderData
from fulfillment.models import Order, OrderLine
from fulfillment.services.orders import record_order
from returns.models import ReturnLine, ReturnReason, ReturnRequest
from tests.factories import MUNICH, a_store, utc

pytestmark = pytest.mark.django_db


@pytest.fixture
def stated() -> OrderData:
    lines = (LineData("1", "Boots", 1), LineData("2", "Socks", 2))
    return OrderData("7", "NL-7", utc(2026, 3, 1), "EUR", CustomerData("ana"), MUNICH, lines)


def test_a_line_that_a_return_speaks_of_stays_and_any_other_goes(stated):
    store = a_store()
    order = record_order(store, stated)
    request = ReturnRequest.objects.create(number="R-1", order=order)
    boots = order.lines.get(external_id="1")
    ReturnLine.objects.create(request=request, order_line=boots, quantity=1, reason=ReturnReason.TOO_SMALL)
    record_order(store, replace(stated, lines=()))
    assert list(OrderLine.objects.values_list("title", "quantity")) == [("Boots", 0)]
    assert request.lines.get().order_line == boots


def test_deleting_an_order_takes_its_returns_along(stated):
    order = record_order(a_store(), stated)
    request = ReturnRequest.objects.create(number="R-1", order=order)
    line = order.lines.first()
    ReturnLine.objects.create(request=request, order_line=line, quantity=1, reason=ReturnReason.OTHER)
    order.delete()
    assert not Order.objects.exists() and not ReturnLine.objects.exists()
