"""A WooCommerce twin with a state file is the same site after a restart."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError

import pytest

from fulfillment.testing.twins import TwinClock
from fulfillment.testing.woocommerce_twin import WooCommerceControl, WooCommerceTwin


def a_lively_site(path: Path) -> WooCommerceTwin:
    twin = WooCommerceTwin(clock=TwinClock(frozen=True), state=path)
    person = twin.world.add_customer(first_name="Ana")
    for kind in ("core", "ast", "shipment_tracking"):
        order = twin.world.place_order(customer_id=person.id)
        twin.world.add_tracking(order.id, kind=kind)
        twin.world.change_status(order.id, "completed")
    twin.world.refund(order.id, 500, by_gateway=True, reason="Zoë’s socks")
    twin.world.trash(twin.world.place_order().id)
    return twin


def test_all_that_it_shows_is_as_it_was(tmp_path):
    first = a_lively_site(tmp_path / "site.json")
    first.stop()
    second = WooCommerceTwin(clock=first.clock, state=tmp_path / "site.json")
    assert len(second.snapshot()) == 4
    for told in (WooCommerceTwin.snapshot, WooCommerceTwin.customers):
        # Addresses of the site itself differ by its port.
        before, after = (json.dumps(told(one)).replace(one.url, "") for one in (first, second))
        assert before == after
    assert second.world.gateway_refunds == first.world.gateway_refunds
    second.stop()


def test_new_orders_go_on_counting(tmp_path):
    first = a_lively_site(tmp_path / "site.json")
    first.stop()
    second = WooCommerceTwin(state=tmp_path / "site.json")
    order = second.world.place_order()
    assert order.id > max(first.snapshot())
    taken = {line.id for known in first.site.orders.values() for line in known.lines}
    assert not taken & {line.id for line in order.lines}
    second.stop()


def test_what_was_done_by_the_api_outlives_a_kill(tmp_path):
    path = tmp_path / "site.json"
    command = [sys.executable, "-m", "fulfillment.testing.woocommerce_twin", "--port", "0", "--state", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[3].rstrip(",")
        order = WooCommerceControl(url).world("place_order")
        end = time.monotonic() + 10
        while not (path.exists() and json.loads(path.read_text())["orders"]) and time.monotonic() < end:
            time.sleep(0.05)
        process.kill()
    with pytest.raises((URLError, OSError)):
        WooCommerceControl(url).status()
    again = WooCommerceTwin(state=path)
    assert list(again.snapshot()) == [order["id"]]
    again.stop()
