"""Tracking numbers of an order, as the core and the two extensions keep them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from fulfillment.testing.woocommerce_twin.errors import Refused
from fulfillment.testing.woocommerce_twin.records import Fulfillment, Meta, Order, get_meta, set_meta
from fulfillment.testing.woocommerce_twin.shop import Shop

#: Both extensions keep a list under this meta of the order.
KEY = "_wc_shipment_tracking_items"
#: What the core recognises by itself, as (provider, pattern, link).
KNOWN = (
    ("ups", re.compile(r"1Z[0-9A-Z]{16}"), "https://www.ups.com/track?tracknum={}"),
    ("dhl", re.compile(r"00340\d{15}"), "https://www.dhl.com/en/express/tracking.html?AWB={}"),
    ("usps", re.compile(r"94\d{20}"), "https://tools.usps.com/go/TrackConfirmAction?tLabels={}"),
    ("fedex", re.compile(r"\d{12}"), "https://www.fedex.com/fedextrack/?tracknumbers={}"),
)


def add_fulfillment(
    shop: Shop, order: Order, metas: Iterable[Mapping[str, Any]], *, status: str = "unfulfilled"
) -> Fulfillment:
    """A parcel of the core. Its metas must name what is in it, ``_items``: a list of ``item_id`` and ``qty``."""
    parcel = Fulfillment(shop.site.ids.next("parcel"), order.id, _known_status(status), shop.site.now())
    for entry in metas:
        set_meta(shop.site, parcel.meta, entry["key"], entry["value"])
    if not get_meta(parcel.meta, "_items"):
        raise Refused(400, 0, "The fulfillment should contain at least one item.")
    order.fulfillments.append(parcel)
    _settle(shop, order, parcel)
    return parcel


def change_fulfillment(
    shop: Shop,
    order: Order,
    parcel: Fulfillment,
    metas: Iterable[Mapping[str, Any]] | None,
    *,
    status: str | None = None,
) -> None:
    """With ``metas``, those that it does not name are taken out."""
    if metas is not None:
        wanted = list(metas)
        for entry in wanted:
            set_meta(shop.site, parcel.meta, entry["key"], entry["value"])
        parcel.meta = [meta for meta in parcel.meta if meta.key in {entry["key"] for entry in wanted}]
    if status is not None:
        parcel.status = _known_status(status)
    _settle(shop, order, parcel)


def delete_fulfillment(shop: Shop, order: Order, parcel: Fulfillment) -> None:
    parcel.deleted = shop.site.now()
    _settle(shop, order, parcel)


def _settle(shop: Shop, order: Order, parcel: Fulfillment) -> None:
    """The order bears the sum of its parcels as a meta, and is saved with it."""
    parcel.updated = shop.site.now()
    if parcel.status == "fulfilled" and get_meta(parcel.meta, "_date_fulfilled") is None:
        stamp = parcel.updated.astimezone(shop.site.zone).strftime("%Y-%m-%d %H:%M:%S")
        parcel.meta.append(Meta(shop.site.ids.next("meta"), "_date_fulfilled", stamp))
    sent = [each for each in order.fulfillments if each.deleted is None and each.status == "fulfilled"]
    packed = sum(entry.get("qty", 0) for each in sent for entry in get_meta(each.meta, "_items") or [])
    whole = packed >= sum(line.quantity for line in order.lines)
    word = ("fulfilled" if whole else "partially_fulfilled") if sent else "unfulfilled"
    set_meta(shop.site, order.meta, "_fulfillment_status", word)
    shop.save(order)


def items(order: Order) -> list[dict[str, Any]]:
    """The extensions' list, oldest first."""
    return get_meta(order.meta, KEY) or []


def add_shipment_tracking(shop: Shop, order: Order, body: Mapping[str, Any]) -> dict[str, Any]:
    """Adds an item the way the Shipment Tracking extension does."""
    custom = body.get("custom_tracking_provider") or ""
    item = {
        "tracking_provider": "" if custom else slug(body.get("tracking_provider") or ""),
        "custom_tracking_provider": custom,
        "custom_tracking_link": body.get("custom_tracking_link") or "",
        "tracking_number": str(body["tracking_number"]),
        "date_shipped": stamp(body.get("date_shipped"), shop.site.now()),
        "tracking_id": "",
    }
    return _add(shop, order, item, replace=False)


def add_ast(shop: Shop, order: Order, body: Mapping[str, Any]) -> dict[str, Any]:
    """Adds an item the way Advanced Shipment Tracking does; ``status_shipped`` completes the order."""
    item = {
        "tracking_provider": slug(body.get("tracking_provider") or ""),
        "custom_tracking_provider": "",
        "custom_tracking_link": body.get("custom_tracking_link") or "",
        "tracking_number": str(body["tracking_number"]),
        "tracking_product_code": "",
        "date_shipped": stamp(body.get("date_shipped"), shop.site.now()),
        "status_shipped": str(body.get("status_shipped") or ""),
        "tracking_id": "",
    }
    if item["status_shipped"] == "1":
        shop.set_status(order, "completed")
    return _add(shop, order, item, replace=str(body.get("replace_tracking", "")) == "1")


def delete_item(shop: Shop, order: Order, item: Mapping[str, Any]) -> None:
    left = [each for each in items(order) if each["tracking_id"] != item["tracking_id"]]
    set_meta(shop.site, order.meta, KEY, left)
    shop.save(order)


def _add(shop: Shop, order: Order, item: dict[str, Any], *, replace: bool) -> dict[str, Any]:
    provider = item["tracking_provider"] or item["custom_tracking_provider"]
    told = f"{provider}-{item['tracking_number']}{shop.site.ids.next('meta')}"
    item["tracking_id"] = hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()
    set_meta(shop.site, order.meta, KEY, [*([] if replace else items(order)), item])
    shop.save(order)
    return item


def recognise(number: str) -> dict[str, Any]:
    """What the core thinks whose number it is."""
    found = [(provider, url.format(number)) for provider, pattern, url in KNOWN if pattern.fullmatch(number)]
    if not found:
        return {"tracking_number": number, "shipping_provider": "", "tracking_url": "", "possibilities": []}
    provider, url = found[0]
    return {"tracking_number": number, "shipping_provider": provider, "tracking_url": url, "possibilities": []}


def link(number: str) -> str:
    return str(recognise(number)["tracking_url"])


def slug(name: str) -> str:
    """``DHL DE`` -> ``dhl-de``."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def stamp(day: Any, now: datetime) -> str:
    """Seconds since 1970 as text, of a day or of such a number; of nothing, of now."""
    text = str(day or "")
    if text.isdigit():
        return text
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC) if text else now
    return str(int(moment.timestamp()))


def day(seconds: str) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).date().isoformat()


def _known_status(status: str) -> str:
    if status not in ("fulfilled", "unfulfilled"):
        raise Refused(400, 0, "Invalid fulfillment status.")
    return status
