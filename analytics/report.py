"""The numbers of every registered KPI. Pages, downloads and JSON all read them here, so that they are the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone

from analytics.conf import analytics
from analytics.kpi import DAYS, KPI, Figure, Question, RowFinder, Standing, registry
from analytics.weeks import Period, monday_of, sunday_of

#: ``Filters.weeks`` for all there is, back to ``MOST_WEEKS``.
EVERYTHING = 0


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader chose: weeks up to the newest data, and a value for some dimensions."""

    weeks: int = EVERYTHING
    where: Mapping[str, str] = field(default_factory=dict)

    def asked(self, kpi: KPI) -> dict[str, str]:
        """The part of ``where`` that goes into the KPI's question."""
        return {name: value for name, value in self.where.items() if name in kpi.dimensions and name != kpi.split}

    def part(self, kpi: KPI) -> str | None:
        """The chosen value of the dimension the KPI is split by; None for all."""
        return self.where.get(kpi.split)


@dataclass(frozen=True, slots=True)
class Week:
    monday: date
    figure: Figure
    running: bool = False
    """It is not over, so more will come."""


@dataclass(frozen=True, slots=True)
class Part:
    """One value of the split (one carrier) over the period."""

    value: str
    label: Any
    figure: Figure
    weeks: Sequence[Week]


@dataclass(frozen=True, slots=True)
class KpiReport:
    kpi: KPI
    period: Period
    where: Mapping[str, str]
    chosen_part: str | None
    overall: Figure
    before: Figure | None
    weeks: Sequence[Week]
    parts: Sequence[Part]
    standing: Sequence[Standing]
    unfiltered: Sequence[str]
    """Chosen dimensions this KPI does not know: it covers all of them."""
    find: RowFinder | None


@dataclass(frozen=True, slots=True)
class Report:
    """``period`` is None as long as there is nothing to count."""

    filters: Filters
    period: Period | None
    kpis: Sequence[KpiReport]
    values: Mapping[str, Mapping[str, Any]]
    """By split dimension: every value that occurs in the period, with its label."""


def build(filters: Filters, kpis: Iterable[KPI] | None = None) -> Report:
    """The report of all KPIs (or of ``kpis``) for what the reader chose."""
    chosen = list(registry.values()) if kpis is None else list(kpis)
    period = _period(filters, chosen)
    if period is None:
        return Report(filters, None, (), {})
    values: dict[str, dict[str, Any]] = defaultdict(dict)
    reports = [_kpi_report(kpi, filters, period, values) for kpi in chosen]
    return Report(filters, period, reports, values)


def kpi_summary(store: Any = None, weeks: int = EVERYTHING) -> dict[str, dict[str, Any]]:
    """Every KPI's number as plain JSON values, the same as on the page with the same choice.

    ``store`` is a store, its key, or None for all; ``weeks`` counts back from the newest data. A share comes as
    ``value, n, low, high``, a duration as ``median_days, p90_days, n, low, high``; both with ``by_<split>``. Figures
    are None where nothing was counted.
    """
    where = {} if store is None else {"store": str(getattr(store, "pk", store))}
    report = build(Filters(weeks, where))
    found = {entry.kpi.slug: entry for entry in report.kpis}
    return {slug.replace("-", "_"): _summary(kpi, found.get(slug)) for slug, kpi in registry.items()}


def _period(filters: Filters, kpis: Sequence[KPI]) -> Period | None:
    """Weeks up to the newest data, not up to today: an imported history may be years old."""
    newest = [day for kpi in kpis if (day := kpi.newest(filters.asked(kpi)))]
    if not newest:
        return None
    if filters.weeks != EVERYTHING:
        return Period.up_to(max(newest), filters.weeks)
    oldest = min(day for kpi in kpis if (day := kpi.oldest(filters.asked(kpi))))
    period = Period.spanning(oldest, max(newest))
    return period if period.count <= analytics.MOST_WEEKS else Period.up_to(max(newest), analytics.MOST_WEEKS)


def _kpi_report(kpi: KPI, filters: Filters, period: Period, values: dict[str, dict[str, Any]]) -> KpiReport:
    asked, part = filters.asked(kpi), filters.part(kpi)
    earlier = period.before if filters.weeks != EVERYTHING else None
    facts = list(kpi.facts(Question((earlier or period).first, period.last, asked)))
    for value in {fact.part for fact in facts}:
        values[kpi.split][value] = kpi.part_label(value)
    wanted = [fact for fact in facts if part is None or fact.part == part]
    inside = _within(period, wanted)
    by_part: dict[str, list[Any]] = defaultdict(list)
    for fact in inside:
        by_part[fact.part].append(fact)
    parts = [
        Part(value, kpi.part_label(value), kpi.figure(some), _weeks(kpi, some, period))
        for value, some in by_part.items()
    ]
    return KpiReport(
        kpi=kpi,
        period=period,
        where=asked,
        chosen_part=part,
        overall=kpi.figure(inside),
        before=kpi.figure(_within(earlier, wanted)) if earlier else None,
        weeks=_weeks(kpi, inside, period),
        parts=sorted(parts, key=lambda part: (-part.figure.n, part.value)) if kpi.split else (),
        standing=kpi.standing({name: value for name, value in filters.where.items() if name in kpi.dimensions}),
        unfiltered=[name for name in filters.where if name not in kpi.dimensions],
        find=kpi.row_finder(asked),
    )


def _within(period: Period, facts: Iterable[Any]) -> list[Any]:
    first, last = period.first, period.last
    return [fact for fact in facts if first <= fact.day <= last]


def _weeks(kpi: KPI, facts: Iterable[Any], period: Period) -> list[Week]:
    by_week: dict[date, list[Any]] = defaultdict(list)
    for fact in facts:
        by_week[monday_of(fact.day)].append(fact)
    today = timezone.localdate()
    return [Week(monday, kpi.figure(by_week[monday]), running=sunday_of(monday) >= today) for monday in period.mondays]


def _summary(kpi: KPI, report: KpiReport | None) -> dict[str, Any]:
    figure = report.overall if report else Figure()
    answer = _plain(kpi, figure)
    if kpi.split:
        parts = report.parts if report else ()
        answer[f"by_{kpi.split}"] = {part.value: _plain(kpi, part.figure) for part in parts}
    return answer


def _plain(kpi: KPI, figure: Figure) -> dict[str, Any]:
    if kpi.unit == DAYS:
        return {"median_days": figure.value, "p90_days": figure.p90, "n": figure.n, "low": figure.low,
                "high": figure.high}  # fmt: skip
    return {"value": figure.value, "n": figure.n, "low": figure.low, "high": figure.high}
