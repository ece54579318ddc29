"""One story from the scans of several carriers: pure, from the set of a parcel's events and its further numbers.

A parcel that is handed over has two numbers, and both carriers go on talking. What the first one says of the end is
about its own part: "delivered" means delivered to the partner. And what it repeats later of the last mile is an echo.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from fulfillment.statuses import MOVING, NumberRole, Reason, ShipmentStatus

#: Words with which a carrier says that somebody else has the parcel now.
_HANDED_OVER = re.compile(
    r"\b(deliver(ed|y)|transfer(red)?|tendered|handed( over)?|released|turned over|given)\b.{0,20}?\bto\b.{0,20}?"
    r"\b(agent|post ?office|postal|usps|partner|carrier|courier|last[- ]mile|delivery (service|unit|company)|hub)\b"
    r"|\ban\b.{0,30}(partner|zusteller|post(filiale)?|spediteur)\b.{0,20}übergeben",
    re.IGNORECASE,
)
#: Those of them that leave no doubt also where no partner is known; an agent may be the one who keeps the door.
_TO_A_PARTNER = re.compile(
    r"\b(delivered|transferred|tendered|handed over|released)\b.{0,20}?\bto\b.{0,20}?"
    r"\b(post ?office(?! box)|postal service|usps|partner|last[- ]mile|delivery service)\b"
    r"|\ban\b.{0,30}zustellpartner\b.{0,20}übergeben",
    re.IGNORECASE,
)
#: News of an earlier carrier that holds whatever the last one says: the end of the way to the customer.
_STANDS = frozenset({ShipmentStatus.RETURN_TO_SENDER, ShipmentStatus.CANCELLED})
_STANDS_BY_REASON = frozenset({Reason.CARRIER_PARCEL_LOST, Reason.CARRIER_DAMAGED_PARCEL})

#: ``TrackingEvent.source`` of what carriers report.
_CARRIER = "carrier"


class LegEvent(Protocol):
    """What is needed of an event; a TrackingEvent row has it. ``leg_id`` is None under the store's own number."""

    occurred_at: datetime
    status: str
    reason: str
    fingerprint: str
    description: str
    source: str
    leg_id: int | None


class Leg(Protocol):
    """What is needed of a further number; a ShipmentNumber row has it."""

    pk: int
    role: str
    is_followed: bool


@dataclass(slots=True)
class Meant:
    """An event as the fold takes it. ``is_echo``: it repeats what the carrier of the last leg says itself."""

    occurred_at: datetime
    status: str
    reason: str
    fingerprint: str
    is_echo: bool = False


def last_of(legs: Iterable[Leg]) -> Leg | None:
    """The leg that ends at the customer; None: the store's own number."""
    return max((leg for leg in legs if leg.role == NumberRole.LAST_MILE), key=lambda leg: leg.pk, default=None)


def in_one(events: Iterable[LegEvent], legs: Sequence[Leg]) -> list[Meant]:
    """What ``events`` mean for the parcel as a whole; any order of them gives the same."""
    told = list(events)
    if not legs:
        return [_meant_alone(each) for each in told]
    last = last_of(legs)
    earlier = _earlier(legs, last)
    at_end = [each for each in told if _key(each) not in earlier and each.source == _CARRIER]
    took_over = min((each.occurred_at for each in at_end if _shows_it(each)), default=None)
    return [_meant(each, last, took_over) if _is_of(each, earlier) else _as_it_is(each) for each in told]


def told_once(events: Sequence[Any], legs: Sequence[Leg]) -> list[Any]:
    """The rows of ``events`` as people read them: without echoes, and a hand-over is no delivery. Nothing is saved."""
    shown = []
    for event, meant in zip(events, in_one(events, legs), strict=True):
        if meant.is_echo:
            continue
        event.status, event.reason = meant.status, meant.reason
        shown.append(event)
    return shown


def is_hand_over(words: str) -> bool:
    """Whether a carrier's words say that another one has the parcel now."""
    return bool(_HANDED_OVER.search(words))


def _earlier(legs: Sequence[Leg], last: Leg | None) -> set[int | None]:
    """Keys of the numbers under which the parcel went before its last leg; None is the store's own."""
    first = {leg.pk for leg in legs if leg.role == NumberRole.FIRST_MILE}
    if last is None:
        return {*first}
    return {None, *first, *(leg.pk for leg in legs if leg.role == NumberRole.LAST_MILE and leg.pk != last.pk)}


def _key(event: LegEvent) -> int | None:
    return event.leg_id


def _is_of(event: LegEvent, earlier: set[int | None]) -> bool:
    return event.source == _CARRIER and event.leg_id in earlier


def _shows_it(event: LegEvent) -> bool:
    """Whether the event shows that its carrier has the parcel."""
    return event.status in MOVING or event.status == ShipmentStatus.DELIVERED


def _as_it_is(event: LegEvent) -> Meant:
    return Meant(event.occurred_at, event.status, event.reason, event.fingerprint)


def goes_on(event: LegEvent) -> bool:
    """Whether the event is a "delivered" that only says that a partner has the parcel."""
    is_end = event.status == ShipmentStatus.DELIVERED and event.source == _CARRIER
    return is_end and bool(_TO_A_PARTNER.search(event.description))


def _meant_alone(event: LegEvent) -> Meant:
    """What an event means of a parcel of which no other number is known."""
    if goes_on(event):
        return Meant(event.occurred_at, ShipmentStatus.IN_TRANSIT, "", event.fingerprint)
    return _as_it_is(event)


def _meant(event: LegEvent, last: Leg | None, took_over: datetime | None) -> Meant:
    """What an event of an earlier leg means."""
    status, reason = ShipmentStatus(event.status), event.reason
    if status in _STANDS or reason in _STANDS_BY_REASON:
        return _as_it_is(event)
    is_end = status in (ShipmentStatus.DELIVERED, ShipmentStatus.READY_FOR_PICKUP)
    # Where nobody else is asked, the first carrier's word is the only one; unless it says itself that it handed over.
    is_other = last is None or last.is_followed or took_over is not None
    if took_over is not None and event.occurred_at >= took_over:
        # The last leg speaks for itself. As UNKNOWN it decides nothing and is still news.
        return Meant(event.occurred_at, ShipmentStatus.UNKNOWN, "", event.fingerprint, is_echo=True)
    if is_end and (is_other or is_hand_over(event.description)):
        return Meant(event.occurred_at, ShipmentStatus.IN_TRANSIT, "", event.fingerprint)
    return _as_it_is(event)
