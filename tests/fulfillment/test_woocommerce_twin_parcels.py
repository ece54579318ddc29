"""The WooCommerce twin's three places for tracking numbers."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from fulfillment.testing.woocommerce_twin import WooCommerceTwin
from tests.fulfillment.woocommerce_site import SHIRT, caller, site

NUMBER = "00340434292135100124"


@pytest.fixture
def twin() -> Iterator[WooCommerceTwin]:
    with site() as twin:
        yield twin


@pytest.fixture
def api(twin: WooCommerceTwin) -> Iterator[httpx.Client]:
    with caller(twin) as client:
        yield client


def meta(twin: WooCommerceTwin, order_id: int, key: str) -> object:
    return next(entry["value"] for entry in twin.snapshot()[order_id]["meta_data"] if entry["key"] == key)


def test_shipment_tracking_keeps_its_items_in_the_meta_of_the_order(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order()
    url = f"{twin.url}/wp-json/wc-shipment-tracking/v3/orders/{order.id}/shipment-trackings"
    body = {"tracking_provider": "DHL DE", "tracking_number": NUMBER, "date_shipped": "2026-11-01"}
    made = api.post(url, json=body)
    assert made.status_code == 201
    assert (made.json()["tracking_provider"], made.json()["date_shipped"]) == ("dhl-de", "2026-11-01")
    [item] = meta(twin, order.id, "_wc_shipment_tracking_items")  # type: ignore[misc]
    assert item == {
        "tracking_provider": "dhl-de",
        "custom_tracking_provider": "",
        "custom_tracking_link": "",
        "tracking_number": NUMBER,
        "date_shipped": "1793491200",
        "tracking_id": made.json()["tracking_id"],
    }
    assert api.get(url).json() == [made.json()]
    assert api.get(f"{url}/{item['tracking_id']}").json() == made.json()
    assert api.delete(f"{url}/{item['tracking_id']}").status_code == 200
    assert api.get(url).json() == []
    assert api.get(f"{url}/{item['tracking_id']}").status_code == 404


def test_a_carrier_of_ones_own_has_a_name_and_a_link(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order()
    url = f"{twin.url}/wp-json/wc-shipment-tracking/v3/orders/{order.id}/shipment-trackings"
    body = {
        "custom_tracking_provider": "Ben's van",
        "custom_tracking_link": "https://van.example/1",
        "tracking_number": "1",
    }
    made = api.post(url, json=body).json()
    assert (made["tracking_provider"], made["tracking_link"]) == ("Ben's van", "https://van.example/1")


def test_ast_completes_the_order_and_may_replace_the_number(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order()
    url = f"{twin.url}/wp-json/wc-ast/v3/orders/{order.id}/shipment-trackings"
    api.post(url, json={"tracking_provider": "DHL", "tracking_number": "1"})
    assert twin.snapshot()[order.id]["status"] == "processing"
    replaced = {"tracking_provider": "DHL", "tracking_number": NUMBER, "status_shipped": 1, "replace_tracking": 1}
    assert api.post(url, json=replaced).status_code == 201
    assert [item["tracking_number"] for item in twin.snapshot()[order.id]["trackings"]] == [NUMBER]
    assert twin.snapshot()[order.id]["status"] == "completed"


def test_fulfilments_of_the_core_say_what_is_in_them(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order(lines=[SHIRT])
    url = f"orders/{order.id}/fulfillments"
    items = {"key": "_items", "value": [{"item_id": order.lines[0].id, "qty": 1}]}
    number = {"key": "_tracking_number", "value": NUMBER}
    assert api.post(url, json={"meta_data": [number]}).status_code == 400
    made = api.post(url, json={"status": "fulfilled", "is_fulfilled": True, "meta_data": [items, number]})
    assert made.status_code == 201
    assert (made.json()["entity_id"], made.json()["date_updated"]) == (str(order.id), "2026-11-02 09:00:00")
    assert meta(twin, order.id, "_fulfillment_status") == "partially_fulfilled"
    assert api.get(url).json() == [made.json()] == twin.snapshot()[order.id]["fulfillments"]


def test_an_update_takes_out_the_metas_that_it_leaves_out(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order(lines=[SHIRT])
    twin.world.add_tracking(order.id, kind="core")
    url = f"orders/{order.id}/fulfillments"
    [parcel] = api.get(url).json()
    items = next(each for each in parcel["meta_data"] if each["key"] == "_items")
    changed = api.put(f"{url}/{parcel['id']}", json={"meta_data": [items]}).json()
    assert [each["key"] for each in changed["meta_data"]] == ["_items", "_date_fulfilled"]
    assert api.delete(f"{url}/{parcel['id']}").status_code == 200
    assert api.get(url).json() == []
    # The plugin's own way to say that something is missing.
    assert api.get(f"{url}/{parcel['id']}").json()["code"] == 0
    assert api.get(f"{url}/{parcel['id']}").status_code == 400


def test_the_core_recognises_numbers(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order()
    found = api.get(f"orders/{order.id}/fulfillments/lookup", params={"tracking_number": "1Z5R89390357567127"})
    assert found.json()["shipping_provider"] == "ups"


def test_a_plugin_that_is_not_there_has_no_route() -> None:
    with site(plugins=("ast",)) as twin, caller(twin) as api:
        order = twin.world.place_order()
        gone = api.get(f"orders/{order.id}/fulfillments")
        assert (gone.status_code, gone.json()["code"]) == (404, "rest_no_route")
        other = f"{twin.url}/wp-json/wc-shipment-tracking/v3/orders/{order.id}/shipment-trackings"
        assert api.get(other).json()["code"] == "rest_no_route"
        with pytest.raises(ValueError, match="no “core”"):
            twin.world.add_tracking(order.id, kind="core")
    with pytest.raises(ValueError, match="no such plugin"), site(plugins=("magic",)):
        pass


@pytest.mark.parametrize("kind", ["core", "shipment_tracking", "ast"])
def test_staff_can_write_a_number_in_each_place(twin: WooCommerceTwin, kind: str) -> None:
    order = twin.world.place_order()
    number = twin.world.add_tracking(order.id, kind=kind)
    shown = twin.snapshot()[order.id]
    numbers = [item["tracking_number"] for item in shown["trackings"]]
    for parcel in shown["fulfillments"]:
        numbers += [entry["value"] for entry in parcel["meta_data"] if entry["key"] == "_tracking_number"]
    assert numbers == [number]
