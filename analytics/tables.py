"""The table under each chart, for the page and for the download: the same cells."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from analytics import wording
from analytics.kpi import SHARE, Figure, Rate, Rows
from analytics.report import KpiReport, Week
from analytics.weeks import number_of, sunday_of
from parcelwise.cells import harmless

#: Weeks of the widest table that a page shows: more makes it slow and nobody wiser.
MOST_ROWS = 26

#: Turns rows into the address of their list; empty when the reader may not see them.
Link = Callable[[Rows | None], str]

#: As ``analytics.kpi.RowFinder``, but gives the address.
LinkFinder = Callable[[date, date, str | None, bool | None], str]


@dataclass(frozen=True, slots=True)
class Cell:
    text: str
    url: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    cells: Sequence[Cell]
    dates: str = ""
    note: str = ""
    quiet: bool = False
    """It rests on few observations."""


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    caption: str
    head: Sequence[str]
    rows: Sequence[Row]
    wide: bool = False
    note: str = ""


def by_week(report: KpiReport, link: Link) -> Table:
    """Newest week first: what it rests on, the number, its interval."""
    find = _finder(report, link)
    rows = []
    for week in reversed(report.weeks):
        note = _("not over yet") if week.running else ""
        cells = _cells(report, week.figure, partial(find, week.monday, sunday_of(week.monday), report.chosen_part))
        dates = wording.week_days(week.monday)
        rows.append(Row(number_of(week.monday), cells, dates, note, week.figure.small))
    return Table("weeks", _("By week"), (_("Week"), *_columns(report)), rows)


def by_part(report: KpiReport, link: Link) -> Table:
    """One line for each value of the split, the biggest first, and one for all."""
    find = _finder(report, link)
    period = report.period
    rows = [
        Row(
            str(part.label),
            _cells(report, part.figure, partial(find, period.first, period.last, part.value)),
            quiet=part.figure.small,
        )
        for part in report.parts
    ]
    if len(rows) > 1:
        everything = partial(find, period.first, period.last, report.chosen_part)
        rows.append(Row(_("All"), _cells(report, report.overall, everything), quiet=report.overall.small))
    label = str(report.kpi.dimensions[report.kpi.split])
    return Table(
        report.kpi.split, _("By %(dimension)s") % {"dimension": label.lower()}, (label, *_columns(report)), rows
    )


def week_by_part(report: KpiReport, link: Link) -> Table:
    """The newest weeks, newest first, a column for each value of the split; the download has all weeks."""
    find = _finder(report, link)
    rows = []
    older = max(0, len(report.weeks) - MOST_ROWS)
    for number in reversed(range(older, len(report.weeks))):
        week = report.weeks[number]
        cells = [_brief(report, part.weeks[number], part.value, find) for part in report.parts]
        note = _("not over yet") if week.running else ""
        rows.append(Row(number_of(week.monday), cells, wording.week_days(week.monday), note))
    label = str(report.kpi.dimensions[report.kpi.split])
    caption = _("By week and %(dimension)s") % {"dimension": label.lower()}
    note = _("The newest %(weeks)s weeks; the download has all.") % {"weeks": MOST_ROWS} if older else ""
    return Table("both", caption, (_("Week"), *(str(part.label) for part in report.parts)), rows, True, note)


def as_csv(report: KpiReport, table: str) -> Iterator[list[Any]]:
    """The rows of a download, heading first: shares as 0..1, days with decimals, dates as ISO 8601.

    ``table`` is the name of one of the tables above. KeyError for another.
    """
    kinds: dict[str, Callable[[KpiReport], Iterator[list[Any]]]] = {"weeks": _csv_weeks}
    if report.kpi.split:
        kinds |= {report.kpi.split: _csv_parts, "both": _csv_both}
    return ([harmless(cell) for cell in row] for row in kinds[table](report))


def _csv_weeks(report: KpiReport) -> Iterator[list[Any]]:
    yield ["week", "monday", *_numbers(report)]
    for week in report.weeks:
        yield [number_of(week.monday), week.monday.isoformat(), *_plain(week.figure)]


def _csv_parts(report: KpiReport) -> Iterator[list[Any]]:
    yield [report.kpi.split, *_numbers(report)]
    for part in report.parts:
        yield [part.value, *_plain(part.figure)]


def _csv_both(report: KpiReport) -> Iterator[list[Any]]:
    yield ["week", "monday", report.kpi.split, *_numbers(report)]
    for part in report.parts:
        for week in part.weeks:
            yield [number_of(week.monday), week.monday.isoformat(), part.value, *_plain(week.figure)]


def _numbers(report: KpiReport) -> list[str]:
    return ["n", "hits" if report.kpi.unit == SHARE else "p90", "value", "low_95", "high_95"]


def _plain(figure: Figure) -> list[Any]:
    second = figure.p90 if figure.hits is None else figure.hits
    return [figure.n, _rounded(second), _rounded(figure.value), _rounded(figure.low), _rounded(figure.high)]


def _rounded(value: float | None) -> float | None:
    return value if value is None or isinstance(value, int) else round(value, 6)


def _columns(report: KpiReport) -> list[str]:
    # The plural of "12 parcels" without its number heads the column.
    head = str(report.kpi.counted % {"n": 2, "count": ""}).strip().capitalize()
    if isinstance(report.kpi, Rate):
        misses = [str(report.kpi.misses_name)] if report.kpi.misses_name else []
        return [head, str(report.kpi.hits_name), *misses, _("Rate"), _("95% interval")]
    return [head, _("Median"), _("95% interval"), _("9 in 10 within")]


def _cells(report: KpiReport, figure: Figure, find: Callable[[bool | None], str]) -> list[Cell]:
    unit = report.kpi.unit
    n = _count(figure.n, None, find)
    value = Cell(wording.shown(figure.value, unit), kind="value")
    interval = Cell(wording.interval(figure, unit), kind="interval")
    if not isinstance(report.kpi, Rate):
        return [n, value, interval, Cell(wording.shown(figure.p90, unit))]
    hits = figure.hits or 0
    misses = [_count(figure.n - hits, False, find)] if report.kpi.misses_name else []
    return [n, _count(hits, True, find), *misses, value, interval]


def _count(n: int, hit: bool | None, find: Callable[[bool | None], str]) -> Cell:
    return Cell(wording.count(n), find(hit) if n else "", "n")


def _brief(report: KpiReport, week: Week, part: str, find: LinkFinder) -> Cell:
    figure = week.figure
    if not figure.n:
        return Cell(wording.NONE, kind="small")
    url = find(week.monday, sunday_of(week.monday), part, None)
    text = f"{wording.brief(figure.value, report.kpi.unit)} · {wording.count(figure.n)}"
    return Cell(text, url, "small" if figure.small else "")


def _finder(report: KpiReport, link: Link) -> LinkFinder:
    find = report.find
    return lambda since, until, part, hit: link(find(since, until, part, hit)) if find else ""
