"""What is known of a parcel at one moment: one function for training and for serving, so that both see the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from fulfillment.facts import Address
from fulfillment.ml import baseline
from fulfillment.models import LaneStatistics, Shipment
from fulfillment.statuses import ShipmentStatus
from parcelwise.clock import days_between, end_of

Leg = LaneStatistics.Leg

#: In which anything can have happened; a platform or carrier that writes another means "never" or nothing.
YEARS = range(1990, 2200)

#: With these the parcel has left the last depot, or came back to it today.
LAST_MILE = frozenset(
    {ShipmentStatus.OUT_FOR_DELIVERY, ShipmentStatus.DELIVERY_FAILED, ShipmentStatus.READY_FOR_PICKUP}
)


@dataclass(frozen=True, slots=True)
class Question:
    """A parcel on its way, as known at ``now``: when will it arrive?

    ``leg`` is the stretch whose start is known, ``moment`` the word for people (purchase, handover or scan).
    ``domestic`` is None when one of the countries is unknown. ``estimate`` is the carrier's own, if it is still ahead.
    """

    leg: str
    moment: str
    started_at: datetime
    now: datetime
    origin: str
    destination: str
    carrier: str
    service: str
    domestic: bool | None
    promised_on: date | None
    estimate: date | None
    zone: ZoneInfo

    @property
    def elapsed(self) -> float:
        """Days since the leg began."""
        return max(days_between(self.started_at, self.now), 0.0)

    @property
    def due(self) -> float | None:
        """Days from the leg's beginning to the end of the promised day in the store's zone."""
        return days_between(self.started_at, end_of(self.promised_on, self.zone)) if self.promised_on else None

    @property
    def estimated(self) -> float | None:
        """Days from the leg's beginning to the beginning of the day that the carrier names."""
        if self.estimate is None:
            return None
        return days_between(self.started_at, datetime.combine(self.estimate, time(), tzinfo=self.zone))

    @property
    def keys(self) -> tuple[str, ...]:
        return baseline.lane_keys(self.origin, self.destination, self.carrier, self.service)


def _believable(day: date | None) -> date | None:
    return day if day and day.year in YEARS else None


def at(shipment: Shipment, now: datetime, out_since: datetime | None = None) -> Question:
    """The question that ``shipment`` poses at ``now``; ``out_since`` is its first scan as out for delivery.

    Nothing later than ``now`` is looked at. Reads ``shipment.order.store``.
    """
    leg, moment, started_at = _leg(shipment, now, out_since)
    order = shipment.order
    origin, destination = shipment.origin_address, shipment.destination_address
    known = bool(origin.country and destination.country)
    zone = order.store.zone
    estimate = _believable(shipment.carrier_estimate)
    return Question(
        leg=leg,
        moment=moment,
        started_at=started_at,
        now=now,
        origin=place(origin),
        destination=place(destination),
        carrier=shipment.carrier,
        service=shipment.service,
        domestic=origin.country.upper() == destination.country.upper() if known else None,
        promised_on=_believable(shipment.promised_on or order.promised_on),
        estimate=estimate if estimate and end_of(estimate, zone) > now else None,
        zone=zone,
    )


def _leg(shipment: Shipment, now: datetime, out_since: datetime | None) -> tuple[str, str, datetime]:
    if out_since and out_since <= now and shipment.status in LAST_MILE:
        return Leg.LAST_MILE.value, "scan", out_since
    handed_over = shipment.handed_over_at
    if handed_over and handed_over <= now:
        seen = shipment.last_event_at
        return Leg.HANDOVER.value, "scan" if seen and handed_over < seen <= now else "handover", handed_over
    return Leg.PURCHASE.value, "purchase", shipment.order.placed_at


def place(address: Address) -> str:
    """The region of an address: ``DE-BY``; by the postcode's first two characters where no region is given: ``DE 80``.

    Shops in most of Europe send no region, and there the postcode's head is the carriers' own sorting area.
    """
    country = address.country.strip().upper()[:2] or "??"
    if region := address.region.strip().upper()[:24]:
        return region if region.startswith(f"{country}-") else f"{country}-{region}"
    if postcode := address.postcode.strip().upper()[:2]:
        return f"{country} {postcode}"
    return country
