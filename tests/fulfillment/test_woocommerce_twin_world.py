"""The WooCommerce twin's world: days that can be lived again, and its control from another process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import Any
from urllib.error import HTTPError

import httpx
import pytest

from fulfillment.testing.twins import Weather
from fulfillment.testing.woocommerce_twin import WooCommerceControl
from tests.fulfillment.woocommerce_site import MORNING, SHIRT, caller, receiving, site


def lived(seed: int) -> dict[int, dict[str, Any]]:
    with site() as twin:
        twin.world.live_a_day(orders=150, seed=seed, send=False)
        text = {order_id: str(order).replace(twin.url, "") for order_id, order in twin.snapshot().items()}
        return {order_id: {"text": each} for order_id, each in text.items()}


def test_a_day_can_be_lived_again() -> None:
    first = lived(seed=4)
    assert first == lived(seed=4)
    assert first != lived(seed=5)


def test_a_day_has_all_that_days_have() -> None:
    with site() as twin:
        counts = twin.world.live_a_day(orders=400, seed=2, send=False)
        orders = twin.snapshot().values()
        assert twin.clock.now() == MORNING + timedelta(hours=24)
    assert counts["placed"] == 400
    assert {"completed", "processing", "failed", "edited", "refunded", "trashed", "customers"} <= counts.keys()
    assert {order["status"] for order in orders} >= {"completed", "processing", "on-hold", "failed", "trash"}
    assert any(order["trackings"] for order in orders) and any(order["fulfillments"] for order in orders)
    assert 0 < len(twin.world.gateway_refunds) < counts["refunded"]
    stamps = [order["date_created_gmt"] for order in orders]
    assert stamps == sorted(stamps) and stamps[0] < "2026-11-02T12" and stamps[-1] > "2026-11-03T02"


def test_the_last_word_about_each_order_is_the_sites_state_when_nothing_is_lost() -> None:
    with site() as twin, receiving() as receiver, caller(twin) as api:
        for topic in ("order.updated", "order.deleted", "order.restored"):
            api.post("webhooks", json={"topic": topic, "delivery_url": receiver.url})
        times = []
        twin.world.live_a_day(orders=60, seed=3, meanwhile=times.append)
        twin.post.flush()
        heard = {}
        for topic, body in receiver.told:
            heard[body.get("id")] = body if topic != "order.deleted" else {"status": "trash"}
        wanted = {order_id: order["status"] for order_id, order in twin.snapshot().items()}
    assert {order_id: heard[order_id]["status"] for order_id in wanted} == wanted
    assert times == sorted(times)


def test_a_recorded_day_is_all_that_was_sent_whatever_the_network_did() -> None:
    def record(weather: Weather) -> list[tuple[str, bytes]]:
        with site() as twin, receiving() as receiver, caller(twin) as api:
            api.post("webhooks", json={"topic": "order.created", "delivery_url": receiver.url, "secret": "s"})
            twin.post.wire, twin.post.weather = False, weather
            twin.world.live_a_day(orders=40, seed=1)
            twin.post.flush()
            assert receiver.deliveries == []
            return sorted((each.key, each.body.replace(twin.url.encode(), b"")) for each in twin.post.recorded)

    assert [key for key, _ in record(Weather())] == [key for key, _ in record(Weather(0.5, 0.5, 60, seed=2))]


def test_the_past_is_told_to_nobody() -> None:
    with site() as twin, receiving() as receiver, caller(twin) as api:
        api.post("webhooks", json={"topic": "order.created", "delivery_url": receiver.url})
        made = twin.world.history(300, days=30)
        twin.post.flush()
        assert receiver.deliveries == []
        assert list(twin.snapshot()) == made
        oldest = twin.snapshot()[made[0]]
        assert oldest["date_created_gmt"] == "2026-10-03T08:00:00"


def test_many_hands_at_once_lose_nothing() -> None:
    with site() as twin:
        order = twin.world.place_order(lines=[{**SHIRT, "quantity": 100}])

        def work() -> None:
            for _ in range(20):
                twin.world.place_order()
                twin.world.refund(order.id, 100)

        hands = [threading.Thread(target=work) for _ in range(4)]
        for hand in hands:
            hand.start()
        for hand in hands:
            hand.join()
        assert len(twin.snapshot()) == 81
        assert twin.world.order(order.id).refunded == 8000


def test_a_refund_whose_answer_is_lost_has_been_booked() -> None:
    with site() as twin, caller(twin) as api:
        order = twin.world.place_order(lines=[SHIRT], payment_method="stripe")
        twin.faults.next("after", method="POST", path="/refunds")
        with pytest.raises(httpx.HTTPError):
            api.post(f"orders/{order.id}/refunds", json={"amount": "10.00", "api_refund": True})
        assert twin.world.gateway_refunds == [(order.id, 1000)]
        assert len(api.get(f"orders/{order.id}/refunds").json()) == 1


def test_another_process_controls_the_twin() -> None:
    with site() as twin, receiving() as receiver, caller(twin) as api:
        api.post("webhooks", json={"topic": "order.updated", "delivery_url": receiver.url})
        control = twin.control
        order = control.world("place_order", status="processing", lines=[SHIRT])
        control.world("add_tracking", order["id"], kind="ast")
        line = str(order["line_items"][0]["id"])
        assert control.world("refund", order["id"], quantities={line: 1}, by_gateway=True) > order["id"]
        control.set_clock(advance=60)
        assert [attempt["status"] for attempt in control.send_due()] == [200]
        assert control.snapshot() == twin.snapshot()
        assert control.gateway_refunds() == [(order["id"], 5938)]
        assert control.webhooks()[0]["failures"] == 0
        assert control.status()["orders"] == 1
        with pytest.raises(HTTPError):
            control.world("__init__")


def test_weather_faults_keys_and_habits_can_be_set_from_outside() -> None:
    with site() as twin, caller(twin) as api:
        control = twin.control
        control.fault(429, times=1, path="/orders", seconds=7)
        answer = api.get("orders")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
        control.fault("500", p=1.0)
        assert api.get("orders").status_code == 500
        control.clear_faults()
        control.outage(503)
        assert api.get("orders").status_code == 503
        control.recover()
        assert api.get("orders").status_code == 200
        control.weather(duplicate=0.5, seed=9)
        control.habits(twice=1.0)
        control.add_key("ck_reader", "cs", permissions="read")
        assert (twin.post.weather.duplicate, twin.habits.twice) == (0.5, 1.0)
        with caller(twin, "ck_reader", "cs") as reader:
            assert reader.get("orders").status_code == 200
        assert [call["fault"] for call in control.log()] == ["429", "500", "503", "", ""]
        with pytest.raises(HTTPError):
            control.fault("mayhem")


def test_the_command_serves_and_leaves_when_told_to() -> None:
    command = [sys.executable, "-m", "fulfillment.testing.woocommerce_twin", "--port", "0", "--orders", "12"]
    command += ["--plugins", "ast", "--key", "ck_x", "--secret", "cs_x"]
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().split()[3].rstrip(",")
        assert WooCommerceControl(url).status()["plugins"] == ["ast"]
        answer = httpx.get(f"{url}/wp-json/wc/v3/orders", auth=("ck_x", "cs_x"), trust_env=False)
        assert answer.headers["x-wp-total"] == "12"
        with receiving() as receiver:
            hook = {"topic": "order.created", "delivery_url": receiver.url}
            httpx.post(f"{url}/wp-json/wc/v3/webhooks", json=hook, auth=("ck_x", "cs_x"), trust_env=False)
            WooCommerceControl(url).world("place_order")
            deadline = time.monotonic() + 15
            while not receiver.deliveries and time.monotonic() < deadline:
                time.sleep(0.05)
            assert [topic for topic, _ in receiver.told] == ["order.created"]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert process.returncode == 0


def test_a_twin_needs_no_django() -> None:
    code = (
        "import sys, fulfillment.testing.woocommerce_twin as twin\n"
        "assert twin.WooCommerceTwin\n"
        "assert not [name for name in sys.modules if name.split('.')[0] == 'django']"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=os.getcwd(), timeout=60)


def test_plugins_of_the_site_decide_where_numbers_stand() -> None:
    with site(plugins=()) as twin:
        twin.world.live_a_day(orders=40, seed=1, send=False)
        assert not any(order["trackings"] or order["fulfillments"] for order in twin.snapshot().values())
