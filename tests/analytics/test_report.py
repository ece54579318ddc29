from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics import report
from analytics.kpi import HIGHER, LOWER, Duration, Question, Rate, Span, Tally, registry
from analytics.report import Filters, build, kpi_summary
from fulfillment.models import Order
from tests.analytics.test_return_turnaround import closed
from tests.factories import a_shipment, a_store, an_order, utc

NEWEST = date(2018, 4, 30)


class Facts:
    """Facts given by a test instead of a data base."""

    given: list[Any] = []
    dimensions = {"carrier": "Carrier"}
    split = "carrier"
    counted = "things"
    formula = "Some of the given facts."
    date_basis = "The given day."
    asked: list[Question] = []

    def newest(self, where: Mapping[str, str]) -> date | None:
        return max((fact.day for fact in self.given), default=None)

    def oldest(self, where: Mapping[str, str]) -> date | None:
        return min((fact.day for fact in self.given), default=None)

    def facts(self, question: Question) -> Iterator[Any]:
        return (fact for fact in self.given if question.since <= fact.day <= question.until)


@pytest.fixture(scope="module", autouse=True)
def kpis() -> Iterator[None]:
    before = dict(registry)
    type("GivenRate", (Facts, Rate), {"slug": "given-rate", "name": "Rate", "better": HIGHER})
    type("GivenDays", (Facts, Duration), {"slug": "given-days", "name": "Days", "better": LOWER})
    yield
    registry.clear()
    registry.update(before)


def of(slug: str, facts: list[Any], filters: Filters) -> report.KpiReport | None:
    kpi = registry[slug]
    kpi.given = facts  # type: ignore[attr-defined]
    return next(iter(build(filters, [kpi]).kpis), None)


days = st.dates(NEWEST - timedelta(days=800), NEWEST)
carriers = st.sampled_from(["dhl", "ups", ""])
tallies = st.lists(
    st.builds(lambda day, part, n, late: Tally(day, part, n, max(0, n - late)), days, carriers, st.integers(1, 40),
              st.integers(0, 50)),
    max_size=60,
)  # fmt: skip
spans = st.lists(st.builds(Span, days, carriers, st.floats(0, 60)), max_size=60)
choices = st.builds(
    Filters, st.sampled_from([0, 1, 12, 26, 52]), st.sampled_from([{}, {"carrier": "dhl"}, {"carrier": "gone"}])
)


@given(tallies, choices)
def test_the_whole_is_the_sum_of_its_weeks_and_of_its_parts(facts: list[Tally], filters: Filters) -> None:
    found = of("given-rate", facts, filters)
    if found is None:
        assert not facts
        return
    for pieces in (found.weeks, found.parts, [week for part in found.parts for week in part.weeks]):
        assert sum(piece.figure.n for piece in pieces) == found.overall.n
        assert sum(piece.figure.hits or 0 for piece in pieces) == found.overall.hits
    chosen = filters.where.get("carrier")
    expected = [tally for tally in facts if tally.day in found.period and chosen in (None, tally.part)]
    assert found.overall.n == sum(tally.n for tally in expected)


@given(spans, choices)
def test_no_duration_is_lost_between_weeks_or_parts(facts: list[Span], filters: Filters) -> None:
    found = of("given-days", facts, filters)
    if found is None:
        assert not facts
        return
    assert sum(week.figure.n for week in found.weeks) == found.overall.n
    assert sum(part.figure.n for part in found.parts) == found.overall.n
    if found.overall.value is not None:
        taken = [span.days for span in facts]
        assert min(taken) <= found.overall.value <= (found.overall.p90 or 0) <= max(taken)


@given(tallies.filter(bool))
def test_the_period_before_ends_where_the_period_begins(facts: list[Tally]) -> None:
    found = of("given-rate", facts, Filters(26))
    assert found is not None
    last = found.period.first - timedelta(days=1)
    earlier = [tally for tally in facts if last - timedelta(days=181) <= tally.day <= last]
    assert found.before is not None
    assert found.before.n == sum(tally.n for tally in earlier)


def test_weeks_count_back_from_the_newest_data_and_not_from_today() -> None:
    found = of("given-rate", [Tally(NEWEST, "", 3, 3), Tally(NEWEST - timedelta(days=200), "", 3, 0)], Filters(12))
    assert found is not None
    assert (found.period.last, found.overall.n) == (date(2018, 5, 6), 3)


def test_a_typing_error_of_a_far_past_does_not_make_thousands_of_weeks() -> None:
    found = of("given-rate", [Tally(NEWEST, "", 3, 3), Tally(date(1970, 1, 1), "", 1, 0)], Filters())
    assert found is not None
    assert (found.period.count, found.overall.n) == (260, 3)


@pytest.fixture
def order(db: None) -> Order:
    order = an_order(promised_on=date(2026, 3, 6))
    for day in (4, 5, 6, 7):
        carrier = "dhl" if day % 2 else "ups"
        a_shipment(order, carrier=carrier, status="delivered", delivered_on=date(2026, 3, day))
    return order


def test_the_summary_says_what_the_page_says(order: Order) -> None:
    closed(utc(2026, 3, 2), 4, order=order)
    summary = kpi_summary(order.store)
    rate = summary["on_time_rate"]
    assert (rate["value"], rate["n"]) == (0.75, 4)
    assert (rate["low"], rate["high"]) == (pytest.approx(0.3006, abs=1e-4), pytest.approx(0.9544, abs=1e-4))
    assert {name: part["value"] for name, part in rate["by_carrier"].items()} == {"dhl": 0.5, "ups": 1.0}
    turnaround = summary["return_turnaround"]
    assert (turnaround["median_days"], turnaround["p90_days"], turnaround["n"]) == (4.0, 4.0, 1)
    page = next(entry for entry in build(Filters()).kpis if entry.kpi.slug == "on-time-rate")
    assert page.overall.value == rate["value"]


def test_the_summary_of_a_store_without_parcels_has_nothing_to_say(order: Order) -> None:
    rate = kpi_summary(a_store())["on_time_rate"]
    assert rate == {"value": None, "n": 0, "low": None, "high": None, "by_carrier": {}}
