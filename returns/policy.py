"""The rule for returns: pure, so that it can be tested, recomputed and tried on old orders.

Pieces may be returned until the last day of a window that starts with their delivery, that day included. A parcel whose
day of arrival nobody knows is counted from the latest day it can have been, in the customer's favour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

RULE = "window@1"


class Arrival(StrEnum):
    """Where the pieces of a parcel are, as far as a return is concerned."""

    NOT_SENT = "not_sent"
    ON_ITS_WAY = "on_its_way"
    GOING_BACK = "going_back"
    ARRIVED = "arrived"


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """``quantity`` pieces of a line in one parcel. ``day``: of arrival, in the store's zone; None when unknown."""

    quantity: int
    arrival: str
    day: date | None = None


@dataclass(frozen=True, slots=True)
class TakenFacts:
    """Pieces of a line that are in another return, asked for on ``day``."""

    quantity: int
    day: date


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One line of an order: pieces bought, where they are, what is returned already, and what is ``asked`` now."""

    title: str
    bought: int
    parcels: tuple[ParcelFacts, ...] = ()
    taken: tuple[TakenFacts, ...] = ()
    asked: int = 0


@dataclass(frozen=True, slots=True)
class ReturnFacts:
    lines: tuple[LineFacts, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain JSON for a decision record; :meth:`from_json` reads it back, so a decision can be recomputed."""

        def plain(value: Any) -> Any:
            if isinstance(value, date):
                return value.isoformat()
            if isinstance(value, Mapping):
                return {key: plain(item) for key, item in value.items()}
            return [plain(item) for item in value] if isinstance(value, list | tuple) else value

        return {"lines": plain([asdict(line) for line in self.lines])}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ReturnFacts:
        def dated(row: Mapping[str, Any]) -> dict[str, Any]:
            return {**row, "day": date.fromisoformat(row["day"]) if row["day"] else None}

        return cls(
            tuple(
                LineFacts(
                    **{
                        **line,
                        "parcels": tuple(ParcelFacts(**dated(parcel)) for parcel in line["parcels"]),
                        "taken": tuple(TakenFacts(**dated(taken)) for taken in line["taken"]),
                    }
                )
                for line in value["lines"]
            )
        )


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    window_days: int = 30

    @property
    def version(self) -> str:
        """The rule and its figures, as a decision record names them."""
        return f"{RULE}:{self.window_days}d"

    def last_day(self, parcel: ParcelFacts) -> date:
        """The last day on which the parcel's pieces may be returned."""
        if parcel.day is None or self.window_days > (date.max - parcel.day).days:
            return date.max
        return parcel.day + timedelta(days=self.window_days)


@dataclass(frozen=True, slots=True)
class Standing:
    """How many pieces of a line may be returned now, until when, and why not (all of) the others.

    ``until`` is the earliest last day of the available pieces; None when there is none or no known end.
    """

    available: int
    until: date | None = None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A decision. ``rule`` is what spoke: window, or why not: not_sent, on_its_way, going_back, returned,
    removed, window_over.
    """

    approved: bool
    rule: str
    reasons: tuple[str, ...]


def standing(line: LineFacts, policy: PolicyFacts, today: date) -> Standing:
    """What may be returned of ``line`` on ``today`` (a day in the store's zone)."""
    left = _without_taken(line, policy)
    may = [parcel for parcel in left if _is_open(parcel, policy, today)]
    bound = max(0, line.bought - sum(taken.quantity for taken in line.taken))
    available = min(sum(parcel.quantity for parcel in may), bound)
    all_of_it = 0 < bound == available
    why_not = "" if all_of_it else _why_not(_obstacle(line, left, policy, today), left, policy, today)
    ends = [policy.last_day(parcel) for parcel in may] if available else []
    until = min(ends, default=date.max)
    return Standing(available, None if until == date.max else until, why_not)


def decide(facts: ReturnFacts, policy: PolicyFacts, today: date) -> Verdict:
    """Whether all that is asked for may be returned on ``today``, with a sentence for each line."""
    against = list(_objections(facts, policy, today))
    if against:
        return Verdict(False, against[0][0], tuple(sentence for _rule, sentence in against))
    return Verdict(True, "window", tuple(_approval(line, policy, today) for line in facts.lines))


def _objections(facts: ReturnFacts, policy: PolicyFacts, today: date) -> Iterator[tuple[str, str]]:
    for line in facts.lines:
        now = standing(line, policy, today)
        if line.asked <= now.available:
            continue
        sentence = f"{line.title}: {now.why_not}"
        if now.available:
            only = ngettext(
                "Only %(count)d piece can be returned now.", "Only %(count)d pieces can be returned now.", now.available
            )
            sentence = f"{line.title}: {only % {'count': now.available}} {now.why_not}"
        yield _obstacle(line, _without_taken(line, policy), policy, today), sentence.strip()


def _approval(line: LineFacts, policy: PolicyFacts, today: date) -> str:
    until = standing(line, policy, today).until
    if until is None:
        return _("%(item)s: The day of delivery is not known, so the return is in time.") % {"item": line.title}
    return _("%(item)s: In time, it can be returned until %(day)s.") % {"item": line.title, "day": date_format(until)}


def _without_taken(line: LineFacts, policy: PolicyFacts) -> tuple[ParcelFacts, ...]:
    """The parcels less the pieces returned already.

    Which piece was returned is not known; it is taken to be one that could be returned on that day, the one with the
    earliest end first, because that leaves the customer the most.
    """
    left = sorted(line.parcels, key=lambda parcel: (parcel.arrival != Arrival.ARRIVED, policy.last_day(parcel)))
    for taken in sorted(line.taken, key=lambda taken: taken.day):
        in_time = [_was_open(parcel, policy, taken.day) for parcel in left]
        left = _take(left, taken.quantity, first=in_time)
    return tuple(parcel for parcel in left if parcel.quantity)


def _take(parcels: list[ParcelFacts], quantity: int, *, first: Iterable[bool]) -> list[ParcelFacts]:
    preferred = list(first)
    left = list(parcels)
    for place in sorted(range(len(left)), key=lambda place: not preferred[place]):
        less = min(quantity, left[place].quantity)
        left[place] = replace(left[place], quantity=left[place].quantity - less)
        quantity -= less
    return left


def _is_open(parcel: ParcelFacts, policy: PolicyFacts, day: date) -> bool:
    return parcel.arrival == Arrival.ARRIVED and day <= policy.last_day(parcel)


def _was_open(parcel: ParcelFacts, policy: PolicyFacts, day: date) -> bool:
    return _is_open(parcel, policy, day) and (parcel.day is None or parcel.day <= day)


def _obstacle(line: LineFacts, left: tuple[ParcelFacts, ...], policy: PolicyFacts, today: date) -> str:
    """What keeps the rest of a line from being returned, the most telling first."""
    if not line.bought:
        return "removed"
    if line.bought <= sum(taken.quantity for taken in line.taken):
        return "returned"
    for arrival in (Arrival.ON_ITS_WAY, Arrival.GOING_BACK):
        if any(parcel.arrival == arrival for parcel in left):
            return arrival.value
    if any(parcel.arrival == Arrival.ARRIVED and not _is_open(parcel, policy, today) for parcel in left):
        return "window_over"
    return Arrival.NOT_SENT.value


def _why_not(obstacle: str, left: tuple[ParcelFacts, ...], policy: PolicyFacts, today: date) -> str:
    if obstacle == "window_over":
        arrived = [policy.last_day(parcel) for parcel in left if parcel.arrival == Arrival.ARRIVED]
        last = max(day for day in arrived if day < today)
        return _("It could be returned until %(day)s.") % {"day": date_format(last)}
    return {
        "removed": _("It is no longer part of the order."),
        "returned": _("It is already in a return."),
        "on_its_way": _("It is still on its way. You can return it once it has arrived."),
        "going_back": _("Its parcel is on its way back to the shop."),
        "not_sent": _("It has not been sent yet. You can return it once it has arrived."),
    }[obstacle]
