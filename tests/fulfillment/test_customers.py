"""Whose an order is, and how they are reached, when statements about one person come in any order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from fulfillment.facts import CustomerData
from fulfillment.models import Customer
from fulfillment.services import customers
from fulfillment.services.orders import record_statement
from parcelwise.models import Contact
from tests.factories import a_store, utc
from tests.paper_platform import stated

pytestmark = pytest.mark.django_db(transaction=True)

NINE = utc(2026, 11, 20, 9)
ANA = CustomerData("c1", "Ana Souza", "ana@example.com")


def told(hours: int, **columns) -> CustomerData:
    return replace(ANA, stated_at=NINE + timedelta(hours=hours), **columns)


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_the_newest_statement_about_a_person_holds_in_whatever_order_they_come(order):
    store = a_store()
    for hour in order:
        placed = stated(str(hour), at=NINE, customer=told(hour, phone=f"+49 30 {hour}"))
        record_statement(store, placed)
    customer = Customer.objects.get()
    assert (customer.contact.phone, customer.stated_at) == ("+49 30 2", NINE + timedelta(hours=2))
    assert Contact.objects.count() == 1


def test_a_store_that_gives_no_times_is_taken_at_its_word():
    store = a_store()
    for phone in ("1", "2"):
        record_statement(store, stated(phone, at=NINE, customer=replace(ANA, phone=phone)))
    assert Customer.objects.get().contact.phone == "2"


def test_consents_are_kept_until_they_are_stated_anew():
    store = a_store()
    record_statement(store, stated("1", at=NINE, customer=told(1, consents={"email": "subscribed"})))
    customers.update_customer(store, told(2, phone="5"))
    assert Customer.objects.get().consents == {"email": "subscribed"}
    customers.update_customer(store, told(3, consents={"email": "unsubscribed"}))
    assert Customer.objects.get().consents == {"email": "unsubscribed"}


def test_people_who_never_bought_are_not_taken_over():
    assert customers.update_customer(a_store(), ANA) is None
    assert not Contact.objects.exists()
