"""What can be wrong with a parcel: rules as pure functions. Facts go in, findings come out.

A finding has a kind and an *episode*: the name of the stretch of time in which this trouble lasts. The same trouble is
the same episode however often it is found, so that it is shown to staff once.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fulfillment.statuses import FINAL, Direction, Reason, ShipmentStatus
from parcelwise.clock import after_working_hours, working_hours


class TroubleKind(TextChoices):
    SILENT = "silent", gettext_lazy("Silent")
    STUCK = "stuck", gettext_lazy("Stuck")
    LOOP = "loop", gettext_lazy("Going in circles")
    RETURNING = "returning", gettext_lazy("Coming back")
    DAMAGED = "damaged", gettext_lazy("Damaged")
    LOST = "lost", gettext_lazy("Lost")
    ADDRESS = "address", gettext_lazy("Address problem")
    NOT_HANDED_OVER = "not_handed_over", gettext_lazy("Never handed over")
    DISPUTED = "disputed", gettext_lazy("Delivered but disputed")
    LATE = "late", gettext_lazy("Expected late")


class Severity(IntegerChoices):
    LOW = 1, gettext_lazy("can wait")
    MEDIUM = 2, gettext_lazy("this week")
    HIGH = 3, gettext_lazy("today")


class Resolution(TextChoices):
    MOVED_ON = "moved_on", gettext_lazy("It moved on by itself")
    EXPLAINED = "explained", gettext_lazy("Another exception says why")
    SORTED_OUT = "sorted_out", gettext_lazy("Sorted out with the carrier")
    ADDRESS_MENDED = "address_mended", gettext_lazy("Address put right")
    REPLACED = "replaced", gettext_lazy("Sent again")
    REFUNDED = "refunded", gettext_lazy("Paid back")
    CLAIMED = "claimed", gettext_lazy("Claim with the carrier")
    ARRIVED = "arrived", gettext_lazy("It is there after all")
    NO_TROUBLE = "no_trouble", gettext_lazy("It was no trouble")
    OTHER = "other", gettext_lazy("Other")


#: There is at most one of these for a parcel, however the scans come.
ONCE = "once"
#: Working days (Sundays do not count) that a parcel may keep one status while scans or silence go on.
STUCK_DAYS: Mapping[str, float] = {
    ShipmentStatus.OUT_FOR_DELIVERY: 2,
    ShipmentStatus.DELIVERY_FAILED: 3,
    ShipmentStatus.DELIVERY_DELAYED: 5,
    ShipmentStatus.ON_HOLD: 3,
    ShipmentStatus.READY_FOR_PICKUP: 5,
    ShipmentStatus.IN_TRANSIT: 12,
}
BAD_ADDRESS = frozenset(
    {Reason.CARRIER_ADDRESS_NOT_FOUND, Reason.CONSIGNEE_INCORRECT_ADDRESS, Reason.RETAILER_INCORRECT_DATA}
)
LOST = frozenset({Reason.CARRIER_PARCEL_LOST, Reason.PARCEL_BEING_RESEARCHED})
#: Carriers rest on Sundays, shops on Saturdays too.
SUNDAYS, WEEKENDS = frozenset({6}), frozenset({5, 6})


@dataclass(frozen=True, slots=True)
class Sighting:
    """One scan, as far as rules look at it."""

    occurred_at: datetime
    status: str
    reason: str = ""
    code: str = ""
    location: str = ""
    source: str = "carrier"


@dataclass(frozen=True, slots=True)
class ParcelFacts:
    """What is known of a parcel at ``now``. ``sightings`` are in the order in which they happened.

    ``heard_until`` is the moment up to which its carrier would have told us of a scan (None: nobody listens).
    ``alarm_at`` is when silence since the last sighting becomes a signal, ``rarity`` the chance that a healthy parcel
    is silent for so long (None: not known). ``delay`` names the open delay episode.
    """

    now: datetime
    zone: ZoneInfo
    status: str
    direction: str = Direction.OUT.value
    carrier: str = ""
    tracking_number: str = ""
    reason: str = ""
    created_at: datetime | None = None
    handed_over_at: datetime | None = None
    sightings: Sequence[Sighting] = ()
    heard_until: datetime | None = None
    alarm_at: datetime | None = None
    rarity: float | None = None
    delay: str = ""
    delayed_since: datetime | None = None
    promise_over: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Working days until a label without a parcel, and until a status without a change, are trouble."""

    handover_days: float = 2.0
    stuck_days: Mapping[str, float] | None = None

    def stuck(self, status: str) -> float | None:
        return {**STUCK_DAYS, **(self.stuck_days or {})}.get(status)


@dataclass(frozen=True, slots=True)
class Finding:
    """Trouble: since when, how urgent, and why in a sentence for staff.

    ``evidence_at`` is the last scan that says so, where scans say it: one that is later than what staff resolved is new
    evidence. None: time alone says it.
    """

    kind: TroubleKind
    episode: str
    severity: Severity
    since: datetime
    why: str
    evidence_at: datetime | None = None


def findings(facts: ParcelFacts, limits: Limits) -> list[Finding]:
    """Everything that is wrong with the parcel. What another finding explains is left out."""
    if facts.status in FINAL:
        # What was broken on the way has arrived broken, whatever the last scan says.
        return [each for rule in LASTING if facts.status != ShipmentStatus.CANCELLED and (each := rule(facts, limits))]
    found = [finding for rule in RULES if (finding := rule(facts, limits))]
    kinds = {finding.kind for finding in found}
    explained = {kind for kind, by in EXPLAINED_BY.items() if by & kinds}
    return [finding for finding in found if finding.kind not in explained]


def silent(facts: ParcelFacts, limits: Limits) -> Finding | None:
    """No scan for longer than hardly any healthy parcel of this carrier and stage."""
    heard, last = facts.heard_until, _last(facts)
    if heard is None or facts.alarm_at is None or last is None or heard < facts.alarm_at:
        return None
    hours = round(working_hours(last.occurred_at, heard, facts.zone, ()))
    words = {"carrier": facts.carrier.upper(), "status": ShipmentStatus(last.status).label, "hours": hours}
    why = _("No scan by %(carrier)s for %(hours)d hours, since “%(status)s”.") % words
    if facts.rarity is not None:
        why += " " + _("Of healthy parcels there, fewer than 1 in %(n)d are silent for so long.") % {
            "n": min(_rounded(1 / max(facts.rarity, 1e-6)), 10_000)
        }
    severity = Severity.HIGH if facts.promise_over else Severity.MEDIUM
    return Finding(TroubleKind.SILENT, _moment(last.occurred_at), severity, last.occurred_at, why)


def is_silence_of(episode: str, facts: ParcelFacts) -> bool:
    """Whether the parcel is silent still since the scan that names ``episode``."""
    last = _last(facts)
    return last is not None and facts.status not in FINAL and _moment(last.occurred_at) == episode


def stuck(facts: ParcelFacts, limits: Limits) -> Finding | None:
    """The same status for days."""
    days = limits.stuck(facts.status)
    run = _run(facts.sightings, lambda sighting: sighting.status == facts.status)
    if days is None or run is None:
        return None
    since, number = run
    if after_working_hours(since, 24 * days, facts.zone, SUNDAYS) > facts.now:
        return None
    why = _("“%(status)s” since %(day)s, which is longer than %(days)g working days.") % {
        "status": ShipmentStatus(facts.status).label,
        "day": f"{since.astimezone(facts.zone):%Y-%m-%d}",
        "days": days,
    }
    severity = Severity.LOW if facts.status == ShipmentStatus.READY_FOR_PICKUP else Severity.MEDIUM
    return Finding(TroubleKind.STUCK, f"{facts.status}:{number}", severity, since, why)


def loop(facts: ParcelFacts, limits: Limits) -> Finding | None:
    """The same way between two places for the second time."""
    stops: list[Sighting] = []
    for sighting in facts.sightings:
        place = _place(sighting)
        if sighting.status in _TRAVELS and place and (not stops or _place(stops[-1]) != place):
            stops.append(sighting)
    if facts.status not in _TRAVELS:
        return None
    trips: dict[tuple[str, str], list[tuple[Sighting, Sighting]]] = defaultdict(list)
    for start, end in pairwise(stops):
        trips[_place(start), _place(end)].append((start, end))
    for way, made in trips.items():
        if len(made) > 1 and _place(stops[-1]) in way:
            start, end = made[1]
            why = _("It went from %(start)s to %(end)s more than once.") % {
                "start": start.location,
                "end": end.location,
            }
            name = hashlib.sha256("\x1f".join(way).encode()).hexdigest()[:16]
            return Finding(TroubleKind.LOOP, name, Severity.MEDIUM, end.occurred_at, why, made[-1][1].occurred_at)
    return None


def returning(facts: ParcelFacts, limits: Limits) -> Finding | None:
    """On its way back to the shop, and not there yet."""
    back = next((each for each in facts.sightings if each.status == ShipmentStatus.RETURN_TO_SENDER), None)
    if facts.direction != Direction.OUT or facts.status != ShipmentStatus.RETURN_TO_SENDER or back is None:
        return None
    if any(each.status == ShipmentStatus.DELIVERED and each.occurred_at > back.occurred_at for each in facts.sightings):
        return None  # “delivered” after this means: at the sender's
    why = _("It is on its way back to the shop since %(day)s.") % {
        "day": f"{back.occurred_at.astimezone(facts.zone):%Y-%m-%d}"
    }
    return Finding(TroubleKind.RETURNING, ONCE, Severity.MEDIUM, back.occurred_at, why)


def damaged(facts: ParcelFacts, limits: Limits) -> Finding | None:
    seen = [each.occurred_at for each in facts.sightings if each.reason == Reason.CARRIER_DAMAGED_PARCEL]
    if not seen:
        return None
    why = _("%(carrier)s says that the parcel is damaged.") % {"carrier": facts.carrier.upper()}
    return Finding(TroubleKind.DAMAGED, ONCE, Severity.HIGH, seen[0], why, seen[-1])


def lost(facts: ParcelFacts, limits: Limits) -> Finding | None:
    run = _run(facts.sightings, lambda sighting: sighting.reason in LOST)
    if facts.reason not in LOST or run is None:
        return None
    why = _("%(carrier)s says: %(reason)s.") % {"carrier": facts.carrier.upper(), "reason": Reason(facts.reason).label}
    return Finding(TroubleKind.LOST, f"{run[1]}", Severity.HIGH, run[0], why, _said_last(facts, LOST))


def address(facts: ParcelFacts, limits: Limits) -> Finding | None:
    run = _run(facts.sightings, lambda sighting: sighting.reason in BAD_ADDRESS)
    if facts.reason not in BAD_ADDRESS or run is None:
        return None
    why = _("%(carrier)s says: %(reason)s.") % {"carrier": facts.carrier.upper(), "reason": Reason(facts.reason).label}
    return Finding(TroubleKind.ADDRESS, f"{run[1]}", Severity.HIGH, run[0], why, _said_last(facts, BAD_ADDRESS))


def not_handed_over(facts: ParcelFacts, limits: Limits) -> Finding | None:
    """A label, and no carrier that has seen the parcel."""
    if facts.direction != Direction.OUT or facts.handed_over_at or not facts.tracking_number:
        return None
    if facts.status not in (ShipmentStatus.PENDING, ShipmentStatus.UNKNOWN) or facts.created_at is None:
        return None
    if after_working_hours(facts.created_at, 24 * limits.handover_days, facts.zone, WEEKENDS) > facts.now:
        return None
    why = _("The label was made on %(day)s, and %(carrier)s has not seen the parcel.") % {
        "day": f"{facts.created_at.astimezone(facts.zone):%Y-%m-%d}",
        "carrier": facts.carrier.upper() or _("no carrier"),
    }
    severity = Severity.HIGH if facts.promise_over else Severity.MEDIUM
    return Finding(TroubleKind.NOT_HANDED_OVER, ONCE, severity, facts.created_at, why)


def late(facts: ParcelFacts, limits: Limits) -> Finding | None:
    """A delay episode is open: the promise will probably be missed."""
    if not facts.delay or facts.direction != Direction.OUT:
        return None
    over = facts.promise_over
    why = _("The promised day is over.") if over else _("It will probably come after the promised day.")
    severity = Severity.MEDIUM if over else Severity.LOW
    return Finding(TroubleKind.LATE, facts.delay, severity, facts.delayed_since or facts.now, why)


Rule = Callable[[ParcelFacts, Limits], Finding | None]
RULES: tuple[Rule, ...] = (silent, stuck, loop, returning, damaged, lost, address, not_handed_over, late)
#: What is not over when the parcel has arrived, here or back at the shop.
LASTING: tuple[Rule, ...] = (damaged,)

#: A parcel that stands still for a known reason is not silent or stuck as well.
_KNOWN_REASON = frozenset({TroubleKind.LOST, TroubleKind.ADDRESS, TroubleKind.RETURNING})
EXPLAINED_BY: Mapping[TroubleKind, frozenset[TroubleKind]] = {
    TroubleKind.SILENT: _KNOWN_REASON | {TroubleKind.STUCK},
    TroubleKind.STUCK: _KNOWN_REASON,
}

_TRAVELS = frozenset({ShipmentStatus.PICKED_UP, ShipmentStatus.IN_TRANSIT, ShipmentStatus.DELIVERY_DELAYED})


def what_to_do(kind: str, carrier: str) -> str:
    """What staff can do about it, in a sentence."""
    name = carrier.upper() or _("the carrier")
    said = {
        TroubleKind.SILENT: _("Ask %(carrier)s to look for the parcel; tell the customer before they ask."),
        TroubleKind.STUCK: _("Ask %(carrier)s what it waits for. At a pickup point: remind the customer."),
        TroubleKind.LOOP: _("Tell %(carrier)s that the parcel goes in circles; the label may be misread."),
        TroubleKind.RETURNING: _(
            "Find out why from the scans; ask the customer whether to send it again or to pay back."
        ),
        TroubleKind.DAMAGED: _("Offer the customer a new one, and claim the damage from %(carrier)s in time."),
        TroubleKind.LOST: _("Send it again or pay back, and claim the loss from %(carrier)s."),
        TroubleKind.ADDRESS: _("Ask the customer for the right address and give it to %(carrier)s."),
        TroubleKind.NOT_HANDED_OVER: _("Look whether the parcel still stands in the shop; if not, ask %(carrier)s."),
        TroubleKind.DISPUTED: _("Ask %(carrier)s for the proof of delivery; ask neighbours and the household."),
        TroubleKind.LATE: _("Nothing, if the customer was told. A new one by express if it is urgent."),
    }
    return said[TroubleKind(kind)] % {"carrier": name}


def _said_last(facts: ParcelFacts, reasons: frozenset[Reason]) -> datetime:
    return max(each.occurred_at for each in facts.sightings if each.reason in reasons)


def _last(facts: ParcelFacts) -> Sighting | None:
    return facts.sightings[-1] if facts.sightings else None


def _run(sightings: Sequence[Sighting], belongs: Callable[[Sighting], bool]) -> tuple[datetime, int] | None:
    """When the run of sightings that belong together began, and its number; None when the last one does not belong.

    Sightings that say nothing of the way do not end a run. The number names the run: a scan that comes in late may move
    its beginning.
    """
    since, number = None, 0
    for sighting in sightings:
        if belongs(sighting):
            number += since is None
            since = since or sighting.occurred_at
        elif sighting.status not in (ShipmentStatus.UNKNOWN, ShipmentStatus.PENDING):
            since = None
    return (since, number) if since else None


def _place(sighting: Sighting) -> str:
    return " ".join(sighting.location.casefold().split())


def _moment(at: datetime) -> str:
    return at.astimezone(ZoneInfo("UTC")).isoformat(timespec="seconds")


def _rounded(number: float) -> int:
    """To one figure, downwards: 1,734 is 1,000."""
    step = int(10 ** (len(str(int(number))) - 1))
    return int(number) // step * step
