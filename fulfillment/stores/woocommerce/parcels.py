"""The places where a shop keeps tracking numbers. Pure.

The core's order fulfilments (since 10.1, with their own route), the list that the Shipment Tracking extension and
Advanced Shipment Tracking keep in a meta of the order, and what we write where there is none of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fulfillment.carriers.names import carrier_slug
from fulfillment.facts import ParcelData
from fulfillment.stores.woocommerce.values import Json, count, from_seconds, metas, rows, site_moment, text

#: Both extensions keep their list here.
TRACKING_ITEMS = "_wc_shipment_tracking_items"
#: The core notes on the order how far its fulfilments are; without any the meta is not there.
FULFILLMENT_STATUS = "_fulfillment_status"
#: What we add to a shop that has none of these places: one meta for each parcel, in the form of an item.
OUR_ITEM = "_parcelwise_parcel_"
#: Two spellings of the same key are in use, and ``other`` stands for a provider that is named beside it.
_PROVIDER_KEYS = ("_shipment_provider", "_shipping_provider")


def fulfillment_id(number: Any) -> str:
    """How a fulfilment of the core is called here."""
    return f"fulfillment:{number}"


def item_id(item: Json) -> str:
    """How an item of the extensions' list is called here."""
    tracking = text(item.get("tracking_id"))
    return f"tracking:{tracking}"[:80] if tracking else f"number:{plain_number(item)}"[:80]


def plain_number(item: Json) -> str:
    return text(item.get("tracking_number")).replace(" ", "")


def has_fulfillments(known: Mapping[str, Any]) -> bool:
    """Whether an order with these metas has fulfilments that its own JSON does not show."""
    return text(known.get(FULFILLMENT_STATUS)) not in ("", "no_fulfillments")


def parcels(
    known: Mapping[str, Any],
    fulfillments: Iterable[Json],
    placed_at: datetime,
    updated_at: datetime | None,
    offset: timedelta,
) -> tuple[ParcelData, ...]:
    """Every parcel of an order once, whichever places name it. ``offset``: of the site's zone, ahead of UTC."""
    from_core = [_of_the_core(each, placed_at, offset) for each in fulfillments if _is_out(each)]
    items = [item for item in _items(known) if plain_number(item)]
    from_items = [_of_an_item(item, placed_at, updated_at) for item in items]
    return tuple(_once([*from_core, *from_items]))


def _once(found: Sequence[ParcelData]) -> Iterator[ParcelData]:
    """The first of those with the same number or name, with what only a later one says."""
    kept: dict[str, ParcelData] = {}
    for parcel in found:
        key = _key(parcel)
        same = kept.get(key)
        if same is None:
            kept[key] = parcel
            continue
        kept[key] = replace(
            same,
            carrier=same.carrier or parcel.carrier,
            tracking_url=same.tracking_url or parcel.tracking_url,
            contents=parcel.contents if same.contents is None else same.contents,
            announced_at=same.announced_at or parcel.announced_at,
        )
    yield from kept.values()


def _key(parcel: ParcelData) -> str:
    return parcel.tracking_number.upper() or parcel.external_id


def _is_out(fulfillment: Json) -> bool:
    """A fulfilment that is neither done nor numbered is a plan, and a deleted one is gone."""
    if fulfillment.get("date_deleted"):
        return False
    return bool(fulfillment.get("is_fulfilled") or text(metas(fulfillment).get("_tracking_number")))


def _of_the_core(fulfillment: Json, placed_at: datetime, offset: timedelta) -> ParcelData:
    told = metas(fulfillment)
    provider = next(filter(None, (text(told.get(key)) for key in _PROVIDER_KEYS)), "")
    if provider in ("", "other"):
        provider = text(told.get("_provider_name"))
    number = text(told.get("_tracking_number")).replace(" ", "")
    done_at = site_moment(told.get("_date_fulfilled"), offset)
    return ParcelData(
        external_id=fulfillment_id(text(fulfillment.get("id"))),
        carrier=carrier_slug(provider),
        tracking_number=number,
        tracking_url=text(told.get("_tracking_url")),
        contents=_contents(told.get("_items"), "item_id", "qty"),
        announced_at=max(done_at, placed_at) if done_at else None,
    )


def _items(known: Mapping[str, Any]) -> list[Json]:
    ours = [value for key, value in sorted(known.items()) if key.startswith(OUR_ITEM)]
    return [*rows(known.get(TRACKING_ITEMS)), *rows(ours)]


def _of_an_item(item: Json, placed_at: datetime, updated_at: datetime | None) -> ParcelData:
    provider = text(item.get("custom_tracking_provider")) or text(item.get("tracking_provider"))
    return ParcelData(
        external_id=item_id(item),
        carrier=carrier_slug(provider),
        tracking_number=plain_number(item),
        tracking_url=text(item.get("custom_tracking_link")),
        contents=_contents(item.get("products_list"), "item_id", "qty"),
        announced_at=_shipped(item.get("date_shipped"), placed_at, updated_at),
    )


def _shipped(told: Any, placed_at: datetime, updated_at: datetime | None) -> datetime | None:
    """The day of shipping is written as its midnight. One that lies ahead has not been yet."""
    day = from_seconds(told)
    if day is None or (updated_at and day > updated_at):
        return None
    return max(day, placed_at)


def _contents(told: Any, line: str, pieces: str) -> dict[str, int] | None:
    """Line -> pieces; None when it is not said line by line, which means all of the order."""
    found: dict[str, int] = {}
    for entry in rows(told):
        key = text(entry.get(line))
        if not key:
            return None
        found[key] = found.get(key, 0) + count(entry.get(pieces))
    return found or None
