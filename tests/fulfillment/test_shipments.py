"""Scans become events once, events become a state, and what makes no sense is kept for staff."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from fulfillment.facts import ParcelData, Scan, TrackingUpdate
from fulfillment.models import Shipment, ShipmentChange
from fulfillment.services.shipments import apply_update, record_parcel, refold
from fulfillment.signals import shipment_moved
from fulfillment.statuses import ShipmentStatus
from parcelwise.models import Problem
from parcelwise.testing import heard
from tests.factories import a_shipment, a_store, an_order

pytestmark = pytest.mark.django_db(transaction=True)


def scan(hours_ago: float, status: str, words: str = "", **columns) -> Scan:
    return Scan(timezone.now() - timedelta(hours=hours_ago), status, words or status, **columns)


def update(*scans: Scan, **columns) -> TrackingUpdate:
    return TrackingUpdate("1Z", scans, **columns)


def test_scans_are_told_once_however_often_they_come():
    shipment = a_shipment()
    scans = update(scan(5, ShipmentStatus.PICKED_UP), scan(2, ShipmentStatus.IN_TRANSIT))
    with heard(shipment_moved) as calls:
        for _ in range(3):
            apply_update(shipment, scans)
    assert [(call["change"].old, call["change"].new) for call in calls] == [("pending", "in_transit")]
    assert shipment.events.count() == 2
    assert shipment.handed_over_at == scans.scans[0].occurred_at


def test_a_late_scan_does_not_undo_delivery_and_is_kept():
    shipment = a_shipment()
    apply_update(shipment, update(scan(1, ShipmentStatus.DELIVERED)))
    assert apply_update(shipment, update(scan(9, ShipmentStatus.OUT_FOR_DELIVERY))) is None
    shipment.refresh_from_db()
    assert shipment.status == ShipmentStatus.DELIVERED
    assert shipment.events.count() == 2


def test_the_day_of_delivery_is_a_day_in_the_stores_zone():
    order = an_order(a_store(time_zone="Australia/Sydney"), placed_at=timezone.now() - timedelta(days=9))
    shipment = a_shipment(order)
    late_evening = (timezone.now() - timedelta(days=2)).replace(hour=20, minute=0)
    apply_update(shipment, update(Scan(late_evening, ShipmentStatus.DELIVERED)))
    assert shipment.delivered_on == late_evening.date() + timedelta(days=1)


def test_a_scan_of_the_numbers_former_parcel_is_left_out_and_shown_to_staff():
    shipment = a_shipment()
    apply_update(shipment, update(scan(24 * 300, ShipmentStatus.DELIVERED), scan(1, ShipmentStatus.PICKED_UP)))
    assert shipment.status == ShipmentStatus.PICKED_UP
    assert "used before" in Problem.objects.get(kind="scan").sentence


def test_a_scan_from_the_future_is_left_out_and_shown_to_staff():
    shipment = a_shipment()
    apply_update(shipment, update(scan(-72, ShipmentStatus.DELIVERED)))
    assert shipment.status == ShipmentStatus.PENDING
    assert "future" in Problem.objects.get(kind="scan").sentence


def test_an_unknown_code_is_kept_counted_and_guesses_nothing():
    shipments = [a_shipment(), a_shipment()]
    for shipment in shipments:
        apply_update(shipment, update(scan(1, ShipmentStatus.UNKNOWN, "Zorbed", code="ZZ", raw={"code": "ZZ"})))
        assert shipment.status == ShipmentStatus.UNKNOWN
    problem = Problem.objects.get(kind="status")
    assert (problem.times, "ZZ" in problem.raw) == (2, True)


def test_mapping_a_code_later_refolds_without_telling_anybody():
    shipment = a_shipment()
    apply_update(shipment, update(scan(1, ShipmentStatus.UNKNOWN, code="ZZ")))
    shipment.events.update(status=ShipmentStatus.OUT_FOR_DELIVERY)
    with heard(shipment_moved) as calls:
        refold(shipment)
    assert Shipment.objects.get().status == ShipmentStatus.OUT_FOR_DELIVERY
    assert calls == []


def test_an_unreadable_scan_does_not_lose_the_others():
    shipment = a_shipment()
    apply_update(shipment, update(scan(1, ShipmentStatus.IN_TRANSIT), unreadable=(('{"when": "??"}', "no date"),)))
    assert shipment.status == ShipmentStatus.IN_TRANSIT
    assert Problem.objects.get(kind="scan").raw == '{"when": "??"}'


def test_the_change_row_says_when_who_and_why():
    shipment = a_shipment(carrier="dhl")
    moved = scan(3, ShipmentStatus.IN_TRANSIT, "Arrived at the depot")
    apply_update(shipment, update(moved))
    change = ShipmentChange.objects.get()
    assert (change.occurred_at, change.actor, change.why) == (moved.occurred_at, "dhl", "Arrived at the depot")
    assert change.announced_at is not None


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", " https://a", "x" * 600])
def test_what_is_no_address_of_the_web_is_not_kept_as_one(url):
    parcel = ParcelData("1", "ups", tracking_number="1Z", tracking_url=url)
    assert record_parcel(an_order(), parcel).tracking_url == ""
