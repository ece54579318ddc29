"""When to ask a carrier about a parcel: the facts from the tables, the plan from ``fulfillment.polling``."""

from __future__ import annotations

import random
import time
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from fulfillment.conf import fulfillment as conf
from fulfillment.facts import Address
from fulfillment.models import CarrierAccount, Forecast, ScanProfile, Shipment, TrackingEvent, TrackingPoll
from fulfillment.polling import USUAL, Facts, Next, Profile, Terms, next_ask, stage_of
from fulfillment.polling.stages import AT_ORIGIN
from fulfillment.services import poll_budget, pushing
from fulfillment.statuses import ShipmentStatus
from fulfillment.zones import zone_of_place
from parcelwise.clock import day_of

#: Seconds for which a process keeps a learned profile.
KEEP = 600.0

_profiles: dict[str, tuple[float, Profile]] = {}


def plan(shipment: Shipment, now: datetime, account: CarrierAccount | None = None) -> Next | None:
    """When to ask next, written to the parcel's poll with the reasons; None for a parcel that has arrived.

    ``account`` is the one that the parcel is asked for over.
    """
    facts, terms = facts_of(shipment, now, account), terms_of(account)
    found = next_ask(facts, profile_of(shipment.carrier), terms, jitter=random.random())
    if found is not None:
        TrackingPoll.objects.filter(shipment=shipment).update(value=found.value, plan=as_json(facts, found, terms))
    return found


def facts_of(shipment: Shipment, now: datetime, account: CarrierAccount | None = None) -> Facts:
    """What is known of the parcel at ``now``, and nothing that was recorded later."""
    seen = shipment.events.filter(recorded_at__lte=now, occurred_at__lte=now).exclude(status=ShipmentStatus.UNKNOWN)
    columns = ("shipment_id", "occurred_at", "code", "location", "description")
    last = seen.order_by("-occurred_at", "-pk").only(*columns).first()
    stage = stage_of_parcel(shipment, last)
    return Facts(
        stage=stage,
        now=now,
        silent_since=min(last.occurred_at if last else shipment.created_at, now),
        zone=zone_of(shipment, stage),
        code=last.code if last else "",
        expected_from=_expected_from(shipment),
        pushes=account is not None and pushing.rests(account, shipment, now),
    )


def stage_of_parcel(shipment: Shipment, last: TrackingEvent | None) -> str:
    destination = shipment.destination_address
    return stage_of(
        shipment.status,
        place=last.location if last else "",
        words=last.description if last else "",
        destination_city=destination.city,
        abroad=_country(shipment.origin_address) != _country(destination),
    )


def zone_of(shipment: Shipment, stage: str) -> tzinfo:
    """The zone in which the parcel's next scan has its hours."""
    place = shipment.origin_address if stage in AT_ORIGIN else shipment.destination_address
    return zone_of_place(place.country, place.region) or shipment.order.store.zone or UTC


def terms_of(account: CarrierAccount | None) -> Terms:
    """The settings, and how near the account is to its limit."""
    return Terms(
        price=conf.POLL_PRICE,
        pressure=poll_budget.pressure(account) if account else 1.0,
        least=conf.POLL_LEAST_MINUTES,
        most=conf.POLL_MOST_MINUTES,
        most_pushed=conf.POLL_PUSHED_MINUTES,
        fixed=conf.POLL_MINUTES,
    )


def profile_of(carrier: str) -> Profile:
    """What was learned of the carrier over what is usual."""
    kept_at, profile = _profiles.get(carrier, (0.0, USUAL))
    if carrier not in _profiles or time.monotonic() - kept_at > KEEP:
        shapes = ScanProfile.objects.filter(carrier=carrier).values_list("shapes", flat=True).first()
        profile = Profile.from_json(shapes).over(USUAL) if shapes else USUAL
        _profiles[carrier] = (time.monotonic(), profile)
    return profile


def forget_profiles() -> None:
    """Read them anew at the next use in this process."""
    _profiles.clear()


def as_json(facts: Facts, found: Next, terms: Terms) -> dict[str, Any]:
    """What the planner page says of a parcel."""
    return {
        "why": found.why,
        "stage": facts.stage,
        "silent_hours": round((facts.now - facts.silent_since).total_seconds() / 3600, 1),
        "chance": round(found.chance, 3),
        "rate": round(found.rate, 3),
        "zone": str(facts.zone),
        "pressure": round(terms.pressure, 2),
        "expected_from": facts.expected_from.isoformat() if facts.expected_from else None,
        "planned_at": facts.now.isoformat(),
    }


def _expected_from(shipment: Shipment) -> date | None:
    """The first day on which it may arrive: of the current window, else as the carrier says."""
    window = Forecast.objects.filter(shipment=shipment, is_current=True).values_list("p10", flat=True).first()
    days = [day_of(window, shipment.order.store.zone)] if window else []
    if shipment.carrier_estimate:
        days.append(shipment.carrier_estimate)
    return min(days, default=None)


def _country(address: Address) -> str:
    return address.country.strip().upper()
