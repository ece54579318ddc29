"""Orders of a Shopify store are read whole, as they are now, and by one mapping."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from fulfillment.facts import OrderData
from fulfillment.statuses import ShipmentStatus
from tests.factories import an_order
from tests.fulfillment.stores.a_shopify import connected, platform

pytestmark = pytest.mark.django_db


def read(twin, order, **columns) -> OrderData:
    found = platform(connected(twin, **columns)).read_orders([order.gid])[order.gid]
    assert isinstance(found, OrderData), found
    return found


def test_an_order_is_read_with_all_that_is_in_it(shopify):
    world = shopify.world
    order = world.place_order(
        customer={"first_name": "Ana", "last_name": "Souza", "email": "ana@example.com"},
        lines=[
            {"title": "Mug", "price": "9.90", "quantity": 2, "sku": "MUG", "grams": 350},
            {"title": "Tea", "price": "4.55", "quantity": 3, "sku": "TEA"},
        ],
    )
    parcel = world.fulfill(order, lines={"MUG": 2}, company="DHL", numbers=["00340434292135100124"])
    world.add_event(parcel, "OUT_FOR_DELIVERY", message="In the van", city="Hamburg", country="DE")
    data = read(shopify, order)
    assert (data.external_id, data.number, data.currency, data.status) == (order.gid, order.name, "EUR", "open")
    assert data.total == order.total
    assert data.payment_status == "paid"
    assert [(line.sku, line.quantity, line.unit_price) for line in data.lines] == [("MUG", 2, 990), ("TEA", 3, 455)]
    assert data.lines[0].weight_grams == 350
    assert (data.customer.name, data.customer.email) == ("Ana Souza", "ana@example.com")
    (sent,) = data.parcels
    assert (sent.external_id, sent.carrier, sent.tracking_number) == (parcel.gid, "dhl", "00340434292135100124")
    assert sent.contents == {order.lines[0].gid: 2}
    (scan,) = sent.scans
    assert (scan.status, scan.description, scan.location) == (
        ShipmentStatus.OUT_FOR_DELIVERY,
        "In the van",
        "Hamburg, DE",
    )
    assert data.refunds == data.returns == ()


@pytest.mark.parametrize("version", ["2026-01", "2026-04", "2026-07", "2026-10"])
def test_every_supported_version_states_the_same(shopify, version):
    order = shopify.world.place_order(customer={"email": "ana@example.com", "phone": "+4915112345678"})
    shopify.world.set_consent(order.customer, "SUBSCRIBED", by="sms")
    data = read(shopify, order, api_version=version)
    assert data.customer.consents == {"sms": "subscribed"}
    assert data.lines[0].quantity == 1


def test_nothing_of_a_long_order_is_cut_off(shopify):
    world, shopify.bucket.maximum = shopify.world, 20_000
    order = world.place_order(lines=[{"title": f"Thing {n}", "price": "1.00", "sku": f"S{n}"} for n in range(300)])
    for start in range(0, 60, 20):
        chosen = {f"S{n}": 1 for n in range(start, start + 20)}
        parcel = world.fulfill(order, lines=chosen, company="UPS", numbers=[f"1Z999AA10123456{start:03}"])
    for minute in range(15):
        world.add_event(parcel, "IN_TRANSIT", happened_at=timezone.now() + timedelta(minutes=minute))
    for n in range(100, 108):
        world.refund(order, lines=[{"line": f"S{n}", "quantity": 1, "restock_type": "CANCEL"}])
    data = read(shopify, order)
    assert len(data.lines) == 300
    assert [len(parcel.contents) for parcel in data.parcels] == [20, 20, 20]
    assert len(data.parcels[2].scans) == 15
    assert len(data.refunds) == 8
    assert sum(line.quantity for line in data.lines) == 292


def test_several_numbers_in_one_fulfilment_are_several_parcels(shopify):
    order = shopify.world.place_order()
    sent = shopify.world.fulfill(order, company="GLS", numbers=[f"5033{n}" for n in range(7)])
    data = read(shopify, order)
    assert [parcel.tracking_number for parcel in data.parcels] == [f"5033{n}" for n in range(7)]
    assert data.parcels[0].external_id == sent.gid
    assert data.parcels[1].external_id == f"{sent.gid}#50331"
    assert sum(sum(parcel.contents.values()) for parcel in data.parcels) == 1


def test_what_came_back_still_counts_as_bought(shopify):
    world = shopify.world
    order = world.place_order(lines=[{"title": "Mug", "price": "10.00", "quantity": 3, "sku": "MUG"}])
    world.refund(order, lines=[{"line": "MUG", "quantity": 1, "restock_type": "CANCEL"}])
    parcel = world.fulfill(order)
    back = world.create_return(order, [{"line": parcel.lines[0].gid, "quantity": 1, "reason": "too-small"}])
    world.refund_return(back)
    data = read(shopify, order)
    assert data.lines[0].quantity == 2  # one of three was never sent, one of two came back
    assert [refund.amount for refund in data.refunds] == [1000, 1000]
    assert data.refunds[1].return_id == back.gid
    (stated,) = data.returns
    assert (stated.external_id, stated.lines[0].reason, stated.lines[0].quantity) == (back.gid, "too-small", 1)


@pytest.mark.parametrize("taxes_included", [True, False])
def test_the_parts_of_a_refund_add_up_to_its_amount(shopify, taxes_included):
    order = shopify.world.place_order(
        taxes_included=taxes_included,
        lines=[{"title": "Mug", "price": "9.99", "quantity": 3}],
        shipping=[{"title": "Standard", "price": "4.90"}],
    )
    shopify.world.refund(order, lines=[{"line": order.lines[0].gid, "quantity": 2}], shipping="full")
    (refund,) = read(shopify, order).refunds
    assert sum(line.amount + line.tax for line in refund.lines) + refund.shipping == refund.amount
    assert all(line.tax > 0 for line in refund.lines)


def test_a_return_a_parcel_or_a_fulfilment_order_lead_to_their_order(shopify):
    world = shopify.world
    order = world.place_order()
    parcel = world.fulfill(order)
    back = world.create_return(order, [{"line": parcel.lines[0].gid, "quantity": 1}])
    ids = [back.gid, parcel.gid, order.fulfillment_orders[0].gid, back.reverse_fulfillment_orders[0].gid, order.gid]
    found = platform(connected(shopify)).read_orders([*ids, "gid://shopify/Return/99999", "order-7"])
    assert {found[each].external_id for each in ids} == {order.gid}
    assert found["gid://shopify/Return/99999"] is None
    assert found["order-7"].sentence == "“order-7” is no id of Shopify's."


def test_an_order_that_is_not_there_is_gone(shopify):
    order = shopify.world.place_order()
    shopify.world.delete_order(order)
    assert platform(connected(shopify)).read_orders([order.gid]) == {order.gid: None}


def test_an_old_order_that_we_may_not_see_is_not_taken_for_gone(shopify):
    shopify.access.grant(*(shopify.access.scopes - {"read_all_orders"}))
    store, old = connected(shopify), "gid://shopify/Order/404"
    an_order(store, external_id=old, placed_at=timezone.now() - timedelta(days=90))
    assert platform(store).read_orders([old]) == {}
    shopify.access.grant(*shopify.access.scopes, "read_all_orders")
    assert platform(store).read_orders([old]) == {old: None}


def test_changes_come_oldest_first_and_page_by_page(shopify):
    orders = [shopify.world.place_order(paid=False) for _ in range(45)]
    reader, since = platform(connected(shopify), patience=60), timezone.now() - timedelta(hours=1)
    first = reader.changes(since, {})
    second = reader.changes(since, first.cursor)
    assert [len(first.orders), len(second.orders), second.cursor] == [40, 5, None]
    assert [data.external_id for data in (*first.orders, *second.orders)] == [order.gid for order in orders]
    assert reader.changes(timezone.now() + timedelta(minutes=1), {}).orders == ()


def test_a_customer_is_the_same_whatever_order_they_come_with(shopify):
    world = shopify.world
    ana = world.add_customer(first_name="Ana", last_name="Souza", email="ana@example.com")
    orders = [
        world.place_order(customer=ana, email=email, locale=locale)
        for email, locale in (("a@x.de", "de"), ("b@x.de", "en"))
    ]
    reader = platform(connected(shopify))
    found = reader.read_orders([order.gid for order in orders])
    people = {str(data.customer) for data in found.values()} | {str(reader.read_customer(ana.gid))}
    assert len(people) == 1
    world.delete_customer(world.add_customer(email="gone@example.com"))
    assert reader.read_customer("gid://shopify/Customer/404") is None


def test_an_order_without_a_customer_is_one_all_the_same(shopify):
    order = shopify.world.place_order(customer=None, email="till@example.com", locale="de")
    data = read(shopify, order)
    assert (data.customer.external_id, data.customer.email, data.customer.language) == (
        order.gid,
        "till@example.com",
        "de",
    )
    assert platform(connected(shopify)).read_customer(order.gid) is None
