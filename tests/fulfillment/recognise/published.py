"""Half of the test numbers that the collection of jkeen/tracking_number_data publishes, where they are at hand."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("PARCELWISE_SHARED", Path(__file__).parents[4] / "shared"))
NUMBERS = SHARED / "carriers" / "numbers_dev.csv"
needs_numbers = pytest.mark.skipif(not NUMBERS.exists(), reason="needs ../shared/carriers/numbers_dev.csv")


def numbers(kind: str) -> list[tuple[str, str]]:
    """Pairs of number and courier; ``kind`` is valid or invalid."""
    with NUMBERS.open(newline="") as file:
        return [(row["number"], row["courier"]) for row in csv.DictReader(file) if row["kind"] == kind]
