"""How long healthy parcels stay without a scan, and from when on silence is a signal. Version ``silence@1``.

Pure Python, without a data base. A *wait* is the time between two scans of one parcel, in hours without the weekdays on
which that stage never moves. For each stage (what the last scan said, and whether it was made in the town of the
destination) the waits of one carrier's service and code are counted in a :class:`Cell`. A cell's typical wait is
shrunk towards the wider cells; the shape of its tail is mixed with that of its whole stage, whose waits are taken as
multiples of their own typical wait. So a code that was seen ten times has the tail of its stage at its own pace.

What that gives is a chance for each wait. The line under which a chance raises an alarm is not derived from it but
measured: healthy parcels of the past are scored by curves that they had no part in (two-fold), each by the least chance
of any of its waits, and the line is laid so low that with :data:`CONFIDENCE` no more than the budget lies under it: the
tolerance bound of Wilks (1941, *Ann. Math. Statist.* 12:91), known today as conformal calibration. An error in the
curves costs hours, not false alarms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from math import exp, lgamma, log

from fulfillment.ml.waits import Curves, Spot, Stretch, Wait, usual_hours
from fulfillment.statuses import ShipmentStatus
from parcelwise.clock import after_working_hours, midnight

VERSION = "silence@1"
#: Certainty with which the budget is kept.
CONFIDENCE = 0.9
#: Parcels that tell as much as one that is independent of the others: what slows one down slows down its neighbours.
CLUSTER = 2
#: Least chances that are kept of the healthy parcels; the line lies among them for any budget up to a tenth.
KEPT = 0.1

#: Hours of silence that raise an alarm while too few parcels are known. Rules of thumb, not measured.
DEFAULT_HOURS: Mapping[str, float] = {
    ShipmentStatus.PICKED_UP: 48.0,
    ShipmentStatus.IN_TRANSIT: 72.0,
    ShipmentStatus.OUT_FOR_DELIVERY: 36.0,
    ShipmentStatus.DELIVERY_DELAYED: 96.0,
    ShipmentStatus.DELIVERY_FAILED: 72.0,
    ShipmentStatus.ON_HOLD: 120.0,
    ShipmentStatus.UNKNOWN: 96.0,
}


@dataclass(frozen=True, slots=True)
class Scores:
    """Healthy parcels, each by the least chance of any of its waits: how many, and the lowest, ascending."""

    parcels: int = 0
    lowest: tuple[float, ...] = ()

    def line(self, budget: float) -> float | None:
        """The chance at and under which an alarm is raised so that ``budget`` (a share of parcels) is kept.

        None while too few parcels are known to promise that.
        """
        under = allowed(self.parcels // CLUSTER, budget)
        if under is None:
            return None
        under *= CLUSTER
        # Strictly under the first one that has to stay without an alarm.
        return self.lowest[under] * 0.999 if under < len(self.lowest) else None

    def share_under(self, chance: float) -> float:
        """The share of healthy parcels with a wait as unlikely as this one."""
        return (sum(low <= chance for low in self.lowest) + 1) / (self.parcels + 1)


def allowed(parcels: int, budget: float) -> int | None:
    """The most of ``parcels`` that may have had an alarm if the true share is to be within ``budget`` with confidence.

    None when not even none of them would say so.
    """
    if not 0 < budget < 1 or parcels <= 0:
        return None
    total, most = 0.0, None
    for count in range(parcels):
        total += exp(
            lgamma(parcels + 1) - lgamma(count + 1) - lgamma(parcels - count + 1)
            + count * log(budget) + (parcels - count) * log(1 - budget)
        )  # fmt: skip
        if total > 1 - CONFIDENCE:
            return most
        most = count
    return most


def learn(parcels: Sequence[Sequence[Wait]], budget: float) -> Listener:
    """What healthy ``parcels`` teach; ``budget`` is a share of parcels."""
    waits = [wait for parcel in parcels for wait in parcel]
    stretch = Stretch.of(waits, Curves.of(waits))
    return Listener(Curves.of(waits, stretch), score(parcels, stretch), budget, stretch)


def score(parcels: Sequence[Sequence[Wait]], stretch: Stretch) -> Scores:
    """Healthy parcels scored, each half by the curves of the other."""
    halves = parcels[::2], parcels[1::2]
    least: list[float] = []
    for own, other in (halves, halves[::-1]):
        curves = Curves.of((wait for parcel in other for wait in parcel), stretch)
        least += [low for parcel in own if (low := _least(curves, parcel, stretch)) is not None]
    least.sort()
    return Scores(len(least), tuple(least[: max(int(len(least) * KEPT), 1)]))


def _least(curves: Curves, parcel: Sequence[Wait], stretch: Stretch) -> float | None:
    chances = (curves.chance(wait.spot, usual_hours(wait, curves.quiet_of(wait.spot), stretch)) for wait in parcel)
    return min((chance for chance in chances if chance is not None), default=None)


class Listener:
    """Says from when on a parcel is too silent: by what was learned, or by :data:`DEFAULT_HOURS` until that is enough.

    ``budget`` is a share of parcels.
    """

    def __init__(self, curves: Curves, scores: Scores, budget: float, stretch: Stretch | None = None) -> None:
        self.curves, self.scores, self.stretch = curves, scores, stretch or Stretch()
        self.line = scores.line(budget)
        self._known: dict[Spot, float] = {}

    @property
    def has_learned(self) -> bool:
        return self.line is not None

    def patience(self, spot: Spot) -> float:
        """Working hours after which the silence of a parcel last seen at ``spot`` is a signal."""
        if spot not in self._known:
            learned = None if self.line is None else self.curves.patience(spot, self.line)
            self._known[spot] = learned if learned is not None else DEFAULT_HOURS.get(spot.status, 96.0)
        return self._known[spot]

    def alarm_at(self, spot: Spot, since: datetime, zone: tzinfo) -> datetime:
        """The moment at which silence since ``since`` becomes a signal, as each day's stretch moves it."""
        patience, quiet = self.patience(spot), self.curves.quiet_of(spot)
        day = since.astimezone(zone).date()
        while True:
            at = after_working_hours(since, patience * self.stretch.at(spot, day), zone, quiet)
            begins, day = midnight(day, zone), day + timedelta(days=1)
            if at < midnight(day, zone):
                return max(at, begins)

    def rarity(self, spot: Spot, since: datetime, until: datetime, zone: tzinfo) -> float | None:
        """The chance that a healthy parcel is silent for so long here; None when too little is known."""
        if not self.has_learned:
            return None
        hours = usual_hours(Wait(spot, since, until, zone), self.curves.quiet_of(spot), self.stretch)
        return self.curves.chance(spot, hours)
