from __future__ import annotations

import pytest

from parcelwise.cells import harmless


@pytest.mark.parametrize("cell", ["=1+1", "+49 40", "-2", "@SUM(A1)", "\tx", "\rx", "=HYPERLINK(“http://x”)"])
def test_text_that_would_run_as_a_formula_is_marked_as_text(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["dhl", "2026-W01", "a=b", "'=1", ""])
def test_other_text_stays_as_it_is(cell: str) -> None:
    assert harmless(cell) == cell


def test_numbers_stay_numbers_and_nothing_is_an_empty_cell() -> None:
    assert [harmless(cell) for cell in (-1.5, 0, None)] == [-1.5, 0, ""]
