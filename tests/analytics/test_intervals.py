from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.intervals import difference, median_interval, quantile, wilson


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3 (score).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_published_bounds(hits: int, n: int, low: float, high: float) -> None:
    assert wilson(hits, n) == pytest.approx((low, high), abs=5e-5)


def test_all_of_few_is_not_certain() -> None:
    low, high = wilson(5, 5)
    assert (round(low, 3), high) == (0.566, 1.0)


@given(st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_between_none_and_all(pair: tuple[int, int]) -> None:
    hits, n = pair
    low, high = wilson(hits, n)
    assert 0 <= low <= hits / n <= high <= 1
    mirrored = wilson(n - hits, n)
    assert (1 - mirrored.high, 1 - mirrored.low) == pytest.approx((low, high))


@pytest.mark.parametrize(("hits", "n"), [(0, 0), (3, 2), (-1, 4)])
def test_there_is_no_share_of_nothing(hits: int, n: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        wilson(hits, n)


@pytest.mark.parametrize(
    ("now", "before", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:873, table II, method 10.
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
    ],
)
def test_the_difference_of_two_shares_has_the_published_bounds(
    now: tuple[int, int], before: tuple[int, int], low: float, high: float
) -> None:
    assert difference(*now, *before) == pytest.approx((low, high), abs=5e-5)


def test_quantiles_lie_between_neighbours_as_in_sql() -> None:
    values = [1.0, 2.0, 4.0, 8.0]
    assert [quantile(values, q) for q in (0.0, 0.5, 0.9, 1.0)] == pytest.approx([1.0, 3.0, 6.8, 8.0])
    assert quantile([7.0], 0.9) == 7.0


@pytest.mark.parametrize(
    # Ranks of the sign test's interval, Conover table A3 / Hahn and Meeker table A.15.
    ("n", "rank"),
    [(6, 1), (8, 1), (9, 2), (10, 2), (15, 4), (20, 6), (25, 8), (50, 18), (100, 40)],
)
def test_the_median_lies_between_the_tabled_order_statistics(n: int, rank: int) -> None:
    values = [float(number) for number in range(1, n + 1)]
    assert median_interval(values) == (rank, n + 1 - rank)


def test_five_values_say_nothing_about_a_median_and_many_are_fast() -> None:
    assert median_interval([1.0] * 5) is None
    assert median_interval([]) is None
    low, high = median_interval([float(number) for number in range(100_001)]) or (0, 0)
    assert low == pytest.approx(49_690, abs=2)
    assert high == pytest.approx(50_310, abs=2)
