"""How likely a parcel's next scan is: by stage, by how long it has been silent, and by the hour of the week."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

#: Edges of the bins of silence, in hours.
EDGES = (0, 0.5, 1, 1.5, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 36, 48, 72)
BINS = len(EDGES)
#: Cells of the week: every hour of a working day, of a Saturday, of a Sunday.
CELLS = 72


def bin_of(hours: float) -> int:
    """The bin of a silence of ``hours``; what is longer than the last edge is in the last bin."""
    return bisect_right(EDGES, max(hours, 0.0)) - 1


def cell_of(local: datetime) -> int:
    """The cell of a moment in the place's own time."""
    return 24 * max(local.weekday() - 4, 0) + local.hour


@dataclass(frozen=True, slots=True)
class Shape:
    """Scans per hour by bin of silence (``rates``), times a factor for the cell of the week (``week``)."""

    rates: tuple[float, ...]
    week: tuple[float, ...]
    #: Scans it was learned from; 0 for what is shipped.
    scans: int = 0

    def __post_init__(self) -> None:
        if len(self.rates) != BINS or len(self.week) != CELLS:
            raise ValueError(f"a shape has {BINS} rates and {CELLS} cells")

    def hazard(self, silent: float, cell: int) -> float:
        """Scans per hour after ``silent`` hours of silence in ``cell`` of the week."""
        return self.rates[bin_of(silent)] * self.week[cell]

    def as_json(self) -> dict[str, Any]:
        rates, week = ([round(value, 5) for value in values] for values in (self.rates, self.week))
        return {"rates": rates, "week": week, "scans": self.scans}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Shape:
        return cls(tuple(map(float, value["rates"])), tuple(map(float, value["week"])), int(value["scans"]))


@dataclass(frozen=True, slots=True)
class Profile:
    """Shapes by key (:func:`fulfillment.polling.stages.keys_of`)."""

    shapes: Mapping[str, Shape] = field(default_factory=dict)

    def shape(self, keys: Iterable[str]) -> Shape | None:
        """The shape of the first key that is known."""
        return next((self.shapes[key] for key in keys if key in self.shapes), None)

    def over(self, other: Profile) -> Profile:
        """This one, and what ``other`` knows where it knows nothing."""
        return Profile({**other.shapes, **self.shapes})

    def as_json(self) -> dict[str, Any]:
        return {key: shape.as_json() for key, shape in sorted(self.shapes.items())}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Profile:
        return cls({key: Shape.from_json(shape) for key, shape in value.items()})
