"""Figures in words, in the reader's language."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

from django.utils import formats
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from analytics.kpi import DAYS, KPI, LOWER, Figure
from analytics.weeks import sunday_of

NONE = "–"


def count(n: int) -> str:
    """12345 -> ``12,345``."""
    return formats.number_format(n, force_grouping=True)


def counted(kpi: KPI, n: int) -> str:
    """``12,345 parcels``."""
    return str(kpi.counted % {"n": n, "count": count(n)})


def number(value: float | None, unit: str) -> str:
    """A share as a percentage without its sign, days as they are; one decimal."""
    if value is None:
        return NONE
    return formats.number_format(value if unit == DAYS else _honest_percent(value), decimal_pos=1)


def shown(value: float | None, unit: str) -> str:
    """``94.2%`` or ``3.4 days``."""
    if value is None:
        return NONE
    if unit == DAYS:
        # Translators: a duration with one decimal, never exactly one.
        return _("%(number)s days") % {"number": number(value, unit)}
    return _("%(number)s%%") % {"number": number(value, unit)}


def brief(value: float | None, unit: str) -> str:
    """:func:`shown`, short enough for an axis: ``94.2%`` or ``3.4 d``."""
    if value is None or unit != DAYS:
        return shown(value, unit)
    # Translators: days, abbreviated.
    return _("%(number)s d") % {"number": number(value, unit)}


def axis(value: float, unit: str) -> str:
    """A tick's label: no decimals that say nothing."""
    shown_value = value if unit == DAYS else value * 100
    digits = 0 if abs(shown_value - round(shown_value)) < 1e-9 else 1
    text = formats.number_format(shown_value, decimal_pos=digits)
    return _("%(number)s d") % {"number": text} if unit == DAYS else _("%(number)s%%") % {"number": text}


def interval(figure: Figure, unit: str, *, in_full: bool = False) -> str:
    """``93.8 – 94.6%``, ``7.3 – 7.6 d`` or in full ``7.3 – 7.6 days``; a dash where there is none."""
    if figure.low is None or figure.high is None:
        return NONE
    return f"{number(figure.low, unit)} – {shown(figure.high, unit) if in_full else brief(figure.high, unit)}"


def in_one_line(kpi: KPI, figure: Figure) -> str:
    """For a tooltip: ``94.2% of 312 parcels, 95% interval 91.0 – 96.3%``."""
    if not figure.n:
        return str(_("nothing counted"))
    words: dict[str, Any] = {
        "value": shown(figure.value, kpi.unit),
        "counted": counted(kpi, figure.n),
        "interval": interval(figure, kpi.unit),
    }
    if kpi.unit == DAYS:
        line = _("median %(value)s, %(counted)s") % words
        line += "; " + _("9 in 10 within %(p90)s") % {"p90": shown(figure.p90, kpi.unit)}
    else:
        line = _("%(value)s of %(counted)s") % words
    if figure.low is not None:
        line += "; " + _("95%% interval %(interval)s") % words
    return line


def change(kpi: KPI, now: Figure, before: Figure | None, weeks: int) -> tuple[str, str]:
    """What became of the number since the period before, and its tone: good, bad or plain."""
    if before is None or before.value is None or now.value is None:
        return "", "plain"
    words = {"before": shown(before.value, kpi.unit), "weeks": count(weeks)}
    if not kpi.changed(now, before):
        line = ngettext(
            "no clear change from the week before (%(before)s)",
            "no clear change from the %(weeks)s weeks before (%(before)s)",
            weeks,
        )
        return line % words, "plain"
    better = (now.value < before.value) == (kpi.better == LOWER)
    line = (
        ngettext("better than the week before", "better than the %(weeks)s weeks before", weeks)
        if better
        else ngettext("worse than the week before", "worse than the %(weeks)s weeks before", weeks)
    )
    return f"{line % words} ({words['before']})", "good" if better else "bad"


def days(first: date, last: date) -> str:
    """``1 Jun – 7 Jun 2026``, with both years where they differ."""
    begin = "j M" if first.year == last.year else "j M Y"
    return f"{formats.date_format(first, begin)} – {formats.date_format(last, 'j M Y')}"


def week_days(monday: date) -> str:
    """``1 Jun – 7 Jun 2026``."""
    return _week_days(monday, get_language())


@lru_cache(maxsize=2048)
def _week_days(monday: date, language: str | None) -> str:
    # A page names the same weeks over and over, and formatting a date is the slowest part of it.
    return days(monday, sunday_of(monday))


def _honest_percent(share: float) -> float:
    """Percent with one decimal; only all is 100.0 and only none is 0.0."""
    percent = round(share * 100, 1)
    if percent == 100 and share < 1:
        return 99.9
    if percent == 0 and share > 0:
        return 0.1
    return percent
