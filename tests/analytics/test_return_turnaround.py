from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from analytics.kpi import Question, Span, registry
from analytics.weeks import number_of
from fulfillment.models import Order
from returns.models import ReturnRequest
from tests.factories import a_shipment, a_store, an_order, utc

pytestmark = pytest.mark.django_db

_serial = count(1)


def a_return(order: Order | None = None, carrier: str = "dhl", **columns: Any) -> ReturnRequest:
    order, number = order or an_order(), next(_serial)
    parcel = a_shipment(order, direction="back", carrier=carrier) if carrier else None
    return ReturnRequest.objects.create(number=f"RMA-{number}", order=order, shipment=parcel, **columns)


def closed(requested: datetime, days: float, **columns: Any) -> ReturnRequest:
    return a_return(requested_at=requested, closed_at=requested + timedelta(days=days), status="closed", **columns)


def spans(
    slug: str = "return-turnaround", first: date = date(2020, 1, 1), last: date = date(2030, 1, 1), **where: str
) -> list[Span]:
    return sorted(registry[slug].facts(Question(first, last, where)))


def test_a_return_takes_from_request_to_closing() -> None:
    closed(utc(2026, 3, 2, 12), 6.5)
    assert spans() == [(date(2026, 3, 9), "dhl", pytest.approx(6.5))]


def test_open_declined_and_cancelled_returns_are_not_counted() -> None:
    for status in ("approved", "in_transit", "received", "declined", "cancelled"):
        a_return(requested_at=utc(2026, 3, 2), status=status)
    assert spans() == []
    assert registry["return-turnaround"].newest({}) is None


def test_goods_count_as_received_before_the_return_is_closed() -> None:
    a_return(requested_at=utc(2026, 3, 2), received_at=utc(2026, 3, 7), status="received")
    assert [span.days for span in spans("return-arrival")] == [5]
    assert spans() == []


def test_the_day_of_closing_is_the_day_in_the_stores_zone() -> None:
    # 23:30 UTC on Sunday is Monday in Berlin: another day, another week.
    berlin, brazil = an_order(a_store()), an_order(a_store(time_zone="America/Sao_Paulo"))
    ended = utc(2026, 1, 4, 23, 30)
    for order in (berlin, brazil):
        a_return(order, requested_at=ended - timedelta(days=2), closed_at=ended, status="closed")
    [in_berlin] = spans(store=str(berlin.store_id))
    [in_brazil] = spans(store=str(brazil.store_id))
    assert (in_berlin.day, number_of(in_berlin.day)) == (date(2026, 1, 5), "2026-W02")
    assert (in_brazil.day, number_of(in_brazil.day)) == (date(2026, 1, 4), "2026-W01")
    assert spans(first=date(2026, 1, 5), last=date(2026, 1, 5)) == [in_berlin]


@pytest.mark.parametrize(
    ("zone", "ended"),
    [("Pacific/Honolulu", utc(2026, 1, 5, 9)), ("Pacific/Kiritimati", utc(2026, 1, 3, 10, 30))],
)
def test_the_day_is_found_from_the_ends_of_the_earth(zone: str, ended: datetime) -> None:
    a_return(an_order(a_store(time_zone=zone)), requested_at=utc(2026, 1, 1), closed_at=ended, status="closed")
    fourth = date(2026, 1, 4)
    assert [span.day for span in spans(first=fourth, last=fourth)] == [fourth]


@pytest.mark.parametrize(("month", "day"), [(3, 29), (10, 25)])
def test_days_have_24_hours_when_the_clocks_change(month: int, day: int) -> None:
    closed(utc(2026, month, day) - timedelta(hours=12), 1)
    assert [span.days for span in spans()] == [pytest.approx(1.0)]


def test_two_clocks_that_disagree_make_no_negative_days() -> None:
    closed(utc(2026, 3, 2, 12), -0.001)
    assert [span.days for span in spans()] == [0.0]


def test_the_carrier_is_the_one_that_brought_it_back() -> None:
    closed(utc(2026, 3, 2), 3, carrier="ups")
    closed(utc(2026, 3, 2), 4, carrier="")
    kpi = registry["return-turnaround"]
    assert [(span.part, str(kpi.part_label(span.part))) for span in spans()] == [
        ("ups", "UPS"),
        ("", "No carrier recorded"),
    ]


def test_median_and_ninth_in_ten() -> None:
    for days in range(1, 12):
        closed(utc(2026, 3, 2), days)
    figure = registry["return-turnaround"].figure(spans())
    assert (figure.n, figure.value, figure.p90) == (11, pytest.approx(6), pytest.approx(10))
    assert (figure.low, figure.high) == (pytest.approx(2), pytest.approx(10))
