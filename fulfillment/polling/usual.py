"""What is usual, for a carrier of which nothing is learned yet.

Parcels are collected in the afternoon of working days, travel and are sorted mostly from evening to morning, leave the
depot early and are at the door during the day; Saturdays are slower, Sundays almost still. Hours are the place's own.
"""

from __future__ import annotations

from collections.abc import Mapping

from fulfillment.polling.shapes import BINS, CELLS, EDGES, Profile, Shape
from fulfillment.polling.stages import AT_DESTINATION, UNDER_WAY, UNDER_WAY_ABROAD
from fulfillment.statuses import ShipmentStatus


def _rates(steps: Mapping[float, float]) -> tuple[float, ...]:
    """Scans per hour of each bin; ``steps`` maps the silence in hours from which on a rate holds to that rate."""
    found = [max(start for start in steps if start <= EDGES[number]) for number in range(BINS)]
    return tuple(steps[start] for start in found)


def _week(hours: Mapping[int, float], saturday: float, sunday: float) -> tuple[float, ...]:
    """``hours`` maps the hour from which on a factor holds to that factor; the days of the week-end are scaled."""
    day = [hours[max(start for start in hours if start <= hour)] for hour in range(CELLS // 3)]
    return tuple(factor * scale for scale in (1.0, saturday, sunday) for factor in day)


S = ShipmentStatus
_COLLECTION = _week({0: 0.003, 7: 0.01, 10: 0.04, 13: 0.2, 15: 1, 19: 0.25, 20: 0.04, 22: 0.003}, 0.6, 0.03)
_SORTING = _week({0: 1, 10: 0.7, 16: 1}, 0.8, 0.5)
_LOADING = _week({0: 0.005, 4: 0.1, 5: 0.4, 6: 1, 10: 0.2, 12: 0.02, 18: 0.005}, 0.9, 0.03)
_DOORSTEP = _week({0: 0.01, 7: 0.3, 9: 1, 18: 0.6, 20: 0.2, 22: 0.02}, 1, 0.5)
_OFFICE = _week({0: 0.1, 6: 1, 19: 0.3, 22: 0.1}, 0.7, 0.15)

_TROUBLE = Shape(_rates({0: 0.08, 24: 0.06, 72: 0.03}), _OFFICE)

USUAL = Profile(
    {
        str(S.PENDING): Shape(_rates({0: 0.35, 36: 0.2, 72: 0.03}), _COLLECTION),
        str(S.PICKED_UP): Shape(_rates({0: 0.1, 1: 0.4, 6: 0.2, 16: 0.1, 48: 0.05}), _SORTING),
        str(S.IN_TRANSIT): Shape(_rates({0: 0.05, 1: 0.2, 2: 0.3, 8: 0.2, 24: 0.06, 48: 0.02, 72: 0.006}), _SORTING),
        UNDER_WAY: Shape(
            _rates({0: 0.005, 2: 0.02, 3: 0.07, 5: 0.14, 8: 0.18, 24: 0.08, 48: 0.02, 72: 0.006}), _SORTING
        ),
        UNDER_WAY_ABROAD: Shape(_rates({0: 0.003, 4: 0.03, 6: 0.07, 10: 0.1, 24: 0.06, 72: 0.01}), _SORTING),
        AT_DESTINATION: Shape(_rates({0: 0.1, 1: 0.5, 36: 0.3, 72: 0.1}), _LOADING),
        str(S.OUT_FOR_DELIVERY): Shape(_rates({0: 0.03, 1: 0.15, 3: 0.25, 6: 0.35, 12: 0.1, 48: 0.05}), _DOORSTEP),
        str(S.READY_FOR_PICKUP): Shape(_rates({0: 0.03}), _OFFICE),
        str(S.DELIVERY_DELAYED): _TROUBLE,
        str(S.DELIVERY_FAILED): _TROUBLE,
        str(S.ON_HOLD): _TROUBLE,
        str(S.RETURN_TO_SENDER): Shape(_rates({0: 0.05, 24: 0.03, 72: 0.01}), _OFFICE),
        str(S.UNKNOWN): Shape(_rates({0: 0.1, 24: 0.05, 72: 0.02}), _SORTING),
    }
)
