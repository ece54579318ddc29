from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.charts import Chart, Words, draw, scale_for
from analytics.intervals import wilson
from analytics.kpi import DAYS, SHARE, Figure
from analytics.report import Week

MONDAY = date(2026, 1, 5)
WORDS = Words(title=lambda week: str(week.monday), tick=str, week=lambda week: str(week.monday))


def share(n: int, hits: int) -> Figure:
    return Figure(n, hits / n, *wilson(hits, n), hits=hits) if n else Figure(hits=0)


def weeks(*figures: Figure) -> list[Week]:
    return [Week(MONDAY + timedelta(weeks=number), figure) for number, figure in enumerate(figures)]


def chart(*figures: Figure) -> Chart:
    return draw(weeks(*figures), scale_for(figures, SHARE), WORDS)


def test_the_line_is_broken_by_an_empty_week_and_by_one_with_few() -> None:
    good = share(100, 100)
    drawn = chart(good, good, share(0, 0), good, good, share(3, 3), good, good)
    assert len(drawn.lines) == 3
    assert [dot.kind for dot in drawn.dots] == ["full"] * 4 + ["small"] + ["full"] * 2
    assert len(drawn.columns) == 8


def test_a_week_with_few_does_not_stretch_the_scale() -> None:
    drawn = chart(share(1000, 950), share(1, 0), share(1000, 960))
    assert float(drawn.ticks[0].text) >= 0.9
    assert drawn.outside
    assert len(drawn.dots) == 2


def test_the_target_is_on_the_scale() -> None:
    scale = scale_for([share(1000, 800)], SHARE, 0.95)
    assert 0.95 in scale
    assert scale.high <= 1


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.one_of(st.none(), st.floats(0, 1)))
def test_shares_fit_between_none_and_all_on_few_round_ticks(values: list[float], target: float | None) -> None:
    scale = scale_for([Figure(99, value, value, value) for value in values], SHARE, target)
    assert all(value in scale for value in values)
    assert 0 <= scale.low < scale.high <= 1
    assert 2 <= len(scale.ticks) <= 7
    assert list(scale.ticks) == sorted(set(scale.ticks))
    assert (scale.y(scale.high), scale.y(scale.low)) == (0, 100)


@given(st.lists(st.floats(0, 10_000), min_size=1, max_size=30))
def test_days_begin_at_zero(values: list[float]) -> None:
    scale = scale_for([Figure(99, value, p90=value) for value in values], DAYS)
    assert scale.low == 0
    assert max(values) in scale
    assert 2 <= len(scale.ticks) <= 7


def test_labels_at_the_edge_do_not_cover_each_other() -> None:
    scale = scale_for([share(1000, 950)], SHARE, 0.95)
    drawn = draw(weeks(share(1000, 950)), scale, WORDS, labels=[(0.95, "95%", "value"), (0.951, "target", "target")])
    first, second = (float(label.at.rstrip("%")) for label in drawn.labels)
    assert second - first >= 9


@pytest.mark.parametrize("count", [1, 2, 12, 26, 52, 260])
def test_the_axis_names_a_few_weeks_only(count: int) -> None:
    drawn = chart(*[share(100, 90)] * count)
    assert 1 <= len(drawn.weeks) <= 6
