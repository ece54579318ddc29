"""What a delivery of Shopify's says of itself, and what it is about."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shopify_app.verify.webhook import verify_webhook_req

from fulfillment.stores.shopify.news import read
from fulfillment.stores.shopify.webhooks import ShopifyWebhooks
from parcelwise.errors import GiveUp
from tests.fulfillment.shopify import PUBLISHED, needs_published, published_payload

HOOKS, SECRET = ShopifyWebhooks(), "shpss_of the app"
FAMILIES = ["x-shopify-", "shopify-"]
TOPICS = sorted(path.stem.replace("__", "/") for path in (PUBLISHED / "webhooks").glob("*.json"))


def signature(body: bytes, secret: str = SECRET) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def headers(family: str = "x-shopify-", **columns: str) -> dict[str, str]:
    usual = {"topic": "orders/create", "webhook-id": "w-1", "event-id": "e-1", "shop-domain": "Nordlicht.myshopify.com"}
    return {family + name.replace("_", "-"): value for name, value in {**usual, **columns}.items()}


@pytest.mark.parametrize("family", FAMILIES)
def test_both_families_of_headers_say_the_same(family):
    delivery = HOOKS.delivery(headers(family, triggered_at="2026-11-22T18:00:27.877041743Z"), b"{}")
    assert (delivery.topic, delivery.shop, delivery.event_key) == ("orders/create", "nordlicht.myshopify.com", "e-1")
    assert delivery.sent_at.isoformat() == "2026-11-22T18:00:27.877041+00:00"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_signature_is_over_the_raw_bytes(family):
    body = b'{"a": "\xff\xfe not utf-8"}'
    stated = headers(family, hmac_sha256=signature(body))
    assert HOOKS.is_signed(stated, body, SECRET)
    assert not HOOKS.is_signed(stated, body + b" ", SECRET)
    assert not HOOKS.is_signed(stated, body, "another")


@pytest.mark.parametrize("odd", ["", "naïve", "☃", "\udcff", "a" * 100_000, "AAAA", " "])
def test_what_is_no_signature_is_refused_without_an_exception(odd):
    assert not HOOKS.is_signed(headers(hmac_sha256=odd), b"{}", SECRET)


def test_an_empty_secret_signs_nothing():
    assert not HOOKS.is_signed(headers(hmac_sha256=signature(b"{}", "")), b"{}", "")


@given(st.text())
def test_shopifys_own_package_agrees_where_it_can(text):
    body = text.encode("utf-8", "surrogatepass")
    stated = headers(hmac_sha256=signature(body))
    config = {"client_id": "id", "client_secret": SECRET, "old_client_secret": None}
    if text.isprintable():
        asked = {"method": "POST", "headers": stated, "url": "https://shop.example/", "body": text}
        assert verify_webhook_req(asked, config).ok
    assert HOOKS.is_signed(stated, body, SECRET)


def test_a_repetition_has_the_same_key_and_nothing_else_has():
    def key(body: bytes = b"{}", **columns: str) -> str:
        return HOOKS.delivery(headers(**columns), body).key

    assert key() == key(triggered_at="2026-11-22T18:00:00Z")
    assert key() != key(webhook_id="w-2")
    assert key() != key(event_id="e-2")  # should Webhook-Id name the subscription
    assert key(event_id="") == key(event_id="")
    assert key(event_id="") != key(b"[]", event_id="")
    assert key(webhook_id="", event_id="") != key(b"[]", webhook_id="", event_id="")
    assert len(key(webhook_id="w" * 500)) <= 200


def test_a_call_without_a_topic_is_no_delivery():
    with pytest.raises(ValueError, match="topic"):
        HOOKS.delivery({"content-type": "application/json"}, b"{}")


def test_a_topic_may_come_in_the_words_of_graphql():
    assert HOOKS.delivery(headers(topic="ORDERS_CREATE"), b"").topic == "orders/create"
    assert HOOKS.delivery(headers(topic="Odd/New"), b"").topic == "odd/new"


# What it is about


def about(topic: str, body: object) -> list[tuple[str, str]]:
    return [(news.kind, news.external_id) for news in read(topic, json.dumps(body).encode())]


@needs_published
@pytest.mark.parametrize("topic", TOPICS)
def test_every_published_example_is_understood(topic):
    news = about(topic, published_payload(topic))
    if topic.partition("/")[0] == "shop":
        assert news == []
        return
    assert len(news) == 1
    assert all(external_id.startswith("gid://shopify/") for kind, external_id in news if kind not in UNNAMED)


UNNAMED = {"uninstalled", "hooks", "changes"}


@needs_published
def test_ids_that_were_rounded_in_the_examples_are_not_gone_by():
    payload = published_payload("orders/create")
    assert payload["admin_graphql_api_id"] != f"gid://shopify/Order/{payload['id']}"
    assert about("orders/create", payload) == [("order", payload["admin_graphql_api_id"])]


@pytest.mark.parametrize(
    ("topic", "body", "wanted"),
    [
        ("orders/delete", {"id": 7}, ("order", "gid://shopify/Order/7")),
        ("orders/edited", {"order_edit": {"id": 1, "order_id": 7}}, ("order", "gid://shopify/Order/7")),
        ("refunds/create", {"id": 1, "order_id": 7}, ("order", "gid://shopify/Order/7")),
        ("returns/request", {"id": 1, "order": {"id": 7}}, ("order", "gid://shopify/Order/7")),
        (
            "returns/update",
            {"admin_graphql_api_id": "gid://shopify/Return/3", "restocking_fees": {}},
            ("order", "gid://shopify/Return/3"),
        ),
        (
            "reverse_deliveries/attach_deliverable",
            {
                "admin_graphql_api_id": "gid://shopify/ReverseDelivery/1",
                "return": {"admin_graphql_api_id": "gid://shopify/Return/3"},
            },
            ("order", "gid://shopify/Return/3"),
        ),
        (
            "fulfillment_orders/moved",
            {"original_fulfillment_order": {"id": "gid://shopify/FulfillmentOrder/5"}},
            ("order", "gid://shopify/FulfillmentOrder/5"),
        ),
        ("returns/process", {}, ("changes", "")),
        ("customers_marketing_consent/update", {"id": 4, "phone": "+49"}, ("customer", "gid://shopify/Customer/4")),
        ("customers_email_marketing_consent/update", {"customer_id": 4}, ("customer", "gid://shopify/Customer/4")),
        ("customers/delete", {"id": 4}, ("customer_gone", "gid://shopify/Customer/4")),
        ("app/uninstalled", {"id": 1, "myshopify_domain": "a.myshopify.com"}, ("uninstalled", "")),
    ],
)
def test_the_order_or_customer_is_found_in_the_payload(topic, body, wanted):
    assert about(topic, body) == [wanted]


def test_of_two_merged_customers_one_is_gone():
    body = {
        "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
        "status": "completed",
    }
    gone, kept = ("customer_gone", "gid://shopify/Customer/2"), ("customer", "gid://shopify/Customer/1")
    assert about("customers/merge", body) == [gone, kept]
    assert about("customers/merge", {**body, "status": "failed"}) == [kept]


def test_privacy_topics_name_the_person_and_their_orders_as_our_tables_do():
    body = {"shop_domain": "a.myshopify.com", "customer": {"id": 4, "email": "ana@example.com"}}
    (redact,) = read("customers/redact", json.dumps({**body, "orders_to_redact": [7, 8]}).encode())
    assert (redact.kind, redact.external_id) == ("redact", "gid://shopify/Customer/4")
    assert redact.payload["orders"] == ["gid://shopify/Order/7", "gid://shopify/Order/8"]
    assert redact.payload["customer"]["email"] == "ana@example.com"
    (request,) = read("customers/data_request", json.dumps({**body, "orders_requested": [7]}).encode())
    assert (request.kind, request.payload["orders"]) == ("data_request", ["gid://shopify/Order/7"])
    (shop,) = read("shop/redact", b'{"shop_id": 1, "shop_domain": "a.myshopify.com"}')
    assert shop.kind == "redact_store"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"id": NaN}',
        b'{"id": ' + b"9" * 20_000 + b"}",
        b"[" * 100_000,
        b'{"id": {"id": 1}}',
        b'{"id": true}',
        b'{"id": -5}',
        b'{"admin_graphql_api_id": "gid://shopify/Product/1", "id": "x"}',
    ],
)
def test_a_body_that_makes_no_sense_is_given_up(body):
    with pytest.raises(GiveUp):
        read("orders/create", body)


def test_a_topic_that_is_not_known_has_no_news():
    assert read("products/create", b"{}") == ()


NAMES = ["id", "order", "order_id", "order_edit", "customer", "admin_graphql_api_id", "orders_to_redact", "x"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.dictionaries(st.sampled_from(NAMES), inner) | st.lists(inner),
)


@given(ANYTHING)
def test_whatever_the_payload_is_nothing_but_give_up_comes_out(body):
    for topic in ("orders/edited", "returns/update", "customers/update", "customers/merge", "customers/redact"):
        try:
            about(topic, body)
        except GiveUp:
            continue
