"""Questions to Shopify: whatever comes back ends as data or as one of our three errors, with a sentence for people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from fulfillment.models import Store
from fulfillment.stores.shopify import pace, tokens
from fulfillment.stores.shopify.client import Client
from fulfillment.stores.shopify.documents import connecting, reading, writing
from fulfillment.stores.shopify.replies import Refused, Reply
from parcelwise.errors import GiveUp, Misconfigured, RetryLater
from parcelwise.models import Problem
from tests.fulfillment.stores.a_shopify import SECRET, connected, platform

pytestmark = pytest.mark.django_db
APP = {"client_id": "twin-client-id", "client_secret": SECRET}


@pytest.fixture
def client(shopify):
    return Client(connected(shopify), patience=0)


@pytest.fixture
def in_a_hurry(settings):
    outbound = {**settings.PARCELWISE.get("OUTBOUND", {}), "DEADLINE": 1.0, "RETRIES": 0}
    settings.PARCELWISE = {**settings.PARCELWISE, "OUTBOUND": outbound}


@pytest.mark.parametrize("fault", ["garbage", "invalid_json", "hang", "drip", "reset", "truncated", "500", "503"])
def test_a_fault_is_tried_again_later(shopify, client, in_a_hurry, fault):
    client.ask(connecting.SHOP)
    shopify.faults.next(fault, times=None, seconds=5)
    with pytest.raises(RetryLater):
        client.ask(connecting.SHOP)
    shopify.faults.clear()
    assert client.ask(connecting.SHOP)["shop"]["myshopifyDomain"] == shopify.shop


@pytest.mark.parametrize("status", ["402", "403", "404", "423"])
def test_a_closed_door_names_who_can_open_it(shopify, client, status):
    shopify.faults.next(status)
    with pytest.raises(Misconfigured, match=client.store.name):
        client.ask(connecting.SHOP)


@pytest.mark.parametrize("as_429", [True, False])
def test_a_throttled_question_waits_no_longer_than_it_may(shopify, client, as_429):
    shopify.api.throttle_with_429 = as_429
    shopify.bucket.draw(shopify.bucket.maximum, shopify.clock.now())
    shopify.bucket.rate = 5
    with pytest.raises(RetryLater, match="limit") as caught:
        client.ask(connecting.SHOP)
    assert caught.value.after > 0
    client.patience = 10
    assert client.ask(connecting.SHOP)


def test_a_walk_leaves_points_to_others(shopify, client):
    client.ask(connecting.SHOP)
    shop = str(client.store.uuid)
    status = {"currentlyAvailable": 400, "maximumAvailable": 2000, "restoreRate": 100}
    pace.learn(shop, reading.READ_ORDERS, {"requestedQueryCost": 300, "throttleStatus": status})
    assert pace.seconds_to_wait(shop, reading.READ_ORDERS) == 0
    assert 4 <= pace.seconds_to_wait(shop, reading.READ_ORDERS, polite=True) <= 5.2
    pace.learn(shop, reading.READ_ORDERS, {"throttleStatus": {**status, "currentlyAvailable": 100}})
    assert 2 <= pace.seconds_to_wait(shop, reading.READ_ORDERS) <= 2.6


@pytest.mark.parametrize("cost", [None, "x", {}, {"throttleStatus": 3}, {"throttleStatus": {"restoreRate": None}}])
def test_odd_figures_of_cost_are_passed_over(cost):
    pace.learn("odd", "query", cost)
    assert pace.seconds_to_wait("odd", "query") == 0


def test_a_mutation_is_not_sent_again_by_itself(shopify, client):
    shopify.faults.next("after", body="webhookSubscriptionCreate")
    hook = {"uri": "https://shop.example/", "format": "JSON"}
    with pytest.raises(RetryLater):
        client.tell(connecting.HOOK_CREATE, topic="ORDERS_CREATE", hook=hook)
    assert len(shopify.subscriptions.all()) == 1


def test_user_errors_are_given_up_in_shopifys_words(shopify, client):
    with pytest.raises(Refused, match="Shopify refuses: .*"):
        client.tell(connecting.HOOK_DELETE, id="gid://shopify/WebhookSubscription/404")


def test_a_question_that_makes_no_sense_is_given_up(client):
    with pytest.raises(GiveUp, match="Field 'nonsense' doesn't exist"):
        client.ask("query { nonsense }")


def test_a_missing_scope_is_named(shopify, client):
    order = shopify.world.place_order()
    shopify.access.grant("read_orders", "read_customers")
    with pytest.raises(Misconfigured, match="read_returns"):
        platform(client.store).read_orders([order.gid])


def test_what_is_denied_of_an_order_does_not_keep_the_rest_back(shopify, client):
    order = shopify.world.place_order(customer={"email": "ana@example.com"}, email="ana@example.com")
    shopify.access.grant(*(shopify.access.scopes - {"write_customers"}))
    found = platform(client.store).read_orders([order.gid])[order.gid]
    assert (found.external_id, found.customer.email) == (order.gid, "ana@example.com")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"data": None, "errors": [{"message": "x", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}]}, RetryLater),
        ({"errors": "[API] Invalid API key or access token"}, GiveUp),
        ({"errors": {"query": "Required parameter missing"}}, GiveUp),
        ({"data": {"a": 1}, "errors": [{"message": "no", "extensions": {"code": "ACCESS_DENIED"}}]}, Misconfigured),
        ({"data": None}, RetryLater),
        ({"data": {}, "errors": [3, None]}, GiveUp),
    ],
)
def test_errors_beside_or_instead_of_data_are_judged(body: Any, error: type[Exception]):
    assert isinstance(Reply.read(body).trouble("shop"), error)


@pytest.mark.parametrize("body", [None, [], "text", 3, {}])
def test_json_that_is_no_answer_is_tried_again(body: Any):
    with pytest.raises(RetryLater):
        Reply.read(body)


# The version


def test_a_retired_version_is_noticed_by_what_answers(shopify):
    store = connected(shopify, api_version="2025-04")
    assert Client(store).ask(connecting.SHOP)
    (problem,) = Problem.objects.filter(key=f"{store.slug}:served-version")
    assert "asks for version 2025-04 of Shopify's API and is answered in 2026-01" in problem.sentence
    Client(store).ask(connecting.SHOP)
    problem.refresh_from_db()
    assert problem.times == 1


def test_what_will_be_taken_away_is_noticed(shopify, client):
    client.ask("query { currentBulkOperation { id } }")
    assert Problem.objects.filter(key=f"{client.store.slug}:call:deprecated").exists()


def test_what_has_no_replacement_yet_troubles_nobody(shopify, client):
    client.look(reading.READ_ORDERS, ids=[shopify.world.place_order().gid])
    assert not Problem.objects.filter(key=f"{client.store.slug}:call:deprecated").exists()


# Tokens


def test_client_credentials_bring_a_token_that_is_kept_sealed(shopify):
    store = connected(shopify, credentials=APP)
    Client(store).ask(connecting.SHOP)
    kept = Store.objects.get(pk=store.pk)
    assert kept.credentials["access_token"].startswith("shpat_")
    assert timedelta(hours=23) < tokens._moment(kept.credentials["expires_at"]) - timezone.now() < timedelta(hours=24)
    with connection.cursor() as cursor:
        cursor.execute("SELECT credentials FROM parcelwise_fulfillment_store WHERE id = %s", [store.pk])
        assert "shpat_" not in cursor.fetchone()[0]
    assert len(shopify.access._tokens) == 2
    Client(kept).ask(connecting.SHOP)
    assert len(shopify.access._tokens) == 2, "a good token is used again"


def test_a_token_that_ends_soon_is_refreshed_before(shopify):
    given = shopify.access.issue(expires_in=3600, refreshable=True)
    soon = (timezone.now() + timedelta(minutes=2)).isoformat()
    held = {**APP, "access_token": given.value, "refresh_token": given.refresh, "expires_at": soon}
    store = connected(shopify, credentials=held)
    Client(store).ask(connecting.SHOP)
    kept = Store.objects.get(pk=store.pk).credentials
    assert kept["access_token"] != given.value
    assert kept["refresh_token"] != given.refresh
    assert kept["client_secret"] == SECRET


def test_a_token_that_was_revoked_is_replaced_once(shopify):
    store = connected(shopify, credentials=APP)
    asked = Client(store)
    asked.ask(connecting.SHOP)
    shopify.access.expire()
    assert asked.ask(connecting.SHOP)
    shopify.access.client_secret = "another"
    shopify.access.expire()
    before = len(shopify.log)
    with pytest.raises(Misconfigured, match="client id and secret"):
        asked.ask(connecting.SHOP)
    assert len(shopify.log) - before == 2  # the question, and one try for a token


def test_a_fixed_token_that_is_refused_is_a_matter_for_people(shopify):
    store = connected(shopify, credentials={"access_token": "shpat_wrong"})
    with pytest.raises(Misconfigured, match="does not accept the access token") as caught:
        Client(store).ask(connecting.SHOP)
    assert "shpat_wrong" not in str(caught.value)


@pytest.mark.parametrize("fault", ["garbage", "invalid_json", "hang", "500"])
def test_trouble_with_tokens_is_tried_again_later(shopify, in_a_hurry, monkeypatch, fault):
    monkeypatch.setattr(tokens, "_DEADLINE", 0.5)
    shopify.faults.next(fault, path="/oauth/", seconds=3)
    store = connected(shopify, credentials=APP)
    with pytest.raises(RetryLater):
        tokens.current(store)
    assert tokens.current(store)


def test_without_the_package_a_sentence_says_how_to_get_it(shopify, monkeypatch):
    import sys

    store = connected(shopify, credentials=APP)
    monkeypatch.setitem(sys.modules, "shopify_app.exchange.client_credentials", None)
    with pytest.raises(Misconfigured, match=r'pip install "parcelwise\[shopify\]"'):
        tokens.current(store)
    fixed = connected(shopify)
    assert Client(fixed).ask(connecting.SHOP), "a fixed token needs no package"


def test_a_worker_that_comes_second_takes_the_token_of_the_first(shopify):
    store = connected(shopify, credentials=APP)
    second = Store.objects.get(pk=store.pk)
    first = tokens.current(store)
    assert tokens.renew(second, stale="") == first
    assert [call["path"] for call in shopify.log].count("/admin/oauth/access_token") == 1


def test_nobody_reads_a_credential_in_an_error(shopify):
    store = connected(shopify, credentials=APP)
    shopify.access.client_secret = "another"
    with pytest.raises(Misconfigured) as caught:
        Client(store).ask(writing.LOCATION)
    assert SECRET not in str(caught.value)
