"""How good predictions are. Each score is a mean over rows; except :func:`coverage` and :func:`auc`, lower is better.

Plain Python, so that a shop without numpy can score its baseline. A score says nothing alone: keep it beside that of a
baseline on the same rows.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import groupby
from math import fsum

Numbers = Sequence[float]


def _mean(values: Sequence[float]) -> float:
    if not values:
        raise ValueError("no rows, no score")
    return fsum(values) / len(values)


def mae(actual: Numbers, predicted: Numbers) -> float:
    """Mean absolute error, in the unit of the rows."""
    return _mean([abs(a - p) for a, p in zip(actual, predicted, strict=True)])


def pinball(actual: Numbers, predicted: Numbers, quantile: float) -> float:
    """Mean pinball loss of predictions of one ``quantile`` (0..1), in the unit of the rows (Koenker, Bassett 1978).

    For the median it is half the mean absolute error.
    """
    errors = [a - p for a, p in zip(actual, predicted, strict=True)]
    return _mean([max(quantile * error, (quantile - 1) * error) for error in errors])


def coverage(actual: Numbers, low: Numbers, high: Numbers) -> float:
    """Share of rows that fell inside their window, its ends included: 0.8 is right for a window from p10 to p90."""
    return _mean([float(lo <= a <= hi) for a, lo, hi in zip(actual, low, high, strict=True)])


def width(low: Numbers, high: Numbers) -> float:
    """Mean width of the windows: a coverage is worth the more, the narrower they are."""
    return _mean([hi - lo for lo, hi in zip(low, high, strict=True)])


def brier(happened: Sequence[bool], chance: Numbers) -> float:
    """Mean squared error of chances (0..1) of something that happened or not (Brier 1950)."""
    return _mean([(p - bool(y)) ** 2 for y, p in zip(happened, chance, strict=True)])


def brier_of_base_rate(happened: Sequence[bool]) -> float:
    """The Brier score of who says the same share for every row: what a chance has to beat."""
    share = _mean([float(bool(y)) for y in happened])
    return share * (1 - share)


def auc(happened: Sequence[bool], chance: Numbers) -> float:
    """Chance that a row that happened was rated above one that did not, ties half (Mann, Whitney 1947).

    ValueError when all rows happened, or none.
    """
    ranked = sorted(zip(chance, map(bool, happened), strict=True))
    positive = sum(y for _, y in ranked)
    negative = len(ranked) - positive
    if not positive or not negative:
        raise ValueError("the rows are all of one kind")
    below = above = 0.0
    for _, ties in groupby(ranked, key=lambda row: row[0]):
        kinds = [y for _, y in ties]
        hits = sum(kinds)
        above += hits * (below + (len(kinds) - hits) / 2)
        below += len(kinds) - hits
    return above / (positive * negative)


def macro_f1(actual: Sequence[Hashable], predicted: Sequence[Hashable]) -> float:
    """Mean over the classes of the harmonic mean of precision and recall; rare classes count as much as common ones."""
    pairs = list(zip(actual, predicted, strict=True))
    scores = []
    for kind in {kind for pair in pairs for kind in pair}:
        hit = sum(a == kind == p for a, p in pairs)
        either = sum(a == kind for a, _ in pairs) + sum(p == kind for _, p in pairs)
        scores.append(2 * hit / either)
    return _mean(scores)
