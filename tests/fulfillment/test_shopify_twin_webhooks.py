"""What the Shopify twin sends: payloads like the published ones, headers, signatures, retries."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from shopify_app import verify_webhook_req

from fulfillment.testing.shopify_twin import ShopifyTwin, TwinClock
from fulfillment.testing.shopify_twin.bulk.plan import Plan, Shape
from fulfillment.testing.shopify_twin.webhooks.payloads.of import TOPICS
from fulfillment.testing.shopify_twin.world.keeper import Happening
from fulfillment.testing.shopify_twin.world.places import Shop
from tests.fulfillment.shopify import differences, needs_published, published_payload

NOON = datetime(2026, 11, 2, 11, 0, 0, 700_000, tzinfo=UTC)
SECRET = "shpss_twin-client-secret"
UNPUBLISHED = {
    "fulfillment_orders/cancelled", "customers_email_marketing_consent/update", "customers_marketing_consent/update",
    "customers/data_request", "customers/redact", "shop/redact",
}  # fmt: skip
#: What the published examples tell differently from each other or leave empty; see the README beside them.
TOLERATED = {
    "returns/process": "the published body is empty",
}


class Receiver:
    """Takes deliveries on loopback and answers ``status``."""

    def __init__(self) -> None:
        self.status, self.taken = 200, list[tuple[dict[str, str], bytes]]()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.taken.append(({key.lower(): value for key, value in self.headers.items()}, body))
                self.send_response(outer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hooks"

    def bodies(self, topic: str) -> list[dict[str, Any]]:
        return [json.loads(body) for headers, body in self.taken if headers["x-shopify-topic"] == topic]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


@pytest.fixture
def twin() -> Iterator[ShopifyTwin]:
    with ShopifyTwin(clock=TwinClock(NOON, frozen=True)) as twin:
        yield twin


def live(twin: ShopifyTwin, uri: str) -> None:
    """Everything that the twin can tell happens once."""
    mandatory = ("customers/data_request", "customers/redact", "shop/redact")
    for topic in TOPICS:
        if topic not in mandatory:
            twin.subscribe(topic, f"{uri}?{topic}")
    twin.mail.mandatory_uri, world = f"{uri}?mandatory", twin.world
    home = {
        "first_name": "Ana",
        "last_name": "Albers",
        "address1": "Hafenstraße 3",
        "city": "Kiel",
        "country_code": "DE",
    }
    ana = world.add_customer(first_name="Ana", email="ana@example.com", phone="+491701234567", address=home)
    lines = [
        {
            "title": "Mug",
            "sku": "MUG",
            "price": "9.90",
            "quantity": 3,
            "discount": "1.00",
            "attributes": {"Text": "Moin"},
        },
        {"title": "Tea", "sku": "TEA", "price": "4.50"},
    ]
    order = world.place_order(customer=ana, lines=lines, tags=["a", "b"], attributes={"gift": "yes"})
    world.edit_order(order, add=[{"title": "Cap", "sku": "CAP", "price": "20.00"}], remove={"TEA": 1})
    world.pay(order)
    plan = order.fulfillment_orders[0]
    world.hold(plan, "OTHER", "waiting")
    world.release(plan)
    parcel = world.fulfill(order, lines={"MUG": 2}, company="UPS", numbers=["1z827wk74630"])
    world.fulfill(order)
    event = world.add_event(parcel, "IN_TRANSIT", message="Item is now in transit", country="DE")
    world.delete_event(event)
    world.add_event(parcel, "DELIVERED", latitude=54.3, longitude=10.1)
    back = world.request_return(
        order, [{"line": parcel.lines[0], "quantity": 1, "reason": "defective"}], shipping_fee="5"
    )
    world.approve_return(back)
    reverse = back.reverse_fulfillment_orders[0]
    world.ship_back(reverse, number="123345345", carrier="USPS", label_url="https://label.example/1.pdf")
    disposition = {"line": reverse.lines[0], "type": "RESTOCKED", "quantity": 1}
    wanted = [{"line": back.lines[0], "quantity": 1, "dispositions": [disposition]}]
    world.process_return(back, wanted, refund=[{"amount": "9.57"}], note="Came back")
    world.reopen_return(back)
    world.close_return(back)
    second = world.create_return(order, [{"line": parcel.lines[0], "quantity": 1}])
    world.remove_from_return(second, {second.lines[0].gid: 1})
    world.cancel_return(second)
    third = world.request_return(order, [{"line": order.fulfillments[1].lines[0], "quantity": 1}])
    world.decline_return(third, "RETURN_PERIOD_ENDED", "Too late")
    world.refund(order, shipping="full", note="Sorry")
    world.cancel_order(world.place_order(customer=ana), "CUSTOMER")
    world.delete_order(world.place_order())
    world.set_consent(ana, "SUBSCRIBED")
    world.set_consent(ana, "UNSUBSCRIBED", by="sms")
    other = world.add_customer(email="ana.old@example.com")
    world.merge_customers(ana, other)
    world.request_customer_data(ana)
    world.redact_customer(ana)
    world.delete_customer(world.add_customer(email="gone@example.com"))
    world.redact_shop()
    twin.mail.hear([_shop_update(twin.world.shop, twin)])
    twin.grant("read_orders")
    operation = twin.bulk.start("{ }", _nothing(), iter(()), grouped=True)
    twin.bulk.wait(operation)
    twin.uninstall()


def _shop_update(shop: Shop, twin: ShopifyTwin) -> Any:
    return Happening("shop/update", shop, twin.world.now())


def _nothing() -> Any:
    return Plan("orders", {}, Shape())


@needs_published
@pytest.mark.parametrize("topic", sorted(set(TOPICS) - UNPUBLISHED - set(TOLERATED)))
def test_payloads_have_the_keys_and_types_of_the_published_ones(topic: str, told: dict[str, list[Any]]) -> None:
    assert told[topic], f"nothing was told of {topic}"
    theirs = published_payload(topic)
    assert {difference for ours in told[topic] for difference in differences(ours, theirs)} == set()


@pytest.fixture(scope="module")
def told() -> dict[str, list[Any]]:
    """Topic -> bodies of a life in which everything happens."""
    with ShopifyTwin(clock=TwinClock(NOON, frozen=True)) as twin:
        twin.post.wire = False
        live(twin, "http://127.0.0.1:9/hooks")
        twin.post.flush()
        found: dict[str, list[Any]] = {topic: [] for topic in TOPICS}
        for delivery in twin.post.recorded:
            found[delivery.headers["X-Shopify-Topic"]].append(json.loads(delivery.body))
        return found


def test_everything_that_can_be_told_is_told(told: dict[str, list[Any]]) -> None:
    assert [topic for topic, bodies in told.items() if not bodies] == []


def test_numbers_are_exact_although_no_float_holds_them(told: dict[str, list[Any]]) -> None:
    for body in told["orders/create"]:
        assert body["id"] > 2**53
        assert float(body["id"]) != body["id"] or int(float(body["id"])) != body["id"]
        assert body["admin_graphql_api_id"] == f"gid://shopify/Order/{body['id']}"


def test_times_carry_the_offset_of_the_shop_and_no_fractions(told: dict[str, list[Any]]) -> None:
    assert {body["created_at"] for body in told["orders/create"]} == {"2026-11-02T12:00:00+01:00"}


def test_a_delivery_is_signed_over_its_raw_bytes(twin: ShopifyTwin, receiver: Receiver) -> None:
    twin.subscribe("orders/create", receiver.url)
    twin.world.place_order(customer={"email": "zoë@example.com", "first_name": "Zoë"})
    twin.post.flush()
    headers, body = receiver.taken[0]
    digest = base64.b64encode(hmac.new(SECRET.encode(), body, hashlib.sha256).digest()).decode()
    assert headers["x-shopify-hmac-sha256"] == digest
    assert headers["x-shopify-topic"] == "orders/create"
    assert headers["x-shopify-shop-domain"] == "nordlicht.myshopify.com"
    assert headers["x-shopify-api-version"] == "2026-07"
    assert headers["x-shopify-triggered-at"].startswith("2026-11-02T11:00:00")
    assert "Zoë".encode() in body
    assert _verified(headers, body)


def test_the_second_header_family_verifies_as_well(twin: ShopifyTwin, receiver: Receiver) -> None:
    twin.subscribe("orders/create", receiver.url, family=2, name="tales")
    order = twin.world.place_order()
    twin.post.flush()
    headers, body = receiver.taken[0]
    assert not [name for name in headers if name.startswith("x-shopify")]
    assert headers["shopify-resource-id"] == order.gid
    assert (headers["shopify-handle"], headers["shopify-action"]) == ("tales", "create")
    assert _verified(headers, body)


def test_after_a_rotation_the_old_secret_signs_for_a_while(twin: ShopifyTwin, receiver: Receiver) -> None:
    twin.subscribe("orders/create", receiver.url)
    twin.access.rotate("shpss_new", seconds=600)
    twin.world.place_order()
    twin.post.flush()
    twin.clock.change(advance=601)
    twin.world.place_order()
    twin.post.flush()
    first, second = receiver.taken
    assert (_signed_with(SECRET, *first), _signed_with("shpss_new", *second)) == (True, True)
    assert not _signed_with("shpss_new", *first)


def test_one_event_has_one_event_id_and_each_subscription_its_own_webhook_id(
    twin: ShopifyTwin, receiver: Receiver
) -> None:
    twin.subscribe("orders/create", f"{receiver.url}/a")
    twin.subscribe("orders/create", f"{receiver.url}/b")
    twin.world.place_order()
    twin.post.flush()
    heads = [headers for headers, _ in receiver.taken]
    assert len({head["x-shopify-event-id"] for head in heads}) == 1
    assert len({head["x-shopify-webhook-id"] for head in heads}) == 2


def test_a_retry_tells_what_the_first_try_told(twin: ShopifyTwin, receiver: Receiver) -> None:
    twin.subscribe("orders/updated", receiver.url)
    order = twin.world.place_order(paid=False)
    receiver.status = 500
    twin.post.send_due()
    twin.world.edit_order(order, note="changed since")
    receiver.status = 200
    twin.clock.change(advance=3600)
    twin.post.send_due()
    first = next(pair for pair in receiver.taken if b"changed since" not in pair[1])
    same = [
        body for headers, body in receiver.taken if headers["x-shopify-webhook-id"] == first[0]["x-shopify-webhook-id"]
    ]
    assert len(same) == 2
    assert same[0] == same[1]


def test_after_eight_retries_in_four_hours_the_subscription_is_gone(twin: ShopifyTwin, receiver: Receiver) -> None:
    twin.subscribe("orders/create", receiver.url)
    receiver.status = 500
    twin.world.place_order()
    for _ in range(300):
        twin.post.send_due()
        twin.clock.change(advance=60)
    assert len(receiver.taken) == 9
    assert twin.subscriptions.all() == []
    assert twin.mail.given_up == [receiver.url]


def test_a_subscription_that_hears_again_in_between_stays(twin: ShopifyTwin, receiver: Receiver) -> None:
    twin.subscribe("orders/create", receiver.url)
    receiver.status = 500
    twin.world.place_order()
    twin.post.send_due()
    receiver.status = 200
    twin.clock.change(advance=3 * 3600)
    twin.world.place_order()
    twin.post.flush()
    assert len(twin.subscriptions.all()) == 1


def test_the_version_of_payloads_can_change_at_noon(twin: ShopifyTwin, receiver: Receiver) -> None:
    twin.subscribe("orders/create", receiver.url)
    twin.world.place_order()
    twin.bump_webhooks("2026-10")
    twin.world.place_order()
    twin.post.flush()
    assert [headers["x-shopify-api-version"] for headers, _ in receiver.taken] == ["2026-07", "2026-10"]


def test_the_mandatory_topics_go_to_the_app_not_to_subscriptions(twin: ShopifyTwin, receiver: Receiver) -> None:
    twin.mail.mandatory_uri = receiver.url
    order = twin.world.place_order(customer={"email": "ana@example.com"})
    assert order.customer is not None
    twin.world.redact_customer(order.customer)
    twin.post.flush()
    (body,) = receiver.bodies("customers/redact")
    assert body["orders_to_redact"] == [order.id]
    assert body["customer"]["email"] == "ana@example.com"
    assert order.email is None


def test_updated_at_is_in_whole_seconds_so_two_changes_can_share_it(twin: ShopifyTwin) -> None:
    order = twin.world.place_order()
    twin.clock.change(advance=0.2)
    twin.world.edit_order(order, note="same second")
    assert order.updated_at == order.created_at == NOON.replace(microsecond=0)
    twin.clock.change(advance=1)
    twin.world.edit_order(order, note="next second")
    assert order.updated_at == order.created_at + timedelta(seconds=1)


def _verified(headers: dict[str, str], body: bytes) -> bool:
    request = {"method": "POST", "headers": headers, "body": body.decode(), "url": "https://example.com/hooks"}
    return bool(verify_webhook_req(request, {"client_id": "twin-client-id", "client_secret": SECRET}).ok)


def _signed_with(secret: str, headers: dict[str, str], body: bytes) -> bool:
    digest = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return headers["x-shopify-hmac-sha256"] == digest
