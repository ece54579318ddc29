"""What all payloads share: times with the shop's offset, money in both currencies, addresses."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from fulfillment.testing.shopify_twin.world.amounts import plain
from fulfillment.testing.shopify_twin.world.lines import TaxLine
from fulfillment.testing.shopify_twin.world.people import Address

Payload = dict[str, Any]


@lru_cache(maxsize=4096)
def moment(at: datetime | None, zone: ZoneInfo) -> str | None:
    """Whole seconds with the shop's offset, as in ``2026-11-22T10:00:00+01:00``."""
    return None if at is None else at.astimezone(zone).isoformat(timespec="seconds")


@lru_cache(maxsize=16_384)
def money_set(minor: int, currency: str) -> Payload:
    """Kept and shared, since an order tells the same amounts again and again: nobody may write into it."""
    text = plain(minor, currency)
    return {
        "shop_money": {"amount": text, "currency_code": currency},
        "presentment_money": {"amount": text, "currency_code": currency},
    }


def tax_line(tax: TaxLine) -> Payload:
    amount = tax.price_set
    return {
        "price": amount.plain,
        "rate": tax.rate,
        "title": tax.title,
        "price_set": money_set(amount.minor, amount.currency),
        "channel_liable": False,
    }


def address(place: Address | None) -> Payload | None:
    if place is None:
        return None
    return {
        "first_name": place.first_name,
        "address1": place.address1,
        "phone": place.phone,
        "city": place.city,
        "zip": place.zip,
        "province": place.province,
        "country": place.country,
        "last_name": place.last_name,
        "address2": place.address2,
        "company": place.company,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "name": place.name,
        "country_code": place.country_code,
        "province_code": place.province_code,
    }
