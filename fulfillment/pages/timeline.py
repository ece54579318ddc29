"""A parcel's scans as people read them: newest first, by day, in the time of the place, without guessed hours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby, zip_longest
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

from fulfillment.models import TrackingEvent
from fulfillment.statuses import Reason, ShipmentStatus
from parcelwise.clock import day_pattern

#: Scans shown before "earlier" is folded away.
SHOWN = 6
#: Minutes by which a time may be off before it is called “about”.
ABOUT = 15

_ICON = {
    ShipmentStatus.PENDING: "box",
    ShipmentStatus.PICKED_UP: "truck",
    ShipmentStatus.IN_TRANSIT: "truck",
    ShipmentStatus.OUT_FOR_DELIVERY: "truck",
    ShipmentStatus.READY_FOR_PICKUP: "pin",
    ShipmentStatus.DELIVERED: "check",
    ShipmentStatus.DELIVERY_DELAYED: "clock",
    ShipmentStatus.DELIVERY_FAILED: "door",
    ShipmentStatus.ON_HOLD: "pause",
    ShipmentStatus.RETURN_TO_SENDER: "back",
    ShipmentStatus.CANCELLED: "cross",
    ShipmentStatus.UNKNOWN: "question",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One scan. ``time`` is empty when only the day is known, and says “about” when it may be off by a quarter of an
    hour or more; ``zone`` is named when it is not the reader's.

    ``is_step``: the status changed with it.
    """

    day: date
    time: str
    zone: str
    words: str
    detail: str
    place: str
    icon: str
    is_step: bool


@dataclass(frozen=True, slots=True)
class Day:
    name: str
    entries: Sequence[Entry]


@dataclass(frozen=True, slots=True)
class Timeline:
    """``recent`` is shown, ``earlier`` is folded away."""

    recent: Sequence[Day] = ()
    earlier: Sequence[Day] = ()
    earlier_count: int = 0


def timeline(events: Sequence[TrackingEvent], zone: ZoneInfo, today: date) -> Timeline:
    """``events``, newest first, for a reader in ``zone``."""
    told = list(entries(events, zone))
    if len(told) <= SHOWN + 2:
        return Timeline(by_day(told, today))
    return Timeline(by_day(told[:SHOWN], today), by_day(told[SHOWN:], today), len(told) - SHOWN)


def wall_clock(event: TrackingEvent, zone: ZoneInfo) -> tuple[datetime, str]:
    """The time on the clock where it happened, and that clock's name when it differs from the reader's.

    Carriers write local times, some with an offset. Where the place's clock is not known, the reader's is used.
    """
    theirs = event.occurred_at.astimezone(zone)
    local = _written(event.local_time)
    if local is None:
        return theirs, ""
    offset = local.replace(tzinfo=UTC) - event.occurred_at
    off_by = abs(local - theirs.replace(tzinfo=None))
    # What is no offset of any place (a rounded or edited time) is not a clock to name.
    if off_by < timedelta(minutes=1) or abs(offset) > timedelta(hours=15) or offset.total_seconds() % 900:
        return theirs, ""
    return local, _offset_name(offset)


def is_hour_known(event: TrackingEvent) -> bool:
    return event.zone in ("given", "inferred")


def clock_words(event: TrackingEvent, moment: datetime) -> str:
    """``14:05``, or ``about 14:05`` where the carrier's time may be off."""
    clock = time_format(moment.time(), "H:i")
    return _("about %(time)s") % {"time": clock} if event.uncertain_minutes >= ABOUT else clock


def day_name(day: date, today: date) -> str:
    """``Today``, ``Yesterday`` or ``Monday 3 November``."""
    if day == today:
        return _("Today")
    if day == today - timedelta(days=1):
        return _("Yesterday")
    return date_format(day, day_pattern(weekday="l", month="F", year=day.year != today.year))


def entries(events: Sequence[TrackingEvent], zone: ZoneInfo) -> Iterator[Entry]:
    """One for each of ``events``, in their order (newest first)."""
    for event, older in zip_longest(events, events[1:]):
        label = str(ShipmentStatus(event.status).label)
        # Of our own couriers the words are ours, in the reader's language.
        theirs = event.description.strip()
        if theirs and event.source == "gps":
            theirs = translation.gettext(theirs)
        is_step = event.status != ShipmentStatus.UNKNOWN and (older is None or older.status != event.status)
        # A step is told in our words with the carrier's below; what lies between is told in the carrier's alone.
        words = label if is_step or not theirs else theirs
        detail = theirs if words.casefold() != theirs.casefold() else ""
        if not detail and event.reason and event.reason != Reason.UNKNOWN:
            detail = str(Reason(event.reason).label)
        moment, zone_name = wall_clock(event, zone)
        if not is_hour_known(event):
            moment = _written(event.local_time) or moment
        yield Entry(
            day=moment.date(),
            time=clock_words(event, moment) if is_hour_known(event) else "",
            zone=zone_name if is_hour_known(event) else "",
            words=words,
            detail=detail,
            place=event.location.strip(),
            icon=_ICON.get(ShipmentStatus(event.status), "box"),
            is_step=is_step,
        )


def by_day(told: Iterable[Entry], today: date) -> list[Day]:
    return [Day(day_name(day, today), list(group)) for day, group in groupby(told, key=lambda entry: entry.day)]


def _written(text: str) -> datetime | None:
    """The clock time in a carrier's own words, without its offset; None when they are no ISO time."""
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        return None


def _offset_name(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    sign, minutes = ("−" if minutes < 0 else "+"), abs(minutes)
    hours, rest = divmod(minutes, 60)
    if not minutes:
        return "UTC"
    return f"UTC{sign}{hours}:{rest:02d}" if rest else f"UTC{sign}{hours}"
