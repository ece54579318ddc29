"""The Shopify twin's GraphQL API: what it answers, refuses, prices and remembers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from fulfillment.testing.shopify_twin import ShopifyTwin, TwinClock
from fulfillment.testing.shopify_twin.access import SCOPES
from tests.fulfillment.shopify import Client

NOON = datetime(2026, 11, 2, 11, tzinfo=UTC)
REFUND = """mutation($input: RefundInput!, $key: String!) { refundCreate(input: $input) @idempotent(key: $key) {
  refund { id totalRefundedSet { shopMoney { amount } } } userErrors { field message } } }"""


@pytest.fixture
def twin() -> Iterator[ShopifyTwin]:
    with ShopifyTwin(clock=TwinClock(NOON, frozen=True)) as twin:
        yield twin


@pytest.fixture
def client(twin: ShopifyTwin) -> Iterator[Client]:
    client = Client(twin)
    yield client
    client.close()


def test_an_unknown_field_is_refused_as_shopify_refuses_it(client: Client) -> None:
    (error,) = client.errors("query Look($id: ID!) { order(id: $id) { id nmae } }", id="gid://shopify/Order/1")
    assert error == {
        "message": "Field 'nmae' doesn't exist on type 'Order'",
        "locations": [{"line": 1, "column": 44}],
        "path": ["query Look", "order", "nmae"],
        "extensions": {"code": "undefinedField", "typeName": "Order", "fieldName": "nmae"},
    }


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ order { id } }", "missingRequiredArguments"),
        ('{ order(id: "x", name: "y") { id } }', "argumentNotAccepted"),
        ('{ order(id: "x") }', "selectionMismatch"),
        ("{ shop { name { first } } }", "selectionMismatch"),
    ],
)
def test_other_mistakes_have_codes_as_well(client: Client, query: str, code: str) -> None:
    assert client.errors(query)[0]["extensions"]["code"] == code


def test_broken_text_is_a_syntax_error(client: Client) -> None:
    assert client.errors("{ shop { name }")[0]["message"].startswith("syntax error, ")


def test_a_wrong_variable_is_named(client: Client) -> None:
    (error,) = client.errors("query($n: Int!) { orders(first: $n) { nodes { id } } }", n="many")
    assert error["message"] == "Variable $n of type Int! was provided invalid value"
    assert error["extensions"]["code"] == "INVALID_VARIABLE"


def test_a_wrong_token_opens_nothing(twin: ShopifyTwin) -> None:
    stranger = Client(twin, token="shpat_wrong")
    answer = stranger.post("{ shop { name } }")
    stranger.close()
    assert answer.status_code == 401
    assert "Invalid API key or access token" in answer.json()["errors"]


def test_a_missing_scope_is_named(twin: ShopifyTwin, client: Client) -> None:
    order = twin.world.place_order(customer={"email": "ana@example.com"})
    twin.access.grant("read_orders")
    query = "query($id: ID!) { order(id: $id) { name customer { id } } }"
    told = client.post(query, id=order.gid).json()
    assert told["data"]["order"] == {"name": "#1001", "customer": None}
    assert told["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert told["errors"][0]["extensions"]["requiredAccess"] == "`read_customers` access scope."
    twin.access.grant(*SCOPES)
    assert client.ask(query, id=order.gid)["order"]["customer"]["id"].startswith("gid://shopify/Customer/")


def test_without_read_all_orders_the_app_sees_sixty_days(twin: ShopifyTwin, client: Client) -> None:
    order = twin.world.place_order()
    twin.clock.change(advance=61 * 86_400)
    young = twin.world.place_order()
    twin.access.grant("read_orders")
    told = client.ask("query($id: ID!) { order(id: $id) { id } orders(first: 9) { nodes { id } } }", id=order.gid)
    assert told == {"order": None, "orders": {"nodes": [{"id": young.gid}]}}


@pytest.mark.parametrize(
    ("asked", "used"), [("2026-07", "2026-07"), ("2024-01", "2026-01"), ("unstable", "2026-10"), ("2026-10", "2026-10")]
)
def test_a_retired_version_falls_forward(client: Client, asked: str, used: str) -> None:
    assert client.post("{ shop { name } }", asked).headers["X-Shopify-API-Version"] == used


@pytest.mark.parametrize("asked", ["2026-02", "2031-01", "latest", "v1"])
def test_a_version_that_never_was_is_not_found(client: Client, asked: str) -> None:
    assert client.post("{ shop { name } }", asked).status_code == 404


def test_the_twin_remembers_what_it_was_asked(twin: ShopifyTwin, client: Client) -> None:
    client.ask("query Mine { shop { name } }")
    client.ask('mutation($a: ID = "gid://shopify/Return/1") { back: returnClose(id: $a) { userErrors { code } } }')
    assert list(twin.api.calls) == [("shop", "2026-07"), ("returnClose", "2026-07")]


def test_deprecated_fields_are_flagged(client: Client) -> None:
    name = "X-Shopify-API-Deprecated-Reason"
    assert name in client.post("{ orders(first: 1) { nodes { totalPrice } } }").headers
    assert name not in client.post("{ orders(first: 1) { nodes { id } } }").headers


def test_the_bucket_leaks_and_fills_with_the_clock(twin: ShopifyTwin, client: Client) -> None:
    query = "{ orders(first: 200) { nodes { id lineItems(first: 1) { nodes { id } } } } }"
    cost = client.post(query).json()["extensions"]["cost"]
    assert cost["requestedQueryCost"] == 2 + 200 * (1 + 2 + 1)
    assert (cost["actualQueryCost"], cost["throttleStatus"]["currentlyAvailable"]) == (2, 1998)
    twin.bucket.draw(1990, twin.clock.now())
    throttled = client.post("{ orders(first: 50) { nodes { id } } }")
    assert (throttled.status_code, throttled.json()["errors"][0]["message"]) == (200, "Throttled")
    assert throttled.json()["errors"][0]["extensions"]["code"] == "THROTTLED"
    assert throttled.json()["extensions"]["cost"]["actualQueryCost"] is None
    twin.clock.change(advance=1)
    status = client.post("{ orders(first: 50) { nodes { id } } }").json()["extensions"]["cost"]["throttleStatus"]
    assert status["restoreRate"] == 100
    assert 100 <= status["currentlyAvailable"] <= 110


def test_throttling_can_come_as_429(twin: ShopifyTwin, client: Client) -> None:
    twin.api.throttle_with_429 = True
    twin.bucket.draw(2000, twin.clock.now())
    answer = client.post("{ orders(first: 100) { nodes { id } } }")
    assert answer.status_code == 429
    assert float(answer.headers["Retry-After"]) >= 1


def test_a_query_that_is_too_dear_is_refused_before_it_runs(twin: ShopifyTwin, client: Client) -> None:
    (error,) = client.errors("{ orders(first: 250) { nodes { lineItems(first: 50) { nodes { id } } } } }")
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert twin.bucket.status(twin.clock.now())["currentlyAvailable"] == 2000


def test_orders_are_found_by_when_they_changed_page_by_page(twin: ShopifyTwin, client: Client) -> None:
    orders = []
    for _ in range(7):
        orders.append(twin.world.place_order())
        twin.clock.change(advance=60)
    twin.world.edit_order(orders[1], note="late")
    query = """query($after: String, $words: String) { orders(first: 2, after: $after, query: $words,
      sortKey: UPDATED_AT) { nodes { name note updatedAt } pageInfo { hasNextPage endCursor } } }"""
    found, after = [], None
    while True:
        words = f"updated_at:>={orders[3].updated_at.isoformat()}"
        page = client.ask(query, after=after, words=words)["orders"]
        found += [node["name"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert found == ["#1004", "#1005", "#1006", "#1007", "#1002"]


def test_a_search_word_that_nobody_knows_is_ignored_with_a_warning(twin: ShopifyTwin, client: Client) -> None:
    twin.world.place_order()
    told = client.post('{ orders(first: 5, query: "updatd_at:>2030-01-01") { nodes { id } } }').json()
    assert len(told["data"]["orders"]["nodes"]) == 1
    assert told["extensions"]["search"][0]["warnings"][0]["code"] == "invalid_field"


def test_a_refund_happens_once_for_one_key(twin: ShopifyTwin, client: Client) -> None:
    order = twin.world.place_order()
    wanted = _money_back(order, "10.00")
    first = client.ask(REFUND, input=wanted, key="a-1")["refundCreate"]
    again = client.ask(REFUND, input=wanted, key="a-1")["refundCreate"]
    assert first == again
    assert order.refunded == 1000
    (error,) = client.errors(REFUND, input=_money_back(order, "11.00"), key="a-1")
    assert error["extensions"]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    assert client.ask(REFUND, input=wanted, key="a-2")["refundCreate"]["refund"]["id"] != first["refund"]["id"]
    assert (order.refunded, len(order.refunds)) == (2000, 2)


def test_from_2026_04_on_a_refund_needs_a_key(twin: ShopifyTwin, client: Client) -> None:
    order = twin.world.place_order()
    bare = REFUND.replace(" @idempotent(key: $key)", "").replace(", $key: String!", "")
    assert client.errors(bare, input=_money_back(order, "1.00"))
    assert order.refunded == 0
    assert client.ask(bare, "2026-01", input=_money_back(order, "1.00"))["refundCreate"]["userErrors"] == []
    assert order.refunded == 100


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"transactions": "999.00"}, ["transactions"]),
        ({"orderId": "gid://shopify/Order/1"}, ["orderId"]),
        ({"shipping": {"amount": "99.00"}}, ["shipping"]),
        ({"refundLineItems": [{"lineItemId": "gid://shopify/LineItem/1", "quantity": 1}]}, ["lineItemId"]),
        ({"refundLineItems": 5}, ["refundLineItems", "0", "quantity"]),
    ],
)
def test_what_cannot_be_refunded_is_a_user_error(
    twin: ShopifyTwin, client: Client, change: dict[str, Any], field: list[str]
) -> None:
    order = twin.world.place_order()
    wanted = _money_back(order, "1.00")
    if isinstance(change.get("transactions"), str):
        change = {"transactions": _money_back(order, change["transactions"])["transactions"]}
    if change.get("refundLineItems") == 5:
        change = {"refundLineItems": [{"lineItemId": order.lines[0].gid, "quantity": 5}]}
    if "orderId" in change:
        change["transactions"] = []
    told = client.ask(REFUND, input={**wanted, **change}, key="k")["refundCreate"]
    assert told["refund"] is None
    assert [error["field"] for error in told["userErrors"]] == [field]
    assert order.refunded == 0


def test_tracking_numbers_go_in_as_lists_and_come_out_as_objects(twin: ShopifyTwin, client: Client) -> None:
    order = twin.world.place_order()
    create = """mutation($it: FulfillmentInput!) { fulfillmentCreate(fulfillment: $it) {
      fulfillment { id status trackingInfo { company number url } } userErrors { field message } } }"""
    plan = {"fulfillmentOrderId": order.fulfillment_orders[0].gid}
    wanted = {"lineItemsByFulfillmentOrder": [plan], "trackingInfo": {"company": "DHL", "numbers": ["1", "2"]}}
    told = client.ask(create, it=wanted)["fulfillmentCreate"]["fulfillment"]
    assert [entry["number"] for entry in told["trackingInfo"]] == ["1", "2"]
    assert all("dhl.de" in entry["url"] for entry in told["trackingInfo"])
    refused = client.ask(create, it=wanted)["fulfillmentCreate"]
    assert refused["fulfillment"] is None
    assert "unfulfillable status= closed" in refused["userErrors"][0]["message"]
    update = """mutation($id: ID!, $info: FulfillmentTrackingInput!) {
      fulfillmentTrackingInfoUpdate(fulfillmentId: $id, trackingInfoInput: $info) {
      fulfillment { trackingInfo { number url } } userErrors { message } } }"""
    changed = client.ask(update, id=told["id"], info={"number": "9", "url": "https://t.example/9"})
    assert changed["fulfillmentTrackingInfoUpdate"]["fulfillment"]["trackingInfo"] == [
        {"number": "9", "url": "https://t.example/9"}
    ]
    event = """mutation($it: FulfillmentEventInput!) { fulfillmentEventCreate(fulfillmentEvent: $it) {
      fulfillmentEvent { status happenedAt } userErrors { message } } }"""
    wanted = {"fulfillmentId": told["id"], "status": "DELIVERED", "happenedAt": "2026-11-02T11:30:00+01:00"}
    assert client.ask(event, it=wanted)["fulfillmentEventCreate"]["fulfillmentEvent"] == {
        "status": "DELIVERED",
        "happenedAt": "2026-11-02T10:30:00Z",
    }
    assert order.fulfillments[0].display_status == "DELIVERED"


def test_a_return_goes_its_way_by_mutations(twin: ShopifyTwin, client: Client) -> None:
    order = twin.world.place_order(lines=[{"title": "Mug", "price": "10.00", "quantity": 2}])
    twin.world.fulfill(order)
    found = client.ask(
        """query($id: ID!) { returnableFulfillments(orderId: $id, first: 5) { nodes { returnableFulfillmentLineItems(
        first: 5) { nodes { quantity fulfillmentLineItem { id } } } } } returnReasonDefinitions(first: 20) {
        nodes { id handle } } }""",
        id=order.gid,
    )
    (line,) = found["returnableFulfillments"]["nodes"][0]["returnableFulfillmentLineItems"]["nodes"]
    assert line["quantity"] == 2
    reason = found["returnReasonDefinitions"]["nodes"][1]["id"]
    request = """mutation($input: ReturnRequestInput!) { returnRequest(input: $input) {
      return { id status returnLineItems(first: 5) { nodes { id ... on ReturnLineItem { returnReasonDefinition {
      handle } customerNote } } } } userErrors { code field message } } }"""
    item = {"fulfillmentLineItemId": line["fulfillmentLineItem"]["id"], "quantity": 1, "customerNote": "broken"}
    wanted = {"orderId": order.gid, "returnLineItems": [{**item, "returnReasonDefinitionId": reason}]}
    back = client.ask(request, input=wanted)["returnRequest"]["return"]
    assert (back["status"], back["returnLineItems"]["nodes"][0]["returnReasonDefinition"]["handle"]) == (
        "REQUESTED",
        "defective",
    )
    too_many = {"orderId": order.gid, "returnLineItems": [{**item, "quantity": 2, "returnReason": "OTHER"}]}
    refused = client.ask(request, input=too_many)["returnRequest"]
    assert (refused["return"], refused["userErrors"][0]["code"]) == (None, "INVALID")
    approve = """mutation($id: ID!) { returnApproveRequest(input: {id: $id}) { return { status
      reverseFulfillmentOrders(first: 2) { nodes { id lineItems(first: 5) { nodes { id } } } } }
      userErrors { code } } }"""
    reverse = client.ask(approve, id=back["id"])["returnApproveRequest"]["return"]["reverseFulfillmentOrders"]["nodes"][
        0
    ]
    again = client.ask(approve, id=back["id"])["returnApproveRequest"]
    assert again["userErrors"] == [{"code": "INVALID_STATE"}]
    ship = """mutation($id: ID!, $lines: [ReverseDeliveryLineItemInput!]!) { reverseDeliveryCreateWithShipping(
      reverseFulfillmentOrderId: $id, reverseDeliveryLineItems: $lines, trackingInput: {number: "R1"},
      labelInput: {fileUrl: "https://label.example/1.pdf"}) { reverseDelivery { id deliverable {
      ... on ReverseDeliveryShippingDeliverable { tracking { number } label { publicFileUrl } } } }
      userErrors { message } } }"""
    lines = [{"reverseFulfillmentOrderLineItemId": reverse["lineItems"]["nodes"][0]["id"], "quantity": 1}]
    shipped = client.ask(ship, id=reverse["id"], lines=lines)["reverseDeliveryCreateWithShipping"]["reverseDelivery"]
    assert shipped["deliverable"] == {
        "tracking": {"number": "R1"},
        "label": {"publicFileUrl": "https://label.example/1.pdf"},
    }
    process = """mutation($input: ReturnProcessInput!) { returnProcess(input: $input) { return { status refunds(
      first: 5) { nodes { totalRefundedSet { shopMoney { amount } } } } } userErrors { code message } } }"""
    disposition = {**lines[0], "dispositionType": "RESTOCKED"}
    returned = {"id": back["returnLineItems"]["nodes"][0]["id"], "quantity": 1, "dispositions": [disposition]}
    amount = {"amount": "10.00", "currencyCode": "EUR"}
    payment = {"parentId": order.transactions[0].gid, "transactionAmount": amount}
    wanted = {
        "returnId": back["id"],
        "returnLineItems": [returned],
        "financialTransfer": {"issueRefund": {"orderTransactions": [payment]}},
    }
    done = client.ask(process, input=wanted)["returnProcess"]
    assert done["userErrors"] == []
    assert done["return"]["status"] == "CLOSED"
    assert done["return"]["refunds"]["nodes"][0]["totalRefundedSet"]["shopMoney"]["amount"] == "10.0"
    assert (order.return_status, order.refunded) == ("RETURNED", 1000)


def test_a_label_can_be_uploaded_first(twin: ShopifyTwin, client: Client) -> None:
    stage = """mutation { stagedUploadsCreate(input: [{filename: "label.pdf", mimeType: "application/pdf",
      resource: RETURN_LABEL, httpMethod: PUT}]) { stagedTargets { url resourceUrl parameters { name value } }
      userErrors { message } } }"""
    target = client.ask(stage)["stagedUploadsCreate"]["stagedTargets"][0]
    assert client.http.put(target["url"], content=b"%PDF-1.7").status_code == 200
    assert client.http.get(target["resourceUrl"]).content == b"%PDF-1.7"
    assert list(twin.uploads.taken.values()) == [b"%PDF-1.7"]


def test_subscriptions_are_made_found_changed_and_removed(client: Client) -> None:
    make = """mutation($uri: String!) { webhookSubscriptionCreate(
      topic: ORDERS_CREATE, webhookSubscription: {uri: $uri}) {
      webhookSubscription { id uri apiVersion { handle } } userErrors { field message } } }"""
    made = client.ask(make, uri="https://example.com/a")["webhookSubscriptionCreate"]["webhookSubscription"]
    assert made["apiVersion"] == {"handle": "2026-07"}
    twice = client.ask(make, uri="https://example.com/a")["webhookSubscriptionCreate"]
    assert twice["userErrors"] == [
        {"field": ["webhookSubscription", "callbackUrl"], "message": "Address for this topic has already been taken"}
    ]
    change = """mutation($id: ID!) { webhookSubscriptionUpdate(id: $id, webhookSubscription: {uri: "https://b.example/"})
      { webhookSubscription { uri } userErrors { message } } }"""
    client.ask(change, id=made["id"])
    query = "{ webhookSubscriptions(first: 9, topics: [ORDERS_CREATE]) { nodes { id uri topic format } } }"
    assert client.ask(query)["webhookSubscriptions"]["nodes"] == [
        {"id": made["id"], "uri": "https://b.example/", "topic": "ORDERS_CREATE", "format": "JSON"}
    ]
    drop = """mutation($id: ID!) { webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId
      userErrors { message } } }"""
    assert client.ask(drop, id=made["id"])["webhookSubscriptionDelete"]["deletedWebhookSubscriptionId"] == made["id"]
    assert client.ask(query)["webhookSubscriptions"]["nodes"] == []


def test_nodes_of_every_kind_are_found_by_id_and_strangers_are_null(twin: ShopifyTwin, client: Client) -> None:
    order = twin.world.place_order(customer={"email": "ana@example.com"})
    parcel = twin.world.fulfill(order)
    event = twin.world.add_event(parcel, "IN_TRANSIT")
    ids = [order.gid, parcel.gid, event.gid, order.lines[0].gid, "gid://shopify/Order/7", "nonsense"]
    told = client.ask("query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Order { name } } }", ids=ids)
    kinds = [node and node["__typename"] for node in told["nodes"]]
    assert kinds == ["Order", "Fulfillment", "FulfillmentEvent", "LineItem", None, None]


def _money_back(order: Any, amount: str) -> dict[str, Any]:
    parent = order.transactions[0]
    entry = {"orderId": order.gid, "parentId": parent.gid, "kind": "REFUND", "gateway": parent.gateway}
    return {"orderId": order.gid, "transactions": [{**entry, "amount": amount}]}
