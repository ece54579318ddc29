"""The connection test of a shop: what is looked at, what was found, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from fulfillment.facts import Address
from fulfillment.models import Store
from fulfillment.stores.base import ShopFacts, Tick
from fulfillment.stores.woocommerce.answers import NotAllowed, Refused
from fulfillment.stores.woocommerce.client import Client
from fulfillment.stores.woocommerce.hooks import TOPICS, Hooks
from fulfillment.stores.woocommerce.learned import (
    FULFILLMENTS,
    PLAIN_PERMALINKS,
    ROUTES,
    TRACKING_ROUTE,
    has_fulfillments,
    remember,
)
from fulfillment.stores.woocommerce.signing import INSTALLED
from fulfillment.stores.woocommerce.values import fields, text
from fulfillment.stores.woocommerce.webhooks import shop_name
from parcelwise.clock import is_zone
from parcelwise.errors import GiveUp, Misconfigured, ParcelwiseError

#: ``modified_after`` and ``dates_are_gmt`` came with it.
OLDEST = (5, 8)
#: A signature is good for a quarter of an hour on either side.
SKEW = timedelta(minutes=5)
_KEYS = "WooCommerce → Settings → Advanced → REST API"
#: What WooCommerce answers to a call in which it sees no key at all.
_NO_KEY_SEEN = frozenset({"woocommerce_rest_cannot_view", "woocommerce_rest_cannot_edit", "rest_forbidden"})


def ticks(store: Store, hook_url: str) -> Iterator[Tick]:
    """Test the connection, and keep what is learned of the shop. The first cross that stops all others ends it."""
    client = Client(store)
    yield _https(client)
    try:
        index, there = _index(store, client)
    except ParcelwiseError as error:
        yield Tick("Address and REST API", False, str(error), "Open the address with /wp-json/ behind it in a browser.")
        return
    client = Client(store)
    yield Tick("Address and REST API", True, text(index.get("name")))
    yield _permalinks(store)
    yield _woocommerce_is_there(index)
    if there:
        yield _clock(there)
    may_read, tick = _reading(client)
    yield tick
    if not may_read:
        return
    yield _writing(client)
    yield from _site(client)
    yield _places(store, client, index)
    yield from _webhooks(store, client, hook_url)


def describe(client: Client) -> ShopFacts:
    """What the shop says of itself; what it does not let the key read is left empty."""
    index, _there = client.open_index()
    home = text(index.get("home")) or text(index.get("url"))
    zone = text(index.get("timezone_string"))
    settings = _settings(client)
    country, _, state = settings.get("woocommerce_default_country", "").partition(":")
    lines = (settings.get("woocommerce_store_address", ""), settings.get("woocommerce_store_address_2", ""))
    return ShopFacts(
        name=text(index.get("name")),
        currency=settings.get("woocommerce_currency", ""),
        time_zone=zone if is_zone(zone) else "",
        platform_id=shop_name(home),
        address=Address(
            name=text(index.get("name")),
            lines=tuple(filter(None, lines)),
            city=settings.get("woocommerce_store_city", ""),
            region=state,
            postcode=settings.get("woocommerce_store_postcode", ""),
            country=country,
        ),
    )


def _settings(client: Client) -> dict[str, str]:
    try:
        found = client.listed("wc/v3/settings/general").rows
    except (GiveUp, Misconfigured):
        return {}
    return {text(row.get("id")): text(row.get("value")) for row in found}


def _https(client: Client) -> Tick:
    what = "Encryption"
    if client.is_https:
        return Tick(what, True, "https")
    if not INSTALLED:
        return Tick(what, False, "http", "pip install 'parcelwise[woocommerce]', or give the shop a certificate.")
    return Tick(what, False, "http: calls are signed, but can be read on their way", "Use https.", minor=True)


def _index(store: Store, client: Client) -> tuple[Mapping[str, Any], datetime | None]:
    """The index of the REST API, by whichever of its two addresses it has."""
    try:
        index, there = client.open_index()
    except ParcelwiseError as first:
        client.plain_permalinks = not client.plain_permalinks
        try:
            index, there = client.open_index()
        except ParcelwiseError:
            raise first from None
    if not isinstance(index, dict) or "namespaces" not in index:
        raise GiveUp("The address answers, but not as WordPress does.")
    remember(store, **{PLAIN_PERMALINKS: client.plain_permalinks})
    return index, there


def _permalinks(store: Store) -> Tick:
    if not store.preferences.get(PLAIN_PERMALINKS):
        return Tick("Permalinks", True, "/wp-json/")
    remedy = "WordPress → Settings → Permalinks: anything but “Plain”. Other tools of the shop will need it, too."
    return Tick("Permalinks", False, "plain; the API is called by index.php?rest_route=", remedy, minor=True)


def _woocommerce_is_there(index: Mapping[str, Any]) -> Tick:
    there = "wc/v3" in (index.get("namespaces") or ())
    return Tick("WooCommerce", there, "REST API v3" if there else "not active", "Activate the plugin WooCommerce.")


def _clock(there: datetime) -> Tick:
    skew = abs(timezone.now() - there)
    found = f"{skew.total_seconds():.0f} s apart"
    return Tick("Clocks", skew < SKEW, found, "Set the clock of this server or of the shop's by NTP.")


def _reading(client: Client) -> tuple[bool, Tick]:
    """Whether the key may read orders, asked in the way in which changes are asked for later."""
    since = (timezone.now() - timedelta(minutes=1)).replace(microsecond=0, tzinfo=None).isoformat()
    try:
        client.listed("wc/v3/orders", per_page=1, orderby="modified", order="asc", modified_after=since)
    except NotAllowed as error:
        if error.code in _NO_KEY_SEEN and client.is_https and not client.keys_in_query:
            remedy = (
                "The server may keep the Authorization header from PHP: let it pass, or set the store's preference "
                f"“keys_in_query” to true. Else the key's user may not see orders: {_KEYS}."
            )
        else:
            remedy = f"{_KEYS}: make a key with Read/Write for a shop manager, and copy both halves."
        return False, Tick("Key", False, str(error), remedy)
    except ParcelwiseError as error:
        return False, Tick("Key", False, str(error), "Update WooCommerce if it does not know “modified”.")
    return True, Tick("Key", True, "may read orders")


def _writing(client: Client) -> Tick:
    """An empty batch changes nothing, and a key that may only read is turned away before."""
    try:
        client.post("wc/v3/orders/batch", {})
    except NotAllowed as error:
        remedy = f"{_KEYS}: give the key the permission Read/Write. Without it nothing is written back."
        return Tick("Key for writing", False, str(error), remedy)
    except Refused:
        pass  # it got past the key
    except ParcelwiseError as error:
        return Tick("Key for writing", False, str(error), "Test again.", minor=True)
    return Tick("Key for writing", True, "may write")


def _site(client: Client) -> Iterator[Tick]:
    """Versions, and whether jobs of the site run by themselves: its webhooks are such jobs."""
    try:
        status = client.get("wc/v3/system_status", _fields="environment")
    except ParcelwiseError as error:
        yield Tick(
            "Version", False, str(error), "The key's user is no shop manager; the version is not seen.", minor=True
        )
        return
    environment = fields(fields(status).get("environment"))
    version = text(environment.get("version"))
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    yield Tick("Version", numbers >= OLDEST, f"WooCommerce {version}", "Update WooCommerce: 5.8 is needed at least.")
    if environment.get("wp_cron") is False:
        found = "off (DISABLE_WP_CRON)"
        remedy = "Let a cron job of the shop's server call wp-cron.php every minute, or webhooks leave late."
        yield Tick("WP-Cron", False, found, remedy, minor=True)


def _places(store: Store, client: Client, index: Mapping[str, Any]) -> Tick:
    """Where tracking numbers are kept; they are read everywhere and written to the first."""
    namespaces = index.get("namespaces") or ()
    route = next((route for route in ROUTES if route in namespaces), "")
    try:
        core = has_fulfillments(client)
    except ParcelwiseError as error:
        return Tick("Tracking numbers", False, str(error), "Test again.", minor=True)
    remember(store, **{FULFILLMENTS: core, TRACKING_ROUTE: route})
    names = {ROUTES[0]: "the Shipment Tracking extension", ROUTES[1]: "Advanced Shipment Tracking"}
    found = [name for name, there in (("order fulfilments", core), (names.get(route, ""), route)) if there]
    if not found:
        remedy = "Numbers are written as order notes. Turn on order fulfilments in WooCommerce 10.1 or newer."
        return Tick("Tracking numbers", False, "no place for them", remedy, minor=True)
    return Tick("Tracking numbers", True, " and ".join(found))


def _webhooks(store: Store, client: Client, hook_url: str) -> Iterator[Tick]:
    try:
        ours = list(Hooks(store, client).ours())
    except ParcelwiseError as error:
        yield Tick("Webhooks", False, str(error), "The key's user must be a shop manager.", minor=True)
        return
    off = sorted(text(hook.get("topic")) for hook in ours if hook.get("status") != "active")
    astray = sorted(text(hook.get("topic")) for hook in ours if hook_url and hook.get("delivery_url") != hook_url)
    missing = sorted(set(TOPICS) - {text(hook.get("topic")) for hook in ours})
    told = {"off": off, "missing": missing, "with another address": astray}
    found = "; ".join(f"{word}: {', '.join(topics)}" for word, topics in told.items() if topics)
    remedy = (
        "They are mended when the store is connected, and every half hour. Those that go off again cannot reach us."
    )
    yield Tick("Webhooks", not found, found or f"{len(ours)} active", remedy if found else "", minor=True)
