"""Whose an order is: the login that the order's own statement names, whatever else somebody types at a checkout."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from fulfillment.facts import CustomerData, LineData, OrderData
from fulfillment.models import Customer, Order
from fulfillment.queries import orders_of
from fulfillment.services.orders import record_order
from parcelwise.models import Contact
from tests.factories import MUNICH, a_store

pytestmark = pytest.mark.django_db


def an_order_of(external_id: str, user: User | None, **customer: str) -> OrderData:
    """A statement of a store that calls its customers by the e-mail address they typed."""
    said = CustomerData("ana@example.com", "Ana Souza", "ana@example.com", user_id=user and user.pk)
    lines = (LineData("1", "Wool socks", 1, unit_price=1990),)
    return OrderData(
        external_id, f"NL-{external_id}", timezone.now(), "EUR", replace(said, **customer), MUNICH, lines, total=1990
    )


def numbers_of(user: User) -> set[str]:
    return {order.number for order in orders_of(user)}


def test_who_buys_in_anas_name_gets_neither_her_orders_nor_her_contact(ana, cleo):
    store = a_store()
    record_order(store, an_order_of("1", ana))
    record_order(store, an_order_of("2", cleo, name="Cleo Lind"))
    assert (numbers_of(ana), numbers_of(cleo)) == ({"NL-1"}, {"NL-2"})
    assert Contact.objects.get(user=ana).name == "Ana Souza"


def test_a_guest_in_anas_name_does_not_take_her_orders_from_her(ana):
    store = a_store()
    record_order(store, an_order_of("1", ana))
    record_order(store, an_order_of("2", None, name="Mallory"))
    assert numbers_of(ana) == {"NL-1"}
    assert Contact.objects.get(user=ana).name == "Ana Souza"


def test_a_login_does_not_inherit_what_a_guest_of_the_same_address_bought(cleo):
    store = a_store()
    record_order(store, an_order_of("1", None))
    record_order(store, an_order_of("2", cleo))
    assert numbers_of(cleo) == {"NL-2"}


def test_each_stays_one_customer_however_often_they_buy_by_turns(ana, cleo):
    store = a_store()
    for number, user in enumerate([ana, cleo, None] * 3):
        record_order(store, an_order_of(str(number), user))
    assert Customer.objects.count() == Contact.objects.count() == 3
    assert len(numbers_of(ana)) == len(numbers_of(cleo)) == 3


def test_a_guest_order_that_the_store_later_gives_to_a_login_is_theirs(ana):
    store = a_store()
    record_order(store, an_order_of("1", None))
    record_order(store, an_order_of("1", ana))
    assert numbers_of(ana) == {"NL-1"}
    assert Order.objects.count() == 1
