"""Our webhooks at a shop are made once, looked after, and what was missed while one was off is read."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from fulfillment.models import Order, Store, StoreRun
from fulfillment.services import connect
from fulfillment.services import hooks as hook_service
from fulfillment.stores.woocommerce import WooCommercePlatform, signing
from fulfillment.stores.woocommerce.hooks import TOPICS
from fulfillment.testing.woocommerce_twin import Key
from fulfillment.testing.woocommerce_twin.hooks import signature
from parcelwise.errors import Misconfigured
from parcelwise.testing import run_jobs
from tests.fulfillment.stores.woocommerce_shop import HOOK_SECRET, Shop, a_woocommerce_shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with a_woocommerce_shop() as shop:
        yield shop


def hooks_of(shop: Shop) -> dict[str, tuple[str, str]]:
    return {hook.topic: (hook.status, hook.delivery_url) for hook in shop.twin.site.webhooks.values()}


def calls(shop: Shop) -> list[str]:
    """Methods of the calls since the last time this was asked."""
    made = [call["method"] for call in shop.twin.log]
    shop.twin.log.clear()
    return made


def test_there_is_one_hook_for_each_topic(shop):
    report = shop.platform.repair_hooks(shop.hook_url)
    assert (report.mended, report.good, report.failed) == (TOPICS, (), ())
    assert hooks_of(shop) == dict.fromkeys(TOPICS, ("active", shop.hook_url))
    assert {hook.secret for hook in shop.twin.site.webhooks.values()} == {HOOK_SECRET}


def test_hooks_that_are_in_order_are_left_alone(shop):
    shop.subscribe()
    calls(shop)
    report = shop.platform.repair_hooks(shop.hook_url)
    assert (report.good, report.mended) == (TOPICS, ())
    assert set(calls(shop)) == {"GET"}


def test_a_hook_that_disabled_itself_is_turned_on_and_what_was_missed_is_read(shop):
    shop.subscribe()
    Store.objects.update(synced_at=timezone.now(), reconciled_until=timezone.now())
    updated = next(hook for hook in shop.twin.site.webhooks.values() if hook.topic == "order.created")
    for _failure in range(7):
        shop.twin.post.cut()
        shop.twin.post.wire = True
        shop.twin.world.place_order()
        shop.twin.clock.change(advance=10)
        shop.twin.post.flush()
    shop.twin.post.wire = False
    shop.twin.post.mend()
    assert updated.status == "disabled"
    report = hook_service.repair(Store.objects.get())
    assert {"order.created", "order.updated"} == set(report.mended)
    assert updated.status == "active"
    run_jobs()
    assert StoreRun.objects.get().recorded == 7 == Order.objects.count()


def test_a_wrong_address_a_double_and_a_paused_hook_are_mended(shop):
    shop.subscribe()
    astray, paused, other = list(shop.twin.site.webhooks.values())[:3]
    astray.delivery_url = f"https://old.example.com/hooks/woocommerce/{shop.store.uuid}/"
    paused.status = "paused"
    shop.twin.site.webhooks[99] = type(other)(
        99, "again", other.topic, shop.hook_url, HOOK_SECRET, other.created, other.modified
    )
    report = shop.platform.repair_hooks(shop.hook_url)
    assert set(report.mended) == {astray.topic, paused.topic, other.topic}
    assert hooks_of(shop) == dict.fromkeys(TOPICS, ("active", shop.hook_url))
    assert len(shop.twin.site.webhooks) == len(TOPICS)


def test_a_new_secret_reaches_every_hook(shop):
    shop.subscribe()
    store = Store.objects.get()
    store.credentials = {**store.credentials, "hook_secret": "another-secret"}
    store.save()
    report = shop.platform.repair_hooks(shop.hook_url)
    assert report.mended == TOPICS
    assert {hook.secret for hook in shop.twin.site.webhooks.values()} == {"another-secret"}
    assert signature("another-secret", b"x") != signature(HOOK_SECRET, b"x")
    assert "another-secret" not in str(Store.objects.get().preferences)


def test_hooks_of_others_are_not_touched(shop):
    foreign = {"topic": "order.updated", "delivery_url": "https://bookkeeping.example.com/woo/", "status": "paused"}
    shop.platform.client.post("wc/v3/webhooks", {**foreign, "name": "Parcelwise: order.updated"})
    shop.subscribe()
    before = shop.twin.site.webhooks[1]
    assert (before.status, before.delivery_url) == ("paused", foreign["delivery_url"])
    assert shop.platform.remove_hooks(shop.hook_url) == len(TOPICS)
    assert list(shop.twin.site.webhooks) == [1]


def test_a_topic_that_is_refused_does_not_stop_the_others(shop, monkeypatch):
    monkeypatch.setattr("fulfillment.stores.woocommerce.hooks.TOPICS", ("order.sold", *TOPICS))
    report = shop.platform.repair_hooks(shop.hook_url)
    assert [topic for topic, _why in report.failed] == ["order.sold"]
    assert "must be valid" in report.failed[0][1]
    assert report.mended == TOPICS


def test_a_key_without_rights_is_for_people_to_mend(shop):
    shop.twin.keys.add(Key("ck_twin", "cs_twin", permissions="read"))
    with pytest.raises(Misconfigured, match="does not have write permissions"):
        shop.platform.repair_hooks(shop.hook_url)


def test_many_hooks_of_others_do_not_hide_ours(shop):
    shop.subscribe()
    mine = next(iter(shop.twin.site.webhooks.values()))
    for number in range(100, 260):
        copy = type(mine)(number, "x", "order.updated", "https://x.example/", "s", mine.created, mine.modified)
        shop.twin.site.webhooks[number] = copy
    assert shop.platform.repair_hooks(shop.hook_url).good == TOPICS


# The connection test


def test_a_shop_in_order_has_no_cross(shop):
    shop.subscribe()
    ticks = list(shop.platform.check(shop.hook_url))
    assert [tick.what for tick in ticks if not tick.good] == ["Encryption"], "the twin has no https"
    assert all(tick.good or (tick.minor and tick.remedy) for tick in ticks)
    preferences = Store.objects.get().preferences
    assert (preferences["fulfillments"], preferences["tracking_route"]) == (True, "wc-shipment-tracking/v3")


@pytest.mark.parametrize(
    ("plugins", "fulfillments", "route"),
    [((), False, ""), (("ast",), False, "wc-ast/v3"), (("core",), True, "")],
)
def test_the_places_for_tracking_numbers_are_found(plugins, fulfillments, route):
    with a_woocommerce_shop(plugins=plugins) as shop:
        tick = next(tick for tick in shop.platform.check(shop.hook_url) if tick.what == "Tracking numbers")
        assert tick.good == bool(plugins)
        preferences = Store.objects.get().preferences
        assert (preferences["fulfillments"], preferences["tracking_route"]) == (fulfillments, route)


def crosses(shop: Shop) -> dict[str, str]:
    return {tick.what: tick.found for tick in shop.platform.check(shop.hook_url) if not tick.good and not tick.minor}


def test_a_wrong_key_a_reading_key_and_a_customers_key_each_have_their_cross(shop):
    shop.twin.keys.add(Key("ck_twin", "cs_other"))
    assert list(crosses(shop)) == ["Key"]
    shop.twin.keys.add(Key("ck_twin", "cs_twin", permissions="read"))
    assert list(crosses(shop)) == ["Key for writing"]
    shop.twin.keys.add(Key("ck_twin", "cs_twin", manager=False))
    assert list(crosses(shop)) == ["Key"]


def test_an_old_version_a_wrong_clock_and_an_address_without_wordpress_are_seen(shop, monkeypatch):
    shop.twin.site.version = "5.6.2"
    assert crosses(shop) == {"Version": "WooCommerce 5.6.2"}
    shop.twin.site.version = "9.9.5"
    far_ahead = timezone.now() + timedelta(minutes=30)
    monkeypatch.setattr("fulfillment.stores.woocommerce.checks.timezone.now", lambda: far_ahead)
    assert "Clocks" in crosses(shop)
    monkeypatch.undo()
    Store.objects.update(url=f"{shop.twin.url}/blog")
    assert list(crosses(shop)) == ["Address and REST API"]


def test_plain_permalinks_are_noticed_and_lived_with(shop, monkeypatch):
    monkeypatch.setattr("fulfillment.testing.woocommerce_twin.twin.ROOT", "/nowhere")
    assert Store.objects.get().preferences == {}
    ticks = {tick.what: tick for tick in shop.platform.check(shop.hook_url)}
    assert not ticks["Permalinks"].good and ticks["Permalinks"].minor
    assert ticks["Key"].good
    assert Store.objects.get().preferences["plain_permalinks"] is True


def test_hooks_that_are_off_are_named(shop):
    shop.subscribe()
    next(iter(shop.twin.site.webhooks.values())).status = "disabled"
    tick = next(tick for tick in shop.platform.check(shop.hook_url) if tick.what == "Webhooks")
    assert (tick.good, tick.found) == (False, "off: order.created")


def test_no_credential_is_shown(shop):
    shop.twin.keys.revoke("ck_twin")
    told = " ".join(f"{tick.found} {tick.remedy}" for tick in shop.platform.check(shop.hook_url))
    assert "cs_twin" not in told and "ck_twin" not in told


def test_a_shop_is_connected_with_what_it_says_of_itself():
    with a_woocommerce_shop() as shop:
        Store.objects.all().delete()
        attempt = connect.connect("woocommerce", f"{shop.twin.url}/wp-admin/", {"key": "ck_twin", "secret": "cs_twin"})
        assert attempt.works, [tick for tick in attempt.ticks if not tick.good]
        store = Store.objects.get()
        assert (store.name, store.currency, store.time_zone) == ("Ana & Ben’s Shop", "EUR", "Europe/Berlin")
        assert {hook.status for hook in shop.twin.site.webhooks.values()} == {"active"}
        assert len(shop.twin.site.webhooks) == len(TOPICS)
        shop.twin.world.place_order()
        (created, *_rest) = shop.news()
        lowered = {name.lower(): value for name, value in created.headers.items()}
        assert WooCommercePlatform.webhooks.is_signed(lowered, created.body, store.credentials["hook_secret"])
        assert WooCommercePlatform.webhooks.delivery(lowered, created.body).shop == store.platform_id


def test_the_platform_can_be_loaded_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "woocommerce", None)
    monkeypatch.setitem(sys.modules, "woocommerce.oauth", None)
    try:
        importlib.reload(signing)
        assert not signing.INSTALLED
        with pytest.raises(Misconfigured, match="pip install"):
            signing.signed("GET", "http://shop.example/wp-json/", "ck", "cs")
    finally:
        monkeypatch.undo()
        importlib.reload(signing)
