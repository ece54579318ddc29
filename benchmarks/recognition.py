"""How often a tracking number names its carrier: ``python benchmarks/recognition.py [NUMBERS.csv]``.

The table has the columns ``number``, ``kind`` (valid, invalid) and ``courier``; half of the test numbers that
``jkeen/tracking_number_data`` publishes, unless another is named. Beside ours runs the floor, the PyPI package
``tracking-numbers`` on the same rows, where it is installed (``pip install tracking-numbers``).
"""

from __future__ import annotations

import csv
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("PARCELWISE_SHARED", ROOT.parent / "shared"))
#: Number -> couriers, the likeliest first.
Recogniser = Callable[[str], list[str]]


def main(path: Path) -> None:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    valid = [row for row in rows if row["kind"] == "valid"]
    invalid = [row for row in rows if row["kind"] == "invalid"]
    print(f"{len(valid)} valid and {len(invalid)} invalid numbers of {path.name}\n")
    print(f"{'':<24}{'among':>14}{'first':>14}{'wrong taken':>14}{'candidates':>12}{'µs each':>10}")
    for name, recogniser in recognisers().items():
        begun = time.perf_counter()
        found = {row["number"]: recogniser(row["number"]) for row in rows}
        each = (time.perf_counter() - begun) / len(rows) * 1e6
        among = sum(row["courier"] in found[row["number"]] for row in valid)
        first = sum(found[row["number"]][:1] == [row["courier"]] for row in valid)
        taken = sum(row["courier"] in found[row["number"]] for row in invalid)
        many = sum(len(found[row["number"]]) for row in valid) / len(valid)
        shares = "".join(f"{share(count, len(valid)):>14}" for count in (among, first))
        print(f"{name:<24}{shares}{taken:>14}{many:>12.2f}{each:>10.0f}")
        if name == "parcelwise":
            tell(valid, found)


def share(count: int, of: int) -> str:
    return f"{count} {100 * count / of:.1f} %"


def tell(valid: list[dict[str, str]], found: dict[str, list[str]]) -> None:
    """Name the couriers whose numbers were given to somebody else first."""
    missed = Counter(row["courier"] for row in valid if found[row["number"]][:1] != [row["courier"]])
    for courier, count in missed.most_common():
        print(f"    not first: {count} of {courier}")


def recognisers() -> dict[str, Recogniser]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    sys.path.insert(0, str(ROOT))
    import django

    django.setup()
    from fulfillment.carriers.recognise import courier_codes, recognise

    found: dict[str, Recogniser] = {"parcelwise": lambda number: courier_codes(recognise(number))}
    try:
        from tracking_numbers import get_tracking_number
    except ImportError:
        print("The floor is missing: pip install tracking-numbers\n")
        return found

    def floor(number: str) -> list[str]:
        told = get_tracking_number(number)
        return [told.courier.code] if told else []

    return {**found, "tracking-numbers (PyPI)": floor}


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else SHARED / "carriers" / "numbers_dev.csv")
