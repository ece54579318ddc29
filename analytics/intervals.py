"""How sure a figure is: intervals for shares, for their difference, and for medians. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import ceil, floor, sqrt
from typing import NamedTuple

#: The standard normal's 97.5 % point: two-sided 95 %.
Z95 = 1.959963984540054


class Interval(NamedTuple):
    low: float
    high: float


def wilson(hits: int, n: int, z: float = Z95) -> Interval:
    """Score interval for a share of ``hits`` in ``n`` (Wilson 1927). Never outside 0..1, and not empty at 0 or n hits.

    ValueError when ``n`` is not positive or ``hits`` is not in 0..n.
    """
    if n <= 0 or not 0 <= hits <= n:
        raise ValueError(f"no share of {hits} in {n}")
    share, z2 = hits / n, z * z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = z / (1 + z2 / n) * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    # Rounding would leave 1e-17 where the exact bound is 0 or 1.
    return Interval(0.0 if hits == 0 else middle - half, 1.0 if hits == n else middle + half)


def difference(hits: int, n: int, hits_before: int, n_before: int, z: float = Z95) -> Interval:
    """Interval for share minus share before, from the two score intervals (Newcombe 1998, method 10)."""
    share, before = hits / n, hits_before / n_before
    now_low, now_high = wilson(hits, n, z)
    then_low, then_high = wilson(hits_before, n_before, z)
    change = share - before
    return Interval(
        change - sqrt((share - now_low) ** 2 + (then_high - before) ** 2),
        change + sqrt((now_high - share) ** 2 + (before - then_low) ** 2),
    )


def quantile(ordered: Sequence[float], q: float) -> float:
    """The ``q`` quantile (0..1) of values in ascending order, linear between neighbours.

    Type 7 of Hyndman and Fan 1996: what ``numpy.quantile`` and SQL's ``percentile_cont`` give.
    """
    position = (len(ordered) - 1) * q
    below = floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def median_interval(ordered: Sequence[float]) -> Interval | None:
    """At least 95 % for the median of values in ascending order, from order statistics; None under six values.

    Distribution-free (Conover, Practical Nonparametric Statistics, 3.2): the rank is the largest whose binomial tail
    stays under 2.5 %.
    """
    rank = _median_rank(len(ordered))
    return Interval(ordered[rank - 1], ordered[-rank]) if rank else None


@lru_cache(maxsize=4096)
def _median_rank(n: int) -> int:
    if n > 1000:  # 0.5 ** n leaves the floats; the normal tail is exact enough by far here
        return floor((n - Z95 * sqrt(n)) / 2) if n else 0
    term, tail, rank = 0.5**n, 0.0, 0
    while rank < ceil(n / 2) and tail + term <= 0.025:
        tail += term
        rank += 1
        term *= (n - rank + 1) / rank
    return rank
