"""A shop, or a plugin in it, that means harm: one odd order stops no walk, no list is endless, no secret leaks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as HttpClient
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone

from fulfillment.models import InboxEvent, Order, Store, StoreRun, StoreWrite, WriteKind
from fulfillment.services import privacy_news, runs, store_life, writes
from fulfillment.services.connect import connect
from fulfillment.services.connect import replace as replaced
from fulfillment.services.orders import record_statement
from fulfillment.stores.base import News, Page, ShopFacts, Written
from fulfillment.stores.shopify import ShopifyPlatform, mapping
from fulfillment.stores.shopify.news import read
from fulfillment.stores.woocommerce.client import Client, Listed
from fulfillment.testing.woocommerce_twin import WooCommerceTwin
from parcelwise.errors import GiveUp, Misconfigured
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from parcelwise.money import to_minor
from parcelwise.testing import run_jobs
from tests.factories import a_store, utc
from tests.fulfillment.stores.test_shopify_mapping import stated_order
from tests.fulfillment.stores.woocommerce_shop import SETTINGS, Shop, a_woocommerce_shop
from tests.paper_platform import SETTING, PaperPlatform, a_paper_store, stated

pytestmark = pytest.mark.django_db(transaction=True)

NINE = utc(2026, 11, 20, 9)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with a_woocommerce_shop() as shop:
        yield shop


@pytest.fixture
def paper() -> Iterator[None]:
    with override_settings(PARCELWISE={"JOBS": {"RUNNER": "manual"}, "FULFILLMENT": {"PLATFORMS": SETTING}}):
        yield


# One odd order


def an_order_of(shop: Shop) -> dict[str, Any]:
    order = shop.twin.world.place_order()
    found: dict[str, Any] = shop.platform.client.get(f"wc/v3/orders/{order.id}")
    return found


@pytest.mark.parametrize(
    "spoil",
    [
        lambda order: order["line_items"][0].update(quantity=10**400),
        lambda order: order.update(date_created_gmt="0001-01-01T00:00:00+14:00"),
        lambda order: order.update(total="1e9999999"),
        lambda order: order["billing"].update(first_name="\ud800\x00"),
        lambda order: order.update(total=float("nan")),
    ],
    ids=["pieces", "time", "sum", "letters", "nan"],
)
def test_an_order_whose_figures_no_machine_holds_stops_no_others(shop, monkeypatch, spoil):
    odd, good = an_order_of(shop), an_order_of(shop)
    spoil(odd)
    monkeypatch.setattr(Client, "listed", lambda self, path, **asked: Listed([odd, good], 1, 2))
    run = shop.reconcile(since=timezone.now() - timedelta(days=30))
    assert run.state == JobState.DONE, run.last_error
    assert Order.objects.filter(external_id=str(good["id"])).exists()


def test_a_delivery_with_such_figures_is_unreadable_at_once(shop):
    odd = an_order_of(shop)
    odd["line_items"][0]["quantity"] = 10**400
    with pytest.raises(GiveUp):
        shop.platform.understand("order.updated", json.dumps(odd).encode())


def test_a_sum_that_is_written_with_ten_million_digits_is_no_amount():
    with pytest.raises(ValueError, match="not an amount"):
        to_minor("1e9999999", "EUR")


def test_an_order_nested_a_thousand_deep_does_not_stop_the_first_sync(paper, monkeypatch):
    store, _shop = a_paper_store()
    deep: dict[str, Any] = {"name": "\x00"}
    for _level in range(900):
        deep = {"meta": deep}
    long_ago = timezone.now() - timedelta(days=400)
    good = stated("2", at=long_ago, placed_at=long_ago, status="closed")
    page = Page(orders=(replace(good, external_id="1", raw=deep), good))
    monkeypatch.setattr(PaperPlatform, "everything", lambda self, cursor: page)
    runs.start(store, StoreRun.Kind.FIRST_SYNC)
    run_jobs()
    run = StoreRun.objects.get(kind=StoreRun.Kind.FIRST_SYNC)
    assert run.state == JobState.DONE, run.last_error
    assert Order.objects.filter(external_id="2").exists()


# Lists without an end


def test_a_list_that_never_ends_is_left(shop, monkeypatch):
    asked: list[int] = []

    def endless(self: Client, path: str, **params: Any) -> Listed:
        asked.append(params["page"])
        assert len(asked) < 2000, "it is read for ever"
        return Listed([{"id": len(asked)}], 10**9, 10**9)

    monkeypatch.setattr(Client, "listed", endless)
    with pytest.raises(GiveUp, match="does not end"):
        list(shop.platform.client.all("wc/v3/orders/1/refunds"))


def test_pages_that_are_promised_and_empty_are_not_asked_for(shop, monkeypatch):
    asked: list[int] = []

    def empty(self: Client, path: str, **params: Any) -> Listed:
        asked.append(params["page"])
        assert len(asked) < 10
        return Listed([], 10**9, 10**9)

    monkeypatch.setattr(Client, "listed", empty)
    assert list(shop.platform.client.all("wc/v3/orders/1/refunds")) == []
    assert asked == [1]


# Secrets


def test_another_address_does_not_learn_the_secret_that_deliveries_were_signed_with():
    settings = {**SETTINGS, "FULFILLMENT": {"HOOK_URL": "http://127.0.0.1:1/hooks"}}
    with WooCommerceTwin() as first, WooCommerceTwin() as second, override_settings(PARCELWISE=settings):
        first.post.wire = second.post.wire = False
        key = {"key": "ck_twin", "secret": "cs_twin"}
        store = connect("woocommerce", first.url, key).store
        former = dict(Store.objects.get(pk=store.pk).credentials)
        assert replaced(Store.objects.get(pk=store.pk), key, url=second.url).works
        now = dict(Store.objects.get(pk=store.pk).credentials)
        assert now["hook_secret"] != former["hook_secret"]
        assert former["hook_secret"] not in now.values()


# The outbox


def test_a_key_that_belongs_to_another_stores_intention_is_not_taken_for_this_one(paper):
    refund = {"amount": 100, "currency": "EUR", "lines": [], "shipping": 0, "move_money": True}
    ours, _shop = a_paper_store()
    theirs, _shop = a_paper_store()
    first, second = (record_statement(store, stated("1", at=NINE)).order for store in (ours, theirs))
    assert writes.queue_write(first, WriteKind.REFUND, refund, key="refund:1")
    with pytest.raises(ValueError, match="refund:1"):
        writes.queue_write(second, WriteKind.REFUND, refund, key="refund:1")


# Guests


def test_a_guest_who_types_anas_address_does_not_get_her_messages_on_his_phone():
    ana = {
        "id": "gid://shopify/Customer/1",
        "displayName": "Ana",
        "defaultEmailAddress": {"emailAddress": "ana@example.com"},
        "defaultPhoneNumber": None,
        # Shopify counts what a guest buys with her address among her orders.
        "lastOrder": {"email": "cleo@example.com", "phone": "+4915100000666"},
    }
    known = mapping.order(stated_order(customer=ana)).customer
    assert (known.email, known.phone) == ("ana@example.com", "")


# Only the body of a delivery is signed: its topic and the time it was sent are what its sender says

REDACT = {"shop_id": 1, "shop_domain": "a.myshopify.com"}


@pytest.mark.parametrize("topic", ["shop/redact", "customers/redact", "customers/data_request"])
@pytest.mark.parametrize(
    "body",
    [
        {"id": 7, "admin_graphql_api_id": "gid://shopify/Order/7", "customer": {"id": 4, "email": "ana@example.com"}},
        {"id": 4, "admin_graphql_api_id": "gid://shopify/Customer/4", "email": "ana@example.com"},
        {"id": 1, "domain": "a.example", "myshopify_domain": "a.myshopify.com"},
    ],
    ids=["order", "customer", "shop"],
)
def test_a_signed_delivery_sent_again_under_a_topic_of_privacy_erases_nobody(topic, body):
    with pytest.raises(GiveUp):
        read(topic, json.dumps(body).encode())


def test_one_customers_erasure_sent_again_as_the_shops_erases_nobody():
    body = {**REDACT, "customer": {"id": 4}, "orders_to_redact": [7]}
    for topic in ("shop/redact", "customers/data_request"):
        with pytest.raises(GiveUp):
            read(topic, json.dumps(body).encode())
    assert read("customers/redact", json.dumps(body).encode())


def signed(body: bytes) -> str:
    return base64.b64encode(hmac.new(b"shh-client-secret", body, hashlib.sha256).digest()).decode()


def a_shopify(**columns: Any) -> Store:
    credentials = {"client_id": "id", "client_secret": "shh-client-secret", "access_token": "shpat_x"}
    usual = {"kind": "shopify", "platform_id": "a.myshopify.com", "credentials": credentials, "connected_at": NINE}
    return a_store(**{**usual, **columns})


def posted(store: Store, topic: str, body: Any, number: int = 1) -> int:
    raw = json.dumps(body).encode()
    headers = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": signed(raw),
        "X-Shopify-Shop-Domain": "a.myshopify.com",
        "X-Shopify-Webhook-Id": f"w{number}",
    }
    answer = HttpClient().post(
        reverse("parcelwise_hooks:receive", args=["shopify", store.uuid]), raw, "application/json", headers=headers
    )
    return answer.status_code


def test_a_shop_that_has_left_is_still_heard_when_it_wants_its_customers_erased():
    store = a_shopify(is_active=False)
    person = {**REDACT, "customer": {"id": 4}, "orders_to_redact": []}
    assert posted(store, "shop/redact", REDACT) == 200
    assert posted(store, "customers/redact", person, 2) == 200
    assert posted(store, "orders/create", {"id": 7}, 3) == 404
    assert sorted(InboxEvent.objects.values_list("topic", flat=True)) == ["customers/redact", "shop/redact"]


def test_an_old_word_that_all_are_to_be_erased_is_not_believed_while_the_shop_lets_us_in(monkeypatch):
    store = a_shopify()
    event = InboxEvent.objects.create(
        store=store, delivery_key="d", topic="shop/redact", body=json.dumps(REDACT).encode()
    )
    monkeypatch.setattr(ShopifyPlatform, "describe", lambda self: ShopFacts(name="Nordlicht"))
    asked: list[Any] = []
    monkeypatch.setattr(privacy_news, "request_erasure", lambda *args, **named: asked.append(named))
    news = News("redact_store", "", payload=REDACT)
    store_life.hear(store, news, event)
    assert asked == []
    assert "Nordlicht" in Problem.objects.get(key__endswith=":erasure").sentence

    def locked_out(self: ShopifyPlatform) -> ShopFacts:
        raise Misconfigured("Shopify does not accept the token.")

    monkeypatch.setattr(ShopifyPlatform, "describe", locked_out)
    store_life.hear(store, news, event)
    assert len(asked) == 1


def test_an_order_sent_again_as_the_shops_farewell_does_not_disconnect_it():
    with pytest.raises(GiveUp):
        read("app/uninstalled", b'{"id": 7, "admin_graphql_api_id": "gid://shopify/Order/7"}')
    assert read("app/uninstalled", b'{"id": 1, "domain": null, "myshopify_domain": null}')


def test_of_two_equal_returns_the_one_that_broke_off_is_not_taken_for_the_other(paper, monkeypatch):
    store, shop = a_paper_store()
    order = record_statement(store, stated("1", at=NINE)).order
    payload = {"rma": "R", "lines": [{"line": "1", "pieces": 1}], "requested_at": NINE.isoformat()}
    told = [writes.queue_write(order, WriteKind.RETURN_REQUESTED, payload, key=key) for key in ("first", "second")]
    StoreWrite.objects.filter(pk=told[0].pk).update(  # type: ignore[union-attr]
        state=JobState.DONE, external_id="return-1", happened_at=timezone.now()
    )
    long_ago = timezone.now() - timedelta(minutes=20)
    StoreWrite.objects.filter(key="second").update(began_at=long_ago, last_call_at=long_ago)
    # All that can be seen is a return of these pieces since then, and that is the first one's.
    monkeypatch.setattr(PaperPlatform, "look", lambda self, intention: Written("return-1"))
    run_jobs()
    second = StoreWrite.objects.get(key="second")
    assert (second.state, second.external_id) == (JobState.DONE, "made-1")
