"""Connecting a store: what was typed is tested, the shop is learned, and nothing that worked is lost."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from fulfillment.models import Store, StoreRun, StoreWrite
from fulfillment.services import connect, connection_test
from fulfillment.services.connect import Attempt
from fulfillment.services.orders import record_order
from fulfillment.stores.base import Tick
from fulfillment.testing.twins.server import TwinServer
from fulfillment.testing.twins.wire import Answer
from parcelwise.errors import GiveUp, Misconfigured, RetryLater
from parcelwise.models import Problem
from tests.fulfillment.a_platform import TestShop

pytestmark = pytest.mark.django_db

URL = "http://127.0.0.1:4711"
GOOD = {"key": "ck", "secret": "opensesame"}


@pytest.fixture(autouse=True)
def shop(settings) -> type[TestShop]:
    fulfillment = {
        "PLATFORMS": {"testshop": "tests.fulfillment.a_platform.TestShop"},
        "HOOK_URL": "http://127.0.0.1:1/hooks",
    }
    settings.PARCELWISE = {**settings.PARCELWISE, "FULFILLMENT": fulfillment}
    return TestShop.open_shop()


def connected(**columns) -> Attempt:
    return connect.connect("testshop", URL, GOOD, **columns)


def test_a_store_that_works_is_connected_with_what_the_platform_says_of_it(shop):
    attempt = connected()
    store = Store.objects.get(pk=attempt.store.pk)
    assert attempt.works
    assert (store.name, store.currency, store.time_zone) == ("Nordlicht", "DKK", "Europe/Copenhagen")
    assert (store.origin.city, store.support_email, store.platform_id) == (
        "København",
        "hello@nordlicht.example",
        "nordlicht",
    )
    assert (store.is_active, store.slug, store.url) == (True, "127-0-0-1", URL)
    assert store.connected_at is not None
    assert list(shop.hooks) == [f"http://127.0.0.1:1/hooks/testshop/{store.uuid}/"]


def test_the_table_is_of_after_the_hooks_were_made():
    store = connected().store
    found = {tick.what: tick.good for tick in connection_test.stored(store)}
    assert found["Webhooks"] is True


def test_a_store_that_fails_is_kept_with_what_failed():
    attempt = connect.connect("testshop", URL, {"key": "ck", "secret": "wrong-one"}, name="Nordlicht")
    store = Store.objects.get()
    assert (attempt.works, store.is_active, store.connected_at) == (False, False, None)
    assert store.credentials["secret"] == "wrong-one"
    [cross] = [tick for tick in connection_test.stored(store) if not tick.good and not tick.minor]
    assert cross.remedy == "Type the credentials again."


def test_the_same_store_again_is_brought_up_to_date(shop):
    first = connected(name="Nordlys").store
    shop.secret = "opensesame2"
    second = connect.connect("testshop", f"{URL}/", {"key": "ck", "secret": "opensesame2"})
    assert (second.store.pk, second.works, Store.objects.count()) == (first.pk, True, 1)
    assert (second.store.name, second.store.connected_at) == ("Nordlys", first.connected_at)


def test_what_a_person_has_written_is_not_overwritten_by_what_the_platform_says():
    store = connected().store
    Store.objects.filter(pk=store.pk).update(
        time_zone="Europe/Berlin", name="Our shop", support_email="", address={"city": "Kiel", "country": "DE"}
    )
    again = connected().store
    assert (again.time_zone, again.name, again.origin.city) == ("Europe/Berlin", "Our shop", "Kiel")
    assert again.support_email == "hello@nordlicht.example"


def test_credentials_that_do_not_work_leave_those_that_do():
    store = connected().store
    attempt = connect.replace(store, {"key": "ck", "secret": "wrong-one"})
    store.refresh_from_db()
    assert (attempt.works, attempt.former_kept) == (False, True)
    assert (store.credentials["secret"], store.is_active) == ("opensesame", True)
    assert connection_test.works(connection_test.stored(store))
    assert not connection_test.works(attempt.ticks)


def test_a_former_signing_secret_stays_good_for_an_hour(shop):
    store = connect.connect("testshop", URL, {**GOOD, "hook_secret": "former-one"}).store
    connect.replace(store, {**GOOD, "hook_secret": "newer-one"})
    store.refresh_from_db()
    kept = timezone.datetime.fromisoformat(store.credentials["old_until"]) - timezone.now()
    assert (store.credentials["hook_secret"], store.credentials["old_hook_secret"]) == ("newer-one", "former-one")
    assert timedelta(minutes=58) < kept <= timedelta(hours=1)
    # The same secret again does not let the hour begin anew.
    until = store.credentials["old_until"]
    connect.replace(store, {**GOOD, "hook_secret": "newer-one"})
    store.refresh_from_db()
    assert store.credentials["old_until"] == until


def test_a_new_hook_secret_is_told_to_the_platform(shop):
    store = connect.connect("testshop", URL, {**GOOD, "hook_secret": "former-one"}).store
    connect.rotate_hook_secret(store)
    store.refresh_from_db()
    [told] = shop.hooks.values()
    assert told == store.credentials["hook_secret"] != "former-one"
    assert store.credentials["old_hook_secret"] == "former-one"


def test_a_platform_that_cannot_be_told_keeps_its_secret(shop):
    store = connect.connect("testshop", URL, {**GOOD, "hook_secret": "former-one"}).store
    shop.trouble = RetryLater("it is down")
    with pytest.raises(RetryLater):
        connect.rotate_hook_secret(store)
    store.refresh_from_db()
    assert store.credentials["hook_secret"] == "former-one"


def test_without_a_test_the_store_is_active_and_tested_by_the_schedule(shop):
    shop.trouble = RetryLater("it is down")
    store = connected(tested=False).store
    assert (store.is_active, store.connected_at, shop.calls) == (True, None, [])
    assert connect.establish_pending() == 0
    shop.trouble = None
    assert connect.establish_pending() == 1
    store.refresh_from_db()
    assert store.connected_at is not None
    assert connect.establish_pending() == 0


def test_a_disconnected_store_keeps_its_past_and_is_asked_nothing_more(shop):
    store = connected().store
    run = StoreRun.objects.create(store=store, kind=StoreRun.Kind.CHANGES)
    write = StoreWrite.objects.create(store=store, kind="refund", key="r1")
    assert connect.disconnect(store) == ""
    store.refresh_from_db()
    run.refresh_from_db()
    write.refresh_from_db()
    assert (store.is_active, shop.hooks, run.state, write.state) == (False, {}, "cancelled", "cancelled")
    assert store.credentials["secret"] == "opensesame"


def test_disconnecting_works_when_the_platform_is_away_and_forgets_what_it_shall(shop):
    store = connected().store
    shop.trouble = RetryLater("it is down")
    assert connect.disconnect(store, forget_credentials=True) == "it is down"
    store.refresh_from_db()
    assert (store.is_active, store.credentials) == (False, {})


def test_a_store_that_comes_back_reads_what_it_missed():
    store = connected().store
    Store.objects.filter(pk=store.pk).update(synced_at=timezone.now())
    connect.disconnect(store)
    Problem.objects.note("store", f"{store.slug}:uninstalled", "It has left.")
    attempt = connected()
    assert attempt.works
    assert attempt.store.is_active
    assert StoreRun.objects.filter(store=store, kind="changes", state="waiting").exists()
    assert not Problem.objects.filter(solved_at=None, key__endswith="uninstalled").exists()


def test_two_shops_of_the_same_host_have_two_names():
    first, second = connected().store, connect.connect("testshop", "http://127.0.0.1:4712", GOOD).store
    assert (first.slug, second.slug) == ("127-0-0-1", "127-0-0-1-2")


def test_a_name_that_is_taken_is_refused():
    connected(slug="nord")
    with pytest.raises(GiveUp, match="belongs to another store"):
        connect.connect("testshop", "http://127.0.0.1:4712", GOOD, slug="nord")


def test_a_store_does_not_move_onto_another():
    first = connected().store
    second = connect.connect("testshop", "http://127.0.0.1:4712", GOOD).store
    with pytest.raises(GiveUp, match="connected already"):
        connect.replace(second, GOOD, url=first.url)


def test_a_store_does_not_move_to_another_shop(shop):
    """Numbers of orders repeat from shop to shop."""
    shop.open_shop(orders=6)
    store = connected().store
    for data in shop.orders:
        record_order(store, data)
    shop.orders = [replace(data, placed_at=data.placed_at + timedelta(days=1)) for data in shop.orders]
    attempt = connect.replace(store, GOOD, url="http://127.0.0.1:4712")
    assert (attempt.works, attempt.former_kept, attempt.ticks[0].what) == (False, True, "The same shop")
    store.refresh_from_db()
    assert (store.url, store.is_active) == (URL, True)


def test_a_shop_that_moved_to_another_address_is_followed_there(shop):
    shop.open_shop(orders=6)
    store = connected().store
    for data in shop.orders[:3]:
        record_order(store, data)
    assert connect.replace(store, GOOD, url="http://127.0.0.1:4712").works
    store.refresh_from_db()
    assert store.url == "http://127.0.0.1:4712"


@pytest.mark.parametrize("url", ["https://169.254.169.254", "https://10.0.0.1", "http://198.41.0.4", "ftp://x", "//"])
def test_an_address_that_no_call_may_reach_is_refused_and_nothing_is_kept(url, shop):
    with pytest.raises(GiveUp):
        connect.connect("testshop", url, GOOD)
    assert (Store.objects.count(), shop.calls) == (0, [])


def test_a_kind_that_nobody_knows_is_refused():
    with pytest.raises(Misconfigured, match="There is no store platform"):
        connect.connect("magento", URL, GOOD)


def test_a_credential_that_the_platform_repeats_is_not_kept():
    store = connect.connect("testshop", URL, {"key": "ck", "secret": "wrong-one-4711"}).store
    assert "wrong-one-4711" not in str(store.checks)
    assert "•••" in str(store.checks)


def test_a_test_that_breaks_is_a_cross_and_not_a_crash(shop, monkeypatch, caplog):
    def broken(self, hook_url):
        yield Tick("Address", True)
        raise KeyError("secret")

    monkeypatch.setattr(shop, "check", broken)
    with caplog.at_level(logging.CRITICAL):
        attempt = connected()
    assert [(tick.what, tick.good) for tick in attempt.ticks][:2] == [("Address", True), ("Connection test", False)]
    assert not attempt.works


def test_the_test_looks_whether_our_own_door_answers(settings):
    with TwinServer(lambda request: Answer.of({}, 405)) as door:
        _hooks_at(settings, door.url)
        assert _own_door().good
    with TwinServer(lambda request: Answer.of({}, 200)) as door:
        _hooks_at(settings, door.url)
        assert "answers with status 200" in _own_door().found
    assert "could not be reached" in _own_door().found


def _hooks_at(settings, url):
    fulfillment = {**settings.PARCELWISE["FULFILLMENT"], "HOOK_URL": url}
    settings.PARCELWISE = {**settings.PARCELWISE, "FULFILLMENT": fulfillment}


def _own_door() -> Tick:
    return next(tick for tick in connected().ticks if tick.what == "Our address for webhooks")


def test_without_an_address_of_ours_the_store_works_and_the_cross_says_what_is_missing(settings):
    _hooks_at(settings, "")
    settings.PARCELWISE = {**settings.PARCELWISE, "LINKS": {"BASE_URL": ""}}
    attempt = connected()
    cross = next(tick for tick in attempt.ticks if tick.what == "Our address for webhooks")
    assert attempt.works
    assert cross.minor
    assert cross.remedy
