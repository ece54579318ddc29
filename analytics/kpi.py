"""What a KPI is. A face (``<app>/kpis.py``) subclasses :class:`Rate` or :class:`Duration`; the class registers itself.

A KPI without a written definition does not exist: its class cannot be created. The engine knows weeks, shares, medians
and intervals; what is counted, and in which rows, is the face's knowledge::

    class OnTimeRate(Rate):
        slug = "on-time-rate"
        name = _("On-time rate")
        formula = _("Parcels delivered by the promised day ÷ delivered parcels with a promise.")
        date_basis = _("The day of delivery.")
        better = HIGHER
        dimensions = {"store": _("Store"), "carrier": _("Carrier")}
        split = "carrier"

        def newest(self, where): ...
        def facts(self, question): ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar, NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from analytics.conf import analytics
from analytics.intervals import difference, median_interval, quantile, wilson

HIGHER, LOWER = "higher", "lower"
SHARE, DAYS = "share", "days"


@dataclass(frozen=True, slots=True)
class Question:
    """Which facts are wanted: ``since`` .. ``until`` (both included) on the KPI's date basis.

    ``where`` holds chosen values by dimension, without the dimension the KPI is split by.
    """

    since: date
    until: date
    where: Mapping[str, str] = field(default_factory=dict)


class Tally(NamedTuple):
    """Facts of a rate: on one ``day``, in one ``part`` of the split, ``hits`` of ``n``."""

    day: date
    part: str
    n: int
    hits: int


class Span(NamedTuple):
    """A fact of a duration: it ended on ``day`` and took ``days`` (days of 24 hours)."""

    day: date
    part: str
    days: float


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows behind a number: a model's label in lower case and the look-ups of its admin list."""

    model: str
    lookups: Mapping[str, str]


#: ``find(since, until, part, hit)``: see :meth:`KPI.row_finder`.
RowFinder = Callable[[date, date, str | None, bool | None], Rows | None]


@dataclass(frozen=True, slots=True)
class Standing:
    """Something counted as it stands now, beside a KPI that does not count it: parcels overdue, …"""

    label: Any
    meaning: Any
    n: int
    rows: Rows | None = None
    tone: str = "plain"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with what it rests on. ``value`` is a share (0..1) or a median in days; None when ``n`` is 0."""

    n: int = 0
    value: float | None = None
    low: float | None = None
    high: float | None = None
    hits: int | None = None
    p90: float | None = None

    @property
    def small(self) -> bool:
        """Too few observations to read anything into it."""
        return self.n < analytics.SMALL_SAMPLE


class KPI:
    """The base of :class:`Rate` and :class:`Duration`. Class attributes are the definition, methods fetch the facts."""

    #: Name in addresses, settings and JSON; never changes.
    slug: ClassVar[str] = ""
    name: ClassVar[Any] = ""
    #: :data:`SHARE` or :data:`DAYS`.
    unit: ClassVar[str] = ""
    #: ``ngettext_lazy("%(count)s parcel", "%(count)s parcels", "n")``: what ``n`` counts.
    counted: ClassVar[Any] = ""
    #: The definition in words.
    formula: ClassVar[Any] = ""
    #: Which day decides the week something is counted in, in words.
    date_basis: ClassVar[Any] = ""
    #: What is left out and why, in words.
    not_counted: ClassVar[Any] = ""
    #: :data:`HIGHER` or :data:`LOWER`.
    better: ClassVar[str] = ""
    target: ClassVar[float | None] = None
    #: Name -> label of what it can be filtered by.
    dimensions: ClassVar[Mapping[str, Any]] = {}
    #: The dimension it is shown apart by.
    split: ClassVar[str] = ""

    REQUIRED: ClassVar[tuple[str, ...]] = ("slug", "name", "unit", "counted", "formula", "date_basis", "better")

    def __init_subclass__(cls, *, abstract: bool = False) -> None:
        super().__init_subclass__()
        if not abstract:
            _check(cls)
            registry[cls.slug] = cls()

    def newest(self, where: Mapping[str, str]) -> date | None:
        """The newest day there are facts of, or None."""
        raise NotImplementedError

    def oldest(self, where: Mapping[str, str]) -> date | None:
        """The oldest day there are facts of, or None."""
        raise NotImplementedError

    def facts(self, question: Question) -> Iterable[Any]:
        """The facts of the question: :class:`Tally` of a rate, :class:`Span` of a duration."""
        raise NotImplementedError

    def figure(self, facts: Iterable[Any]) -> Figure:
        """The number that ``facts`` make."""
        raise NotImplementedError

    def changed(self, now: Figure, before: Figure) -> bool:
        """Whether the difference is more than chance would explain (95 %)."""
        raise NotImplementedError

    def choices(self, dimension: str) -> Sequence[tuple[str, Any]]:
        """Value and label of everything a dimension other than the split can be."""
        return ()

    def part_label(self, part: str) -> Any:
        """How a value of the split is called."""
        return part

    def row_finder(self, where: Mapping[str, str]) -> RowFinder | None:
        """Finds the rows behind a number, for links: ``find(since, until, part, hit)``.

        ``part`` None means all parts; ``hit`` True only a rate's hits, False only its misses, None all that counted.
        Asked for once, called for every number. None, or an answer of None, where the rows cannot be listed.
        """
        return None

    def standing(self, where: Mapping[str, str]) -> Sequence[Standing]:
        """What stands beside the number now; ``where`` may hold the split."""
        return ()

    @property
    def goal(self) -> float | None:
        """The target: of the settings, else of the class."""
        return analytics.TARGETS.get(self.slug, self.target)


class Rate(KPI, abstract=True):
    """A share of something: facts are :class:`Tally`, the interval is Wilson's."""

    unit = SHARE
    #: Heading of the column with the hits: "On time".
    hits_name: ClassVar[Any] = _("Of which")
    #: Heading of the column with the others, "Late"; no such column when empty.
    misses_name: ClassVar[Any] = ""

    def figure(self, facts: Iterable[Tally]) -> Figure:
        n = hits = 0
        for tally in facts:
            n, hits = n + tally.n, hits + tally.hits
        if not n:
            return Figure(hits=0)
        return Figure(n, hits / n, *wilson(hits, n), hits=hits)

    def changed(self, now: Figure, before: Figure) -> bool:
        if not now.n or not before.n:
            return False
        low, high = difference(now.hits or 0, now.n, before.hits or 0, before.n)
        return low > 0 or high < 0


class Duration(KPI, abstract=True):
    """How long something took: facts are :class:`Span`, the value is the median, its interval by order statistics."""

    unit = DAYS

    def figure(self, facts: Iterable[Span]) -> Figure:
        ordered = sorted(span.days for span in facts)
        if not ordered:
            return Figure()
        low, high = median_interval(ordered) or (None, None)
        return Figure(len(ordered), quantile(ordered, 0.5), low, high, p90=quantile(ordered, 0.9))

    def changed(self, now: Figure, before: Figure) -> bool:
        """Intervals that do not touch: stricter than a test of the difference, and needs no assumption."""
        if now.low is None or now.high is None or before.low is None or before.high is None:
            return False
        return now.low > before.high or now.high < before.low


#: Every KPI by slug, in the order of the installed apps.
registry: dict[str, KPI] = {}


def _check(kpi: type[KPI]) -> None:
    """ImproperlyConfigured when the class does not say what it counts."""
    where = f"{kpi.__module__}.{kpi.__qualname__}"
    missing = [name for name in KPI.REQUIRED if not _written(getattr(kpi, name))]
    if missing:
        raise ImproperlyConfigured(f"KPI {where} lacks its definition: {', '.join(missing)}.")
    if kpi.better not in (HIGHER, LOWER) or kpi.unit not in (SHARE, DAYS):
        raise ImproperlyConfigured(f"KPI {where}: better is “higher” or “lower”, unit is “share” or “days”.")
    if kpi.split and kpi.split not in kpi.dimensions:
        raise ImproperlyConfigured(f"KPI {where} is split by “{kpi.split}”, which is not among its dimensions.")
    if kpi.facts is KPI.facts or kpi.newest is KPI.newest or kpi.oldest is KPI.oldest:
        raise ImproperlyConfigured(f"KPI {where} has to say how facts, newest and oldest are fetched.")
    known = registry.get(kpi.slug)
    if known is not None and f"{type(known).__module__}.{type(known).__qualname__}" != where:
        raise ImproperlyConfigured(f"KPI {where}: “{kpi.slug}” is already {type(known).__module__}'s.")


def _written(words: Any) -> bool:
    # A lazy translation is not resolved while apps load: that it is there is enough.
    return isinstance(words, Promise) or (isinstance(words, str) and bool(words.strip()))
