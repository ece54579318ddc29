from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from analytics.kpi import Question, registry
from analytics.report import Filters, build
from fulfillment.models import Shipment, ShipmentException
from tests.factories import a_shipment, a_store, an_order, utc

pytestmark = pytest.mark.django_db

OPENED = utc(2026, 3, 2, 12)
EVER = date(2020, 1, 1), date(2030, 1, 1)


def a_parcel(carrier: str = "ups", **order: Any) -> Shipment:
    return a_shipment(an_order(placed_at=OPENED, **order), carrier=carrier)


def an_exception(parcel: Shipment | None = None, days: float | None = None, **columns: Any) -> ShipmentException:
    """Opened on a Monday, closed so many days later."""
    closed = {} if days is None else {"closed_at": OPENED + timedelta(days=days)}
    given = {"kind": "lost", "episode": "1", "since": OPENED, "opened_at": OPENED, **closed, **columns}
    return ShipmentException.objects.create(shipment=parcel or a_parcel(), **given)


def facts(slug: str, **where: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(fact) for fact in registry[slug].facts(Question(*EVER, where)))


def of(found: list[tuple[Any, ...]]) -> dict[str, tuple[int, int]]:
    """How many, and how many hits, by part."""
    parts = {part for _day, part, _n, _hits in found}
    return {
        part: (sum(each[2] for each in found if each[1] == part), sum(each[3] for each in found if each[1] == part))
        for part in parts
    }


def noted(row: ShipmentException, days: float, author: str = "ben") -> None:
    row.notes.create(written_at=OPENED + timedelta(days=days), author=author, words="Called.")


def test_a_parcel_counts_once_however_much_trouble_it_has():
    parcel = a_parcel()
    an_exception(parcel)
    an_exception(parcel, kind="damaged")
    a_parcel()
    a_parcel("dhl")
    assert {day for day, *_ in facts("exception-rate")} == {date(2026, 3, 2)}
    assert of(facts("exception-rate")) == {"dhl": (1, 0), "ups": (2, 1)}
    assert of(facts("exception-rate", kind="damaged", carrier="ups")) == {"ups": (2, 1)}
    assert of(facts("exception-rate", kind="loop", carrier="ups")) == {"ups": (2, 0)}


def test_what_nobody_watches_is_no_parcel_without_trouble():
    a_parcel(is_history=True)
    a_shipment(an_order(placed_at=OPENED), direction="back")
    a_shipment(an_order(placed_at=OPENED), status="cancelled")
    assert facts("exception-rate") == []
    assert registry["exception-rate"].newest({}) is None


def test_days_are_days_of_the_store():
    late = utc(2026, 1, 4, 23, 30)
    for zone in ("Europe/Berlin", "America/Sao_Paulo"):
        parcel = a_shipment(an_order(a_store(time_zone=zone), placed_at=late))
        an_exception(parcel, opened_at=late, since=late, closed_at=late, closed_by="ben")
    days = [date(2026, 1, 4), date(2026, 1, 5)]
    for slug in ("exception-rate", "exception-resolution", "exception-self-closed"):
        assert [fact[0] for fact in facts(slug)] == days


def test_the_first_touch_is_the_first_thing_staff_did():
    noted(touched := an_exception(), 2)
    noted(touched, 1.5)
    noted(touched, 0.1, author="customer")
    an_exception()
    an_exception(days=3, closed_by="ben")
    an_exception(days=3, closed_by="")
    assert [fact[2] for fact in facts("exception-first-touch")] == [pytest.approx(1.5), pytest.approx(3)]


def test_the_time_to_resolution_counts_what_staff_resolved():
    an_exception(days=4, closed_by="ben", kind="damaged")
    an_exception(days=1, closed_by="")
    an_exception(days=1, closed_by="customer", kind="disputed")
    an_exception()
    assert facts("exception-resolution") == [(date(2026, 3, 6), "damaged", pytest.approx(4))]
    assert facts("exception-resolution", kind="lost") == []
    assert facts("exception-self-closed") == [(date(2026, 3, 3), "lost", 1, 1), (date(2026, 3, 6), "damaged", 1, 0)]


def test_what_is_open_stands_beside_it_by_how_urgent_it_is():
    an_exception(severity=3)
    an_exception(severity=1)
    an_exception(severity=3, days=1, closed_by="ben")
    shown = {f"{each.label}": each.n for each in registry["exception-resolution"].standing({})}
    assert shown == {
        "Open: today": 1,
        "Open: this week": 0,
        "Open: can wait": 1,
        "Open for over a week": 2,
        "Nobody's": 2,
    }


def test_the_page_has_them_with_and_without_data():
    for _ in range(2):
        shown = {entry.kpi.slug: entry for entry in build(Filters()).kpis}
        an_exception(days=4, closed_by="ben")
    assert shown["exception-resolution"].overall.n == 1
    assert shown["exception-rate"].overall.value == 1.0
    assert shown["exception-first-touch"].overall.low is None, "one is too few for an interval"
