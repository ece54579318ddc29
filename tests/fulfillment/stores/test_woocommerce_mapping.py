"""What WooCommerce and its plugins write, as facts."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from fulfillment.facts import RefundLineData
from fulfillment.statuses import OrderStatus, PaymentStatus
from fulfillment.stores.woocommerce.mapping import is_draft, order_data, refund_data, says_all
from fulfillment.stores.woocommerce.people import customer
from tests.fulfillment.stores.woocommerce_shop import capture


def line(number: int = 1, **columns: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": "Wool socks",
        "product_id": 14,
        "quantity": 2,
        "total": "20.00",
        "total_tax": "3.80",
        "sku": "SOCK",
        "meta_data": [],
        **columns,
    }


def order(**columns: Any) -> dict[str, Any]:
    return {
        "id": 7,
        "number": "7",
        "status": "processing",
        "currency": "EUR",
        "date_created": "2026-11-22T15:00:00",
        "date_created_gmt": "2026-11-22T14:00:00",
        "date_modified_gmt": "2026-11-22T14:05:00",
        "date_paid_gmt": "2026-11-22T14:01:00",
        "total": "29.63",
        "shipping_total": "4.90",
        "shipping_tax": "0.93",
        "customer_id": 0,
        "billing": {
            "first_name": "Ana",
            "last_name": "Souza",
            "email": "Ana@Example.com",
            "phone": "1",
            "country": "de",
        },
        "shipping": [],
        "line_items": [line()],
        "refunds": [],
        "meta_data": [],
        **columns,
    }


def item(**columns: Any) -> dict[str, Any]:
    return {"tracking_provider": "dhl-de", "tracking_number": "0034 0434", "tracking_id": "abc", **columns}


def with_items(*items: Any, **columns: Any) -> dict[str, Any]:
    return order(meta_data=[{"id": 1, "key": "_wc_shipment_tracking_items", "value": list(items)}], **columns)


def fulfillment(number: int = 3, **metas: Any) -> dict[str, Any]:
    told = {"_items": [{"item_id": 1, "qty": 1}], "_tracking_number": "1Z9", "_shipment_provider": "ups", **metas}
    return {
        "id": number,
        "status": "fulfilled",
        "is_fulfilled": True,
        "date_deleted": None,
        "meta_data": [{"id": at, "key": key, "value": value} for at, (key, value) in enumerate(told.items())],
    }


def test_money_is_in_minor_units_and_with_tax():
    data = order_data(order())
    assert (data.total, data.shipping, data.lines[0].unit_price) == (2963, 583, 1190)


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 30), ("KWD", 29630), ("eur", 2963)])
def test_money_has_the_digits_of_its_currency(currency, minor):
    assert order_data(order(currency=currency)).total == minor


def test_times_are_utc_whatever_the_zone_of_the_site():
    data = order_data(order())
    assert data.placed_at == datetime(2026, 11, 22, 14, tzinfo=UTC)
    assert data.updated_at == datetime(2026, 11, 22, 14, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("pending", OrderStatus.OPEN),
        ("on-hold", OrderStatus.OPEN),
        ("processing", OrderStatus.OPEN),
        ("completed", OrderStatus.CLOSED),
        ("refunded", OrderStatus.CLOSED),
        ("cancelled", OrderStatus.CANCELLED),
        ("failed", OrderStatus.CANCELLED),
        ("trash", OrderStatus.CANCELLED),
        ("waiting-for-the-tailor", OrderStatus.OPEN),
    ],
)
def test_words_of_a_status_are_a_table_and_a_plugins_own_are_open(word, status):
    assert order_data(order(status=word)).status == status


@pytest.mark.parametrize(
    ("columns", "status"),
    [
        ({}, PaymentStatus.PAID),
        ({"date_paid_gmt": None, "status": "on-hold"}, PaymentStatus.PENDING),
        ({"date_paid_gmt": None, "status": "failed"}, PaymentStatus.PENDING),
        ({"date_paid_gmt": None, "status": "cancelled"}, PaymentStatus.VOIDED),
        ({"date_paid_gmt": None, "total": "0.00"}, PaymentStatus.PAID),
        ({"refunds": [{"id": 8, "total": "-5.00"}]}, PaymentStatus.PARTIALLY_REFUNDED),
        ({"refunds": [{"id": 8, "total": "-9.63"}, {"id": 9, "total": "-20.00"}]}, PaymentStatus.REFUNDED),
        ({"status": "refunded"}, PaymentStatus.REFUNDED),
    ],
)
def test_whether_it_is_paid_follows_from_what_the_order_says(columns, status):
    assert order_data(order(**columns)).payment_status == status


def test_a_basket_that_was_not_placed_is_no_order():
    assert is_draft(order(status="checkout-draft"))
    assert not is_draft(order())


def test_a_guest_is_known_by_the_address_and_an_account_by_its_number():
    guest = order_data(order()).customer
    assert guest.external_id == f"ana@example.com {guest.phone}"
    assert order_data(order(customer_id=2)).customer.external_id == "2"
    assert order_data(order(billing=[])).customer.external_id == "order:7"


def test_a_guest_with_anas_address_and_another_number_is_not_ana():
    """Or the next message about Ana's parcel would go to a number that somebody else typed."""
    stranger = order(billing={**order()["billing"], "phone": "+49 30 999"})
    assert order_data(stranger).customer.external_id != order_data(order()).customer.external_id


def test_an_order_without_a_shipping_address_goes_where_the_bill_goes():
    assert order_data(order()).ship_to.country == "DE"
    shipping = {
        "first_name": "Cleo",
        "address_1": "Am Markt 1",
        "city": "Wien",
        "country": "AT",
        "company": "Post &amp; Co",
    }
    there = order_data(order(shipping=shipping)).ship_to
    assert (there.name, there.lines, there.country) == ("Cleo", ("Post & Co", "Am Markt 1"), "AT")


@pytest.mark.parametrize(
    ("columns", "language"),
    [
        ({"lang": "de"}, "de"),
        ({"meta_data": [{"key": "wpml_language", "value": "pt-br"}]}, "pt-br"),
        ({"meta_data": [{"key": "trp_language", "value": "de_DE"}]}, "de-de"),
        ({"meta_data": [{"key": "wpml_language", "value": ["de"]}]}, ""),
        ({"lang": "<script>"}, ""),
    ],
)
def test_the_language_is_what_a_plugin_noted(columns, language):
    assert order_data(order(**columns)).customer.language == language


def test_lists_that_php_wrote_as_objects_are_lists():
    data = order_data(order(line_items={"4": line(4), "9": line(9)}, meta_data={}))
    assert [each.external_id for each in data.lines] == ["4", "9"]


def test_the_key_of_the_payment_page_is_not_kept():
    raw = order_data(order(order_key="wc_order_x", payment_url="https://x/?key=wc_order_x")).raw
    assert "wc_order_x" not in str(raw)


@pytest.mark.parametrize(
    "columns",
    [{"id": None}, {"id": True}, {"total": "much"}, {"total": {}}, {"date_created_gmt": "soon"}, {"total": "NaN"}],
)
def test_an_order_that_makes_no_sense_is_not_guessed_at(columns):
    with pytest.raises(ValueError):
        order_data(order(**columns))


# Refunds


def test_an_order_without_refunds_says_so_and_one_with_them_does_not_say_all():
    assert (order_data(order()).refunds, says_all(order())) == ((), True)
    refunded = order(refunds=[{"id": 8, "reason": "", "total": "-5.00"}])
    assert (order_data(refunded).refunds, says_all(refunded)) == (None, False)


def test_a_refund_of_a_real_shop():
    refund = refund_data(capture("api_refunds.json")[0], "USD")
    assert (refund.external_id, refund.amount, refund.note, refund.shipping) == ("14", 4990, "Too small", 0)
    assert refund.lines == (RefundLineData("1", 1, amount=4990),)
    assert refund.refunded_at == datetime(2026, 11, 22, 14, 7, 52, tzinfo=UTC)


def test_tax_of_a_refund_is_apart_and_shipping_counted():
    back = line(quantity=-1, total="-10.00", total_tax="-1.90", meta_data=[{"key": "_refunded_item_id", "value": "1"}])
    shipping = {"id": 5, "total": "-4.90", "total_tax": "-0.93"}
    refund = refund_data(
        {
            "id": 8,
            "amount": "17.73",
            "date_created_gmt": "2026-11-23T09:00:00",
            "line_items": [back],
            "shipping_lines": [shipping],
        },
        "EUR",
    )
    assert (refund.lines, refund.shipping) == ((RefundLineData("1", 1, amount=1000, tax=190),), 583)


def test_refunds_do_not_take_pieces_out_of_the_order():
    assert order_data(order(refunds=[{"id": 8, "total": "-5.00"}])).lines[0].quantity == 2


# Parcels


def numbers(data: Any) -> list[tuple[str, str, str]]:
    return [(parcel.external_id, parcel.carrier, parcel.tracking_number) for parcel in data.parcels]


def test_the_list_of_the_extensions_names_parcels():
    data = order_data(with_items(item(), item(tracking_number="", tracking_id="draft")))
    assert numbers(data) == [("tracking:abc", "dhl", "00340434")]
    assert data.parcels_stated


def test_a_provider_of_ones_own_and_its_link_are_kept():
    custom = item(custom_tracking_provider="Bike Couriers", custom_tracking_link="https://bikes.example/9")
    parcel = order_data(with_items(custom)).parcels[0]
    assert (parcel.carrier, parcel.tracking_url) == ("bike-couriers", "https://bikes.example/9")


def test_what_is_inside_is_said_by_some_plugins():
    inside = item(products_list=[{"product": "14", "item_id": "1", "qty": "1"}])
    assert order_data(with_items(inside)).parcels[0].contents == {"1": 1}
    assert order_data(with_items(item())).parcels[0].contents is None


def test_a_number_in_two_places_is_one_parcel():
    both = with_items(item(tracking_number="1z9"), status="completed")
    data = order_data(both, fulfillments=[fulfillment()])
    assert numbers(data) == [("fulfillment:3", "ups", "1Z9")]
    assert data.parcels[0].contents == {"1": 1}


def test_a_fulfilment_that_is_a_plan_or_deleted_is_no_parcel():
    plan = {**fulfillment(4, _tracking_number=""), "is_fulfilled": False, "status": "unfulfilled"}
    gone = {**fulfillment(5, _tracking_number="X"), "date_deleted": "2026-11-22 10:00:00"}
    assert order_data(order(), fulfillments=[plan, gone]).parcels == ()


def test_a_fulfilment_without_a_number_is_a_parcel_all_the_same():
    data = order_data(
        order(), fulfillments=[fulfillment(6, _tracking_number="", _date_fulfilled="2026-11-22 15:30:00")]
    )
    assert numbers(data) == [("fulfillment:6", "ups", "")]
    assert data.parcels[0].announced_at == datetime(2026, 11, 22, 14, 30, tzinfo=UTC), "the site is an hour ahead"


def test_an_order_whose_fulfilments_are_elsewhere_does_not_speak_of_parcels():
    elsewhere = order(meta_data=[{"key": "_fulfillment_status", "value": "fulfilled"}])
    data = order_data(elsewhere)
    assert (data.parcels, data.parcels_stated, says_all(elsewhere)) == ((), False, False)
    assert order_data(elsewhere, fulfillments=[]).parcels_stated


@pytest.mark.parametrize(
    ("shipped", "announced"),
    [
        ("1795305600", datetime(2026, 11, 22, 14, tzinfo=UTC)),  # the midnight before the order
        ("1795356120", datetime(2026, 11, 22, 14, 2, tzinfo=UTC)),
        ("1795996800", None),  # next week: the label is made, and nothing was sent
        ("yesterday", None),
        (None, None),
    ],
)
def test_a_day_of_shipping_is_no_time_before_the_order_nor_ahead(shipped, announced):
    assert order_data(with_items(item(date_shipped=shipped))).parcels[0].announced_at == announced


def test_nothing_is_sent_of_a_cancelled_order():
    data = order_data(with_items(item(), status="cancelled"))
    assert (data.parcels, data.parcels_stated) == ((), True)


# Customers


def test_a_customer_is_reached_as_at_the_last_checkout():
    data = customer(
        {
            "id": 2,
            "email": "account@example.com",
            "first_name": "A",
            "billing": {"email": "Bill@example.com", "phone": "7"},
        }
    )
    assert (data.external_id, data.email, data.name, data.phone) == ("2", "bill@example.com", "A", "7")


def test_a_customer_of_a_real_shop():

    data = customer(json.loads(capture("008_customer_created.json")["body"]))
    assert (data.external_id, data.name, data.email) == ("2", "Ana Müller", "ana@example.test")
