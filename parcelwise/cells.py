"""Cells of tables that people open in a spreadsheet."""

from __future__ import annotations

from typing import Any

#: A spreadsheet takes a cell that begins so for a formula (OWASP, "CSV Injection"), in Japan also the wide ones.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def harmless(cell: Any) -> Any:
    """Text that a spreadsheet would run as a formula, marked as text by an apostrophe; all else as it is."""
    if isinstance(cell, str) and cell.startswith(FORMULA):
        return f"'{cell}"
    return "" if cell is None else cell
