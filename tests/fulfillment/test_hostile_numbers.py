"""A carrier's or store's answer that names numbers of others, or far too many: nobody's parcels are mixed up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfillment.carriers.pushes.base import Pushed
from fulfillment.facts import OtherNumber, Scan, TrackingUpdate
from fulfillment.models import CarrierAccount, Shipment, ShipmentException, ShipmentNumber, TrackingPoll
from fulfillment.services import consignments, exceptions, legs, pieces, pushes, tracking
from fulfillment.statuses import NumberRole, ShipmentStatus
from tests.factories import a_contact, a_shipment, a_store, an_order

pytestmark = pytest.mark.django_db

ANAS, CLEOS, USPS = "1Z999AA10123456784", "1Z999AA10123456795", "9400111899223100001014"
ROLES = [NumberRole.LAST_MILE, NumberRole.FIRST_MILE, NumberRole.ALTERNATIVE, NumberRole.PIECE, NumberRole.RETURN]


@pytest.fixture
def two():
    """Ana's and Cleo's parcels of one shop."""
    store = a_store()
    ana, cleo = (a_contact(name=name, email=f"{name}@example.com") for name in ("ana", "cleo"))
    return [
        a_shipment(an_order(store, contact=who), carrier="ups", tracking_number=number)
        for who, number in ((ana, ANAS), (cleo, CLEOS))
    ]


def told(*numbers: OtherNumber) -> TrackingUpdate:
    scan = Scan(timezone.now() - timedelta(hours=1), ShipmentStatus.IN_TRANSIT, "Departed")
    return TrackingUpdate("", (scan,), numbers=numbers)


@pytest.mark.parametrize("role", ROLES)
def test_another_customers_number_is_no_part_of_this_parcel(two, role):
    ana, cleo = two
    tracking.take(ana, told(OtherNumber(f" {CLEOS.lower()} ", role, "ups")))
    assert not ShipmentNumber.objects.exists()
    assert Shipment.objects.count() == 2
    cleo.refresh_from_db()
    assert (cleo.master, cleo.last_mile, cleo.events.count()) == (None, None, 0)


@pytest.mark.parametrize("role", ROLES)
def test_another_customers_last_mile_is_no_part_of_this_parcel(two, role):
    ana, cleo = two
    tracking.take(cleo, told(OtherNumber(USPS, NumberRole.LAST_MILE, "usps")))
    tracking.take(ana, told(OtherNumber(USPS, role, "usps")))
    assert ShipmentNumber.objects.get().shipment == cleo
    assert Shipment.objects.count() == 2


def test_two_orders_in_one_box_have_one_last_mile(two):
    ana, cleo = two
    Shipment.objects.filter(pk=cleo.pk).update(tracking_number=ANAS)
    cleo.refresh_from_db()
    consignments.join_by_hand(ana, cleo, "ben")
    ana.refresh_from_db()
    tracking.take(ana, told(OtherNumber(USPS, NumberRole.LAST_MILE, "usps")))
    assert set(ShipmentNumber.objects.values_list("shipment", flat=True)) == {ana.pk, cleo.pk}


def test_a_number_that_was_anothers_long_ago_is_free_again(two):
    ana, cleo = two
    Shipment.objects.filter(pk=cleo.pk).update(created_at=timezone.now() - legs.IN_USE - timedelta(days=1))
    assert legs.open_leg(ana, OtherNumber(CLEOS, NumberRole.LAST_MILE, "usps"), "carrier")


def test_a_shop_does_not_hear_of_another_shops_number(two):
    ana, _cleo = two
    elsewhere = a_shipment(an_order(a_store(slug="elsewhere")), carrier="ups", tracking_number="1Z999AA10123456800")
    assert legs.open_leg(elsewhere, OtherNumber(ANAS, NumberRole.LAST_MILE, "usps"), "carrier")


def test_ten_thousand_pieces_and_pieces_of_pieces_are_fifty(two):
    ana, _cleo = two

    def named(first: int) -> list[OtherNumber]:
        return [
            OtherNumber(f"1Z999AA1{number:010}", NumberRole.PIECE, "ups") for number in range(first, first + 10_000)
        ]

    opened = pieces.open_all(ana, named(0))
    assert len(opened) == pieces.MOST
    for piece in (ana, opened[0], opened[-1]):
        tracking.take(piece, told(*named(20_000 + piece.pk)))
    assert Shipment.objects.filter(order=ana.order).count() == pieces.MOST + 1
    assert TrackingPoll.objects.count() <= pieces.MOST + 1


def test_numbers_that_name_each_other_go_round_once(two):
    ana, _cleo = two
    for number, carrier in ((USPS, "usps"), (ANAS, "ups"), (USPS, "usps"), (ANAS, "ups")):
        leg = ana.numbers.first()
        tracking.take(ana, told(OtherNumber(number, NumberRole.LAST_MILE, carrier)), leg=leg)
        ana.refresh_from_db()
    assert [leg.number for leg in ana.numbers.all()] == [USPS]


def test_a_push_finds_its_shops_parcel_among_many_of_other_shops_with_its_number(two):
    ana, _cleo = two
    tracking.take(ana, told(OtherNumber(USPS, NumberRole.LAST_MILE, "usps")))
    store = a_store(slug="elsewhere")
    for number in range(25):
        other = a_shipment(an_order(store), carrier="ups", tracking_number=f"1Z999AA1{number:010}")
        ShipmentNumber.objects.create(shipment=other, carrier="usps", number=USPS, role=NumberRole.LAST_MILE)
    account = CarrierAccount.objects.create(carrier="usps", gateway="easypost", store=ana.order.store)
    assert pushes._parcels(account, USPS, Pushed(USPS, "usps")) == [ana]


def test_asking_for_exceptions_revives_by_keys_and_not_by_a_join(two):
    ana, _cleo = two
    TrackingPoll.objects.create(shipment=ana, state="dead")
    row = ShipmentException.objects.create(
        shipment=ana, kind="stuck", episode="e", severity=3, why="x", since=timezone.now()
    )
    with CaptureQueriesContext(connection) as asked:
        assert exceptions.ask_carriers([row.pk], "ben") == [row.pk]
    [revived] = [each["sql"] for each in asked if each["sql"].startswith("UPDATE")]
    assert "SELECT" not in revived
