"""An order as its customer sees it, put together from rows that were read before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _

from fulfillment.carriers.links import web_address
from fulfillment.models import Forecast, Order, OrderLine, Shipment, TrackingEvent
from fulfillment.pages.answer import answer
from fulfillment.pages.known import Answer, Known, open_window, step_words
from fulfillment.pages.order_answer import answer_for_order
from fulfillment.pages.timeline import Timeline, is_hour_known, timeline, wall_clock
from fulfillment.statuses import FINAL, MOVING, OrderStatus, ShipmentStatus
from fulfillment.telling import carrier_name, reader_zone
from fulfillment.windows import Window, window_of
from parcelwise.clock import day_of, day_pattern
from parcelwise.jobs import OPEN

#: Hours after which what we know of a moving parcel is marked with its time.
STALE_HOURS = 12
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


class ParcelView:
    """One parcel on a page. ``shipment`` comes from :mod:`fulfillment.queries` with what is prefetched there."""

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
            seen_at_place=last.location.strip() if last else "",
            announced_on=day_of(shipment.created_at, self.zone),
            handed_over=shipment.handed_over_at is not None,
            attempted_on=shipment.attempted_on,
            delivered_on=shipment.delivered_on or (day_of(delivered, self.zone) if delivered else None),
            delivered_time=self._delivered_time,
            is_late=bool(shipment.open_delay),  # type: ignore[attr-defined]
            is_asked=self._is_asked,
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
        return carrier_name(self.shipment.carrier)

    @property
    def steps(self) -> list[Step]:
        return steps(self.answer.step, self.shipment.status)

    @property
    def is_delivered(self) -> bool:
        return self.shipment.status == ShipmentStatus.DELIVERED

    @cached_property
    def timeline(self) -> Timeline:
        return timeline(self._scans, self.zone, self.known.today)

    @cached_property
    def strip(self) -> list[StripDay]:
        """A few days around the window; empty when it is long, over, or today."""
        window = open_window(self.known)
        if window is None or not self.window or self.answer.tone == "bad":
            return []
        first, last = self.window.first - timedelta(days=1), window.last + timedelta(days=1)
        if (last - first).days >= STRIP_DAYS or window.last == self.known.today:
            return []
        days = [first + timedelta(days=count) for count in range((last - first).days + 1)]
        return [StripDay(day, window.first <= day <= window.last, day == window.likely, day == self.known.today)
                for day in days]  # fmt: skip

    @property
    def tracking_url(self) -> str:
        """The carrier's own page; a store's words are only followed to the web."""
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
    def _scans(self) -> list[TrackingEvent]:
        return getattr(self.shipment, "scans", [])

    @property
    def _last_scan(self) -> TrackingEvent | None:
        return self._scans[0] if self._scans else None

    @property
    def _seen_on(self) -> date | None:
        seen = self.shipment.last_event_at
        return day_of(seen, self.zone) if seen else None

    @property
    def _delivered_time(self) -> str:
        for scan in self._scans:
            if scan.status == ShipmentStatus.DELIVERED and is_hour_known(scan):
                moment, zone_name = wall_clock(scan, self.zone)
                return f"{time_format(moment.time(), 'H:i')} {zone_name}".strip()
        return ""

    @property
    def _asked_at(self) -> datetime | None:
        poll = getattr(self.shipment, "poll", None)
        return poll.last_asked_at if poll else None

    @property
    def _is_asked(self) -> bool:
        poll = getattr(self.shipment, "poll", None)
        return bool(poll and poll.state in OPEN)


class OrderView:
    """An order on a page: one answer, its parcels, and what has not been sent."""

    def __init__(self, order: Order, parcels: Sequence[Shipment], now: datetime | None = None) -> None:
        self.order, self.now = order, now or timezone.now()
        self.zone = reader_zone(order)
        self.parcels = [ParcelView(parcel, self.zone, self.now, number) for number, parcel in enumerate(parcels, 1)]

    @cached_property
    def today(self) -> date:
        return day_of(self.now, self.zone)

    @cached_property
    def placed_on(self) -> date:
        return day_of(self.order.placed_at, self.zone)

    @cached_property
    def answer(self) -> Answer:
        return answer_for_order(
            [(parcel.known, parcel.answer) for parcel in self.parcels],
            waiting=bool(self.waiting),
            today=self.today,
            promised_on=self.order.promised_on,
            cancelled=self.is_cancelled,
            payment=self.order.payment_status,
        )

    @property
    def is_cancelled(self) -> bool:
        return self.order.status == OrderStatus.CANCELLED

    @property
    def steps(self) -> list[Step]:
        """Of an order without a parcel; a parcel has its own."""
        return steps(self.answer.step)

    @cached_property
    def only_parcel(self) -> ParcelView | None:
        """The parcel when it is the whole story."""
        return self.parcels[0] if len(self.parcels) == 1 and not self.waiting else None

    @cached_property
    def waiting(self) -> list[tuple[OrderLine, int]]:
        """Lines with the number of pieces that no parcel holds; nothing once the order is closed or cancelled."""
        if self.order.status != OrderStatus.OPEN:
            return []
        packed: Counter[int] = Counter()
        for parcel in self.parcels:
            if parcel.shipment.status != ShipmentStatus.CANCELLED:
                packed.update({line.order_line_id: line.quantity for line in parcel.shipment.lines.all()})
        if self.parcels and not packed:
            return []  # the store does not say what is in which parcel
        left = [(line, line.quantity - packed[line.pk]) for line in self.order.lines.all()]
        return [(line, pieces) for line, pieces in left if pieces > 0]

    @property
    def has_window(self) -> bool:
        return any(parcel.window for parcel in self.parcels)

    @property
    def has_arrived(self) -> bool:
        """Some of it, at least."""
        return any(parcel.is_delivered for parcel in self.parcels)

    @property
    def is_to_come(self) -> bool:
        """Some of it is on its way or not sent yet."""
        open_parcels = any(parcel.shipment.status not in FINAL for parcel in self.parcels)
        return not self.is_cancelled and self.answer.tone != "bad" and bool(open_parcels or self.waiting)

    @property
    def subtotal(self) -> int:
        return sum(line.unit_price * line.quantity for line in self.order.lines.all())

    @property
    def rest(self) -> int:
        """What the total differs by from lines and shipping: discounts below zero, fees above."""
        return self.order.total - self.subtotal - self.order.shipping

    @property
    def support_email(self) -> str:
        return self.order.store.support_email


def steps(now: int, status: str = "") -> list[Step]:
    """The five steps with ``now`` (1 to 5) as the current one; none when there is no progress to show."""
    if not now:
        return []
    last = len(step_words(status))
    return [
        Step(word, "done" if number < now or now == last else "now" if number == now else "ahead")
        for number, word in enumerate(step_words(status), 1)
    ]


def views_of(orders: Sequence[Order], now: datetime | None = None) -> Iterator[OrderView]:
    """For a list; ``orders`` as :func:`fulfillment.queries.for_list` reads them."""
    for order in orders:
        yield OrderView(order, order.parcels, now)  # type: ignore[attr-defined]


def moment_words(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    """``14:05`` today, ``Mon 3 Nov, 14:05`` before."""
    local = moment.astimezone(zone)
    clock = time_format(local.time(), "H:i")
    if local.date() == day_of(now, zone):
        return clock
    return _("%(day)s, %(time)s") % {"day": date_format(local.date(), day_pattern()), "time": clock}
