"""Which time zone a place is in, as far as its country (and state) tells.

A country with several zones and no state gives None: a guess of hours is worse than saying that it was assumed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

#: Countries with one zone, or with one in which all parcels of note travel (Spain and Portugal without their islands).
_BY_COUNTRY = {
    "AT": "Europe/Vienna", "BE": "Europe/Brussels", "BG": "Europe/Sofia", "CH": "Europe/Zurich",
    "CN": "Asia/Shanghai", "CZ": "Europe/Prague", "DE": "Europe/Berlin", "DK": "Europe/Copenhagen",
    "EE": "Europe/Tallinn", "ES": "Europe/Madrid", "FI": "Europe/Helsinki", "FR": "Europe/Paris",
    "GB": "Europe/London", "GR": "Europe/Athens", "HK": "Asia/Hong_Kong", "HR": "Europe/Zagreb",
    "HU": "Europe/Budapest", "IE": "Europe/Dublin", "IL": "Asia/Jerusalem", "IN": "Asia/Kolkata",
    "IT": "Europe/Rome", "JP": "Asia/Tokyo", "KR": "Asia/Seoul", "LT": "Europe/Vilnius",
    "LU": "Europe/Luxembourg", "LV": "Europe/Riga", "NL": "Europe/Amsterdam", "NO": "Europe/Oslo",
    "NZ": "Pacific/Auckland", "PL": "Europe/Warsaw", "PT": "Europe/Lisbon", "RO": "Europe/Bucharest",
    "SE": "Europe/Stockholm", "SG": "Asia/Singapore", "SI": "Europe/Ljubljana", "SK": "Europe/Bratislava",
    "TR": "Europe/Istanbul", "TW": "Asia/Taipei",
}  # fmt: skip

_STATES = {
    "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
    "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
}
#: The zone in which most people of a US state live (Tennessee, Florida and others have two).
_BY_STATE = {state: zone for zone, states in _STATES.items() for state in states.split()}
#: Places with a second zone in which some people live; it is an hour off.
_TWO_ZONES = {
    "ES", "PT",
    *(f"US {state}" for state in ["AK", "AZ", "FL", "ID", "IN", "KS", "KY", "MI", "ND", "NE", "OR", "SD", "TN", "TX"]),
}  # fmt: skip
#: Offsets go from UTC-12 to UTC+14.
FURTHEST_OFFSET = 14 * 60
_NOON = 12 * 60
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?)?")


@dataclass(frozen=True, slots=True)
class Placed:
    """A written time as an aware moment: see :class:`fulfillment.facts.Scan` for what the columns mean."""

    occurred_at: datetime
    zone: str
    time_zone: str = ""
    uncertain_minutes: int = 0


def placed(written: str, country: str = "", region: str = "") -> Placed:
    """An ISO 8601 time, as honest as it is. ValueError when it is none.

    A date, and midnight of UTC or of nowhere, is a day and no hour: midnight is what programs write who know the day.
    """
    if _DAY.fullmatch(written):
        return placed_day(date.fromisoformat(written[:10]), country, region)
    return placed_local(datetime.fromisoformat(written), country, region)


def placed_local(local: datetime, country: str = "", region: str = "") -> Placed:
    """A time on somebody's clock. With an offset it is certain; the place's zone is named unless the two disagree."""
    zone = zone_of_place(country, region)
    if local.tzinfo is not None:
        # Written in UTC it says nothing of the clock there; with another offset it does, and the place is the guess.
        agrees = zone is not None and local.utcoffset() in (timedelta(0), local.astimezone(zone).utcoffset())
        return Placed(local, "given", zone.key if zone and agrees else "")
    at, how = place_in_time(local, country, region)
    doubt = _doubt(zone, country, region)
    if zone and at.utcoffset() != at.replace(fold=1).utcoffset():
        doubt = max(doubt, 60)  # the clocks were changed in this hour, and it came twice or never
    return Placed(at, how, zone.key if zone else "", doubt)


def placed_day(day: date, country: str = "", region: str = "") -> Placed:
    """A day of which nobody knows the hour: its noon, half a day either way."""
    zone = zone_of_place(country, region)
    noon = datetime.combine(day, time(12), zone or UTC)
    return Placed(noon, "date", zone.key if zone else "", _doubt(zone, country, region) + _NOON)


def _doubt(zone: ZoneInfo | None, country: str, region: str) -> int:
    """Minutes by which the zone of the place may be off."""
    if zone is None:
        return FURTHEST_OFFSET
    return 60 if {country.upper(), f"{country} {region}".upper()} & _TWO_ZONES else 0


@cache
def zone_of_place(country: str, region: str = "") -> ZoneInfo | None:
    """The zone of ``country`` (ISO alpha-2) or, in the US, of the state ``region``; None when they do not tell."""
    country, region = country.upper(), region.upper()
    name = _BY_STATE.get(region) if country == "US" else _BY_COUNTRY.get(country)
    return ZoneInfo(name) if name else None


def place_in_time(local: datetime, country: str = "", region: str = "") -> tuple[datetime, str]:
    """``local`` as an aware moment, and how its offset became known: given, inferred or assumed."""
    if local.tzinfo is not None:
        return local, "given"
    zone = zone_of_place(country, region)
    return (local.replace(tzinfo=zone), "inferred") if zone else (local.replace(tzinfo=UTC), "assumed")
