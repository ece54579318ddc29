"""Reading a project's own models: by name where it fits, by path where it does not, and never by chance."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.test import override_settings

from demo.shop.models import Order as ShopOrder
from fulfillment.checks import stores_can_be_loaded
from fulfillment.facts import Address, LineData, OrderData
from fulfillment.stores import Each, Fields, ModelStore
from tests.factories import utc


class Shop(ModelStore):
    slug, name, order_model, placed_field = "x", "X", ShopOrder, "bought_at"
    order = Fields(placed_at="bought_at")
    ship_to = Fields(lines=["street", "floor"])


class ShopWithASlip(Shop):
    slug = "y"
    order = Fields(placed_on="bought_at")


def an_order(**columns) -> SimpleNamespace:
    return SimpleNamespace(
        **{"pk": 7, "bought_at": utc(2026, 3, 1), "street": "Weg 1", "floor": "", "lines": [], "parcels": [], **columns}
    )


def test_what_is_not_named_is_read_by_its_name_and_the_key_stands_in_for_number_and_customer():
    stated = Shop().state(an_order(city="Kiel", email="ana@example.com", total=Decimal("12.50")))
    assert (stated.external_id, stated.number, stated.customer.external_id) == ("7", "7", "7")
    assert (stated.ship_to, stated.customer.email, stated.total) == (
        Address(lines=("Weg 1",), city="Kiel"),
        "ana@example.com",
        1250,
    )
    assert (stated.lines, stated.parcels, stated.status) == ((), (), "open")


def test_a_relation_or_a_method_that_has_a_fields_name_is_not_taken_for_it():
    stated = Shop().state(an_order(customer=object(), number=lambda: "x", shipping=object()))
    assert (stated.number, stated.shipping) == ("7", 0)
    assert stated.customer.name == ""


def test_a_path_through_nothing_is_nothing():
    line = SimpleNamespace(product=None)
    assert Each("lines", title="product.name").read(LineData, line, "EUR") == {}


@pytest.mark.parametrize(("amount", "minor"), [(Decimal("0.10"), 10), ("19.99", 1999), (1999, 1999)])
def test_an_amount_is_a_decimal_a_text_or_minor_units(amount, minor):
    assert Fields().read(OrderData, SimpleNamespace(total=amount), "EUR")["total"] == minor


def test_a_float_is_no_amount():
    with pytest.raises(ValueError, match="total is a float"):
        Fields(total="total").read(OrderData, SimpleNamespace(total=19.99), "EUR")


def test_a_status_of_the_shops_own_must_be_mapped():
    with pytest.raises(ValueError, match="its status is “shipped”; map it"):
        Shop().state(an_order(status="shipped"))


def test_an_order_without_a_time_says_what_is_missing():
    with pytest.raises(ValueError, match="placed_at"):
        Shop().state(an_order(bought_at=None))


@override_settings(PARCELWISE={"FULFILLMENT": {"STORES": (f"{__name__}.ShopWithASlip", "nowhere.Shop")}})
def test_a_store_that_cannot_be_loaded_is_a_system_check():
    [found] = stores_can_be_loaded(None)
    assert (found.id, "nowhere" in found.msg) == ("parcelwise_fulfillment.E001", True)


@override_settings(PARCELWISE={"FULFILLMENT": {"STORES": (f"{__name__}.ShopWithASlip", f"{__name__}.Shop")}})
def test_a_slip_of_the_pen_is_a_system_check():
    [found] = stores_can_be_loaded(None)
    assert "there is no field order.placed_on" in found.msg
