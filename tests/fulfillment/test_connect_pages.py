"""The staff pages about stores: who may do what, what they say, and that no secret comes out of them."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

import django
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.db.models.signals import pre_save
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fulfillment.models import InboxEvent, Order, Store, StoreRun, StoreSync
from fulfillment.services import connect, runs, store_watch
from fulfillment.stores.base import Tick
from fulfillment.tasks import watch_stores
from parcelwise.errors import GiveUp, RetryLater
from parcelwise.models import Heartbeat, Problem
from parcelwise.testing import run_jobs
from tests.factories import a_store
from tests.fulfillment.a_platform import TestShop

pytestmark = pytest.mark.django_db

URL = "http://127.0.0.1:4711"
SECRET, HOOK_SECRET = "opensesame", "hush-hush-4711"
TYPED = {"url": URL, "key": "ck_public_4711", "secret": SECRET, "hook_secret": HOOK_SECRET}
SECRETS = (SECRET, HOOK_SECRET, "ck_public_4711")
PLACE = "admin:parcelwise_fulfillment_store_"
ACTS = ("test", "repair", "rotate", "sync", "reconcile", "deep", "retry")


@pytest.fixture(autouse=True)
def shop(settings) -> type[TestShop]:
    fulfillment = {
        **settings.PARCELWISE["FULFILLMENT"],
        "PLATFORMS": {"testshop": "tests.fulfillment.a_platform.TestShop"},
        "HOOK_URL": "http://127.0.0.1:1/hooks",
    }
    settings.PARCELWISE = {**settings.PARCELWISE, "FULFILLMENT": fulfillment}
    return TestShop.open_shop(orders=5)


@pytest.fixture
def ben(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("ben"))
    return client


@pytest.fixture
def store(shop) -> Store:
    credentials = {"key": TYPED["key"], "secret": SECRET, "hook_secret": HOOK_SECRET}
    return connect.connect("testshop", URL, credentials).store


def staff(*codenames: str) -> Client:
    user = User.objects.create_user(f"dora-{User.objects.count()}", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(codename__in=codenames, content_type__app_label="parcelwise_fulfillment")
    )
    client = Client()
    client.force_login(user)
    return client


def page(name: str, *args: object) -> str:
    return reverse(PLACE + name, args=args)


def act(client: Client, store: Store, what: str, **options):
    return client.post(page("act", store.pk), {"act": what}, **options)


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


# From nothing to synced


def test_a_store_is_connected_tested_and_synced(ben, shop):
    assert "Connect a store" in read(ben, page("changelist"))
    assert "Test shop" in read(ben, page("connect"))
    answer = ben.post(page("connect_kind", "testshop"), TYPED, follow=True)
    store = Store.objects.get()
    said = answer.content.decode()
    assert answer.redirect_chain[-1][0] == page("change", store.pk)
    assert "Connected. No order has been read yet" in said
    assert "Start first sync" in said
    assert f"http://127.0.0.1:1/hooks/testshop/{store.uuid}/" in said

    said = act(ben, store, "sync", follow=True).content.decode()
    assert "none is running" in said  # no worker beats in a test
    assert 'http-equiv="refresh"' in said
    run_jobs()
    said = read(ben, page("progress", store.pk) + f"?run={StoreRun.objects.get(kind='first_sync').pk}")
    assert "Done: 5 orders" in said
    assert f"/order/?store__id__exact={store.pk}" in said
    assert "Connected and in sync" in read(ben, page("change", store.pk))


def test_a_store_that_fails_says_what_to_do(ben):
    said = ben.post(page("connect_kind", "testshop"), {**TYPED, "secret": "wrong-one"}, follow=True).content.decode()
    for words in ("Not connected yet", "Type the credentials again.", "Test again", "not connected"):
        assert words in said
    assert "Start first sync" not in said


def test_what_was_put_right_at_the_platform_is_tested_again(ben, shop):
    shop.extra = [Tick("Scopes", False, "read_orders is missing", "Add read_orders to the app.")]
    ben.post(page("connect_kind", "testshop"), TYPED)
    store = Store.objects.get()
    assert not store.is_active
    shop.extra = []
    assert "Connected." in act(ben, store, "test", follow=True).content.decode()
    store.refresh_from_db()
    assert store.is_active


def test_a_walk_that_broke_off_says_why_and_goes_on(ben, store, shop):
    run = runs.start(store, StoreRun.Kind.FIRST_SYNC)
    shop.trouble = GiveUp("The test shop is closed.")
    run_jobs()
    said = read(ben, page("progress", store.pk))
    assert "It broke off" in said
    assert "The test shop is closed." in said
    assert "broke off: The test shop is closed." in read(ben, page("change", store.pk))
    shop.trouble = None
    act(ben, store, "retry")
    run_jobs()
    run.refresh_from_db()
    assert (run.state, Order.objects.count()) == ("done", 5)


def test_the_script_reads_what_the_page_shows(ben, store):
    Heartbeat.objects.create(name="worker", beat_at=timezone.now())
    run = runs.start(store, StoreRun.Kind.FIRST_SYNC)
    source = page("progress_json", store.pk)
    before = json.loads(ben.get(source).content)
    assert (before["over"], before["seen"], before["doing"]) == (False, "0", "It begins in a moment.")
    runs.walk(StoreRun.objects.get(pk=run.pk), 0)
    half = json.loads(ben.get(f"{source}?run={run.pk}").content)
    assert (half["seen"], half["value"], half["max"], half["doing"]) == ("2", 2, 5, "Reading orders 1 to 2")
    run_jobs()
    assert json.loads(ben.get(f"{source}?run={run.pk}").content)["over"]


@pytest.mark.parametrize("run", ["x", "999999", "٣", "1" * 30, "-1"])
def test_a_walk_of_nobody_is_not_there(ben, store, run):
    assert ben.get(page("progress_json", store.pk), {"run": run}).status_code == 404
    assert ben.get(page("progress", store.pk), {"run": run}).status_code == 404


def test_a_walk_of_another_store_is_not_there(ben, store):
    other = connect.connect("testshop", "http://127.0.0.1:4712", {"secret": SECRET}).store
    run = runs.start(other, StoreRun.Kind.CHANGES)
    assert ben.get(page("progress_json", store.pk), {"run": run.pk}).status_code == 404


# The list, and what is behind


def test_the_list_tells_how_each_store_stands(ben, store, shop):
    a_store(name="Ours")
    connect.connect("testshop", "http://127.0.0.1:4712", {"secret": "wrong-one"}, name="Broken")
    gone = connect.connect("testshop", "http://127.0.0.1:4713", {"secret": SECRET}, name="Gone").store
    connect.disconnect(gone)
    InboxEvent.objects.create(store=store, delivery_key="1", topic="orders", body=b"{}")
    StoreRun.objects.create(store=store, kind="first_sync", state="running", seen=1200, total=9000)
    said = read(ben, page("changelist"))
    for words in (
        "Test shop",
        "not connected yet",
        "disconnected",
        "Your own models",
        "1,200 / 9,000",
        "just now",
    ):
        assert words in said, words


def test_a_problem_about_a_store_shows_in_the_list_and_on_its_page(ben, store):
    assert "needs attention" not in read(ben, page("changelist"))
    Problem.objects.note("store", "x", "Its webhooks are off.", subject=f"parcelwise_fulfillment.store:{store.pk}")
    assert "needs attention" in read(ben, page("changelist"))
    assert "Its webhooks are off." in read(ben, page("change", store.pk))


def test_a_store_that_nobody_hears_of_is_noted_and_solved_when_it_is_heard_of(store):
    long_ago = timezone.now() - timedelta(hours=9)
    Store.objects.filter(pk=store.pk).update(synced_at=long_ago, reconciled_at=long_ago)
    watch_stores()
    [problem] = Problem.objects.filter(key=f"{store.slug}:behind", solved_at=None)
    assert "no delivery ever came" in problem.sentence
    Store.objects.filter(pk=store.pk).update(reconciled_at=timezone.now())
    watch_stores()
    assert not Problem.objects.filter(key=f"{store.slug}:behind", solved_at=None).exists()


def test_what_came_to_a_stop_is_counted_with_a_link(ben, store):
    StoreSync.objects.create(store=store, external_id="7", state="dead")
    InboxEvent.objects.create(store=store, delivery_key="1", topic="orders", body=b"{}", state="dead")
    assert store_watch.watch() == 1
    [problem] = Problem.objects.filter(key=f"{store.slug}:stuck", solved_at=None)
    assert "1 deliveries that could not be worked off, 1 orders that could not be read" in problem.sentence
    said = read(ben, page("change", store.pk))
    assert f"/storesync/?state__exact=dead&amp;store__id__exact={store.pk}" in said
    assert (
        ben.get(f"/admin/parcelwise_fulfillment/storesync/?state__exact=dead&store__id__exact={store.pk}").status_code
        == 200
    )
    StoreSync.objects.update(state="done")
    InboxEvent.objects.update(state="done")
    assert store_watch.watch() == 0
    assert not Problem.objects.filter(key=f"{store.slug}:stuck", solved_at=None).exists()


def test_that_hooks_were_mended_is_news_for_a_day(store):
    Problem.objects.note("store", f"{store.slug}:hooks-mended", "They were off.")
    store_watch.watch()
    assert Problem.objects.filter(solved_at=None).count() == 1
    Problem.objects.update(last_seen=timezone.now() - timedelta(days=2))
    store_watch.watch()
    assert Problem.objects.filter(solved_at=None).count() == 0


# The page of one store


def form_of(store: Store, **changed: object) -> dict[str, object]:
    parts = {"name": "", "lines": "", "postcode": "", "city": "", "region": "", "country": ""}
    return {
        "name": store.name, "slug": store.slug, "support_email": store.support_email, "currency": store.currency,
        "time_zone": store.time_zone, **{f"address_{part}": value for part, value in parts.items()}, **changed,
    }  # fmt: skip


def test_staff_change_what_is_said_of_the_shop_and_nothing_a_worker_writes(ben, store):
    address = page("change", store.pk)
    read(ben, address)
    until = timezone.now()

    def meanwhile(**_: object) -> None:
        Store.objects.filter(pk=store.pk).update(reconciled_until=until, preferences={"learned": True})

    pre_save.connect(meanwhile, sender=Store)
    try:
        form = form_of(
            store, name="Nordlys", address_lines="Havnegade 1\n2. sal", address_city="Aarhus", address_country="dk"
        )
        assert ben.post(address, form).status_code == 302
    finally:
        pre_save.disconnect(meanwhile, sender=Store)
    store.refresh_from_db()
    assert (store.name, store.origin.lines, store.origin.country) == ("Nordlys", ("Havnegade 1", "2. sal"), "DK")
    assert (store.reconciled_until, store.preferences) == (until, {"learned": True})
    assert store.credentials["secret"] == SECRET


def test_staff_choose_what_is_written_back(ben, store, shop, monkeypatch):
    monkeypatch.setattr(shop, "writes", frozenset({"tracking", "refund"}))
    address = page("change", store.pk)
    said = read(ben, address)
    assert 'name="write_tracking"' in said
    assert 'name="write_returns"' not in said
    assert ben.post(address, form_of(store, write_tracking="on")).status_code == 302
    store.refresh_from_db()
    assert store.preferences == {"write_refunds": False}


def test_kind_and_address_are_not_changed_without_the_credentials(ben, store):
    ben.post(page("change", store.pk), form_of(store, url="https://198.41.0.4", kind="models", credentials="{}"))
    store.refresh_from_db()
    assert (store.url, store.kind) == (URL, "testshop")
    form = {"url": "http://127.0.0.1:4712", "key": "", "secret": ""}
    answer = ben.post(page("credentials", store.pk), form, follow=True)
    assert "the former credentials and address are still in use" in answer.content.decode()
    store.refresh_from_db()
    assert (store.url, store.credentials["secret"]) == (URL, SECRET)
    ben.post(page("credentials", store.pk), {**TYPED, "url": "http://127.0.0.1:4712"})
    store.refresh_from_db()
    assert store.url == "http://127.0.0.1:4712"


@pytest.mark.parametrize(
    "url", ["https://169.254.169.254", "https://10.0.0.1", "http://198.41.0.4", "javascript:alert(1)"]
)
def test_an_address_that_no_call_may_reach_is_refused_where_it_is_typed(ben, store, shop, url):
    shop.calls.clear()
    for address in (page("connect_kind", "testshop"), page("credentials", store.pk)):
        said = ben.post(address, {**TYPED, "url": url})
        assert said.status_code == 200
        assert "errorlist" in said.content.decode()
    assert (Store.objects.count(), shop.calls) == (1, [])


def test_disconnecting_asks_first_and_says_what_stays(ben, store, shop):
    said = read(ben, page("disconnect", store.pk))
    assert "What stays" in said
    store.refresh_from_db()
    assert store.is_active
    ben.post(page("disconnect", store.pk), {})
    store.refresh_from_db()
    assert (store.is_active, shop.hooks, store.credentials["secret"]) == (False, {}, SECRET)
    said = read(ben, page("change", store.pk))
    assert "Connect again" in said
    assert "Reconcile now" not in said
    assert "test the connection first" in act(ben, store, "reconcile", follow=True).content.decode()
    act(ben, store, "test")
    store.refresh_from_db()
    assert store.is_active


def test_credentials_are_forgotten_when_asked(ben, store):
    ben.post(page("disconnect", store.pk), {"forget": "on"})
    store.refresh_from_db()
    assert store.credentials == {}
    assert "Type the credentials and connect" in read(ben, page("change", store.pk))


def test_hooks_that_are_gone_are_repaired(ben, store, shop):
    shop.hooks.clear()
    assert "Made anew: orders." in act(ben, store, "repair", follow=True).content.decode()
    assert "All webhooks are in order." in act(ben, store, "repair", follow=True).content.decode()
    shop.trouble = RetryLater("The test shop is down.")
    assert "The test shop is down." in act(ben, store, "repair", follow=True).content.decode()


def test_credentials_whose_key_is_lost_are_typed_again(ben, store, settings):
    settings.PARCELWISE = {**settings.PARCELWISE, "SEALED": {"KEYS": ("another-key-of-thirty-two-letters",)}}
    assert "Locked" in read(ben, page("change", store.pk))
    act(ben, store, "test")
    assert "The key that sealed them is missing" in read(ben, page("change", store.pk))
    ben.post(page("credentials", store.pk), TYPED)
    store.refresh_from_db()
    assert store.credentials["secret"] == SECRET


# Rights


def pages_of(store: Store) -> list[str]:
    names = ("credentials", "disconnect", "act", "progress", "progress_json", "change", "history")
    return [page(name, store.pk) for name in names] + [page("connect"), page("connect_kind", "testshop"), page("add")]


def test_without_a_permission_nothing_is_shown_and_what_is_not_there_looks_the_same(store):
    nobody = staff()
    for there, absent in zip(pages_of(store), pages_of(Store(pk=999_999)), strict=True):
        for method in ("get", "post"):
            assert getattr(nobody, method)(there, {"act": "sync"}).status_code == 403, there
        assert nobody.get(absent).status_code in (302, 403)
    assert not StoreRun.objects.exists()


def test_a_customer_gets_no_further_than_the_login(store, as_cleo):
    for address in pages_of(store):
        assert as_cleo.get(address)["Location"].startswith("/admin/login/?next="), address


def test_who_may_look_sees_the_ticks_and_can_do_nothing(store, shop):
    dora = staff("view_store")
    said = read(dora, page("change", store.pk))
    assert "The test shop lets us in." in said
    assert 'name="act"' not in said
    assert "/disconnect/" not in said
    assert dora.get(page("progress", store.pk)).status_code == 200
    shop.calls.clear()
    before = Store.objects.filter(pk=store.pk).values().get()
    for what in ACTS:
        assert act(dora, store, what).status_code == 403
    for name in ("credentials", "disconnect"):
        assert dora.post(page(name, store.pk), TYPED).status_code == 403
    for name in (page("connect"), page("connect_kind", "testshop")):
        assert dora.post(name, TYPED).status_code == 403
    assert (Store.objects.filter(pk=store.pk).values().get(), shop.calls) == (before, [])


def test_who_may_change_stores_may_act_but_not_connect_new_ones(store):
    dora = staff("view_store", "change_store")
    assert act(dora, store, "test").status_code == 302
    assert dora.get(page("connect")).status_code == 403
    assert dora.post(page("connect_kind", "testshop"), {**TYPED, "url": "http://127.0.0.1:4712"}).status_code == 403
    assert Store.objects.count() == 1


def test_a_store_that_is_not_there_or_not_on_a_platform_has_no_such_pages(ben):
    local = a_store()
    for pk in (999_999, local.pk):
        for name in ("credentials", "disconnect", "act", "progress", "progress_json"):
            assert ben.get(page(name, pk)).status_code == 404
    assert ben.get(page("connect_kind", "magento")).status_code == 404


def test_nothing_happens_by_a_link_or_without_the_token(store, shop):
    ben = Client(enforce_csrf_checks=True)
    ben.force_login(User.objects.create_superuser("ben"))
    shop.calls.clear()
    for what in ACTS:
        ben.get(page("act", store.pk), {"act": what})
        assert act(ben, store, what).status_code == 403
    assert ben.post(page("disconnect", store.pk)).status_code == 403
    store.refresh_from_db()
    assert (store.is_active, shop.calls) == (True, [])


def test_a_word_that_is_no_act_does_nothing(ben, store, shop):
    shop.calls.clear()
    for what in ("", "delete", "__class__"):
        assert "Nothing was done" in act(ben, store, what, follow=True).content.decode()
    assert shop.calls == []


def test_a_store_is_never_deleted_by_hand(ben, store):
    assert ben.post(page("delete", store.pk), {"post": "yes"}).status_code == 403
    assert Store.objects.exists()


# Secrets


def test_no_secret_comes_out_of_any_page_history_log_or_table(ben, store, shop, caplog):
    caplog.set_level(logging.DEBUG)
    told = ""
    for form in (
        TYPED,
        {**TYPED, "secret": "wrong-one-4711"},
        {**TYPED, "url": ""},
        {**TYPED, "hook_secret": "with blank"},
    ):
        for address in (page("connect_kind", "testshop"), page("credentials", store.pk)):
            told += ben.post(address, form, follow=True).content.decode()
    for address in (*pages_of(store), page("changelist")):
        told += ben.get(address, follow=True).content.decode()
    for what in ACTS:
        told += act(ben, store, what, follow=True).content.decode()
    told += caplog.text + "".join(entry.change_message for entry in LogEntry.objects.all())
    told += json.dumps([one.checks for one in Store.objects.all()]) + repr(Store.objects.get().__dict__)
    told += "".join(problem.sentence + problem.raw for problem in Problem.objects.all())
    rotated = Store.objects.get().credentials["hook_secret"]
    for secret in (*SECRETS, "wrong-one-4711", rotated):
        assert secret not in told, secret


@pytest.mark.parametrize("where", ["connect", "credentials"])
def test_a_crash_while_connecting_does_not_mail_the_credentials(ben, store, settings, where):
    settings.ADMINS = ["ops@example.com"] if django.VERSION >= (6, 0) else [("Ops", "ops@example.com")]
    settings.DEBUG = False
    ben.raise_request_exception = False

    def crash(**_: object) -> None:
        raise RuntimeError("the disk is full")

    address = page("connect_kind", "testshop") if where == "connect" else page("credentials", store.pk)
    pre_save.connect(crash, sender=Store)
    try:
        assert ben.post(address, TYPED).status_code == 500
    finally:
        pre_save.disconnect(crash, sender=Store)
    (report,) = mail.outbox
    whole = report.body + "".join(str(part) for part, _kind in getattr(report, "alternatives", []))
    assert "the disk is full" in whole
    for secret in SECRETS:
        assert secret not in whole


def test_words_of_the_platform_are_inert(ben, store, shop):
    script = "<script>alert(1)</script>"
    shop.extra = [Tick(script, False, script, script)]
    act(ben, store, "test")
    assert script not in read(ben, page("change", store.pk))
