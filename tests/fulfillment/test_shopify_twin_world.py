"""The Shopify twin's shop: figures that add up, a believable day, a file that remembers, tokens, control."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shopify_app import (
    exchange_using_client_credentials,
    refresh_access_token,
    token_exchange,
    verify_app_proxy_req,
)

from fulfillment.testing.shopify_twin import Refused, ShopifyControl, ShopifyTwin, TwinClock
from fulfillment.testing.shopify_twin.oauth import OFFLINE
from tests.fulfillment.shopify import Client

NOON = datetime(2026, 11, 2, 6, tzinfo=UTC)
APP = {"client_id": "twin-client-id", "client_secret": "shpss_twin-client-secret"}


@pytest.fixture
def twin() -> Iterator[ShopifyTwin]:
    with ShopifyTwin(clock=TwinClock(NOON, frozen=True)) as twin:
        yield twin


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_after_every_step_of_a_day_the_figures_add_up(seed: int) -> None:
    twin = ShopifyTwin(clock=TwinClock(NOON, frozen=True))
    for step in twin.day(6, seed):
        step.run()
        for order in twin.world.orders.values():
            _adds_up(order)
    twin.stop()


def _adds_up(order: Any) -> None:
    assert 0 <= order.refunded <= order.received
    assert order.refunded == sum(refund.total for refund in order.refunds)
    for line in order.lines:
        sent = sum(
            part.quantity
            for parcel in order.fulfillments
            if parcel.status == "SUCCESS"
            for part in parcel.lines
            if part.line_item is line
        )
        assert line.fulfilled == sent
        assert min(line.current_quantity, line.unfulfilled_quantity, line.refunded - line.refunded_open) >= 0
        assert line.refunded == sum(p.quantity for r in order.refunds for p in r.lines if p.line_item is line)
        waiting = sum(
            part.remaining_quantity
            for plan in order.fulfillment_orders
            if plan.status not in ("CANCELLED",)
            for part in plan.lines
            if part.line_item is line
        )
        assert order.cancelled_at or waiting == line.unfulfilled_quantity
    for back in order.returns:
        assert all(line.processed_quantity <= line.quantity for line in back.lines)


def test_the_same_seed_lives_the_same_day() -> None:
    states = []
    for seed in (3, 3, 4):
        twin = ShopifyTwin(clock=TwinClock(NOON, frozen=True))
        twin.live_a_day(40, seed)
        states.append(json.dumps(twin.snapshot()))
        twin.stop()
    assert states[0] == states[1] != states[2]


def test_a_day_has_something_of_everything(twin: ShopifyTwin) -> None:
    twin.live_a_day(300, seed=2)
    orders = list(twin.snapshot().values())
    assert {"FULFILLED", "UNFULFILLED"} <= {order["fulfillment_status"] for order in orders}
    assert {"PAID", "REFUNDED", "PARTIALLY_REFUNDED"} <= {order["financial_status"] for order in orders}
    returns = Counter(back["status"] for order in orders for back in order["returns"])
    assert min(returns["CLOSED"], returns["DECLINED"]) > 0
    assert any(len(order["fulfillments"]) > 1 for order in orders)
    assert any(order["cancel_reason"] for order in orders)
    assert twin.world.deleted
    assert NOON < twin.clock.now() <= NOON.replace(day=3)


def test_money_back_is_never_more_than_was_paid(twin: ShopifyTwin) -> None:
    order = twin.world.place_order(lines=[{"title": "Mug", "price": "3.33", "quantity": 3, "discount": "0.01"}])
    assert order.total == 3 * 333 - 1 + 490
    for _ in range(3):
        twin.world.refund(order, lines=[{"line": order.lines[0].gid, "quantity": 1}])
    twin.world.refund(order, shipping="full")
    assert (order.refunded, order.display_financial_status) == (order.total, "REFUNDED")
    with pytest.raises(Refused, match="greater than net payment"):
        twin.world.refund(order, transactions=[{"amount": "0.01"}])


def test_tax_on_top_is_given_back_as_well(twin: ShopifyTwin) -> None:
    order = twin.world.place_order(lines=[{"title": "Mug", "price": "10.00"}], taxes_included=False, tax_rate=700)
    assert order.total == 1000 + 490 + 70 + 34
    refund = twin.world.refund(order, lines=[{"line": order.lines[0].gid}])
    assert refund.total == 1070


def test_a_twin_that_is_started_again_knows_its_shop(tmp_path: Path) -> None:
    state = tmp_path / "deep" / "shop.jsonl"
    clock = TwinClock(NOON, frozen=True)
    with ShopifyTwin(clock=clock, state=state) as twin:
        twin.world.history(50, seed=1)
        twin.subscribe("orders/create", "http://127.0.0.1:9/a")
        twin.subscriptions.delete(twin.subscribe("orders/paid", "http://127.0.0.1:9/a"))
        twin.live_a_day(15, seed=3)
        with pytest.raises(Refused):
            twin.world.cancel_order("gid://shopify/Order/1")
        before, ids = twin.snapshot(), [one.gid for one in twin.subscriptions.all()]
    with state.open("a") as file:
        file.write('{"at": "2026-11-02T06:00')
    with ShopifyTwin(clock=TwinClock(NOON, frozen=True), state=state) as twin:
        assert twin.snapshot() == before
        assert [one.gid for one in twin.subscriptions.all()] == ids
        assert twin.world.past is not None
        assert twin.post.pending() == []
        assert twin.clock.now() >= NOON
        assert twin.world.place_order().gid not in before


def test_client_credentials_are_exchanged_by_the_official_package(twin: ShopifyTwin) -> None:
    told = exchange_using_client_credentials("nordlicht", APP, _to(twin))
    assert told.ok
    client = Client(twin, token=told.access_token.token)
    assert client.ask("{ shop { name } }")["shop"]["name"] == "Nordlicht"
    twin.clock.change(advance=86_400)
    assert client.post("{ shop { name } }").status_code == 401
    client.close()
    wrong = exchange_using_client_credentials("nordlicht", {**APP, "client_secret": "wrong"}, _to(twin))
    assert wrong.log.code == "invalid_client"


def test_an_expiring_token_is_refreshed_once(twin: ShopifyTwin) -> None:
    twin.clock.change(now=datetime.now(UTC))
    subject = {"exchangeable": True, "token": twin.id_token(), "claims": {"dest": f"https://{twin.shop}"}}
    first = token_exchange("offline", APP, subject, http_client=_to(twin))
    assert first.ok, first.log
    expired = asdict(first.access_token) | {"expires": "2020-01-01T00:00:00Z"}
    second = refresh_access_token(expired, APP, http_client=_to(twin))
    assert second.ok, second.log
    assert second.access_token.refresh_token != first.access_token.refresh_token
    again = refresh_access_token(expired, APP, http_client=_to(twin))
    assert again.log.code == "invalid_grant"
    client = Client(twin, token=first.access_token.token)
    assert client.post("{ shop { name } }").status_code == 401
    client.close()


def test_a_forged_id_token_is_worth_nothing(twin: ShopifyTwin) -> None:
    head, claims, _ = twin.id_token().split(".")
    wanted = {
        **APP,
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": f"{head}.{claims}.{head}",
        "requested_token_type": OFFLINE,
    }
    answer = httpx.post(f"{twin.url}/admin/oauth/access_token", json=wanted, trust_env=False)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_subject_token")


def test_a_removed_app_opens_nothing_any_more(twin: ShopifyTwin) -> None:
    twin.uninstall()
    client = Client(twin)
    assert client.post("{ shop { name } }").status_code == 401
    client.close()
    assert exchange_using_client_credentials("nordlicht", APP, _to(twin)).log.code == "invalid_client"


def test_a_proxied_address_verifies_and_a_changed_one_does_not(twin: ShopifyTwin) -> None:
    twin.clock.change(now=datetime.now(UTC))
    address = twin.proxy_url("/track?number=1&number=2&empty=", customer_id=7)
    assert dict(parse_qsl(urlsplit(address).query))["logged_in_customer_id"] == "7"
    assert _proxied(address).logged_in_customer_id == "7"
    assert not _proxied(address.replace("customer_id=7", "customer_id=8")).ok


def _proxied(address: str) -> Any:
    request = {"method": "GET", "headers": {}, "url": f"https://app.example{address}", "body": ""}
    return verify_app_proxy_req(request, APP)


def test_another_process_is_told_what_to_do(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fulfillment.testing.shopify_twin", "--port", "0", "--orders", "20"]
    command += ["--state", str(tmp_path / "shop.jsonl")]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "DJANGO_SETTINGS_MODULE": ""}
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        control = ShopifyControl(line.split()[3].rstrip(","))
        assert control.status()["history"] == 20
        ana = {"email": "ana@example.com"}
        order = control.world("place_order", customer=ana, lines=[{"title": "A", "price": "1"}])
        assert (order["name"], order["total"]) == ("#1021", 590)
        parcel = control.world("fulfill", order["gid"], company="DHL", numbers=["1"])
        control.world("add_event", parcel["gid"], "DELIVERED")
        assert control.order("#1021")["fulfillments"][0]["display_status"] == "DELIVERED"
        assert list(control.snapshot()) == [str(order["id"])]
        with pytest.raises(HTTPError):
            control.world("cancel_order", order["gid"])
        with pytest.raises(HTTPError):
            control.world("__init__")
        assert control.subscribe("orders/create", "http://127.0.0.1:9/x") == control.subscriptions()[0]["gid"]
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        process.stdout.close()


def test_the_log_of_calls_knows_no_secrets(twin: ShopifyTwin) -> None:
    client = Client(twin)
    client.ask("{ shop { name } }")
    exchange_using_client_credentials("nordlicht", APP, _to(twin))
    client.close()
    told = json.dumps(list(twin.log))
    assert "graphql.json" in told
    assert not [secret for secret in ("shpat_", "shpss_") if secret in told]


def _to(twin: ShopifyTwin) -> httpx.Client:
    """The official package insists on the shop's own address; this brings it to the twin."""

    def send(request: httpx.Request) -> httpx.Response:
        address = f"{twin.url}{request.url.path}"
        kept = {"content-type": request.headers["content-type"]}
        return httpx.post(address, content=request.content, headers=kept, trust_env=False)

    return httpx.Client(transport=httpx.MockTransport(send))


def test_many_threads_at_once_lose_nothing(twin: ShopifyTwin) -> None:
    twin.subscribe("orders/create", "http://127.0.0.1:9/hooks")
    twin.post.wire, twin.bucket.maximum = False, 1_000_000
    query = "{ orders(first: 50, sortKey: UPDATED_AT) { nodes { id lineItems(first: 5) { nodes { id } } } } }"
    failed: list[Any] = []

    def shop() -> None:
        for _ in range(15):
            twin.world.fulfill(twin.world.place_order())

    def read() -> None:
        client = Client(twin)
        failed.extend(told for _ in range(15) if "errors" in (told := client.post(query).json()))
        client.close()

    threads = [threading.Thread(target=work) for work in (shop, shop, shop, shop, read, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failed == []
    assert len({order.id for order in twin.world.orders.values()}) == 60
    assert sorted(order.number for order in twin.world.orders.values()) == list(range(1001, 1061))
    twin.post.flush()
    assert len({delivery.headers["X-Shopify-Webhook-Id"] for delivery in twin.post.recorded}) == 60
