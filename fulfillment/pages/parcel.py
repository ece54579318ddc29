"""One parcel as its customer sees it, put together from rows that were read before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

from fulfillment.carriers.links import tracking_page, web_address
from fulfillment.facts import Receipt
from fulfillment.maps import SCAN, Map, Spot, draw, is_on_earth, tiles_of_settings
from fulfillment.models import Forecast, Shipment, ShipmentException, TrackingEvent
from fulfillment.pages.answer import answer
from fulfillment.pages.courier_view import CourierView
from fulfillment.pages.known import Answer, Known, open_window, step_words
from fulfillment.pages.timeline import Timeline, clock_words, is_hour_known, timeline, wall_clock
from fulfillment.pages.to_do import ToDo, to_do
from fulfillment.pages.whereabouts import number_before, number_now
from fulfillment.services.courier_runs import OURS
from fulfillment.statuses import FINAL, MOVING, ShipmentStatus
from fulfillment.telling import carrier_name
from fulfillment.windows import Window, window_of
from parcelwise.clock import day_of, day_pattern
from parcelwise.jobs import OPEN

#: Hours after which what we know of a moving parcel is marked with its time.
STALE_HOURS = 12
#: Of these no day is told.
WINDOWLESS = FINAL | {ShipmentStatus.READY_FOR_PICKUP, ShipmentStatus.ON_HOLD, ShipmentStatus.RETURN_TO_SENDER}
#: Days in the strip under the headline; longer windows have none.
STRIP_DAYS = 9


@dataclass(frozen=True, slots=True)
class Step:
    word: str
    state: str  # done, now or ahead


@dataclass(frozen=True, slots=True)
class StripDay:
    """One day of the strip: inside the window or beside it, the likeliest, today."""

    day: date
    is_inside: bool
    is_likely: bool
    is_today: bool


@dataclass(frozen=True, slots=True)
class ShownProof:
    """What the shop's own courier took down at the door. ``picture`` is an address, empty for words alone."""

    kind: str
    words: str = ""
    place: str = ""
    picture: str = ""


class ParcelView:
    """One parcel on a page. ``shipment`` comes from :mod:`fulfillment.queries` with what is prefetched there."""

    #: Address of the page for who does not have it; set where there is such a page.
    missing_url = ""
    #: The shop's own courier on the way with it (``fulfillment.pages.courier``); on the order's own page only.
    courier: CourierView | None = None
    #: Numbers of the parcels on this page that bring its contents again, and whose contents it brings; 0: none.
    again_in = again_of = 0
    #: What the shop's own courier took down at the door; set for the order's own page.
    proofs: Sequence[ShownProof] = ()
    #: Numbers of the same customer's other orders in the same box.
    also_holds: Sequence[str] = ()

    def __init__(self, shipment: Shipment, zone: ZoneInfo, now: datetime, number: int = 1) -> None:
        self.shipment, self.zone, self.now, self.number = shipment, zone, now, number

    @cached_property
    def known(self) -> Known:
        shipment, last = self.shipment, self._last_scan
        delivered = shipment.delivered_at
        return Known(
            status=shipment.status,
            today=day_of(self.now, self.zone),
            carrier=self.carrier,
            reason=shipment.reason,
            window=self.window,
            promised_on=shipment.promised_on,
            carrier_estimate=shipment.carrier_estimate,
            seen_on=self._seen_on,
            seen_at_place=self._place(last),
            announced_on=day_of(shipment.created_at, self.zone),
            handed_over=shipment.handed_over_at is not None,
            attempted_on=shipment.attempted_on,
            delivered_on=shipment.delivered_on or (day_of(delivered, self.zone) if delivered else None),
            delivered_time=self._delivered_time,
            is_late=bool(shipment.open_delay),  # type: ignore[attr-defined]
            is_asked=self._is_asked,
            is_ours=shipment.carrier == OURS,
        )

    @cached_property
    def answer(self) -> Answer:
        return answer(self.known)

    @cached_property
    def window(self) -> Window | None:
        current: list[Forecast] = self.shipment.current_forecast  # type: ignore[attr-defined]
        if not current or self.shipment.status in FINAL:
            return None
        window = window_of(current[0].p10, current[0].p50, current[0].p90, self.zone)
        return window if window.is_telling else None

    @cached_property
    def carrier(self) -> str:
        """Who has it, or had it last: of the leg that delivers it, where there are several."""
        slug = number_now(self.shipment)[0]
        return _("Our courier") if slug == OURS else carrier_name(slug)

    @property
    def tracking_number(self) -> str:
        return number_now(self.shipment)[1]

    @property
    def before(self) -> str:
        """Carrier and number that it had until it was handed on; empty for a parcel with one number."""
        carrier, number = number_before(self.shipment) or ("", "")
        return f"{carrier_name(carrier)} {number}".strip()

    @cached_property
    def map(self) -> Map | None:
        """Where it was scanned, as far as coordinates are known; nothing once it is at the door."""
        return None if self.is_delivered else draw(list(self._spots()), tiles=tiles_of_settings())

    @property
    def steps(self) -> list[Step]:
        return steps(self.answer.step, self.shipment.status)

    @property
    def is_delivered(self) -> bool:
        return self.shipment.status == ShipmentStatus.DELIVERED

    @cached_property
    def timeline(self) -> Timeline:
        return timeline(self.scans, self.zone, self.known.today)

    @property
    def tells_window(self) -> bool:
        """Whether the window is what the answer is about."""
        known = self.known
        is_today = known.status == ShipmentStatus.OUT_FOR_DELIVERY and known.seen_on == known.today
        return bool(self.window) and self.answer.tone != "bad" and known.status not in WINDOWLESS and not is_today

    @cached_property
    def strip(self) -> list[StripDay]:
        """A few days around the window; empty when it is long, over, or today."""
        window = open_window(self.known)
        if window is None or not self.window or not self.tells_window:
            return []
        first, last = self.window.first - timedelta(days=1), window.last + timedelta(days=1)
        if (last - first).days >= STRIP_DAYS or window.last == self.known.today:
            return []
        days = [first + timedelta(days=count) for count in range((last - first).days + 1)]
        return [StripDay(day, window.first <= day <= window.last, day == window.likely, day == self.known.today)
                for day in days]  # fmt: skip

    @property
    def key(self) -> str:
        """Names it on its page, for the script that keeps the page fresh; tells nothing outside of it."""
        return f"parcel-{self.number}"

    @cached_property
    def receipt(self) -> Receipt:
        return Receipt.from_json(self.shipment.receipt)

    @property
    def proof_url(self) -> str:
        return web_address(self.receipt.proof_url)

    @property
    def has_proof(self) -> bool:
        said = self.receipt.signed_by or self.receipt.left_at or self.proof_url or self.proofs
        return self.is_delivered and bool(said)

    @cached_property
    def to_do(self) -> ToDo:
        return to_do(self.known, self.receipt)

    @property
    def dispute(self) -> ShipmentException | None:
        """What was last said about its delivery, while it counts as delivered."""
        said: list[ShipmentException] = getattr(self.shipment, "disputes", [])
        return said[-1] if said and self.is_delivered else None

    @property
    def tracking_url(self) -> str:
        """The carrier's own page; a store's words are only followed to the web."""
        if self.shipment.last_mile_id:
            return tracking_page(*number_now(self.shipment))
        return web_address(self.shipment.tracking_url)

    @property
    def as_of(self) -> str:
        """When the carrier was last asked, in the reader's time; empty when nobody is asking."""
        asked = self._asked_at
        if not asked or not self._is_asked or self.is_delivered:
            return ""
        return moment_words(asked, self.zone, self.now)

    @property
    def is_stale(self) -> bool:
        asked = self._asked_at
        moving = self.shipment.status in MOVING
        return bool(moving and asked and self.now - asked > timedelta(hours=STALE_HOURS))

    @property
    def scans(self) -> list[TrackingEvent]:
        """Newest first."""
        return getattr(self.shipment, "scans", [])

    @property
    def _last_scan(self) -> TrackingEvent | None:
        return self.scans[0] if self.scans else None

    def _place(self, last: TrackingEvent | None) -> str:
        """Where it is: where it waits to be fetched, if its carrier says so, else where it was seen last."""
        if self.shipment.status == ShipmentStatus.READY_FOR_PICKUP and self.receipt.collect_at:
            return self.receipt.collect_at
        return last.location.strip() if last else ""

    def _spots(self) -> Iterator[Spot]:
        """Places of scans, oldest first; the same place again is one."""
        before = None
        for scan in reversed(self.scans):
            if scan.latitude is None or scan.longitude is None or not is_on_earth(scan.latitude, scan.longitude):
                continue
            if (scan.latitude, scan.longitude) != before:
                before = scan.latitude, scan.longitude
                yield Spot(
                    *before,
                    SCAN,
                    scan.location.partition(",")[0].strip(),
                    moment_words(scan.occurred_at, self.zone, self.now),
                )

    @property
    def _seen_on(self) -> date | None:
        seen = self.shipment.last_event_at
        return day_of(seen, self.zone) if seen else None

    @property
    def _delivered_time(self) -> str:
        for scan in self.scans:
            if scan.status == ShipmentStatus.DELIVERED and is_hour_known(scan):
                moment, zone_name = wall_clock(scan, self.zone)
                return f"{clock_words(scan, moment)} {zone_name}".strip()
        return ""

    @property
    def _asked_at(self) -> datetime | None:
        poll = getattr(self.shipment, "poll", None)
        return poll.last_asked_at if poll else None

    @property
    def _is_asked(self) -> bool:
        poll = getattr(self.shipment, "poll", None)
        return bool(poll and poll.state in OPEN)


def steps(now: int, status: str = "") -> list[Step]:
    """The five steps with ``now`` (1 to 5) as the current one; none when there is no progress to show."""
    if not now:
        return []
    last = len(step_words(status))
    return [
        Step(word, "done" if number < now or now == last else "now" if number == now else "ahead")
        for number, word in enumerate(step_words(status), 1)
    ]


def moment_words(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """``14:05`` today, ``Mon 3 Nov, 14:05`` before."""
    local, clock = moment.astimezone(zone), clock_of(moment, zone)
    if local.date() == day_of(now, zone):
        return clock
    return _("%(day)s, %(time)s") % {"day": date_format(local.date(), day_pattern()), "time": clock}


def clock_of(moment: datetime, zone: ZoneInfo) -> str:
    """``14:05`` on the reader's clock."""
    return time_format(moment.astimezone(zone).time(), "H:i")
