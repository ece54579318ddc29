"""The KPI page as a template reads it: texts, charts and tables made from the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from analytics import charts, tables, wording
from analytics.conf import analytics
from analytics.kpi import DAYS, Figure, Standing
from analytics.report import KpiReport, Report, Week
from analytics.tables import Link, Table
from analytics.weeks import number_of


@dataclass(frozen=True, slots=True)
class Headline:
    """One number in large type with all that keeps it honest."""

    number: str
    unit: str
    counted: str
    interval: str
    change: str
    tone: str
    small: str
    url: str
    aside: str = ""
    goal: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    standing: Standing
    n: str
    url: str


@dataclass(frozen=True, slots=True)
class Multiple:
    """One small chart: a carrier with its number."""

    label: str
    value: str
    counted: str
    interval: str
    small: bool
    url: str
    chart: charts.Chart


@dataclass(frozen=True, slots=True)
class Section:
    slug: str
    name: str
    definition: Sequence[tuple[str, Any]]
    headline: Headline
    beside: Sequence[Beside]
    chart_title: str
    chart: charts.Chart
    trend: Sequence[str]
    weeks: Table
    multiples: Sequence[Multiple]
    more: str
    parts: Table | None
    both: Table | None
    unfiltered: str


def sections(report: Report, link: Link) -> list[Section]:
    """One section for each KPI; ``link`` gives the address of the rows behind a number."""
    return [_section(entry, link) for entry in report.kpis]


def period_words(report: Report) -> str:
    """``26 weeks, 1 Jun – 29 Nov 2026``."""
    if report.period is None:
        return ""
    weeks = ngettext("%(count)s week", "%(count)s weeks", report.period.count) % {"count": report.period.count}
    return f"{weeks}, {wording.days(report.period.first, report.period.last)}"


def _section(entry: KpiReport, link: Link) -> Section:
    kpi = entry.kpi
    apart = len(entry.parts) > 1
    by_part = tables.by_part(entry, link) if apart else None
    hidden = len(entry.parts) - analytics.MOST_PARTS
    return Section(
        slug=kpi.slug,
        name=str(kpi.name),
        definition=_definition(entry),
        headline=_headline(entry, link),
        beside=[Beside(item, wording.count(item.n), link(item.rows) if item.n else "") for item in entry.standing],
        chart_title=_chart_title(entry),
        chart=_chart(entry),
        trend=_trend(entry),
        weeks=tables.by_week(entry, link),
        multiples=_multiples(entry, by_part) if by_part else (),
        more=_("%(n)s more are in the table.") % {"n": hidden} if hidden > 0 else "",
        parts=by_part,
        both=tables.week_by_part(entry, link) if apart else None,
        unfiltered=", ".join(entry.unfiltered),
    )


def _definition(entry: KpiReport) -> list[tuple[str, Any]]:
    kpi = entry.kpi
    return [
        (heading, words)
        for heading, words in (
            (_("What is counted"), kpi.formula),
            (_("When"), kpi.date_basis),
            (_("Not counted"), kpi.not_counted),
        )
        if isinstance(words, Promise) or words
    ]


def _headline(entry: KpiReport, link: Link) -> Headline:
    kpi, figure = entry.kpi, entry.overall
    change, tone = wording.change(kpi, figure, entry.before, entry.period.count)
    find, period = entry.find, entry.period
    rows = find(period.first, period.last, entry.chosen_part, None) if find and figure.n else None
    is_days = kpi.unit == DAYS
    return Headline(
        number=wording.number(figure.value, kpi.unit),
        unit="" if figure.value is None else _("days, median") if is_days else "%",
        counted=wording.counted(kpi, figure.n),
        interval=wording.interval(figure, kpi.unit, in_full=True) if figure.low is not None else "",
        change=change,
        tone=tone,
        small=_small(figure),
        url=link(rows),
        aside=_("9 in 10 within %(p90)s") % {"p90": wording.shown(figure.p90, kpi.unit)}
        if is_days and figure.n
        else "",
        goal=_goal(entry),
    )


def _small(figure: Figure) -> str:
    if not figure.small or not figure.n:
        return ""
    return _("Fewer than %(least)s: too few to read anything into it.") % {"least": analytics.SMALL_SAMPLE}


def _goal(entry: KpiReport) -> str:
    goal = entry.kpi.goal
    return "" if goal is None else _("target %(goal)s") % {"goal": wording.axis(goal, entry.kpi.unit)}


def _chart_title(entry: KpiReport) -> str:
    words = {"name": entry.kpi.name}
    if entry.kpi.unit == DAYS:
        return _("%(name)s by week, in days: median, and the time within which 9 in 10 were done") % words
    return _("%(name)s by week, in %%") % words


def _chart(entry: KpiReport) -> charts.Chart:
    kpi, unit = entry.kpi, entry.kpi.unit
    labels = []
    # The line's end is named only where the line reaches the edge: the week that runs may have nothing yet.
    latest = next((week.figure for week in reversed(entry.weeks[-2:]) if not week.figure.small), Figure())
    if latest.value is not None:
        labels.append((latest.value, wording.brief(latest.value, unit), "value"))
    if latest.p90 is not None:
        labels.append((latest.p90, _("9 in 10: %(p90)s") % {"p90": wording.brief(latest.p90, unit)}, "upper"))
    if kpi.goal is not None:
        labels.append((kpi.goal, _goal(entry), "target"))
    return charts.draw(
        entry.weeks,
        charts.scale_for([week.figure for week in entry.weeks], unit, kpi.goal),
        _words(entry),
        labels=labels,
        target=kpi.goal,
    )


def _trend(entry: KpiReport) -> list[str]:
    return charts.trend(
        entry.weeks, charts.scale_for([week.figure for week in entry.weeks], entry.kpi.unit, bands=False)
    )


def _multiples(entry: KpiReport, table: Table) -> list[Multiple]:
    """Small charts on one scale, so that they can be compared; the line of all together stands behind each."""
    kpi, parts = entry.kpi, entry.parts[: analytics.MOST_PARTS]
    weekly = [week.figure for part in parts for week in part.weeks]
    scale = charts.scale_for(weekly, kpi.unit, kpi.goal, bands=False)
    words = charts.Words(title=_brief_title(entry), tick=_tick(entry), week=_week(entry), weeks_named=2)
    return [
        Multiple(
            label=str(part.label),
            value=wording.shown(part.figure.value, kpi.unit),
            counted=wording.counted(kpi, part.figure.n),
            interval=wording.interval(part.figure, kpi.unit),
            small=part.figure.small,
            url=row.cells[0].url,
            chart=charts.draw(part.weeks, scale, words, target=kpi.goal, reference=entry.weeks),
        )
        for part, row in zip(parts, table.rows, strict=False)
    ]


def _words(entry: KpiReport) -> charts.Words:
    return charts.Words(title=_title(entry), tick=_tick(entry), week=_week(entry))


def _title(entry: KpiReport) -> Callable[[Week], str]:
    kpi = entry.kpi
    return lambda week: f"{_named(week)}\n{wording.in_one_line(kpi, week.figure)}"


def _brief_title(entry: KpiReport) -> Callable[[Week], str]:
    unit = entry.kpi.unit
    return lambda week: f"{_named(week)}\n{wording.brief(week.figure.value, unit)} · {wording.count(week.figure.n)}"


def _named(week: Week) -> str:
    named = f"{number_of(week.monday)} · {wording.week_days(week.monday)}"
    note = _("not over yet")
    return f"{named} ({note})" if week.running else named


def _tick(entry: KpiReport) -> Callable[[float], str]:
    return lambda value: wording.axis(value, entry.kpi.unit)


def _week(entry: KpiReport) -> Callable[[Week], str]:
    """A day under the axis where weeks are few, a month where they are many."""
    pattern = "j M" if entry.period.count <= 60 else "M Y"
    return lambda week: formats.date_format(week.monday, pattern)
