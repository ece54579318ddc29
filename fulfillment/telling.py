"""Parcels in words, for messages: plain strings in the active language, and nothing that nobody knows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.urls import NoReverseMatch
from django.utils import timezone
from django.utils.formats import time_format
from django.utils.translation import gettext as _

from fulfillment.access import link_to
from fulfillment.carriers.links import tracking_page, web_address
from fulfillment.models import Forecast, Order, Shipment, ShipmentLine
from fulfillment.statuses import Direction, Reason, ShipmentStatus
from fulfillment.windows import window_of
from parcelwise.clock import day_of, is_zone, say
from parcelwise.conf import links

#: How carriers write their own names; others appear as the shop wrote them.
CARRIER_NAMES = {"ups": "UPS", "fedex": "FedEx", "usps": "USPS", "dhl": "DHL", "dpd": "DPD", "gls": "GLS"}


def order_words(order: Order) -> dict[str, Any]:
    """Shop and order, with the address of the customer's page (empty when the site has no public address)."""
    return {
        "shop": {"name": order.store.name, "support_email": order.store.support_email},
        "order": {"number": order.number, "url": page_of(order)},
    }


def parcel_words(shipment: Shipment) -> dict[str, Any]:
    """:func:`order_words` and the parcel: which of how many, who carries it, what is in it."""
    siblings = list(parcels_to(shipment.order))
    pks = [parcel.pk for parcel in siblings]
    position = pks.index(shipment.pk) + 1 if shipment.pk in pks else 1
    under_way = [parcel for parcel in siblings if parcel.pk != shipment.pk and parcel.status != DELIVERED]
    # Under which it can be found now: after a hand-over the second carrier's number.
    last = shipment.last_mile
    carrier, number = (last.carrier, last.number) if last else (shipment.carrier, shipment.tracking_number)
    page = tracking_page(carrier, number) if last else web_address(shipment.tracking_url)
    name = carrier_name(carrier)
    return order_words(shipment.order) | {
        "shipment": str(shipment.pk),
        "parcel": {
            "of_several": len(pks) > 1,
            "position": str(position),
            "count": str(max(len(pks), 1)),
            "under_way": str(len(under_way) or ""),
            "follows": str(pieces_to_follow(shipment.order) or ""),
            "carrier": name,
            "carrier_or_so": name or _("the carrier"),
            "carrier_at_start": name or _("The carrier"),
            "tracking_number": number,
            "tracking_url": page,
            "place": shipment.destination_address.city,
            "contents": [
                {"quantity": str(line.quantity), "title": line.order_line.title}
                for line in shipment.lines.select_related("order_line").order_by("order_line__position", "pk")
            ],
        },
    }


DELIVERED = ShipmentStatus.DELIVERED

#: The way of a parcel in four steps, and how far each status is on it.
REACHED = {
    ShipmentStatus.PENDING: 0,
    ShipmentStatus.OUT_FOR_DELIVERY: 2,
    ShipmentStatus.READY_FOR_PICKUP: 2,
    ShipmentStatus.DELIVERED: 3,
}


def steps(shipment: Shipment) -> list[dict[str, Any]]:
    """The four steps of the way, each with its word and whether it is done or the current one."""
    words = [_("Packed"), _("On its way"), _("Out for delivery"), _("Delivered")]
    if shipment.status == ShipmentStatus.READY_FOR_PICKUP:
        words[2] = _("Ready for pickup")
    reached = REACHED.get(ShipmentStatus(shipment.status), 1)
    return [{"word": word, "done": index <= reached, "now": index == reached} for index, word in enumerate(words)]


def window_words(forecast: Forecast | None, zone: ZoneInfo) -> str:
    """The arrival window by its dates, ``Thu 4 – Sat 6 Dec``; empty without a forecast worth telling."""
    if forecast is None:
        return ""
    window = window_of(forecast.p10, forecast.p50, forecast.p90, zone)
    if not window.is_telling:
        return ""
    # Never “tomorrow”: nobody knows on which day a mail is read. Seen from two days before, every day is a date.
    return window.words(today=window.first - timedelta(days=2))


def current_forecast(shipment: Shipment) -> Forecast | None:
    return shipment.forecasts.filter(is_current=True).first()


def arrived_words(shipment: Shipment) -> dict[str, str]:
    """Day of delivery, the carrier's own note, and the hour only where both its zone and the reader's are known."""
    scan = shipment.events.filter(status=DELIVERED).order_by("occurred_at", "pk").first()
    moment = shipment.delivered_at or (scan.occurred_at if scan else timezone.now())
    zone = reader_zone(shipment.order)
    exact = scan is not None and scan.source == "carrier" and scan.zone in ("given", "inferred")
    at_home = exact and is_zone(shipment.order.contact.time_zone)
    return {
        "day": say(day_of(moment, zone)),
        "hour": time_format(moment.astimezone(zone).time(), "TIME_FORMAT") if at_home else "",
        "noted": scan.description.strip().rstrip(".") if scan and scan.source == "carrier" else "",
    }


def reason_words(shipment: Shipment) -> str:
    """Why the parcel is late, if the carrier gave a reason; else empty."""
    return str(Reason(shipment.reason).label) if shipment.reason and shipment.reason != Reason.UNKNOWN else ""


def reader_zone(order: Order) -> ZoneInfo:
    """The zone in which the customer reads days: their own if known, else the store's."""
    name = order.contact.time_zone
    return ZoneInfo(name) if is_zone(name) else order.store.zone


def day_at(order: Order, moment: datetime | None = None) -> date:
    """The day of ``moment`` (default: now) where the customer is."""
    return day_of(moment or timezone.now(), reader_zone(order))


def parcels_to(order: Order) -> Any:
    """The parcels that go to the customer, cancelled ones excepted."""
    return order.shipments.filter(direction=Direction.OUT).exclude(status=ShipmentStatus.CANCELLED).order_by("pk")


def pieces_to_follow(order: Order) -> int:
    """Pieces of the order that are in no parcel yet."""
    bought = order.lines.aggregate(pieces=Sum("quantity"))["pieces"] or 0
    packed = ShipmentLine.objects.filter(shipment__in=parcels_to(order)).aggregate(pieces=Sum("quantity"))["pieces"]
    # Without a single line in a parcel the store does not say what is where.
    return max(bought - packed, 0) if packed else 0


def carrier_name(carrier: str) -> str:
    return CARRIER_NAMES.get(carrier, carrier.replace("_", " ").replace("-", " ").title())


def page_of(order: Order, name: str = "parcelwise_fulfillment:order", **kwargs: Any) -> str:
    """A page about the order by signed link; empty when the site has no such page or does not know its own address."""
    if not links.BASE_URL:
        return ""
    try:
        return link_to(order, name, **kwargs)
    except NoReverseMatch:
        return ""
