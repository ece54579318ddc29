"""``connect_store``, ``sync_store`` and ``reconcile_store`` for people and for scripts."""

from __future__ import annotations

import io
import json
import logging

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from demo.parcelwise_adapter import ShopStore
from fulfillment.models import Order, Store, StoreRun
from fulfillment.services import runs
from parcelwise.errors import GiveUp, RetryLater
from parcelwise.testing import run_jobs
from tests.factories import a_store
from tests.fulfillment.a_platform import TestShop, an_order_of_theirs

pytestmark = pytest.mark.django_db

URL = "http://127.0.0.1:4711"
SECRET = "opensesame"


@pytest.fixture(autouse=True)
def shop(settings) -> type[TestShop]:
    fulfillment = {
        **settings.PARCELWISE["FULFILLMENT"],
        "PLATFORMS": {"testshop": "tests.fulfillment.a_platform.TestShop"},
        "HOOK_URL": "http://127.0.0.1:1/hooks",
    }
    settings.PARCELWISE = {**settings.PARCELWISE, "FULFILLMENT": fulfillment}
    return TestShop.open_shop(orders=5)


def run(command: str, *arguments: str) -> tuple[str, str, CommandError | None]:
    """What the command prints, what it says beside, and how it fails."""
    out, err = io.StringIO(), io.StringIO()
    failed = None
    try:
        call_command(command, *arguments, stdout=out, stderr=err)
    except CommandError as error:
        failed = error
    return out.getvalue(), err.getvalue(), failed


def connect(*arguments: str) -> tuple[str, str, CommandError | None]:
    return run("connect_store", "testshop", "--url", URL, "--key", "ck", *arguments)


def a_connected_store() -> Store:
    connect("--secret", SECRET)
    return Store.objects.get()


def test_a_script_gets_the_id_and_the_hook_url():
    out, _err, failed = connect("--secret", SECRET, "--json")
    said, store = json.loads(out), Store.objects.get()
    assert failed is None
    assert {name: said[name] for name in ("id", "uuid", "slug", "connected")} == {
        "id": store.pk,
        "uuid": str(store.uuid),
        "slug": "127-0-0-1",
        "connected": True,
    }
    assert said["hook_url"] == f"http://127.0.0.1:1/hooks/testshop/{store.uuid}/"
    assert {"what", "good", "found", "remedy"} <= set(said["checks"][0])


def test_people_read_the_table_beside_the_result():
    out, err, _failed = connect("--secret", SECRET)
    assert "Nordlicht: connected" in out
    assert "ok     Credentials" in err
    assert "note   Our address for webhooks" in err


def test_what_does_not_work_is_no_success_and_is_printed_all_the_same():
    out, err, failed = connect("--secret", "wrong-one", "--json")
    assert failed is not None
    assert failed.returncode == 1
    assert json.loads(out)["connected"] is False
    assert "FAILED Credentials" in err
    assert "→ Type the credentials again." in err


def test_it_again_with_other_secrets_is_the_same_store(shop):
    first, _err, _failed = connect("--secret", SECRET, "--json")
    shop.secret = "opensesame2"
    second, _err, failed = connect("--secret", "opensesame2", "--name", "Nordlys", "--json")
    assert failed is None
    assert json.loads(second)["uuid"] == json.loads(first)["uuid"]
    assert Store.objects.get().name == "Nordlys"


def test_secrets_that_fail_leave_those_that_work():
    store = a_connected_store()
    _out, _err, failed = connect("--secret", "wrong-one")
    assert "former credentials are still in use" in str(failed)
    store.refresh_from_db()
    assert store.credentials["secret"] == SECRET


def test_without_a_test_the_store_takes_deliveries_at_once(shop):
    shop.trouble = RetryLater("it is down")
    out, _err, failed = connect("--secret", SECRET, "--no-test", "--json")
    store = Store.objects.get()
    assert (failed, json.loads(out)["connected"], store.is_active, shop.calls) == (None, False, True, [])


def test_secrets_come_from_the_environment_or_from_standard_input(monkeypatch):
    monkeypatch.setenv("PARCELWISE_STORE_SECRET", SECRET)
    _out, _err, failed = connect()
    assert failed is None
    monkeypatch.setenv("PARCELWISE_STORE_SECRET", "something-else")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{SECRET}\nhook-secret-1\n"))
    _out, _err, failed = connect("--secret", "-", "--hook-secret", "-")
    assert failed is None
    assert Store.objects.get().credentials["hook_secret"] == "hook-secret-1"


def test_no_secret_is_printed_or_logged(caplog):
    with caplog.at_level(logging.DEBUG):
        for secret in (SECRET, "wrong-one"):
            out, err, failed = connect("--secret", secret, "--hook-secret", "hook-secret-1", "--json")
            told = f"{out}{err}{failed}{caplog.text}{Store.objects.get().checks}"
            assert not any(word in told for word in (secret, "hook-secret-1"))


def test_version_is_the_platforms_own_here():
    connect("--secret", SECRET, "--version", "2026-07")
    assert Store.objects.get().api_version == "2026-07"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("magento", "--url", URL), "There is no platform “magento”. Known: shopify, testshop, woocommerce."),
        (("models", "--url", URL), "FULFILLMENT"),
        (("oscar", "--url", URL), "FULFILLMENT"),
        (("testshop", "--url", "http://198.41.0.4"), "without encryption"),
        (("testshop", "--url", "https://10.0.0.1"), "private network"),
        (("woocommerce", "--url", URL, "--key", "ck_1"), "Consumer key and consumer secret are needed"),
        (("shopify", "--url", "nordlicht.example", "--key", "1", "--secret", "2"), "ends in .myshopify.com"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(arguments, words):
    _out, _err, failed = run("connect_store", *arguments)
    assert words in str(failed)
    assert Store.objects.count() == 0


def test_everything_is_read_with_progress_and_what_changed_meanwhile_too(shop):
    store = a_connected_store()
    out, _err, failed = run("sync_store", str(store.uuid), "--json")
    said = json.loads(out)
    store.refresh_from_db()
    assert failed is None
    assert (said["state"], said["seen"], said["recorded"], said["total"], said["failed"]) == ("done", 5, 5, 5, 0)
    assert Order.objects.filter(store=store).count() == 5
    assert store.synced_at is not None
    assert "changes" in shop.calls
    assert not StoreRun.objects.exclude(state="done").exists()


@pytest.mark.parametrize("name", ["pk", "uuid", "slug"])
def test_a_store_is_named_by_key_uuid_or_short_name(name):
    store = a_connected_store()
    out, _err, failed = run("sync_store", str(getattr(store, name)), "--no-wait", "--json")
    assert failed is None
    assert json.loads(out)["state"] == "waiting"


def test_a_shop_called_by_a_number_is_found_by_its_name():
    a_store()
    named = a_store(slug="1" if Store.objects.get().pk == 1 else str(Store.objects.get().pk))
    from_name = run("sync_store", named.slug)[2]
    assert "No adapter for the store" in str(from_name)


def test_without_waiting_the_worker_does_it():
    store = a_connected_store()
    out, _err, _failed = run("sync_store", store.slug)
    assert "runs in the background" in out
    assert Order.objects.count() == 0
    run_jobs()
    assert Order.objects.count() == 5


def test_connecting_can_go_on_to_the_first_sync():
    connect("--secret", SECRET, "--sync")
    assert StoreRun.objects.get().kind == "first_sync"


def test_what_changed_is_read(shop):
    store = a_connected_store()
    run("sync_store", store.slug, "--wait")
    shop.orders.append(an_order_of_theirs(6, updated_at=timezone.now()))
    out, _err, failed = run("reconcile_store", store.slug, "--json")
    assert failed is None
    assert (json.loads(out)["kind"], json.loads(out)["recorded"]) == ("changes", 1)


def test_what_changed_long_ago_is_read_when_asked(shop):
    store = a_connected_store()
    run("reconcile_store", store.slug, "--wait")
    assert Order.objects.count() == 0  # nothing changed since it was connected
    out, _err, _failed = run("reconcile_store", store.slug, "--since", "2026-03-01", "--json")
    assert json.loads(out)["recorded"] == 5


def test_another_moment_waits_for_the_walk_that_is_under_way():
    store = a_connected_store()
    runs.start(store, StoreRun.Kind.CHANGES)
    _out, _err, failed = run("reconcile_store", store.slug, "--since", "2026-03-01", "--no-wait")
    assert failed is not None
    assert failed.returncode == 3
    out, _err, _failed = run("reconcile_store", store.slug, "--since", "2026-03-01T00:00+01:00", "--json")
    assert json.loads(out)["recorded"] == 5


def test_every_open_order_is_compared_when_asked(shop):
    store = a_connected_store()
    run("sync_store", store.slug, "--wait")
    recent = an_order_of_theirs(7, placed_at=timezone.now(), updated_at=timezone.now())
    shop.orders.append(recent)
    run("reconcile_store", store.slug, "--wait")
    shop.orders.remove(recent)
    out, _err, _failed = run("reconcile_store", store.slug, "--deep", "--json")
    assert (json.loads(out)["kind"], json.loads(out)["closed"]) == ("deep", 1)
    assert Order.objects.get(external_id="7").status == "cancelled"


def test_a_platform_that_refuses_ends_with_its_words(shop):
    store = a_connected_store()
    shop.trouble = GiveUp("The test shop is closed for good.")
    out, _err, failed = run("sync_store", store.slug, "--json")
    assert (json.loads(out)["state"], failed.returncode) == ("dead", 1)
    assert "closed for good" in str(failed)


def test_a_platform_that_is_down_is_not_waited_for_all_day(shop, settings):
    settings.PARCELWISE = {**settings.PARCELWISE, "JOBS": {"RUNNER": "manual", "BACKOFF": 0.01, "BACKOFF_CAP": 0.01}}
    store = a_connected_store()
    shop.trouble = RetryLater("it is down")
    _out, _err, failed = run("sync_store", store.slug, "--json")
    assert failed.returncode == 3
    assert "It does not get on: it is down" in str(failed)
    shop.trouble = None
    assert run("sync_store", store.slug, "--json")[2] is None
    assert Order.objects.count() == 5


def test_an_interruption_leaves_a_walk_that_goes_on(shop, monkeypatch):
    store, everything = a_connected_store(), shop.everything

    def interrupted(self, cursor):
        if cursor:
            raise KeyboardInterrupt
        return everything(self, cursor)

    monkeypatch.setattr(shop, "everything", interrupted)
    _out, _err, failed = run("sync_store", store.slug, "--wait")
    left = StoreRun.objects.get()
    assert (failed.returncode, left.state, left.seen, left.attempts) == (130, "waiting", 2, 0)
    monkeypatch.setattr(shop, "everything", everything)
    run_jobs()
    left.refresh_from_db()
    assert (left.state, left.seen) == ("done", 5)


@pytest.mark.parametrize("command", ["sync_store", "reconcile_store"])
def test_a_store_that_nobody_knows_or_that_is_not_connected_is_said(command):
    assert "There is no store “nobody”. Known: none yet" in str(run(command, "nobody")[2])
    connect("--secret", "wrong-one")
    assert "is not connected" in str(run(command, Store.objects.get().slug)[2])


@pytest.mark.parametrize("text", ["yesterday", "2026-02-30", "2026-13-01", ""])
def test_what_is_no_moment_is_refused(text):
    store = a_connected_store()
    assert "is no moment" in str(run("reconcile_store", store.slug, "--since", text)[2])


def test_the_projects_own_models_are_compared():
    store = ShopStore().store()
    for command in ("sync_store", "reconcile_store"):
        out, _err, failed = run(command, store.slug, "--json")
        assert failed is None
        assert json.loads(out)["kind"] == "sweep"
