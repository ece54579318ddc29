"""The connection test of a Shopify store: ticks and crosses, each cross with its remedy."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest
import time_machine
from django.utils import timezone

from fulfillment.stores.shopify import checks
from fulfillment.stores.shopify.checks import READ_SCOPES
from tests.fulfillment.stores.a_shopify import connected, platform

pytestmark = pytest.mark.django_db
URL = "https://shop.example/parcelwise/hooks/shopify/0d5ae6b9-6f0e-4a9e-9bfe-0c6f3d7a1b11/"


def ticks(store, url=URL):
    return {tick.what: tick for tick in platform(store, patience=20).check(url)}


def test_a_good_connection_has_ticks_only(shopify):
    shopify.bucket.maximum = 20_000
    store = connected(shopify)
    platform(store).repair_hooks(URL)
    found = ticks(store)
    assert [what for what, tick in found.items() if not tick.good] == []
    assert list(found) == ["Address", "Access", "Shop", "Scopes", "Version", "Clock", "Webhooks"]
    assert shopify.shop in found["Access"].found


def test_a_wrong_token_ends_the_test_with_its_remedy(shopify):
    found = ticks(connected(shopify, credentials={"access_token": "shpat_wrong"}))
    assert list(found) == ["Address", "Access"]
    assert not found["Access"].good
    assert found["Access"].remedy


def test_missing_scopes_are_named(shopify):
    shopify.access.grant("write_orders", "read_customers")
    scopes = ticks(connected(shopify))["Scopes"]
    assert not scopes.good
    assert not scopes.minor
    assert scopes.found == "missing: read_fulfillments, read_returns, read_merchant_managed_fulfillment_orders"
    shopify.access.grant(*READ_SCOPES)
    scopes = ticks(connected(shopify))["Scopes"]
    assert (scopes.good, scopes.minor) == (False, True)
    assert "write_orders" in scopes.remedy


def test_another_shop_than_the_one_that_deliveries_are_of(shopify):
    shop = ticks(connected(shopify, platform_id="cleo.myshopify.com"))["Shop"]
    assert (shop.good, shopify.shop in shop.remedy) == (False, True)


@pytest.mark.parametrize(("version", "said"), [("2025-01", "not supported any more"), ("2026-01", "more days")])
def test_a_version_that_ends_is_a_cross(shopify, version, said):
    with time_machine.travel("2026-11-22T12:00Z", tick=True):
        tick = ticks(connected(shopify, api_version=version))["Version"]
    assert not tick.good
    assert said in tick.found


@pytest.mark.parametrize(
    ("seconds", "good", "said"),
    [(-300, False, "300 s ahead of Shopify's"), (300, False, "behind Shopify's"), (20, True, "within")],
)
def test_a_clock_that_is_wrong_is_a_cross(shopify, seconds, good, said):
    client = platform(connected(shopify)).client
    client.headers = {"date": format_datetime(timezone.now() + timedelta(seconds=seconds), usegmt=True)}
    tick = checks._clock(client)
    assert tick.good == good
    assert said in tick.found.replace("301", "300")


@pytest.mark.parametrize("header", ["", "yesterday", "Sun, 22 Nov 2026 20:00:00"])
def test_a_clock_that_shopify_does_not_tell_is_not_judged(shopify, header):
    client = platform(connected(shopify)).client
    client.headers = {"date": header}
    assert checks._clock(client).good


def test_a_store_without_an_address_says_so(shopify):
    (tick,) = platform(connected(shopify, url="", platform_id="")).check(URL)
    assert (tick.what, tick.good) == ("Address", False)


def test_what_shopify_says_of_the_shop_is_taken_over(shopify):
    facts = platform(connected(shopify)).describe()
    shop = shopify.world.shop
    assert (facts.platform_id, facts.currency) == (shopify.shop, shop.currency_code)
    assert facts.time_zone == shop.iana_timezone
    assert facts.name
    assert facts.address.name == shop.name, "the company is whom parcels come from"
    assert facts.address.lines == (shop.location.address1,)
