"""The shop's own courier on a customer's page: only while they bring this parcel, and not at somebody else's door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfillment.carriers.gps.points import Fix, Point, metres
from fulfillment.conf import gps as conf
from fulfillment.maps import COURIER, DESTINATION, Map, Spot, draw, rounded, tiles_of_settings
from fulfillment.models import CourierRun, RunStop
from fulfillment.pages.courier_view import CourierView
from fulfillment.pages.order import OrderView
from fulfillment.pages.parcel import moment_words
from fulfillment.services import courier_eta
from fulfillment.services.courier_eta import Expected
from fulfillment.services.positions import point_of
from fulfillment.statuses import ShipmentStatus


def show_couriers(view: OrderView) -> None:
    """Give each parcel of the page that is on a run under way its ``courier``. For the order's own page only.

    Asks nothing of the data base for parcels that are not out for delivery.
    """
    out = [parcel for parcel in view.parcels if parcel.shipment.status == ShipmentStatus.OUT_FOR_DELIVERY]
    if not out:
        return
    under_way = RunStop.objects.filter(
        shipment__in=[parcel.shipment for parcel in out],
        state=RunStop.State.OPEN,
        run__state=CourierRun.State.UNDER_WAY,
    )
    mine = {stop.shipment_id: stop for stop in under_way.select_related("run__store")}
    for parcel in out:
        if stop := mine.get(parcel.shipment.pk):
            parcel.courier = courier_view(stop, view.zone, view.now)


def courier_view(stop: RunStop, zone: ZoneInfo, now: datetime) -> CourierView:
    """For the customer whose open stop of a run under way it is; ``zone`` is the reader's."""
    run = stop.run
    stops = list(run.stops.select_related("shipment"))
    before = sum(each.state == RunStop.State.OPEN for each in _until(stops, stop))
    told = _before_words(before, stop)
    fix = courier_eta.last_fix(run, now)
    if fix is None:
        return CourierView(before_words=told, note=_("We do not know where the courier is just now."))
    known = courier_eta.known_of(run.store_id)
    expected = courier_eta.expected(run, stops, fix, known, now, route=run.route).get(stop.pk)
    as_of = moment_words(fix.at, zone, now)
    words = eta_words(expected, zone)
    if is_at_others(fix, stop, stops):
        note = _("The courier is at another stop. Their place is not shown there.")
        return CourierView(words, told, as_of, None, note)
    if may_be_at_others(fix, stop, stops):
        return CourierView(words, told, as_of, None, _("The courier is shown once they are near you."))
    return CourierView(words, told, as_of, _map(fix, stop, as_of))


def is_at_others(fix: Fix, mine: RunStop, stops: Sequence[RunStop]) -> bool:
    """Whether where the courier is says where another customer lives."""
    others = (point_of(stop) for stop in _of_others(mine, stops))
    return any(door is not None and metres(fix, door) <= conf.HIDE_METRES for door in others)


def may_be_at_others(fix: Fix, mine: RunStop, stops: Sequence[RunStop]) -> bool:
    """Whether that cannot be told: somebody's door is not known, and the courier is not at the reader's own."""
    door = point_of(mine)
    is_at_mine = door is not None and metres(fix, door) <= conf.HIDE_METRES
    return not is_at_mine and any(point_of(stop) is None for stop in _of_others(mine, stops))


def _of_others(mine: RunStop, stops: Sequence[RunStop]) -> list[RunStop]:
    return [stop for stop in stops if stop.shipment.order_id != mine.shipment.order_id]


def eta_words(expected: Expected | None, zone: ZoneInfo) -> str:
    """``Expected between 14:20 and 14:50``; empty while such windows have not been seen to hold."""
    if expected is None or expected.window is None:
        return ""
    first, last = (time_format(at.astimezone(zone).time(), "H:i") for at in expected.window)
    return _("Expected between %(first)s and %(last)s") % {"first": first, "last": last}


def _before_words(before: int, stop: RunStop) -> str:
    if stop.arrived_at:
        return _("The courier is at your door.")
    if not before:
        return _("You are next.")
    return ngettext("%(count)d stop before yours.", "%(count)d stops before yours.", before) % {"count": before}


def _until(stops: Sequence[RunStop], mine: RunStop) -> list[RunStop]:
    return [stop for stop in stops if (stop.position, stop.pk) < (mine.position, mine.pk)]


def _map(fix: Fix, stop: RunStop, as_of: str) -> Map | None:
    courier = rounded(Spot(fix.latitude, fix.longitude, COURIER, _("Your courier"), as_of))
    door: Point | None = point_of(stop)
    spots = [Spot(door.latitude, door.longitude, DESTINATION, _("Your address"))] if door else []
    return draw([courier, *spots], tiles=tiles_of_settings(), as_of=as_of)
