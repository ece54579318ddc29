"""What goes wrong on purpose: whole answers that fail, and odd things inside of good ones."""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

#: Kinds that spoil the whole answer.
ANSWERS = (
    "hang", "drip", "reset", "endless", "bomb", "500", "503", "429", "401", "403", "garbled", "html", "empty",
    "null", "redirect",
)  # fmt: skip
#: Kinds that are odd inside a good answer.
QUIRKS = ("unknown_code", "zoneless", "odd_event")


@dataclass(slots=True)
class Fault:
    """``carrier`` and ``number`` say whom it hits (empty: all); ``times`` how often (None: until cleared)."""

    kind: str
    carrier: str = ""
    number: str = ""
    times: int | None = None
    #: Seconds between two bytes of a drip, seconds of a hang, seconds of ``Retry-After`` (negative: none).
    seconds: float = 30.0
    #: Where it strikes: ``track`` or ``token``.
    where: str = "track"
    #: Where a redirect points to.
    target: str = "http://169.254.169.254/latest/meta-data/"
    id: int = 0

    def __post_init__(self) -> None:
        if self.kind not in ANSWERS + QUIRKS:
            raise ValueError(f"There is no fault “{self.kind}”. Known: {', '.join(ANSWERS + QUIRKS)}.")

    def hits(self, carrier: str, numbers: Sequence[str], where: str) -> bool:
        return (
            self.where == where
            and self.carrier in ("", carrier)
            and (not self.number or self.number in numbers)
            and self.times != 0
        )


class Faults:
    """The faults that are set, asked for at each call."""

    def __init__(self) -> None:
        self._lock, self._ids, self._faults = threading.Lock(), itertools.count(1), list[Fault]()

    def add(self, **columns: Any) -> Fault:
        fault = Fault(**columns, id=next(self._ids))
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def spoiled(self, carrier: str, numbers: Sequence[str], where: str) -> Fault | None:
        """The fault that spoils this whole answer, if any; uses it up once."""
        with self._lock:
            for fault in self._faults:
                if fault.kind in ANSWERS and fault.hits(carrier, numbers, where):
                    self._use(fault)
                    return fault
        return None

    def quirks(self, carrier: str, numbers: Sequence[str]) -> dict[str, set[str]]:
        """Tracking number -> kinds of oddness in its events; uses each fault up once."""
        found: dict[str, set[str]] = defaultdict(set)
        with self._lock:
            for fault in self._faults:
                if fault.kind in QUIRKS and fault.hits(carrier, numbers, "track"):
                    for number in [fault.number] if fault.number else numbers:
                        found[number].add(fault.kind)
                    self._use(fault)
        return found

    @staticmethod
    def _use(fault: Fault) -> None:
        if fault.times is not None:
            fault.times -= 1

    def as_json(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]
