"""What was refused at a door: counted in memory, told to staff now and then. So no forger fills the tables."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Protocol

from django.utils import timezone

from fulfillment.models import CarrierAccount, Store
from fulfillment.services.intake.senders import Sender
from parcelwise.models import Problem
from parcelwise.panels import reference

#: Seconds between two notes about one store from one process.
BETWEEN_NOTES = 60.0


class Named(Protocol):
    """A store, as far as it is named."""

    @property
    def pk(self) -> Any: ...
    @property
    def slug(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Door:
    """Where something is let in. ``told`` is for staff: of the store's ``name``, ``since`` when, and how ``many``."""

    key: str
    told: str


DELIVERIES = Door(
    "refused",
    "Deliveries to {name} were refused since {since}: {many}. If the store sent them, the secret stored here is not "
    "the one it signs with.",
)
PUSHES = Door(
    "refused",
    "Pushes to the carrier account {name} were refused since {since}: {many}. If the carrier sent them, the "
    "“hook_secret” stored here is not the one it signs with.",
)


@dataclass(slots=True)
class _Tally:
    reasons: Counter[str] = field(default_factory=Counter)
    since: str = ""
    noted_at: float = -BETWEEN_NOTES
    is_open: bool = False


_lock = threading.Lock()
_tallies: dict[tuple[str, str], _Tally] = {}


def count(sender: Named, reason: str, door: Door = DELIVERIES) -> None:
    """One more that was refused for ``reason``, of which there are few: none has anything that came with it."""
    with _lock:
        tally = _tallies.setdefault((sender.slug, door.key), _Tally())
        if not tally.reasons:
            tally.since = f"{timezone.now():%H:%M:%S} UTC"
        tally.reasons[reason] += 1


def is_due(sender: Named, door: Door = DELIVERIES) -> bool:
    """Whether there is something to tell and the last time is long enough ago."""
    tally = _tallies.get((sender.slug, door.key))
    return bool(tally and tally.reasons and time.monotonic() - tally.noted_at >= BETWEEN_NOTES)


def is_told(sender: Named, door: Door = DELIVERIES) -> bool:
    """Whether this process has an open note about the store."""
    tally = _tallies.get((sender.slug, door.key))
    return bool(tally and tally.is_open)


def tell(sender: Named, door: Door = DELIVERIES) -> None:
    """Note for staff what was refused since the last note."""
    with _lock:
        tally = _tallies[sender.slug, door.key]
        reasons, since = tally.reasons, tally.since
        tally.reasons, tally.noted_at, tally.is_open = Counter(), time.monotonic(), True
    many = ", ".join(f"{times} × {reason}" for reason, times in reasons.most_common())
    told, about = (PUSHES.told, CarrierAccount) if _is_account(sender) else (door.told, Store)
    Problem.objects.note(
        _kind(sender),
        _key(sender, door),
        told.format(name=sender.name, since=since, many=many),
        subject=reference(about(pk=sender.pk)),
    )


def close(sender: Named, door: Door = DELIVERIES) -> None:
    """What comes from the store is let in: what was noted by this process is over."""
    tally = _tallies.get((sender.slug, door.key))
    if tally and tally.is_open:
        tally.is_open = False
        Problem.objects.solve(_kind(sender), _key(sender, door))


def _is_account(sender: Named) -> bool:
    return isinstance(sender, Sender) and sender.column == "account"


def _kind(sender: Named) -> str:
    return "carrier" if _is_account(sender) else "store"


def _key(sender: Named, door: Door) -> str:
    return f"{sender.slug}:{door.key}"
