"""Bulk operations of the Shopify twin, and the past that they read."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from fulfillment.testing.shopify_twin import ShopifyTwin, TwinClock
from fulfillment.testing.shopify_twin.bulk.operations import BulkOperation
from tests.fulfillment.shopify import Client

NOON = datetime(2026, 11, 2, 11, tzinfo=UTC)
NODE = """id name createdAt updatedAt cancelledAt email note tags displayFinancialStatus displayFulfillmentStatus
  customer { id email defaultEmailAddress { marketingState } }
  shippingAddress { city zip countryCodeV2 } total: totalPriceSet { shopMoney { amount currencyCode } }
  fulfillments(first: 10) { id status deliveredAt trackingInfo { number company url } }
  refunds { id totalRefundedSet { shopMoney { amount } } } totalWeight
  taxLines { rate priceSet { shopMoney { amount } } }
  ...More"""
FRAGMENT = "fragment More on Order { returnStatus transactions(first: 5) { kind amountSet { shopMoney { amount } } } }"
LINES = "id title sku quantity currentQuantity discountedTotalSet { shopMoney { amount } } variant { id sku }"
RETURN_LINES = "__typename id quantity ... on ReturnLineItem { fulfillmentLineItem { lineItem { id } } }"
BULK = f"""{{ orders(sortKey: CREATED_AT) {{ edges {{ node {{ {NODE}
  lineItems {{ edges {{ node {{ {LINES} }} }} }}
  returns {{ nodes {{ id status returnLineItems {{ nodes {{ {RETURN_LINES} }} }} }} }} }} }} }} }} {FRAGMENT}"""
PAGE = f"""query($after: String) {{ orders(first: 5, after: $after, sortKey: CREATED_AT) {{ nodes {{ {NODE}
  lineItems(first: 9) {{ nodes {{ {LINES} }} }}
  returns(first: 2) {{ nodes {{ id status returnLineItems(first: 2) {{ nodes {{ {RETURN_LINES} }} }} }} }} }}
  pageInfo {{ hasNextPage endCursor }} }} }} {FRAGMENT}"""
RUN = """mutation($query: String!, $grouped: Boolean!) { bulkOperationRunQuery(query: $query, groupObjects: $grouped) {
  bulkOperation { id status } userErrors { field message code } } }"""
LOOK = """query($id: ID!) { bulkOperation(id: $id) { status errorCode objectCount rootObjectCount fileSize url
  partialDataUrl completedAt } }"""


@pytest.fixture
def twin() -> Iterator[ShopifyTwin]:
    with ShopifyTwin(clock=TwinClock(NOON, frozen=True)) as twin:
        twin.api.bucket.maximum = twin.bucket.rate = 1_000_000
        yield twin


@pytest.fixture
def client(twin: ShopifyTwin) -> Iterator[Client]:
    client = Client(twin)
    yield client
    client.close()


def test_a_bulk_result_is_what_the_executor_answers(twin: ShopifyTwin, client: Client) -> None:
    twin.world.history(60, seed=3)
    twin.live_a_day(25, seed=5)
    assert any(order.returns for order in twin.world.orders.values())
    for grouped in (True, False):
        assert _nested(_result(twin, client, BULK, grouped=grouped)) == list(_paged(client))


def test_children_follow_their_parent_only_where_that_was_asked_for(twin: ShopifyTwin, client: Client) -> None:
    twin.world.history(30, seed=3)
    query = "{ orders { edges { node { id lineItems { edges { node { id } } } } } } }"
    grouped = _result(twin, client, query, grouped=True)
    parents = [entry.get("__parentId") for entry in grouped]
    assert all(parent in (None, _last_root(grouped, at)) for at, parent in enumerate(parents))
    loose = _result(twin, client, query, grouped=False)
    assert [entry for entry in loose if "__parentId" not in entry] == loose[:30]
    assert sorted(map(str, loose)) == sorted(map(str, grouped))


def test_an_operation_tells_how_far_it_is_and_ends_with_a_webhook(twin: ShopifyTwin, client: Client) -> None:
    twin.subscribe("bulk_operations/finish", "http://127.0.0.1:9/hooks")
    twin.world.history(2000, seed=1)
    twin.bulk.pace = 0.05
    operation = _start(twin, client, "{ orders { edges { node { id } } } }")
    seen = {client.ask(LOOK, id=operation.gid)["bulkOperation"]["status"] for _ in range(3)}
    assert seen <= {"CREATED", "RUNNING"}
    twin.bulk.wait(operation)
    told = client.ask(LOOK, id=operation.gid)["bulkOperation"]
    assert (told["status"], told["objectCount"], told["rootObjectCount"]) == ("COMPLETED", "2000", "2000")
    (finish,) = [delivery for delivery in twin.post.pending() if delivery.key.startswith("bulk_operations/finish")]
    built = finish.build(twin.clock.now())
    assert built is not None
    assert json.loads(built[1])["admin_graphql_api_id"] == operation.gid


def test_a_broken_download_can_be_resumed(twin: ShopifyTwin, client: Client) -> None:
    twin.world.history(500, seed=1)
    operation = twin.bulk.wait(_start(twin, client, "{ orders { edges { node { id name } } } }"))
    assert operation.url is not None
    whole = client.http.get(operation.url)
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert int(whole.headers["Content-Length"]) == operation.file_size == len(whole.content)
    rest = client.http.get(operation.url, headers={"Range": "bytes=1000-"})
    assert (rest.status_code, rest.content) == (206, whole.content[1000:])
    assert rest.headers["Content-Range"] == f"bytes 1000-{operation.file_size - 1}/{operation.file_size}"
    part = client.http.get(operation.url, headers={"Range": "bytes=10-19"})
    assert part.content == whole.content[10:20]
    assert client.http.get(operation.url, headers={"Range": f"bytes={operation.file_size}-"}).status_code == 416


@pytest.mark.parametrize(
    ("status", "code"), [("FAILED", "INTERNAL_SERVER_ERROR"), ("FAILED", "TIMEOUT"), ("EXPIRED", None)]
)
def test_an_operation_can_go_wrong_half_way(twin: ShopifyTwin, client: Client, status: str, code: str | None) -> None:
    twin.world.history(100, seed=1)
    twin.bulk.fail_next(status, code, after=40)
    operation = twin.bulk.wait(_start(twin, client, "{ orders { edges { node { id } } } }"))
    told = client.ask(LOOK, id=operation.gid)["bulkOperation"]
    assert (told["status"], told["errorCode"], told["url"]) == (status, code, None)
    assert len(client.http.get(told["partialDataUrl"]).text.splitlines()) == 40


def test_a_bulk_query_asks_for_scopes_too(twin: ShopifyTwin, client: Client) -> None:
    twin.world.history(10)
    twin.access.grant("read_orders", "read_all_orders")
    operation = twin.bulk.wait(_start(twin, client, "{ orders { edges { node { id customer { id } } } } }"))
    assert (operation.status, operation.error_code) == ("FAILED", "ACCESS_DENIED")


def test_an_operation_can_be_canceled(twin: ShopifyTwin, client: Client) -> None:
    twin.world.history(5000)
    twin.bulk.pace = 0.2
    operation = _start(twin, client, "{ orders { edges { node { id } } } }")
    stop = "mutation($id: ID!) { bulkOperationCancel(id: $id) { bulkOperation { status } userErrors { message } } }"
    assert client.ask(stop, id=operation.gid)["bulkOperationCancel"]["bulkOperation"]["status"] == "CANCELING"
    assert twin.bulk.wait(operation).status == "CANCELED"
    assert client.ask(stop, id=operation.gid)["bulkOperationCancel"]["userErrors"]


@pytest.mark.parametrize(
    "query",
    [
        "{ shop { name } }",
        '{ node(id: "gid://shopify/Order/1") { id } }',
        "{ orders { edges { node { nmae } } } }",
        "{ orders { edges { node { fulfillments { events { edges { node { id } } } } } } } }",
        "{ orders { edges { node { id } } } customers { edges { node { id } } } }",
        "mutation { returnClose(id: 1) { userErrors { message } } }",
        "{ orders { edges { node { customer { orders { edges { node { customer { orders { edges { node { returns {"
        " edges { node { id } } } } } } } } } } } } } } }",
    ],
)
def test_what_cannot_be_a_bulk_query_is_refused(client: Client, query: str) -> None:
    told = client.ask(RUN, query=query, grouped=True)["bulkOperationRunQuery"]
    assert told["bulkOperation"] is None
    assert told["userErrors"][0]["field"] == ["query"]


def test_the_past_is_the_same_for_the_same_seed_and_can_be_changed(twin: ShopifyTwin, client: Client) -> None:
    past = twin.world.history(1000, seed=7)
    assert past.order(5).lines[0].title == past.order(5).lines[0].title
    before = past.order(400)
    query = "query($id: ID!) { order(id: $id) { name note updatedAt lineItems(first: 3) { nodes { id } } } }"
    assert client.ask(query, id=before.gid)["order"]["name"] == before.name
    twin.world.edit_order(before.gid, note="looked at")
    assert client.ask(query, id=before.gid)["order"]["note"] == "looked at"
    assert list(twin.world.orders) == [before.id]
    page = "{ orders(first: 2, reverse: true, sortKey: UPDATED_AT) { nodes { name } } }"
    assert client.ask(page)["orders"]["nodes"][0]["name"] == before.name
    names = [entry["name"] for entry in _result(twin, client, "{ orders { edges { node { name } } } }", grouped=True)]
    assert names == [f"#{1001 + index}" for index in range(1000)]
    twin.world.delete_order(before.gid)
    assert client.ask(query, id=before.gid)["order"] is None


def test_memory_stays_flat_however_many_orders_are_read(twin: ShopifyTwin, client: Client) -> None:
    # Held in memory, so many orders would take about 20 MB.
    twin.world.history(2000, seed=1)
    query = "{ orders { edges { node { id name lineItems { edges { node { id title } } } } } } }"
    twin.bulk.wait(_start(twin, client, query))
    tracemalloc.start()
    try:
        operation = twin.bulk.wait(_start(twin, client, query))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert operation.root_object_count == 2000
    assert peak < 4 * 1024 * 1024


def _start(twin: ShopifyTwin, client: Client, query: str, *, grouped: bool = True) -> BulkOperation:
    told = client.ask(RUN, query=query, grouped=grouped)["bulkOperationRunQuery"]
    assert told["userErrors"] == []
    return next(one for one in twin.bulk.all() if one.gid == told["bulkOperation"]["id"])


def _result(twin: ShopifyTwin, client: Client, query: str, *, grouped: bool) -> list[dict[str, Any]]:
    operation = twin.bulk.wait(_start(twin, client, query, grouped=grouped))
    assert operation.status == "COMPLETED"
    assert operation.url is not None
    return [json.loads(line) for line in client.http.get(operation.url).text.splitlines()]


def _last_root(entries: list[dict[str, Any]], at: int) -> str:
    return next(str(entry["id"]) for entry in reversed(entries[: at + 1]) if "__parentId" not in entry)


def _nested(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines put together to what a query answers, children in the order of their ids."""
    by_id: dict[str, dict[str, Any]] = {}
    for entry in entries:
        kind = str(entry["id"]).split("/")[-2]
        by_id[entry["id"]] = entry
        if kind == "Order":
            entry |= {"lineItems": {"nodes": []}, "returns": {"nodes": []}}
        elif kind == "Return":
            entry["returnLineItems"] = {"nodes": []}
    homes = {"LineItem": "lineItems", "Return": "returns", "ReturnLineItem": "returnLineItems"}
    for entry in sorted(entries, key=lambda one: int(one["id"].rpartition("/")[2])):
        parent = entry.pop("__parentId", None)
        if parent is not None:
            by_id[parent][homes[entry["id"].split("/")[-2]]]["nodes"].append(entry)
    return [entry for entry in entries if "/Order/" in entry["id"]]


def _paged(client: Client) -> Iterator[dict[str, Any]]:
    after = None
    while True:
        page = client.ask(PAGE, after=after)["orders"]
        yield from page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]
