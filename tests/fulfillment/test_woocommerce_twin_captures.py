"""The WooCommerce twin against deliveries and answers recorded from a real site: keys, their order, their types."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fulfillment.testing.twins import TwinClock
from fulfillment.testing.woocommerce_twin import WooCommerceTwin
from fulfillment.testing.woocommerce_twin.encoding import dumps
from fulfillment.testing.woocommerce_twin.hooks import signature
from tests.fulfillment.woocommerce_site import Receiver, caller, receiving

ROOT = Path(__file__).resolve().parents[2]
CAPTURES = Path(os.environ.get("PARCELWISE_WOOCOMMERCE", ROOT / "../shared/woocommerce")) / "captures"
pytestmark = pytest.mark.skipif(not CAPTURES.is_dir(), reason="no recorded deliveries here")

HOME = {
    "first_name": "Ana", "last_name": "Müller", "address_1": "Hauptstr. 5", "city": "Berlin", "postcode": "10115",
    "country": "DE", "email": "ana@example.test", "phone": "+493012345",
}  # fmt: skip
LINES = [
    {"name": "Linen shirt", "sku": "SKU-SHIRT", "product_id": 10, "price": 4990, "quantity": 2},
    {"name": "Trail shoes", "sku": "SKU-SHOE", "product_id": 12, "price": 11900, "quantity": 1},
]
#: What is another site's or another order's.
OTHERS = {
    "version", "order_key", "payment_url", "phone", "customer_note", "payment_method_title", "created_via", "href",
    "avatar_url", "tracking_id", "date_shipped",
}  # fmt: skip
#: Numbers that the sites gave out; the recorded one had products, users and orders before.
NUMBERS = {"id", "number", "customer_id", "_refunded_item_id"}


def recorded(name: str) -> Any:
    return json.loads((CAPTURES / name).read_text())


@pytest.fixture
def twin() -> Iterator[WooCommerceTwin]:
    clock = TwinClock(datetime(2026, 11, 22, 14, 7, 40, tzinfo=UTC), frozen=True)
    with WooCommerceTwin(clock=clock, zone="UTC") as twin:
        twin.site.currency, twin.site.tax_percent, twin.site.version = "USD", 0, "9.9.5"
        yield twin


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def shape(value: Any) -> Any:
    """Keys in their order and types, all the way down."""
    if isinstance(value, dict):
        return [(key, shape(each)) for key, each in value.items()]
    return [shape(each) for each in value] if isinstance(value, list) else type(value).__name__


def values(value: Any, path: str = "") -> dict[str, Any]:
    """Every plain value by its path, without what two sites cannot have in common."""
    if isinstance(value, dict):
        if value.get("key") in NUMBERS:
            return {}
        kept = {key: each for key, each in value.items() if key not in OTHERS | NUMBERS}
        return {name: leaf for key, each in kept.items() for name, leaf in values(each, f"{path}.{key}").items()}
    if isinstance(value, list):
        return {
            name: leaf for index, each in enumerate(value) for name, leaf in values(each, f"{path}.{index}").items()
        }
    return {path: value}


def live_as_recorded(twin: WooCommerceTwin) -> int:
    """Ana buys, gets a tracking number, and sends a shirt back. Returns the order's id."""
    ana = twin.world.add_customer(email="ana@example.test", first_name="Ana", last_name="Müller", billing={})
    twin.post.flush()
    order = twin.world.place_order(
        lines=LINES,
        billing=HOME,
        shipping={**HOME, "phone": ""},
        status="pending",
        shipping_cost=690,
        customer_id=ana.id,
        payment_method="bacs",
        payment_title="",
    )
    twin.clock.change(advance=1)
    twin.world.change_status(order.id, "processing")
    twin.post.flush()
    twin.clock.change(advance=7)
    twin.world.add_tracking(order.id, "00340434161094042557", provider="DHL DE")
    twin.world.change_status(order.id, "completed")
    twin.clock.change(advance=4)
    twin.world.refund(order.id, 4990, reason="Too small", quantities={order.lines[0].id: 1})
    twin.post.flush()
    return order.id


def subscribe(twin: WooCommerceTwin, receiver: Receiver) -> None:
    with caller(twin) as api:
        for topic in ("order.created", "order.updated", "customer.created"):
            body = {"topic": topic, "delivery_url": receiver.url, "secret": "loop-secret"}
            assert api.post("webhooks", json=body).status_code == 201


def test_answers_of_the_api_look_like_recorded_ones(twin: WooCommerceTwin) -> None:
    order_id = live_as_recorded(twin)
    with caller(twin) as api:
        order, refunds = api.get(f"orders/{order_id}").json(), api.get(f"orders/{order_id}/refunds").json()
    assert shape(order) == shape(recorded("api_order.json"))
    assert values(order) == values(recorded("api_order.json"))
    assert shape(refunds) == shape(recorded("api_refunds.json"))
    assert values(refunds) == values(recorded("api_refunds.json"))


@pytest.mark.parametrize(
    ("name", "topic", "place"),
    [
        ("008_customer_created.json", "customer.created", 0),
        ("010_order_created.json", "order.created", 0),
        ("011_order_updated.json", "order.updated", 0),
        ("018_order_updated.json", "order.updated", -1),
    ],
)
def test_deliveries_look_like_recorded_ones(
    twin: WooCommerceTwin, receiver: Receiver, name: str, topic: str, place: int
) -> None:
    subscribe(twin, receiver)
    live_as_recorded(twin)
    capture = recorded(name)
    request = [each for each in receiver.deliveries if each.headers["x-wc-webhook-topic"] == topic][place]
    sent = json.loads(request.body)
    assert shape(sent) == shape(json.loads(capture["body"]))
    assert values(sent) == values(json.loads(capture["body"]))
    wanted = {key.lower(): value for key, value in capture["headers"].items()}
    assert request.headers.keys() == wanted.keys()
    fixed = ("user-agent", "accept", "accept-encoding", "content-type", "connection", "x-wc-webhook-topic",
             "x-wc-webhook-resource", "x-wc-webhook-event")  # fmt: skip
    assert {key: request.headers[key] for key in fixed} == {key: wanted[key] for key in fixed}
    assert request.headers["x-wc-webhook-signature"] == signature("loop-secret", request.body)


def test_the_ping_looks_like_the_recorded_one(twin: WooCommerceTwin, receiver: Receiver) -> None:
    subscribe(twin, receiver)
    capture, ping = recorded("001_ping.json"), receiver.got[0]
    assert ping.body.decode() == capture["body"]
    wanted = {key.lower(): value for key, value in capture["headers"].items() if key != "Host"}
    assert {key: value for key, value in ping.headers.items() if key != "host"} == wanted


@pytest.mark.parametrize("path", sorted(CAPTURES.glob("0*_*ated.json")), ids=lambda path: path.name)
def test_recorded_bytes_are_written_the_same_and_bear_the_twins_signature(path: Path) -> None:
    capture = json.loads(path.read_text())
    body = capture["body"].encode()
    assert dumps(json.loads(body)) == body
    assert signature("loop-secret", body) == capture["headers"]["X-WC-Webhook-Signature"]
