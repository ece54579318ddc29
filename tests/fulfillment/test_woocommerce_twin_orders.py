"""The WooCommerce twin's orders: lists, pages, times, changes, refunds, customers, and its refusals."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from fulfillment.testing.woocommerce_twin import WooCommerceTwin
from tests.fulfillment.woocommerce_site import ANA, SHIRT, caller, site


@pytest.fixture
def twin() -> Iterator[WooCommerceTwin]:
    with site() as twin:
        yield twin


@pytest.fixture
def api(twin: WooCommerceTwin) -> Iterator[httpx.Client]:
    with caller(twin) as client:
        yield client


def ids(answer: httpx.Response) -> list[int]:
    return [order["id"] for order in answer.json()]


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_list_comes_in_pages_of_ten_with_its_totals(twin: WooCommerceTwin, api: httpx.Client) -> None:
    made = twin.world.history(25)
    first, last = api.get("orders"), api.get("orders", params={"page": 3})
    assert (first.headers["x-wp-total"], first.headers["x-wp-totalpages"]) == ("25", "3")
    assert ids(first) == made[:-11:-1]
    assert len(last.json()) == 5
    assert first.links["next"]["url"].endswith("orders?page=2")
    assert "prev" in last.links and "next" not in last.links


def test_walking_through_all_pages_gives_each_order_once(twin: WooCommerceTwin, api: httpx.Client) -> None:
    made = twin.world.history(230)
    walked: list[int] = []
    url = "orders?per_page=100&orderby=id&order=asc"
    while url:
        answer = api.get(url)
        walked += ids(answer)
        url = answer.links.get("next", {}).get("url", "")
    assert walked == made


def test_a_page_after_the_last_is_empty(twin: WooCommerceTwin, api: httpx.Client) -> None:
    twin.world.history(3)
    assert api.get("orders", params={"page": 9}).json() == []


@pytest.mark.parametrize(
    "params",
    [{"per_page": 101}, {"per_page": "many"}, {"page": 0}, {"order": "up"}, {"status": "lost"}, {"orderby": "luck"},
     {"modified_after": "yesterday"}, {"modified_after": "2026-11-02T09:00:00 01:00"}, {"include": "13,x"}],
)  # fmt: skip
def test_a_parameter_that_makes_no_sense_is_refused(api: httpx.Client, params: dict[str, str]) -> None:
    answer = api.get("orders", params=params)
    assert refusal(answer) == (400, "rest_invalid_param")
    assert list(answer.json()["data"]["params"]) == list(params)


def test_the_second_of_the_last_change_is_not_after_itself(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order()
    stamp = api.get(f"orders/{order.id}").json()["date_modified_gmt"]
    asked = {"modified_after": stamp, "dates_are_gmt": "true"}
    assert ids(api.get("orders", params=asked)) == []
    twin.clock.change(advance=1)
    twin.world.change_status(order.id, "completed")
    assert ids(api.get("orders", params=asked)) == [order.id]


def test_without_a_zone_times_are_those_of_the_site(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order()
    shown = api.get(f"orders/{order.id}").json()
    assert (shown["date_created"], shown["date_created_gmt"]) == ("2026-11-02T09:00:00", "2026-11-02T08:00:00")
    assert ids(api.get("orders", params={"after": "2026-11-02T08:30:00"})) == [order.id]
    assert ids(api.get("orders", params={"after": "2026-11-02T08:30:00", "dates_are_gmt": "true"})) == []
    assert ids(api.get("orders", params={"before": "2026-11-02T08:00:01", "dates_are_gmt": "true"})) == [order.id]


def test_a_zulu_time_is_an_hour_off_where_dates_are_gmt(twin: WooCommerceTwin, api: httpx.Client) -> None:
    twin.world.place_order()  # at 08:00 in GMT
    asked = {"modified_after": "2026-11-02T07:30:00Z", "dates_are_gmt": "true"}
    assert ids(api.get("orders", params=asked)) == []


def test_lists_can_be_narrowed(twin: WooCommerceTwin, api: httpx.Client) -> None:
    ana = twin.world.place_order(billing=ANA, status="on-hold")
    ben = twin.world.place_order(status="processing")
    gone = twin.world.place_order()
    twin.world.trash(gone.id)
    assert ids(api.get("orders")) == [ben.id, ana.id]
    assert ids(api.get("orders", params={"status": "trash"})) == [gone.id]
    assert ids(api.get("orders", params={"status": "on-hold,failed"})) == [ana.id]
    assert ids(api.get("orders", params={"search": "müller"})) == [ana.id]
    assert ids(api.get("orders", params={"include": f"{ana.id},{ben.id}", "orderby": "include"})) == [ana.id, ben.id]
    assert ids(api.get(f"orders?include[]={ana.id}&include[]={ben.id}&order=asc")) == [ana.id, ben.id]
    assert ids(api.get("orders", params={"exclude": str(ana.id)})) == [ben.id]
    assert api.get("orders", params={"_fields": "id,status"}).json()[0] == {"id": ben.id, "status": "processing"}


def test_a_list_shows_what_changed_since_it_was_last_asked_for(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order(status="processing")
    assert ids(api.get("orders", params={"status": "completed"})) == []
    api.put(f"orders/{order.id}", json={"status": "completed"})
    assert ids(api.get("orders", params={"status": "completed"})) == [order.id]


def test_what_is_not_there_is_refused_as_the_site_does(api: httpx.Client) -> None:
    assert refusal(api.get("orders/999")) == (404, "woocommerce_rest_shop_order_invalid_id")
    assert refusal(api.put("orders/999", json={})) == (400, "woocommerce_rest_shop_order_invalid_id")
    assert refusal(api.delete("orders/999")) == (404, "woocommerce_rest_shop_order_invalid_id")
    assert refusal(api.get("orders/999/refunds")) == (404, "woocommerce_rest_invalid_order_id")
    assert refusal(api.get("orders/999/notes")) == (404, "woocommerce_rest_order_invalid_id")
    assert refusal(api.get("parcels")) == (404, "rest_no_route")
    assert refusal(api.get("customers/999")) == (404, "woocommerce_rest_invalid_id")
    assert refusal(api.post("orders", content=b'{"a":')) == (400, "rest_invalid_json")


def test_outside_of_the_api_there_are_pages(twin: WooCommerceTwin, api: httpx.Client) -> None:
    answer = api.get(f"{twin.url}/shop/")
    assert answer.status_code == 404
    assert answer.text.startswith("<!DOCTYPE html>")


def test_a_site_without_permalinks_is_asked_by_query(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order()
    assert ids(api.get(f"{twin.url}/?rest_route=/wc/v3/orders")) == [order.id]


def test_a_change_keeps_what_it_does_not_name(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order(billing=ANA, lines=[SHIRT])
    twin.clock.change(advance=60)
    shown = api.put(
        f"orders/{order.id}",
        json={
            "shipping": {"city": "Hamburg"},
            "meta_data": [{"key": "_parcelwise", "value": {"a": [1]}}],
            "status": "completed",
        },
    ).json()
    assert (shown["shipping"]["city"], shown["shipping"]["first_name"]) == ("Hamburg", "Ana")
    assert shown["meta_data"][0]["value"] == {"a": [1]}
    assert shown["date_completed_gmt"] == shown["date_modified_gmt"] == "2026-11-02T08:01:00"
    again = api.put(f"orders/{order.id}", json={"meta_data": [{"key": "_parcelwise", "value": "b"}]}).json()
    assert [(meta["id"], meta["value"]) for meta in again["meta_data"]] == [(shown["meta_data"][0]["id"], "b")]


def test_a_status_that_the_site_does_not_know_is_refused(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order()
    assert refusal(api.put(f"orders/{order.id}", json={"status": "shipped"})) == (400, "rest_invalid_param")
    assert twin.snapshot()[order.id]["status"] == "processing"


def test_lines_can_be_changed_added_and_taken_out(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order(lines=[SHIRT, {**SHIRT, "name": "Trail shoes", "price": 11900, "quantity": 1}])
    shirt, shoes = order.lines
    shown = api.put(
        f"orders/{order.id}",
        json={
            "line_items": [
                {"id": shirt.id, "quantity": 1},
                {"id": shoes.id, "quantity": 0},
                {"name": "Mug", "quantity": 2, "total": "20.00"},
            ]
        },
    ).json()
    assert [(line["name"], line["quantity"], line["total"]) for line in shown["line_items"]] == [
        ("Linen shirt", 1, "49.90"),
        ("Mug", 2, "20.00"),
    ]
    assert shown["total"] == "89.01"  # 69.90 and 4.90 for shipping, with 19 % on both: 9.48 + 3.80 + 0.93


def test_an_order_can_be_made_by_the_api(api: httpx.Client) -> None:
    body = {
        "payment_method": "bacs",
        "set_paid": True,
        "billing": ANA,
        "line_items": [{"name": "Mug", "quantity": 2, "total": "20.00"}],
        "shipping_lines": [{"method_id": "flat_rate", "method_title": "Standard", "total": "6.90"}],
    }
    answer = api.post("orders", json=body)
    assert answer.status_code == 201
    shown = api.get(answer.headers["location"]).json()
    assert (shown["status"], shown["shipping_total"], shown["billing"]["email"]) == (
        "processing",
        "6.90",
        "ana@example.test",
    )


def test_the_trash_keeps_an_order_and_force_does_not(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order()
    assert api.delete(f"orders/{order.id}").json()["status"] == "trash"
    assert refusal(api.delete(f"orders/{order.id}")) == (410, "woocommerce_rest_already_trashed")
    assert api.get(f"orders/{order.id}").json()["status"] == "trash"
    assert api.delete(f"orders/{order.id}?force=true").status_code == 200
    assert api.get(f"orders/{order.id}").status_code == 404


def test_notes_are_kept_and_change_nothing_else(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order()
    before = twin.snapshot()
    made = api.post(f"orders/{order.id}/notes", json={"note": "On its way", "customer_note": True})
    assert made.status_code == 201
    assert [note["note"] for note in api.get(f"orders/{order.id}/notes?type=customer").json()] == ["On its way"]
    assert len(api.get(f"orders/{order.id}/notes").json()) == 2
    assert twin.snapshot() == before


def test_a_refund_asks_the_gateway_unless_it_is_told_not_to(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order(lines=[SHIRT], payment_method="stripe")
    quiet = api.post(f"orders/{order.id}/refunds", json={"amount": "10.00", "api_refund": False})
    assert (quiet.status_code, quiet.json()["refunded_payment"]) == (201, False)
    assert twin.world.gateway_refunds == []
    loud = api.post(f"orders/{order.id}/refunds", json={"amount": "5.5", "reason": "Too small"}).json()
    assert (loud["refunded_payment"], loud["amount"]) == (True, "5.50")
    assert twin.world.gateway_refunds == [(order.id, 550)]
    assert api.get(f"orders/{order.id}").json()["refunds"] == [
        {"id": loud["id"], "reason": "Too small", "total": "-5.50"},
        {"id": quiet.json()["id"], "reason": "", "total": "-10.00"},
    ]


def test_a_gateway_that_cannot_refund_refuses_and_nothing_is_booked(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order(payment_method="bacs", payment_title="Direct bank transfer")
    answer = api.post(f"orders/{order.id}/refunds", json={"amount": "1.00"})
    assert refusal(answer) == (500, "woocommerce_rest_cannot_create_order_refund")
    assert twin.snapshot()[order.id]["refunds"] == []


def test_more_than_is_left_cannot_be_refunded(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order(lines=[SHIRT])
    too_much = api.post(f"orders/{order.id}/refunds", json={"amount": "1000.00", "api_refund": False})
    assert refusal(too_much) == (500, "woocommerce_rest_cannot_create_order_refund")
    twin.world.refund(order.id, order.total - 100)
    rest = api.post(f"orders/{order.id}/refunds", json={"amount": "1.01", "api_refund": False})
    assert rest.status_code == 500
    twin.world.refund(order.id)
    assert twin.snapshot()[order.id]["status"] == "refunded"


def test_lines_of_a_refund_are_negative_and_go_back_on_the_shelf(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order(lines=[SHIRT])
    line = order.lines[0]
    body = {
        "api_refund": False,
        "line_items": [
            {"id": line.id, "quantity": 1, "refund_total": 49.90, "refund_tax": [{"id": 1, "refund_total": 9.48}]}
        ],
        "meta_data": [{"key": "_parcelwise_key", "value": "r-1"}],
    }
    refund = api.post(f"orders/{order.id}/refunds", json=body).json()
    assert refund["amount"] == "59.38"
    assert [(each["quantity"], each["total"], each["total_tax"]) for each in refund["line_items"]] == [
        (-1, "-49.90", "-9.48")
    ]
    assert refund["line_items"][0]["meta_data"][0]["value"] == str(line.id)
    assert api.get(f"orders/{order.id}/refunds").json()[0]["meta_data"][0]["value"] == "r-1"
    shelf = {meta["key"]: meta["value"] for meta in twin.snapshot()[order.id]["line_items"][0]["meta_data"]}
    assert shelf == {"_reduced_stock": "1", "_restock_refunded_items": "1"}


def test_a_refund_can_be_read_and_taken_back(twin: WooCommerceTwin, api: httpx.Client) -> None:
    order = twin.world.place_order()
    refund = twin.world.refund(order.id, 100)
    assert api.get(f"orders/{order.id}/refunds/{refund.id}").json()["amount"] == "1.00"
    assert refusal(api.delete(f"orders/{order.id}/refunds/{refund.id}?force=false"))[0] == 501
    assert api.delete(f"orders/{order.id}/refunds/{refund.id}").status_code == 200
    missing = api.get(f"orders/{order.id}/refunds/{refund.id}")
    assert refusal(missing) == (404, "woocommerce_rest_invalid_order_refund_id")


def test_customers_can_be_found_changed_and_deleted(twin: WooCommerceTwin, api: httpx.Client) -> None:
    ana = twin.world.add_customer(email="ana@example.test", first_name="Ana")
    twin.world.add_customer(email="ben@example.test")
    order = twin.world.place_order(customer_id=ana.id)
    assert ids(api.get("customers", params={"email": "ANA@example.test"})) == [ana.id]
    assert api.get(f"customers/{ana.id}").json()["is_paying_customer"] is True
    assert api.put(f"customers/{ana.id}", json={"last_name": "Nowak"}).json()["last_name"] == "Nowak"
    assert refusal(api.post("customers", json={"email": "ana@example.test"}))[0] == 400
    assert refusal(api.delete(f"customers/{ana.id}")) == (501, "woocommerce_rest_trash_not_supported")
    api.delete(f"customers/{ana.id}?force=true")
    assert ids(api.get("customers")) == [2]
    assert twin.snapshot()[order.id]["customer_id"] == 0


def test_the_site_says_what_it_is(twin: WooCommerceTwin, api: httpx.Client) -> None:
    index = httpx.get(f"{twin.url}/wp-json/", trust_env=False).json()
    assert {"wc/v3", "wc-ast/v3", "wc-shipment-tracking/v3"} <= set(index["namespaces"])
    assert (index["gmt_offset"], index["timezone_string"]) == ("1", "Europe/Berlin")
    status = api.get("system_status")
    assert status.json()["environment"]["version"] == "10.3.5"
    assert len(status.json()["active_plugins"]) == 3
    assert status.headers["date"] == "Mon, 02 Nov 2026 08:00:00 GMT"
    settings = {each["id"]: each["value"] for each in api.get("settings/general").json()}
    assert settings["woocommerce_currency"] == "EUR"
    assert api.get("settings/general/woocommerce_default_country").json()["value"] == "DE:DE-BE"


def test_a_failing_site_answers_with_pages_not_with_json(twin: WooCommerceTwin, api: httpx.Client) -> None:
    twin.faults.next(503)
    twin.faults.next("garbage")
    answers = [api.get("orders"), api.get("orders"), api.get("orders")]
    assert [answer.status_code for answer in answers] == [503, 200, 200]
    assert [answer.text[:1] for answer in answers] == ["<", "<", "["]
