"""Which time zone a place is in, as far as its country (and state) tells.

A country with several zones and no state gives None: a guess of hours is worse than saying that it was assumed.
"""

from __future__ import annotations

from datetime import UTC, datetime
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
