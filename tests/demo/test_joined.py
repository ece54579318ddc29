"""The demo's parcels that are more than one thing, through the shop's own models and the carriers' twin."""

from __future__ import annotations

import pytest

from demo.shop.models import Order as ShopOrder
from demo.simulate import shop as rows
from demo.simulate.joined import place_joined
from fulfillment.models import CarrierAccount, Order
from fulfillment.pages.whereabouts import number_before, number_now, of_order
from fulfillment.queries import for_page
from fulfillment.testing.carrier_twin import CarrierTwin, carrier_accounts
from parcelwise.testing import run_jobs

pytest.importorskip("karrio")

pytestmark = pytest.mark.django_db(transaction=True)


def here(order: ShopOrder) -> Order:
    return Order.objects.select_related("store", "customer__contact").get(number=order.number)


def test_one_order_is_handed_over_and_one_comes_in_three_pieces(settings) -> None:
    with CarrierTwin() as twin:
        settings.TWIN_URL = twin.url
        for columns in carrier_accounts(twin.url).values():
            CarrierAccount.objects.create(**columns)
        bought = place_joined(rows.ANA, twin.control)
        run_jobs()
        handed_over, in_pieces = map(here, bought)
    (parcel,) = for_page(handed_over)
    before = number_before(parcel)
    assert (number_now(parcel)[0], before and before[0], parcel.delivered_at) == ("usps", "ups", None)
    assert of_order(in_pieces, for_page(in_pieces)).startswith("2 of 3 parcels delivered; the third ")
