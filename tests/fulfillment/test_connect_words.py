"""What people copy out of a browser is understood, and what is misplaced is said in a sentence."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from fulfillment.stores.addresses import platform_address, shop_of, slug_of
from fulfillment.stores.credentials import credentials_of, succeed
from parcelwise.errors import GiveUp


@pytest.mark.parametrize(
    ("kind", "typed", "address"),
    [
        ("shopify", "nordlicht", "https://nordlicht.myshopify.com"),
        ("shopify", " Nordlicht.myshopify.com/ ", "https://nordlicht.myshopify.com"),
        ("shopify", "https://nordlicht.myshopify.com/admin/orders?x=1", "https://nordlicht.myshopify.com"),
        ("shopify", "http://nordlicht.myshopify.com", "https://nordlicht.myshopify.com"),
        ("shopify", "https://admin.shopify.com/store/nordlicht/settings", "https://nordlicht.myshopify.com"),
        ("shopify", "http://127.0.0.1:8733/", "http://127.0.0.1:8733"),
        ("woocommerce", "shop.example", "https://shop.example"),
        ("woocommerce", "https://Shop.example:443/", "https://shop.example"),
        ("woocommerce", "https://example.com/shop/wp-admin/admin.php?page=wc", "https://example.com/shop"),
        ("woocommerce", "https://example.com/wp-json/wc/v3", "https://example.com"),
        ("woocommerce", "http://[::1]:8000/de/", "http://[::1]:8000/de"),
        ("magento", "https://example.com/m2/?a=b#c", "https://example.com/m2"),
    ],
)
def test_an_address_is_read_from_whatever_page_was_open(kind, typed, address):
    assert platform_address(kind, typed) == address


@pytest.mark.parametrize(
    ("kind", "typed", "words"),
    [
        ("shopify", "nordlicht.example", "ends in .myshopify.com"),
        ("shopify", "https://admin.shopify.com/", "says no store"),
        ("woocommerce", "", "not an http or https"),
        ("woocommerce", "ftp://shop.example", "not an http or https"),
        ("woocommerce", "https://shop.example:port/", "not an address"),
        ("woocommerce", "https://ana:sesame@shop.example/", "user name or password"),
        ("woocommerce", "javascript:alert(1)", "not an"),
    ],
)
def test_what_is_no_address_is_said_in_words(kind, typed, words):
    with pytest.raises(GiveUp, match=words):
        platform_address(kind, typed)


@pytest.mark.parametrize(
    ("address", "slug"),
    [
        ("https://nordlicht.myshopify.com", "nordlicht"),
        ("https://www.example.com/shop", "example-com-shop"),
        ("https://münchen.example", "munchen-example"),
        ("https://店.example", "example"),
    ],
)
def test_a_short_name_comes_from_the_address(address, slug):
    assert slug_of(address) == slug


def test_shopify_names_a_shop_by_its_host():
    assert shop_of("shopify", "https://nordlicht.myshopify.com") == "nordlicht.myshopify.com"
    assert shop_of("shopify", "http://127.0.0.1:8733") == ""
    assert shop_of("woocommerce", "https://shop.example") == ""


@pytest.mark.parametrize(
    ("kind", "given", "stored"),
    [
        ("shopify", {"key": "id ", "secret": "s"}, {"client_id": "id", "client_secret": "s"}),
        ("shopify", {"token": "shpat_1", "secret": "s"}, {"access_token": "shpat_1", "client_secret": "s"}),
        ("shopify", {"token": "t", "hook_secret": "h"}, {"access_token": "t", "hook_secret": "h"}),
        ("woocommerce", {"key": "ck_1", "secret": "cs_1"}, {"key": "ck_1", "secret": "cs_1"}),
        ("magento", {"token": "t"}, {"token": "t"}),
    ],
)
def test_each_platform_keeps_what_it_needs(kind, given, stored):
    assert credentials_of(kind, **given) == stored


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        ("shopify", {"key": "id"}, "client secret"),
        ("shopify", {"token": "t"}, "client secret is missing"),
        ("woocommerce", {"key": "ck_1"}, "secret are needed"),
        ("woocommerce", {"key": "cs_1", "secret": "ck_1"}, "swapped"),
        ("woocommerce", {"key": "ck_1", "secret": "cs 1"}, "blank"),
        ("woocommerce", {"key": "ck_1", "secret": "cs\x001"}, "strange letter"),
        ("woocommerce", {"key": "ck_ß", "secret": "cs_1"}, "strange letter"),
    ],
)
def test_what_is_missing_or_misplaced_is_said_in_words(kind, given, words):
    with pytest.raises(GiveUp, match=words):
        credentials_of(kind, **given)


def test_secrets_that_are_not_for_signing_leave_nothing_behind():
    now = timezone.now()
    assert succeed({"key": "a", "secret": "b"}, {"key": "c", "secret": "d"}, now) == {"key": "c", "secret": "d"}
    found = succeed({"client_secret": "a"}, {"client_secret": "b"}, now)
    assert found == {
        "client_secret": "b",
        "old_client_secret": "a",
        "old_until": (now + timedelta(hours=1)).isoformat(),
    }
