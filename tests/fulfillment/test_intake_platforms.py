"""The intake and the platforms as they are: recorded deliveries, published examples, and a data base in trouble."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from fulfillment.models import InboxEvent, Order, Outcome, Store
from fulfillment.services import inbox
from fulfillment.services.hooks import hook_path
from parcelwise.jobs import JobState
from parcelwise.testing import run_jobs
from tests.factories import a_store
from tests.paper_platform import SHOPS, stated
from tests.signed_platform import SETTING, a_signed_store, headers_of

SHARED = Path(os.environ.get("PARCELWISE_SHARED", Path(__file__).parents[3] / "shared"))
CAPTURES = sorted((SHARED / "woocommerce" / "captures").glob("0*.json"))
EXAMPLES = sorted((SHARED / "shopify" / "webhooks").glob("*.json"))
SECRET = "loop-secret"  # of the recorded deliveries

needs_captures = pytest.mark.skipif(not CAPTURES, reason="needs ../shared/woocommerce/captures")
needs_examples = pytest.mark.skipif(not EXAMPLES, reason="needs ../shared/shopify/webhooks")


def sign(body: bytes) -> str:
    return base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()


def post(store: Store, body: bytes, headers: dict[str, str]) -> int:
    kind = {name.lower(): value for name, value in headers.items()}.get("content-type", "application/json")
    return Client().post(hook_path(store), body, content_type=kind, headers=headers).status_code


@needs_captures
@pytest.mark.django_db
def test_what_a_real_woocommerce_sent_is_taken_as_it_came():
    store = a_store(kind="woocommerce", credentials={"key": "ck", "secret": "cs", "hook_secret": SECRET})
    for file in CAPTURES:
        sent = json.loads(file.read_text())
        assert post(store, sent["body"].encode(), sent["headers"]) == 200, file.name
    topics = list(InboxEvent.objects.order_by("pk").values_list("topic", flat=True))
    assert topics == ["customer.created", "order.created", "order.updated", "order.updated"], "and no ping"
    for file in CAPTURES:
        sent = json.loads(file.read_text())
        assert post(store, sent["body"].encode()[:-1] + b" ", sent["headers"]) == 401, "one byte is another"


@pytest.mark.django_db
def test_two_events_of_woocommerce_in_one_second_are_two_though_they_share_an_id():
    store = a_store(kind="woocommerce", credentials={"hook_secret": SECRET})
    headers = {"X-WC-Webhook-Topic": "order.updated", "X-WC-Webhook-ID": "1", "X-WC-Webhook-Delivery-ID": "5e7a"}
    for body in (b'{"id": 13, "status": "processing"}', b'{"id": 13, "status": "completed"}'):
        for _again in range(2):
            assert post(store, body, {**headers, "X-WC-Webhook-Signature": sign(body)}) == 200
    assert InboxEvent.objects.count() == 2


@needs_examples
@pytest.mark.django_db
@pytest.mark.parametrize("family", ["X-Shopify-", "shopify-"])
def test_every_published_example_of_shopify_is_taken_with_both_families_of_headers(family):
    store = a_store(kind="shopify", platform_id="ana.myshopify.com", credentials={"client_secret": SECRET})
    for number, file in enumerate(EXAMPLES):
        example = json.loads(file.read_text())
        body = json.dumps(example["response"]).encode()
        headers = {
            f"{family}Topic": example["name"],
            f"{family}Hmac-Sha256": sign(body),
            f"{family}Shop-Domain": "ana.myshopify.com",
            f"{family}Webhook-Id": f"w{number}",
            f"{family}Event-Id": f"e{number}",
            f"{family}Triggered-At": "2026-11-22T12:00:00.123456789Z",
        }
        assert post(store, body, headers) == 200, file.name
        assert post(store, body, {**headers, f"{family}Shop-Domain": "ben.myshopify.com"}) == 401
    events = InboxEvent.objects.all()
    assert events.count() == len(EXAMPLES) > 30
    assert all(event.sent_at and event.event_key and event.headers for event in events)
    assert not any("hmac" in name for event in events for name in event.headers)


@pytest.fixture
def signed(settings) -> Store:
    settings.PARCELWISE = {**settings.PARCELWISE, "FULFILLMENT": {"PLATFORMS": SETTING}}
    return a_signed_store()


def deliver(store: Store, body: bytes, **headers: Any) -> int:
    return post(store, body, headers_of(body, **headers))


@pytest.mark.django_db(transaction=True)
def test_a_delivery_that_breaks_its_handler_needs_attention_and_the_others_go_on(signed, monkeypatch):
    monkeypatch.setattr(InboxEvent, "max_attempts", 1)
    SHOPS[signed.pk].orders["1"] = stated("1", at=signed.created_at)
    assert deliver(signed, b'{"no": "order"}', key="bad") == 200
    assert deliver(signed, b'{"order": "1"}', key="good") == 200
    assert deliver(signed, b"{}", key="odd", topic="made/up") == 200
    run_jobs()
    states = dict(InboxEvent.objects.values_list("delivery_key", "state"))
    assert states == {"bad": JobState.DEAD, "good": JobState.DONE, "odd": JobState.DONE}
    assert InboxEvent.objects.get(delivery_key="odd").outcome == Outcome.UNKNOWN
    assert "KeyError" in InboxEvent.objects.get(delivery_key="bad").last_traceback
    assert Order.objects.count() == 1
    inbox.replay(InboxEvent.objects.filter(delivery_key="bad"))
    assert InboxEvent.objects.get(delivery_key="bad").state == JobState.WAITING


@pytest.mark.django_db(transaction=True)
def test_the_rest_of_the_site_keeps_its_time_outs(signed):
    def time_outs() -> list[Any]:
        names = ["lock_timeout", "statement_timeout"]
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                return [cursor.execute("PRAGMA busy_timeout").fetchone()]
            return [cursor.execute(f"SHOW {name}").fetchone() for name in names]

    before = time_outs()
    assert deliver(signed, b"{}") == 200
    assert deliver(signed, b"{}", key="d2", x_test_hmac="forged") == 401
    assert time_outs() == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="fills a SQLite file")
def test_a_full_data_base_is_told_and_all_is_well_when_there_is_room_again(signed):
    assert deliver(signed, b"{}") == 200
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # rows that other tests deleted left room
        pages, most = (cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "max_page_count"))
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        try:
            answers = {deliver(signed, b"x" * 100_000, key=f"k{number}") for number in range(3)}
        finally:
            cursor.execute(f"PRAGMA max_page_count = {most}")
    assert answers == {503}
    assert InboxEvent.objects.count() == 1
    assert deliver(signed, b"x" * 100_000, key="k1") == 200
