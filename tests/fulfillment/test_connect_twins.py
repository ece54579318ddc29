"""The commands against shops that answer over HTTP: connected, read, and brought up to date."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from fulfillment.models import Order, Store
from fulfillment.testing.shopify_twin import ShopifyTwin
from fulfillment.testing.woocommerce_twin import WooCommerceTwin

pytestmark = pytest.mark.django_db

ORDERS = 12


def run(command: str, *arguments: str) -> tuple[dict[str, Any], str]:
    """What the command says in JSON, and how it fails."""
    out, err, failed = io.StringIO(), io.StringIO(), ""
    try:
        call_command(command, *arguments, "--json", stdout=out, stderr=err)
    except CommandError as error:
        failed = str(error)
    return json.loads(out.getvalue() or "{}"), failed


@pytest.fixture
def woo() -> Iterator[WooCommerceTwin]:
    with WooCommerceTwin() as twin:
        # Nobody listens at our own address in this test, and a real site makes the hook all the same.
        twin.site.strict_ping = False
        twin.world.history(orders=ORDERS)
        yield twin


@pytest.fixture
def shopify() -> Iterator[ShopifyTwin]:
    with ShopifyTwin() as twin:
        twin.world.history(orders=ORDERS)
        yield twin


@pytest.fixture(autouse=True)
def nobody_at_home(settings) -> None:
    """Our own address, at which nothing answers: the connection works all the same."""
    settings.PARCELWISE = {**settings.PARCELWISE, "LINKS": {"BASE_URL": "http://127.0.0.1:1"}}


def test_woocommerce_from_nothing_to_reconciled(woo):
    keys = ("--url", woo.url, "--key", "ck_twin", "--secret", "cs_twin")
    said, failed = run("connect_store", "woocommerce", *keys)
    assert failed == ""
    assert said["connected"]
    store = Store.objects.get(pk=said["id"])
    assert said["hook_url"] == f"http://127.0.0.1:1/parcelwise/hooks/woocommerce/{store.uuid}/"
    assert store.credentials["hook_secret"]
    assert (store.time_zone, store.origin.country) == ("Europe/Berlin", "DE")

    said, failed = run("sync_store", said["uuid"])
    assert (failed, said["state"], said["seen"]) == ("", "done", ORDERS)
    order = woo.world.place_order(status="processing")
    said, failed = run("reconcile_store", store.slug)
    assert (failed, said["recorded"]) == ("", 1)
    assert Order.objects.filter(store=store, external_id=str(order.id)).exists()
    assert Order.objects.filter(store=store).count() == ORDERS + 1


def test_woocommerce_of_wrong_keys_is_kept_and_mended(woo):
    keys = ("--url", woo.url, "--key", "ck_twin")
    said, failed = run("connect_store", "woocommerce", *keys, "--secret", "cs_wrong")
    assert "is not connected" in failed
    assert [tick["what"] for tick in said["checks"] if not tick["good"] and not tick["minor"]] == ["Key"]
    again, failed = run("connect_store", "woocommerce", *keys, "--secret", "cs_twin")
    assert (failed, again["uuid"], again["connected"]) == ("", said["uuid"], True)


@pytest.mark.parametrize(
    "keys",
    [
        ("--key", "twin-client-id", "--secret", "shpss_twin-client-secret"),
        ("--token", "shpat_twin-admin-token", "--secret", "shpss_twin-client-secret"),
    ],
    ids=["client credentials", "fixed token"],
)
def test_shopify_from_nothing_to_reconciled(shopify, keys):
    said, failed = run("connect_store", "shopify", "--url", shopify.url, *keys, "--version", "2026-07")
    assert failed == ""
    assert said["connected"]
    store = Store.objects.get(pk=said["id"])
    assert (store.platform_id, store.api_version) == ("nordlicht.myshopify.com", "2026-07")

    said, failed = run("sync_store", str(store.pk))
    assert (failed, said["state"], said["seen"]) == ("", "done", ORDERS)
    placed = shopify.world.place_order(
        customer={"email": "ana@example.com"}, lines=[{"title": "Wool socks", "price": "9.90"}]
    )
    said, failed = run("reconcile_store", str(store.uuid))
    assert (failed, said["recorded"]) == ("", 1)
    assert Order.objects.filter(store=store).count() == ORDERS + 1
    assert Order.objects.filter(store=store, number=placed.name).exists()


def test_shopify_of_a_wrong_secret_says_so(shopify):
    said, failed = run(
        "connect_store", "shopify", "--url", shopify.url, "--key", "twin-client-id", "--secret", "wrong-1"
    )
    assert "is not connected" in failed
    [cross] = [tick for tick in said["checks"] if not tick["good"] and not tick["minor"]]
    assert cross["what"] == "Access"
    assert "wrong-1" not in json.dumps(said)
