"""The connection test: what has to be right for a Shopify store to work, each with its remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from django.utils import timezone

from fulfillment.facts import Address
from fulfillment.stores.base import ShopFacts, Tick
from fulfillment.stores.shopify import mapping, orders, versions
from fulfillment.stores.shopify.client import Client, address, pages
from fulfillment.stores.shopify.documents import connecting
from fulfillment.stores.shopify.topics import subscribed
from parcelwise.errors import ParcelwiseError
from parcelwise.outbound.places import check_address

#: What reading needs, and what writing back needs. ``write_orders`` includes ``read_orders``.
READ_SCOPES = (
    "read_orders",
    "read_customers",
    "read_fulfillments",
    "read_returns",
    "read_merchant_managed_fulfillment_orders",
)
WRITE_SCOPES = (
    "write_orders",
    "write_fulfillments",
    "write_returns",
    "write_merchant_managed_fulfillment_orders",
    "read_locations",
)
#: Seconds by which clocks may differ.
SKEW = 60


def ticks(client: Client, hook_url: str) -> Iterator[Tick]:
    """One line for each thing; later ones are left out when an earlier one makes them pointless."""
    where = _address(client)
    yield where
    if not where.good:
        return
    try:
        shop: Any = client.ask(connecting.SHOP)["shop"]
    except ParcelwiseError as error:
        yield Tick("Access", False, str(error), "See that the credentials are of this store's app.")
        return
    plan = (shop.get("plan") or {}).get("publicDisplayName") or "unknown plan"
    yield Tick("Access", True, f"{shop['name']} ({shop['myshopifyDomain']}, {plan})")
    yield _same_shop(client, shop)
    for look in (_scopes, _version, _clock):
        yield _guarded(client, look)
    yield _guarded(client, lambda asked: _subscriptions(asked, hook_url))


def describe(client: Client) -> ShopFacts:
    """What Shopify says of the shop itself."""
    shop: Any = client.ask(connecting.SHOP)["shop"]
    return ShopFacts(
        name=shop.get("name") or "",
        currency=shop.get("currencyCode") or "",
        time_zone=shop.get("ianaTimezone") or "",
        support_email=shop.get("contactEmail") or "",
        platform_id=shop.get("myshopifyDomain") or "",
        address=_home(shop),
    )


def _home(shop: Mapping[str, Any]) -> Address:
    """Where the shop is: a company there is whom parcels come from, not a line of the street."""
    told = shop.get("shopAddress") or {}
    where = mapping.address({**told, "company": ""})
    return replace(where, name=told.get("company") or shop.get("name") or "")


def _guarded(client: Client, look: Callable[[Client], Tick]) -> Tick:
    try:
        return look(client)
    except ParcelwiseError as error:
        return Tick(_NAMES.get(getattr(look, "__name__", ""), "Webhooks"), False, str(error), "Try again in a minute.")


def _address(client: Client) -> Tick:
    try:
        url = address(client.store)
        check_address(url)
    except ParcelwiseError as error:
        return Tick("Address", False, str(error), "Use the address that ends in .myshopify.com.")
    return Tick("Address", True, url)


def _same_shop(client: Client, shop: Any) -> Tick:
    ours, theirs = client.store.platform_id, shop["myshopifyDomain"]
    if ours and ours != theirs:
        remedy = f"Set Shopify's name of the shop to {theirs}, or correct the address."
        return Tick("Shop", False, f"deliveries are expected from {ours}, and this is {theirs}", remedy)
    return Tick("Shop", True, theirs)


def _scopes(client: Client) -> Tick:
    granted = orders.scopes(client)
    missing = [scope for scope in READ_SCOPES if not _allows(granted, scope)]
    if missing:
        return Tick(
            "Scopes", False, f"missing: {', '.join(missing)}", "Add them to the app's scopes and install it again."
        )
    unwritten = [scope for scope in WRITE_SCOPES if not _allows(granted, scope)]
    if unwritten:
        remedy = f"To write back, add {', '.join(unwritten)}; to read only, turn writing off."
        return Tick("Scopes", False, "enough to read, not to write back", remedy, minor=True)
    if "read_all_orders" not in granted:
        remedy = "Ask Shopify for read_all_orders to bring older ones as well."
        return Tick("Scopes", False, "orders of the last 60 days only", remedy, minor=True)
    return Tick("Scopes", True, f"{len(granted)} granted")


def _allows(granted: frozenset[str], scope: str) -> bool:
    return scope in granted or scope.replace("read_", "write_", 1) in granted


def _version(client: Client) -> Tick:
    served = {each["handle"] for each in client.ask(connecting.VERSIONS)["publicApiVersions"] if each["supported"]}
    wanted, today = client.version, timezone.now().date()
    remedy = f"Set the version to {versions.DEFAULT}, for which this release is made."
    if wanted not in served:
        return Tick("Version", False, f"{wanted} is not supported any more", remedy)
    if not versions.is_version(wanted):
        return Tick("Version", False, f"{wanted} is not a version with a date", remedy, minor=True)
    soon = versions.ending(wanted, today)
    return Tick("Version", not soon, soon or wanted, remedy if soon else "", minor=True)


def _clock(client: Client) -> Tick:
    stated = client.headers.get("date", "")
    try:
        theirs: datetime | None = parsedate_to_datetime(stated)
    except ValueError:
        theirs = None
    if theirs is None or theirs.tzinfo is None:
        return Tick("Clock", True, "Shopify did not say what time it is")
    seconds = round((timezone.now() - theirs).total_seconds())
    if abs(seconds) > SKEW:
        way = "ahead of" if seconds > 0 else "behind"
        return Tick("Clock", False, f"{abs(seconds)} s {way} Shopify's", "Let this machine set its clock by NTP.")
    return Tick("Clock", True, f"within {max(abs(seconds), 1)} s of Shopify's")


def _subscriptions(client: Client, hook_url: str) -> Tick:
    what = "Webhooks"
    hooks = pages(client, connecting.HOOKS, "webhookSubscriptions")
    there = {hook["topic"] for hook in hooks if hook["uri"] == hook_url}
    wanted = subscribed(client.version)
    missing = [topic.wire for topic in wanted if topic.enum not in there]
    if not missing:
        return Tick(what, True, f"{len(wanted)} subscriptions")
    if len(missing) == len(wanted):
        return Tick(what, False, "no subscriptions yet", "They are made when the store is connected.", minor=True)
    remedy = "They are mended when the store is connected, and every half hour."
    return Tick(what, False, f"missing: {', '.join(missing)}", remedy, minor=True)


_NAMES = {"_scopes": "Scopes", "_version": "Version", "_clock": "Clock"}
