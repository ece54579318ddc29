"""What of a carrier's answer is taken into a parcel, and what is kept for staff instead.

An answer is somebody else's text: it may be of another parcel, of another century, of a hundred thousand lines, or of
letters that no data base takes. Whatever one scan is like, the others are taken.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from fulfillment.facts import Scan, TrackingUpdate
from fulfillment.fold import fingerprint
from fulfillment.models import Shipment
from fulfillment.statuses import Direction, Reason, ShipmentStatus
from parcelwise.models import Problem
from parcelwise.panels import reference
from parcelwise.storable import storable, storable_json

#: Scans so long before the order belong to an earlier parcel with the same, recycled number.
RECYCLED = timedelta(days=3)
#: The same for a return, whose parcel begins with its approval: no more than two clocks and a zone may differ by.
RECYCLED_BACK = timedelta(days=1)
#: A scan further ahead than any time zone can explain is a fault of the carrier's clock.
FUTURE = timedelta(hours=36)
#: The furthest day that a carrier can promise; none is a year on its way.
FURTHEST = timedelta(days=366)
#: Scans that one parcel may have. Real ones have dozens.
MOST_SCANS = 500
#: Open problems that the scans of one parcel may make.
MOST_PROBLEMS = 10
#: Letters of a scan's raw input that are kept.
RAW_LIMIT = 10_000
#: Embeddings, overrides and isolates of Unicode's bidirectional algorithm; words of Hebrew and Arabic need none.
_TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


@dataclass(frozen=True, slots=True)
class Refused:
    """A scan that is not taken: why, in a sentence, and what it was."""

    key: str
    sentence: str
    raw: str


def taken(shipment: Shipment, update: TrackingUpdate, now: datetime) -> list[Scan]:
    """The scans of ``update`` that can be of this parcel, newest first. The others become problems for staff."""
    found: list[Scan] = []
    refused = list(_unreadable(shipment, update))
    for scan in map(_cleaned, update.scans):
        if why := _why_not(shipment, scan, now):
            refused.append(_refused(shipment, scan, why))
        else:
            found.append(scan)
    _note(shipment, refused)
    return sorted(found, key=lambda scan: scan.occurred_at, reverse=True)


def within_limit(shipment: Shipment, fresh: Sequence[Scan], known: int) -> Sequence[Scan]:
    """As many of ``fresh`` as the parcel has room for beside the ``known`` ones; staff hear when it has not."""
    room = max(MOST_SCANS - known, 0)
    if len(fresh) > room:
        sentence = f"Parcel {shipment.tracking_number} has more than {MOST_SCANS} scans; the others are left out."
        _note(shipment, [Refused("many", sentence, "")])
    return fresh[:room]


def estimate_of(shipment: Shipment, update: TrackingUpdate, now: datetime) -> date | None:
    """The carrier's own estimate, if it is a day on which a parcel can come."""
    day = update.estimated_delivery
    if day is None:
        return None
    first, last = (shipment.order.placed_at - RECYCLED).date(), (now + FURTHEST).date()
    return day if first <= day <= last else None


def _cleaned(scan: Scan) -> Scan:
    """The scan as every data base takes it. A status or reason that is none of ours is unknown, not an error."""
    return replace(
        scan,
        status=scan.status if scan.status in ShipmentStatus.values else ShipmentStatus.UNKNOWN.value,
        reason=scan.reason if scan.reason in Reason.values else "",
        description=_words(scan.description),
        code=_words(scan.code),
        location=_words(scan.location),
        local_time=_words(scan.local_time),
        latitude=_finite(scan.latitude),
        longitude=_finite(scan.longitude),
        raw=_short(scan.raw),
    )


def _words(text: str) -> str:
    """As a data base takes it, and without the marks that turn what stands around it the other way round."""
    return storable(text).translate(_TURNS)


def _finite(degrees: float | None) -> float | None:
    return degrees if degrees is not None and math.isfinite(degrees) else None


def _short(raw: Any) -> dict[str, Any]:
    """The raw input as JSON that every data base takes; the beginning of its text when it is too long."""
    try:
        text = json.dumps(kept := storable_json(dict(raw)), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        return {"text": storable(repr(raw))[:RAW_LIMIT]}
    except RecursionError:
        return {"text": "nested too deeply to be kept"}
    return kept if len(text) <= RAW_LIMIT else {"text": text[:RAW_LIMIT]}


def _why_not(shipment: Shipment, scan: Scan, now: datetime) -> str:
    """Why the scan cannot be of this parcel, or nothing."""
    if scan.occurred_at > now + FUTURE:
        return f"reports a scan in the future ({scan.occurred_at:%Y-%m-%d %H:%M})"
    if shipment.direction == Direction.BACK:
        began, before = shipment.created_at - RECYCLED_BACK, "the return"
    else:
        began, before = shipment.order.placed_at - RECYCLED, "the order"
    if scan.occurred_at < began:
        day = f"{scan.occurred_at:%Y-%m-%d}"
        return f"reports a scan from before {before} ({day}); the number was probably used before"
    return ""


def _refused(shipment: Shipment, scan: Scan, why: str) -> Refused:
    carrier = shipment.carrier.upper() or "A carrier"
    sentence = f"{carrier} {why}. It is left out of parcel {shipment.tracking_number}."
    return Refused(fingerprint(scan)[:16], sentence, str(dict(scan.raw) or scan))


def _unreadable(shipment: Shipment, update: TrackingUpdate) -> Iterator[Refused]:
    for raw, why in update.unreadable:
        key = hashlib.sha256(storable(raw).encode()).hexdigest()[:16]
        yield Refused(key, f"One scan of parcel {shipment.tracking_number} could not be read: {why}", raw)


def _note(shipment: Shipment, refused: Sequence[Refused]) -> None:
    """A problem for each, up to a number; then one for all others."""
    if not refused:
        return
    noted = Problem.objects.filter(kind="scan", key__startswith=f"{shipment.pk}:", solved_at=None)
    keys = set(noted.values_list("key", flat=True))
    for number, one in enumerate(refused):
        key, sentence = f"{shipment.pk}:{one.key}", one.sentence
        is_over = key not in keys and len(keys) >= MOST_PROBLEMS
        if is_over:
            key, left = f"{shipment.pk}:more", len(refused) - number
            sentence = f"{left} more scans of parcel {shipment.tracking_number} make no sense and are not kept."
        Problem.objects.note("scan", key, sentence, subject=reference(shipment.order), raw=one.raw)
        if is_over:
            return
        keys.add(key)


def note_unknown(shipment: Shipment, fresh: Sequence[Scan]) -> None:
    """Codes that we do not know, for staff: each once, however many parcels bring it."""
    unknown = {f"{scan.code or scan.description[:60]}": scan for scan in fresh if scan.status == ShipmentStatus.UNKNOWN}
    for name, scan in list(unknown.items())[:MOST_PROBLEMS]:
        Problem.objects.note(
            "status",
            f"{shipment.carrier}:{name}",
            f"{shipment.carrier.upper()} uses a code we do not know: “{scan.code}” ({scan.description}).",
            subject=reference(shipment.order),
            raw=str(scan.raw),
        )
