"""Charts as numbers for an SVG template. Nothing is drawn here and nothing knows what is counted.

Positions are per cent of the plot, as text with a decimal point in every language; y grows downwards. Lines and bands
are points in a 0..100 square that the template stretches (strokes do not scale), text and dots are placed by per cent
and keep their size: one chart fits a phone and a wide screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil, floor, log10

from analytics.kpi import DAYS, Figure
from analytics.report import Week

#: Labels at the right edge must be this far apart, in per cent of the plot's height.
LABEL_GAP = 9.0


@dataclass(frozen=True, slots=True)
class Scale:
    """The vertical axis from ``low`` to ``high`` with its ``ticks``, in the KPI's own unit."""

    low: float
    high: float
    ticks: Sequence[float]

    def __contains__(self, value: float) -> bool:
        return self.low - 1e-9 <= value <= self.high + 1e-9

    def y(self, value: float) -> float:
        """Per cent from the top; what lies outside is at the edge."""
        share = (value - self.low) / (self.high - self.low)
        return 100 * (1 - min(1.0, max(0.0, share)))


@dataclass(frozen=True, slots=True)
class Label:
    at: str
    text: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Dot:
    x: str
    y: str
    kind: str


@dataclass(frozen=True, slots=True)
class Column:
    """The strip of one week, which shows its title under the pointer."""

    x: str
    width: str
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    lines: Sequence[str]
    upper: Sequence[str]
    """The 90th percentile of a duration."""
    band: Sequence[str]
    reference: Sequence[str]
    dots: Sequence[Dot]
    columns: Sequence[Column]
    ticks: Sequence[Label]
    weeks: Sequence[Label]
    labels: Sequence[Label]
    outside: bool
    """Weeks with few observations lie beyond the scale and are not drawn."""
    target: str = ""

    @property
    def kinds(self) -> set[str]:
        """Which kinds of dots a key must explain."""
        return {dot.kind for dot in self.dots}


def scale_for(figures: Iterable[Figure], unit: str, target: float | None = None, *, bands: bool = True) -> Scale:
    """An axis on which all figures that rest on enough observations fit, and the target.

    Days begin at zero. Shares need not: 92 to 96 % would be a flat line; the ticks say where the axis begins.
    """
    values = [] if target is None else [target]
    for figure in figures:
        if figure.small or figure.value is None:
            continue
        values += [value for value in (figure.value, figure.p90) if value is not None]
        if bands:
            values += [value for value in (figure.low, figure.high) if value is not None]
    if unit == DAYS:
        return _nice(0.0, max(values, default=1.0), None)
    return _nice(min(values, default=0.0), max(values, default=1.0), 1.0)


@dataclass(frozen=True, slots=True)
class Words:
    """What a chart says: about a week under the pointer, at a tick, under a week."""

    title: Callable[[Week], str]
    tick: Callable[[float], str]
    week: Callable[[Week], str]
    weeks_named: int = 6


def draw(
    weeks: Sequence[Week],
    scale: Scale,
    words: Words,
    *,
    labels: Sequence[tuple[float, str, str]] = (),
    target: float | None = None,
    reference: Sequence[Week] = (),
) -> Chart:
    """The chart of ``weeks``. ``labels`` are value, text and kind at the right edge; ``reference`` is a faint line.

    A week with few observations is a dot beside the line and not part of it; an empty week is a gap.
    """
    width = 100 / max(1, len(weeks))
    return Chart(
        lines=_lines(weeks, scale, lambda figure: figure.value),
        upper=_lines(weeks, scale, lambda figure: figure.p90),
        band=_bands(weeks, scale),
        reference=_lines(reference, scale, lambda figure: figure.value),
        dots=[
            Dot(_percent(_x(number, weeks)), _percent(scale.y(week.figure.value)), _kind(week))
            for number, week in enumerate(weeks)
            if week.figure.value is not None and week.figure.value in scale
        ],
        outside=any(week.figure.value is not None and week.figure.value not in scale for week in weeks),
        columns=[
            Column(_percent(number * width), _percent(width), words.title(week)) for number, week in enumerate(weeks)
        ],
        ticks=[Label(_percent(scale.y(value)), words.tick(value)) for value in scale.ticks],
        weeks=_week_labels(weeks, words),
        labels=_apart([(scale.y(value), text, kind) for value, text, kind in labels]),
        target="" if target is None else _percent(scale.y(target)),
    )


def trend(weeks: Sequence[Week], scale: Scale) -> list[str]:
    """The line alone, to stand beside a number."""
    return _lines(weeks, scale, lambda figure: figure.value)


def _kind(week: Week) -> str:
    return "small" if week.figure.small else "running" if week.running else "full"


def _x(number: int, weeks: Sequence[Week]) -> float:
    return (number + 0.5) * 100 / len(weeks)


def _percent(value: float) -> str:
    return f"{value:.2f}%"


def _runs(weeks: Sequence[Week]) -> Iterable[list[tuple[int, Week]]]:
    """Stretches of weeks with enough observations."""
    for sound, run in groupby(enumerate(weeks), key=lambda pair: not pair[1].figure.small):
        if sound:
            yield list(run)


def _lines(weeks: Sequence[Week], scale: Scale, value: Callable[[Figure], float | None]) -> list[str]:
    lines = []
    for run in _runs(weeks):
        points = [(_x(number, weeks), of) for number, week in run if (of := value(week.figure)) is not None]
        if len(points) > 1:
            lines.append(" ".join(f"{x:.2f},{scale.y(of):.2f}" for x, of in points))
    return lines


def _bands(weeks: Sequence[Week], scale: Scale) -> list[str]:
    bands = []
    for run in _runs(weeks):
        there = [
            (_x(number, weeks), week.figure.low, week.figure.high)
            for number, week in run
            if week.figure.low is not None and week.figure.high is not None
        ]
        if len(there) == 1:
            # A week alone gets a bar, or its interval could not be seen.
            x, low, high = there[0]
            there = [(x - 0.4, low, high), (x + 0.4, low, high)]
        if there:
            upper = [f"{x:.2f},{scale.y(high):.2f}" for x, _low, high in there]
            lower = [f"{x:.2f},{scale.y(low):.2f}" for x, low, _high in reversed(there)]
            bands.append(" ".join(upper + lower))
    return bands


def _week_labels(weeks: Sequence[Week], words: Words) -> list[Label]:
    """Some weeks by name, evenly apart; every second one may be hidden where it is narrow."""
    step = max(1, ceil(len(weeks) / words.weeks_named))
    named = range(0, len(weeks), step)
    return [
        Label(_percent(_x(number, weeks)), words.week(weeks[number]), "minor" if order % 2 else "")
        for order, number in enumerate(named)
    ]


def _apart(labels: Sequence[tuple[float, str, str]]) -> list[Label]:
    """Labels from the top, each pushed down as far as it would cover the one above."""
    placed: list[Label] = []
    free = 0.0
    for y, text, kind in sorted(labels):
        y = max(y, free)
        placed.append(Label(_percent(y), text, kind))
        free = y + LABEL_GAP
    return placed


def _nice(low: float, high: float, most: float | None) -> Scale:
    """Five steps at most, of 1, 2, 2.5 or 5 times a power of ten around ``low`` .. ``high``."""
    least = 0.01 if most else 1.0
    raw = max((high - low) / 5, least)
    power = 10 ** floor(log10(raw))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw - 1e-12)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    if last == first:
        first, last = first - (first > 0 or most is None and first > 0), last + 1
    ticks = [round(number * step, 10) for number in range(first, last + 1)]
    if most is not None and ticks[-1] > most:
        ticks = [value for value in ticks if value <= most]
        if len(ticks) < 2:
            ticks = [round(most - step, 10), most]
    return Scale(ticks[0], ticks[-1], ticks)
