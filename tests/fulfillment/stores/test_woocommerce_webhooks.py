"""WooCommerce's deliveries are recognised by their bytes alone, and taken as a real shop sends them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.models import Customer, InboxEvent, Order, Outcome, StoreSync
from fulfillment.stores.base import News
from fulfillment.stores.woocommerce import WooCommercePlatform
from fulfillment.stores.woocommerce.webhooks import decoded, shop_name
from parcelwise.errors import GiveUp
from parcelwise.jobs import JobState
from parcelwise.testing import run_jobs
from tests.factories import a_store
from tests.fulfillment.stores.woocommerce_shop import capture, take

HOOKS = WooCommercePlatform.webhooks
SECRET = "loop-secret"
DELIVERIES = ["008_customer_created.json", "010_order_created.json", "011_order_updated.json", "018_order_updated.json"]


def signed(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def lowered(captured: dict) -> dict[str, str]:
    return {name.lower(): value for name, value in captured["headers"].items()}


@pytest.mark.parametrize("name", DELIVERIES)
def test_deliveries_of_a_real_shop_are_signed(name):
    captured = capture(name)
    body = captured["body"].encode()
    assert HOOKS.is_signed(lowered(captured), body, SECRET)
    assert not HOOKS.is_signed(lowered(captured), body + b" ", SECRET)
    assert not HOOKS.is_signed(lowered(captured), json.dumps(json.loads(body)).encode(), SECRET)
    assert not HOOKS.is_signed(lowered(captured), body, "another")
    assert not HOOKS.is_ping(lowered(captured), body)


def test_the_ping_of_a_real_shop_is_a_ping():
    captured = capture("001_ping.json")
    assert HOOKS.is_ping(lowered(captured), captured["body"].encode())


@pytest.mark.parametrize("body", [b"", b"webhook_id=", b"webhook_id=1&order=2", b"webhook_id=x", b'{"id": 1}'])
def test_nothing_else_passes_for_a_ping(body):
    assert not HOOKS.is_ping({"content-type": "application/x-www-form-urlencoded"}, body)


def test_a_signed_body_that_looks_like_a_ping_is_none():
    assert not HOOKS.is_ping({"x-wc-webhook-signature": "x"}, b"webhook_id=1")


@given(st.text(max_size=80))
def test_a_signature_of_garbage_is_refused_and_never_raises(garbage):
    assert not HOOKS.is_signed({"x-wc-webhook-signature": garbage}, b"body", SECRET)


def test_no_secret_signs_nothing():
    assert not HOOKS.is_signed({"x-wc-webhook-signature": signed(b"x", "")}, b"x", "")


@pytest.mark.parametrize(
    ("typed", "signs_with"),
    [
        ("a&amp;b", "a&b"),
        ("&lt;s3cret&gt;", "<s3cret>"),
        ("say &quot;it&quot; &#039;now&#039;", "say \"it\" 'now'"),
        ("&amp;lt;", "&lt;"),
        ("&copy;&eacute;", "&copy;&eacute;"),
        ("a&b<c>\"d'", "a&b<c>\"d'"),
    ],
)
def test_a_secret_with_marks_of_html_works_as_wordpress_reads_it(typed, signs_with):
    assert decoded(typed) == signs_with
    assert HOOKS.is_signed({"x-wc-webhook-signature": signed(b"body", signs_with)}, b"body", typed)
    assert HOOKS.is_signed({"x-wc-webhook-signature": signed(b"body", typed)}, b"body", typed)


def headers(topic: str = "order.updated", delivery: str = "d1", hook: str = "2") -> dict[str, str]:
    return {"x-wc-webhook-topic": topic, "x-wc-webhook-id": hook, "x-wc-webhook-delivery-id": delivery}


def test_two_events_of_one_second_are_two_although_they_share_the_delivery_id():
    assert HOOKS.delivery(headers(), b"one").key != HOOKS.delivery(headers(), b"two").key


def test_the_same_body_of_the_same_hook_is_the_same_delivery():
    assert HOOKS.delivery(headers(delivery="d1"), b"one").key == HOOKS.delivery(headers(delivery="d2"), b"one").key
    assert HOOKS.delivery(headers(hook="3"), b"one").key != HOOKS.delivery(headers(hook="2"), b"one").key


def test_an_order_can_go_into_the_trash_twice():
    body = b'{"id":13}'
    first, second = (HOOKS.delivery(headers("order.deleted", delivery), body).key for delivery in ("d1", "d2"))
    assert first != second
    assert first == HOOKS.delivery(headers("order.deleted", "d1"), body).key


def test_a_delivery_without_its_headers_is_none():
    with pytest.raises(ValueError, match="X-WC-Webhook-Topic"):
        HOOKS.delivery({"x-wc-webhook-id": "1"}, b"{}")


def test_a_copy_of_the_shop_is_another_shop():
    source = {"x-wc-webhook-source": "https://Shop.example/de/"}
    assert HOOKS.delivery(headers() | source, b"{}").shop == "shop.example/de" == shop_name("http://shop.example/de")
    assert shop_name("https://staging.shop.example/") != shop_name("https://shop.example/")


# What deliveries are about


def understood(topic: str, body: object) -> list[News]:
    return list(WooCommercePlatform(a_store(kind="woocommerce")).understand(topic, json.dumps(body).encode()))


@pytest.mark.django_db
def test_a_deleted_order_says_only_its_id():
    assert understood("order.deleted", {"id": 13}) == [News("order_gone", "13")]
    assert understood("customer.deleted", {"id": 2}) == [News("customer_gone", "2")]


@pytest.mark.django_db
def test_an_order_that_was_gone_when_the_delivery_was_written_is_no_news():
    body = {"code": "woocommerce_rest_shop_order_invalid_id", "message": "Invalid ID.", "data": {"status": 404}}
    assert understood("order.updated", body) == []


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"{}", b'{"id": "x"}', b"[" * 100_000, b'{"id": 1}'])
def test_a_body_that_makes_no_sense_is_given_up(body):
    with pytest.raises(GiveUp):
        WooCommercePlatform(a_store(kind="woocommerce")).understand("order.updated", body)


@pytest.mark.django_db
def test_topics_of_others_are_not_known():
    platform = WooCommercePlatform(a_store(kind="woocommerce"))
    assert platform.knows_topic("order.updated")
    assert not platform.knows_topic("action.my_plugin_did_it")
    assert not platform.knows_topic("product.updated")


@pytest.mark.django_db(transaction=True)
def test_the_recorded_deliveries_end_in_the_recorded_order():
    store = a_store(kind="woocommerce", url="http://127.0.0.1:9", credentials={"key": "ck", "secret": "cs"})
    for name in DELIVERIES:
        captured = capture(name)
        take(store, captured["headers"], captured["body"].encode(), SECRET)
    run_jobs()
    events = list(InboxEvent.objects.order_by("pk"))
    assert {event.state for event in events} == {JobState.DONE}
    assert [event.outcome for event in events] == [
        Outcome.IGNORED,  # a customer who has not bought yet
        Outcome.RECORDED,
        Outcome.UNCHANGED,
        Outcome.RECORDED,  # and fetched: its refund is shown without its lines
    ]
    order = Order.objects.get()
    assert (order.number, order.status, order.payment_status, order.total) == (
        "13",
        "closed",
        "partially_refunded",
        22570,
    )
    assert [shipment.tracking_number for shipment in order.shipments.all()] == ["00340434161094042557"]
    assert not order.refunds.exists(), "a refund without its lines is not written down before it is fetched"
    assert StoreSync.objects.get().external_id == "13"
    assert Customer.objects.get().contact.email == "ana@example.test"
