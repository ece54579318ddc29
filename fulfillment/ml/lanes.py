"""The first champion: arrival from shrunken statistics of the store's own lanes. Version ``lanes@1``.

Anything with a ``version`` and an ``arrival(question)`` can take its place: see :class:`Forecaster`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfillment.ml import baseline
from fulfillment.ml.features import YEARS, Leg, Question
from fulfillment.models import LaneStatistics, Store
from parcelwise.clock import day_of

#: Parcels from which a group speaks for itself in the reasons.
SPEAKING = 5


@dataclass(frozen=True, slots=True)
class Arrival:
    """An answer: the window, and the chance of missing the promise (None without one)."""

    p10: datetime
    p50: datetime
    p90: datetime
    p_late: float | None


class Forecaster(Protocol):
    """What predicts arrivals. A learned model that beats the lanes replaces them under this form."""

    version: str

    def arrival(self, question: Question) -> Arrival | None:
        """The arrival; None when nothing is known on which a prediction could rest."""

    def inputs(self, question: Question) -> dict[str, Any]:
        """What the answer rests on, for the Decision (JSON)."""

    def reasons(self, question: Question, arrival: Arrival) -> list[str]:
        """Why, in plain words and in the active language. Asked only for answers that are written down."""


class Lanes:
    """Statistics of one store's lanes, read once and asked for many parcels."""

    version = "lanes@1"

    def __init__(self, rows: Iterable[LaneStatistics]) -> None:
        self._tallies = {(row.leg, row.key): baseline.Tally.from_json(row.parcels, row.histogram) for row in rows}
        self._curves: dict[tuple[str, str, bool | None], baseline.Curve | None] = {}

    @classmethod
    def of(cls, store: Store | int, questions: Iterable[Question] | None = None) -> Lanes:
        """The lanes that ``questions`` need, or all lanes of the store, in one query."""
        rows = LaneStatistics.objects.filter(store=store)
        if questions is not None:
            asked = list(questions)
            keys = {key for question in asked for key in question.keys}
            rows = rows.filter(leg__in={question.leg for question in asked}, key__in=keys)
        return cls(rows.only("leg", "key", "parcels", "histogram"))

    def arrival(self, question: Question) -> Arrival | None:
        curve = self._curve(question)
        if curve is None:
            return None
        if question.started_at.year not in YEARS:
            return None
        elapsed = question.elapsed
        days = [curve.quantile(share, elapsed) for share in (0.1, 0.5, 0.9)]
        if days[0] is None or days[0] >= baseline.HORIZON:
            return None
        p10, p50, p90 = (self._day(question, value) for value in days if value is not None)
        return Arrival(p10, p50, p90, None if question.due is None else curve.missed(question.due, elapsed))

    def _day(self, question: Question, days: float) -> datetime:
        moment = question.started_at + timedelta(days=days)
        store = self._tallies.get((question.leg, ""))
        # What is out for delivery on a Sunday is delivered on that Sunday.
        if store is None or question.leg == Leg.LAST_MILE:
            return moment
        return baseline.on_delivery_day(moment, store.quiet_weekdays, question.zone)

    def _curve(self, question: Question) -> baseline.Curve | None:
        if question.estimated is not None and not self._parcels(question.leg, ""):
            return baseline.of_estimate(question.estimated)
        cell = (question.leg, question.keys[-1], question.domestic)
        if cell not in self._curves:
            known = question.domestic is not None
            prior = baseline.norm(question.leg, bool(question.domestic)) if known else None
            tallies = (self._tallies.get((question.leg, key)) for key in question.keys)
            self._curves[cell] = baseline.chain([tally for tally in tallies if tally], prior)
        return self._curves[cell]

    def _parcels(self, leg: str, key: str) -> int:
        tally = self._tallies.get((leg, key))
        return tally.parcels if tally else 0

    def inputs(self, question: Question) -> dict[str, Any]:
        return {
            "leg": question.leg,
            "started_at": question.started_at.isoformat(),
            "elapsed_days": round(question.elapsed, 3),
            "promised_on": question.promised_on.isoformat() if question.promised_on else None,
            "carrier_estimate": question.estimate.isoformat() if question.estimate else None,
            "parcels": {key or "store": self._parcels(question.leg, key) for key in question.keys},
        }

    def reasons(self, question: Question, arrival: Arrival) -> list[str]:
        promise = _promise_words(question, arrival.p_late)
        return [self._history(question), _so_far(question), *([promise] if promise else [])]

    def _history(self, question: Question) -> str:
        """What the narrowest group with enough parcels has seen."""
        for level, key in reversed(list(enumerate(question.keys))):
            tally = self._tallies.get((question.leg, key))
            if tally and tally.parcels >= (SPEAKING if level else 1):
                return _group_words(question, level, tally)
        if question.estimated is not None:
            return _("No parcel of this shop has arrived yet, so this rests on the carrier's own estimate.")
        if question.domestic:
            return _("No parcel of this shop has arrived yet, so this rests on what is usual within a country.")
        return _("No parcel of this shop has arrived yet, so this rests on what is usual between countries.")


def _group_words(question: Question, level: int, tally: baseline.Tally) -> str:
    curve = baseline.estimate(tally)
    low, half, high = (curve.quantile(share) or 0.0 for share in (0.1, 0.5, 0.9))
    group = {
        "count": tally.parcels,
        "origin": question.origin,
        "destination": question.destination,
        "carrier": question.carrier.upper(),
    }
    whose = [
        ngettext("%(count)d parcel of this shop", "%(count)d parcels of this shop", tally.parcels),
        ngettext("%(count)d parcel to %(destination)s", "%(count)d parcels to %(destination)s", tally.parcels),
        ngettext(
            "%(count)d parcel from %(origin)s to %(destination)s",
            "%(count)d parcels from %(origin)s to %(destination)s",
            tally.parcels,
        ),
        ngettext(
            "%(count)d parcel from %(origin)s to %(destination)s by %(carrier)s",
            "%(count)d parcels from %(origin)s to %(destination)s by %(carrier)s",
            tally.parcels,
        ),
    ][level] % group
    since = {
        Leg.PURCHASE.value: _("from the order"),
        Leg.HANDOVER.value: _("from hand-over"),
        Leg.LAST_MILE.value: _("from out for delivery"),
    }[question.leg]
    if question.leg == Leg.LAST_MILE and high < 2:
        spread = _whole(24 * low, 24 * high, 24 * half)
        took = _("took %(low)d to %(high)d hours, half of them %(half)d or less") % spread
    else:
        spread = _whole(low, high, half)
        took = _("took %(low)d to %(high)d days, half of them %(half)d or less") % spread
    return _("%(whose)s %(took)s (%(since)s).") % {"whose": whose, "took": took, "since": since}


def _whole(low: float, high: float, half: float) -> dict[str, int]:
    return {"low": max(round(low), 1), "high": max(round(high), 1), "half": max(round(half), 1)}


def _promise_words(question: Question, p_late: float | None) -> str:
    if question.promised_on is None or p_late is None:
        return ""
    words = {"day": date_format(question.promised_on, "j F"), "share": round(p_late * 100)}
    if question.due is not None and question.due <= question.elapsed:
        return _("Promised by %(day)s, which is over.") % words
    if not words["share"]:
        return _("Promised by %(day)s: hardly any such parcel comes later.") % words
    return _("Promised by %(day)s: %(share)d %% of such parcels come later.") % words


def _so_far(question: Question) -> str:
    days = (day_of(question.now, question.zone) - day_of(question.started_at, question.zone)).days
    ago = _("today") if days == 0 else ngettext("%(days)d day ago", "%(days)d days ago", days) % {"days": days}
    said = {
        Leg.PURCHASE.value: _("Ordered %(ago)s, not with the carrier yet."),
        Leg.HANDOVER.value: _("Handed to the carrier %(ago)s."),
        Leg.LAST_MILE.value: _("Left for delivery %(ago)s."),
    }
    return said[question.leg] % {"ago": ago}
