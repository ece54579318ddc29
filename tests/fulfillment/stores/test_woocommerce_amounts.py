"""What goes back is cut into lines, taxes and shipping as the shop books them, to the last cent."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fulfillment.stores.woocommerce.writes.amounts import apportioned, refunded_items

RATES = [{"id": 1, "total": "12.00"}, {"id": 2, "total": "7.00"}]
RATED = {"id": 1, "total": "100.00", "total_tax": "19.00", "taxes": RATES}


def test_an_amount_whose_tax_is_not_stated_contains_it():
    (item,) = refunded_items({"lines": [{"line": "1", "pieces": 1, "amount": 5950}]}, {"line_items": [RATED]}, "EUR")
    assert item == {
        "id": 1,
        "quantity": 1,
        "refund_total": "50.00",
        "refund_tax": [{"id": 1, "refund_total": "6.00"}, {"id": 2, "refund_total": "3.50"}],
    }


def test_shipping_goes_back_by_its_own_lines():
    ship = [
        {"id": 8, "total": "4.00", "total_tax": "0.76", "taxes": [{"id": 1, "total": "0.76"}]},
        {"id": 9, "total": "2.00", "total_tax": "0.00", "taxes": []},
    ]
    items = refunded_items({"shipping": 576}, {"shipping_lines": ship}, "EUR")
    assert [(item["id"], item["refund_total"]) for item in items] == [(8, "4.00"), (9, "1.00")]


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**7), min_size=1, max_size=6))
def test_what_is_cut_up_adds_up_again(amount, weights):
    pieces = apportioned(amount, weights)
    assert sum(pieces) == amount and len(pieces) == len(weights)
    assert all(piece >= 0 for piece in pieces)
