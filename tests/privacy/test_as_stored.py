"""A statement about somebody who was erased is taken in without the person, and one about others as it is."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from django.utils import timezone

from fulfillment.erased import (
    ERASED,
    as_stored,
    as_stored_all,
    assembled_as_stored,
    blanked,
    customer_as_stored,
    customer_stone,
    email_stone,
    known_erased,
    order_stone,
    store_stone,
)
from fulfillment.facts import (
    Address,
    CustomerData,
    OrderData,
    ParcelData,
    RefundData,
    ReturnedLineData,
    Scan,
    StoreReturnData,
)
from fulfillment.imports.assemble import Assembled
from fulfillment.ml.features import place
from fulfillment.models import Order
from fulfillment.privacy import contacts_called
from fulfillment.services.orders import record_order
from parcelwise.privacy import bury, erase
from tests.factories import a_store
from tests.privacy.dump import places
from tests.privacy.world import ANA, CLEO, statement

#: What of an order goes, and what is counted and stays. A new fact belongs to one of the two.
GOES = {"customer", "ship_to", "parcels", "refunds", "returns", "raw"}
STAYS = {"external_id", "number", "placed_at", "currency", "lines", "parcels_stated", "status", "payment_status",
         "promised_on", "total", "shipping", "updated_at"}  # fmt: skip
PARCEL_GOES = {"tracking_number", "tracking_url", "destination", "scans", "numbers"}
PARCEL_STAYS = {"external_id", "carrier", "service", "origin", "contents", "announced_at", "handed_over_at",
                "delivered_at", "cancelled", "piece_of"}  # fmt: skip


def full(person=ANA):
    now = timezone.now()
    scan = Scan(
        now, "delivered", f"Signed by {person.name}", "store-event:1", location=person.city, raw={"to": person.name}
    )
    back = StoreReturnData("b", "open", tracking_number=person.number, label_url=f"https://x.example/{person.number}",
                           lines=(ReturnedLineData("l", "l1", 1, note=person.phone),))  # fmt: skip
    data = statement(person)
    parcels = tuple(replace(parcel, destination=person.address, scans=(scan,)) for parcel in data.parcels)
    return replace(data, parcels=parcels, refunds=(RefundData("r", 5, now, note=person.name),), returns=(back,))


def test_no_word_of_the_person_is_left_in_a_blanked_statement():
    text = str(full()) + str(full().raw)
    assert all(word in text for word in ANA.words if not word.startswith("+49151"))
    left = blanked(full())
    assert not [word for word in ANA.words if word in str(left) + str(left.raw) + str(left.parcels[0].scans[0].raw)]


def test_every_fact_of_an_order_goes_or_stays():
    assert {each.name for each in fields(OrderData)} == GOES | STAYS, "decide in fulfillment.erased.blanked"
    assert {each.name for each in fields(ParcelData)} == PARCEL_GOES | PARCEL_STAYS, "decide in blanked_parcel"
    data = full()
    left = blanked(data)
    assert {name for name in STAYS if getattr(left, name) != getattr(data, name)} == set()
    assert {name for name in PARCEL_STAYS if getattr(left.parcels[0], name) != getattr(data.parcels[0], name)} == set()
    assert left.customer == CustomerData("")


@pytest.mark.parametrize(
    "address",
    [ANA.address, replace(ANA.address, region=""), Address(country="us", region="CA"), Address(postcode="SW1A 1AA")],
)
def test_the_lane_is_the_same(address):
    assert place(blanked(replace(full(), ship_to=address)).ship_to) == place(address)


@pytest.mark.django_db
def test_nobody_erased_nothing_changed(django_assert_num_queries):
    store, data = a_store(), full()
    with django_assert_num_queries(1):
        assert as_stored(store, data) is data
    assert not known_erased(store, data)


@pytest.mark.django_db
@pytest.mark.parametrize("of", [order_stone, customer_stone, email_stone, store_stone])
def test_each_name_is_enough(of):
    store, data = a_store(), full()
    name = {order_stone: data.external_id, customer_stone: data.customer.external_id, email_stone: ANA.email.upper()}
    bury([of(store, name[of]) if of in name else of(store)])
    assert known_erased(store, data)
    left = as_stored(store, data)
    assert not [word for word in ANA.words if word in str(left)]
    assert left.customer.external_id.startswith(ERASED)
    assert as_stored(store, data) == left, "the same name each time"


@pytest.mark.django_db
def test_another_store_and_another_customer_are_not_meant():
    store, other = a_store(), a_store()
    bury([order_stone(store, full().external_id), email_stone(store, ANA.email)])
    assert not known_erased(other, full())
    assert as_stored_all(store, [full(CLEO), full()])[0].customer.name == CLEO.name


@pytest.mark.django_db
def test_who_buys_again_afterwards_is_a_customer_like_any_other():
    store = a_store()
    bury([customer_stone(store, ANA.email), email_stone(store, ANA.email)], at=timezone.now() - timedelta(days=1))
    assert as_stored(store, replace(full(), placed_at=timezone.now())).customer.name == ANA.name
    assert known_erased(store, full())


@pytest.mark.django_db
def test_an_erased_order_stays_so_whatever_day_it_says():
    store = a_store()
    bury([order_stone(store, full().external_id)], at=timezone.now() - timedelta(days=9))
    assert known_erased(store, replace(full(), placed_at=timezone.now()))


@pytest.mark.django_db
def test_orders_of_an_import_come_with_scans_that_name_no_place():
    store, data = a_store(), full()
    scan = Scan(timezone.now(), "delivered", "Delivered", location=ANA.city)
    hers, cleos = (Assembled(order, {"p1": (scan,)}) for order in (data, full(CLEO)))
    bury([order_stone(store, data.external_id)])
    left, same = assembled_as_stored(store, [hers, cleos])
    assert left.scans["p1"][0].location == ""
    assert left.order.customer.name == ""
    assert same is cleos


@pytest.mark.django_db
def test_a_customer_alone_is_blanked_unless_they_bought_again():
    store, data = a_store(), full().customer
    bury([customer_stone(store, data.external_id)])
    assert customer_as_stored(store, data).name == ""
    record_order(store, replace(full(), external_id="new", placed_at=timezone.now() + timedelta(seconds=1)))
    assert customer_as_stored(store, data) == data


@pytest.mark.django_db
def test_an_old_statement_does_not_bring_her_back_through_record_order():
    """Needs ``data = as_stored(store, data)`` behind the store's lock in fulfillment.services.orders."""
    store = a_store()
    order = record_order(store, full())
    erase(contacts_called(ANA.email), why="asked", actor="ben")
    for told in (full(), replace(full(), updated_at=timezone.now())):
        again = record_order(store, told)
        assert again.pk == order.pk
        assert again.customer_id == order.customer_id
    assert Order.objects.count() == 1
    assert places(*ANA.words) == set()
