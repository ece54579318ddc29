"""GraphQL objects become facts exactly: money to the minor unit, words by tables, pieces without losing one."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.carriers.names import carrier_name, carrier_slug
from fulfillment.statuses import PaymentStatus, ShipmentStatus, StoreReturnStatus
from fulfillment.stores.shopify import mapping, words
from parcelwise.money import EXPONENTS, to_decimal
from tests.fulfillment.shopify import needs_published, published_schema


def bag(amount: str) -> dict[str, Any]:
    return {"shopMoney": {"amount": amount}}


def line(number: int = 1, **columns: Any) -> dict[str, Any]:
    usual = {
        "id": f"gid://shopify/LineItem/{number}",
        "name": "Mug",
        "quantity": 3,
        "currentQuantity": 3,
        "unfulfilledQuantity": 3,
        "discountedUnitPriceSet": bag("9.9"),
    }
    return {**usual, **columns}


def parcel(**columns: Any) -> dict[str, Any]:
    usual = {
        "id": "gid://shopify/Fulfillment/5",
        "status": "SUCCESS",
        "createdAt": "2026-11-20T10:00:00Z",
        "trackingInfo": [],
        "events": [],
        "fulfillmentLineItems": [],
    }
    return {**usual, **columns}


def stated_order(**columns: Any) -> dict[str, Any]:
    usual = {
        "id": "gid://shopify/Order/7",
        "name": "#1001",
        "createdAt": "2026-11-20T10:00:00Z",
        "processedAt": "2026-11-20T10:00:00+01:00",
        "updatedAt": "2026-11-21T10:00:00Z",
        "currencyCode": "EUR",
        "lineItems": {"nodes": [line()]},
        "totalPriceSet": bag("29.7"),
    }
    return {**usual, **columns}


def order(**columns: Any) -> Any:
    return mapping.order(stated_order(**columns))


@given(st.sampled_from(["EUR", "JPY", "KWD", *EXPONENTS]), st.integers(0, 10**14))
def test_amounts_are_exact_in_every_currency(currency, minor):
    text = str(to_decimal(minor, currency))
    data = order(currencyCode=currency, totalPriceSet=bag(text), totalShippingPriceSet=bag(f"{Decimal(text):f}"))
    assert data.total == data.shipping == minor


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_bought_is_what_was_sent_or_is_still_to_be_sent(sent, waiting, taken_out, came_back):
    """However many pieces were taken out before, and however many of the sent ones came back."""
    back = min(came_back, sent)
    kept = sent + waiting
    stated = line(quantity=kept + taken_out, currentQuantity=kept - back, unfulfilledQuantity=waiting)
    contents = [{"quantity": sent, "lineItem": {"id": stated["id"]}}]
    cancelled = parcel(id="gid://shopify/Fulfillment/6", status="CANCELLED", fulfillmentLineItems=contents)
    data = order(lineItems=[stated], fulfillments=[parcel(fulfillmentLineItems=contents), cancelled])
    assert data.lines[0].quantity == sent + waiting


def test_what_is_never_sent_is_bought_all_the_same():
    assert order(lineItems=[line(unfulfilledQuantity=0, currentQuantity=1)]).lines[0].quantity == 1  # a tip


@pytest.mark.parametrize(
    ("columns", "status"),
    [
        ({}, "open"),
        ({"closedAt": "2026-11-21T10:00:00Z"}, "closed"),
        ({"closedAt": "2026-11-21T10:00:00Z", "cancelledAt": "2026-11-21T10:00:00Z"}, "cancelled"),
    ],
)
def test_an_order_is_open_closed_or_cancelled(columns, status):
    assert order(**columns).status == status


def test_times_keep_their_zone():
    assert order().placed_at.isoformat() == "2026-11-20T10:00:00+01:00"
    with pytest.raises(ValueError, match="zone"):
        order(processedAt="2026-11-20T10:00:00")


@pytest.mark.parametrize("gone", ["id", "currencyCode", "updatedAt", "lineItems"])
def test_an_order_that_lacks_something_is_refused_with_a_sentence(gone):
    stated = stated_order()
    del stated[gone]
    with pytest.raises(ValueError, match=gone):
        mapping.order(stated)


NAMES = ["id", "name", "lineItems", "fulfillments", "refunds", "customer", "currencyCode"]


@given(st.dictionaries(st.sampled_from(NAMES), st.none() | st.integers() | st.text() | st.lists(st.none())))
def test_nonsense_is_a_value_error_and_nothing_else(columns):
    with suppress(ValueError):
        assert isinstance(order(**columns).external_id, str)


def test_a_cancelled_fulfilment_is_a_cancelled_parcel():
    for status in ("CANCELLED", "ERROR", "FAILURE"):
        assert order(fulfillments=[parcel(status=status)]).parcels[0].cancelled


def test_downloads_are_no_parcels():
    assert order(fulfillments=[parcel(requiresShipping=False)]).parcels == ()


def test_a_milestone_is_not_told_twice():
    delivered = {"id": "gid://shopify/FulfillmentEvent/9", "status": "DELIVERED", "happenedAt": "2026-11-21T09:00:00Z"}
    stated = {"deliveredAt": "2026-11-21T09:00:00Z", "inTransitAt": "2026-11-20T12:00:00Z"}
    (with_event,) = order(fulfillments=[parcel(**stated, events=[delivered])]).parcels
    assert (with_event.delivered_at, with_event.scans[0].code) == (None, "store-event:9")
    assert with_event.handed_over_at.isoformat() == "2026-11-20T12:00:00+00:00"
    (without,) = order(fulfillments=[parcel(**stated)]).parcels
    assert without.delivered_at.isoformat() == "2026-11-21T09:00:00+00:00"


@pytest.mark.parametrize(
    ("weight", "grams"),
    [
        ({"unit": "KILOGRAMS", "value": 1.5}, 1500),
        ({"unit": "POUNDS", "value": 1}, 454),
        ({"unit": "STONES", "value": 1}, 0),
        ({"unit": "GRAMS", "value": "much"}, 0),
        (None, 0),
    ],
)
def test_weights_are_grams(weight, grams):
    assert order(lineItems=[line(weight=weight)]).lines[0].weight_grams == grams


def test_goods_that_were_bought_elsewhere_are_no_line_of_ours():
    stated = {
        "id": "gid://shopify/Return/3",
        "status": "OPEN",
        "returnLineItems": [{"id": "gid://shopify/UnverifiedReturnLineItem/1", "quantity": 1}],
    }
    assert order(returns=[stated]).returns[0].lines == ()


def test_a_refund_that_no_gateway_carried_out_is_worth_what_was_booked():
    stated = {
        "id": "gid://shopify/Refund/4",
        "processedAt": "2026-11-21T10:00:00Z",
        "totalRefundedSet": bag("0.0"),
        "refundLineItems": [
            {"quantity": 1, "lineItem": {"id": "l"}, "subtotalSet": bag("9.90"), "totalTaxSet": bag("1.58")}
        ],
        "refundShippingLines": [],
    }

    def amount(*states: str) -> int:
        transactions = {"nodes": [{"status": state} for state in states]}
        return order(taxesIncluded=True, refunds=[{**stated, "transactions": transactions}]).refunds[0].amount

    assert (amount(), amount("PENDING"), amount("FAILURE"), amount("ERROR")) == (990, 990, 0, 0)


def test_a_word_that_nobody_knows_is_unknown():
    event = {"id": "gid://shopify/FulfillmentEvent/9", "status": "TELEPORTED", "happenedAt": "2026-11-21T09:00:00Z"}
    assert order(fulfillments=[parcel(events=[event])]).parcels[0].scans[0].status == ShipmentStatus.UNKNOWN
    assert order(displayFinancialStatus="BARTERED").payment_status == PaymentStatus.UNKNOWN
    back = {"id": "gid://shopify/Return/3", "status": "LOST", "returnLineItems": []}
    assert order(returns=[back]).returns[0].status == StoreReturnStatus.UNKNOWN


@needs_published
@pytest.mark.parametrize(
    ("enum", "table"),
    [
        ("FulfillmentEventStatus", words.EVENT),
        ("OrderDisplayFinancialStatus", words.PAYMENT),
        ("ReturnStatus", words.RETURN),
        ("WeightUnit", words.GRAMS),
    ],
)
def test_the_tables_have_every_published_word(enum, table):
    for version in ("2026-01", "2026-10"):
        assert set(published_schema(version).type_map[enum].values) == set(table)


@needs_published
def test_we_write_words_that_are_published():
    assert set(words.EVENT_OF.values()) <= set(published_schema("2026-07").type_map["FulfillmentEventStatus"].values)


# Carriers


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("DHL", "dhl"),
        ("Royal Mail", "royalmail"),
        ("royal-mail", "royalmail"),
        ("Österreichische Post", "austrianpost"),
        ("Ana's Bike Couriers", "ana-s-bike-couriers"),
        ("Other", ""),
        (None, ""),
    ],
)
def test_a_carrier_has_one_slug_whatever_a_store_calls_it(name, slug):
    assert carrier_slug(name) == slug


@pytest.mark.parametrize("slug", ["ups", "fedex", "usps", "dhl", "royalmail", "postnl", "austrianpost"])
def test_a_carriers_name_leads_back_to_its_slug(slug):
    assert carrier_slug(carrier_name(slug)) == slug


@given(st.text(max_size=300))
def test_any_name_is_a_slug_that_fits(name):
    assert len(carrier_slug(name)) <= 50
