"""Codes that no table knows: kept, counted, given a meaning by staff, and worked into the parcels that they are of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fulfillment.facts import Scan, TrackingUpdate
from fulfillment.models import CarrierCode, Shipment
from fulfillment.services.codes import map_code
from fulfillment.services.shipments import apply_update
from fulfillment.services.unknown_codes import MOST_CODES
from fulfillment.signals import shipment_moved
from fulfillment.statuses import ShipmentStatus
from parcelwise.jobs import JobState
from parcelwise.models import Problem
from parcelwise.testing import heard, run_jobs
from tests.factories import a_shipment

pytestmark = pytest.mark.django_db

AT = timezone.now() - timedelta(hours=8)


def a_parcel(*codes: str, words: str = "Parcel was quarkified", carrier: str = "ups") -> Shipment:
    """A parcel on its way, whose carrier then said ``codes``, an hour apart."""
    parcel = a_shipment(carrier=carrier)
    tell(parcel, Scan(AT, ShipmentStatus.IN_TRANSIT, "Departed", code="DP"))
    odd = (Scan(AT + timedelta(hours=n + 1), ShipmentStatus.UNKNOWN, words, code=code) for n, code in enumerate(codes))
    tell(parcel, *odd)
    return parcel


def tell(parcel: Shipment, *scans: Scan) -> None:
    apply_update(parcel, TrackingUpdate(parcel.tracking_number, scans), forecast=False)


def state(parcel: Shipment) -> tuple[str, str, str]:
    parcel.refresh_from_db()
    return parcel.status, parcel.reason, parcel.culprit


def test_an_unknown_code_is_kept_in_the_carriers_words_and_counted() -> None:
    a_parcel("ZQ", "ZQ")
    a_parcel("ZQ")
    a_parcel("ZQ", carrier="fedex")
    code = CarrierCode.objects.get(carrier="ups")
    assert (code.code, code.words, code.seen, code.status) == ("ZQ", "Parcel was quarkified", 3, "")


def test_the_same_scan_again_is_not_counted_again() -> None:
    parcel = a_parcel("ZQ")
    tell(parcel, Scan(AT + timedelta(hours=1), ShipmentStatus.UNKNOWN, "Parcel was quarkified", code="ZQ"))
    assert CarrierCode.objects.get().seen == 1


def test_mapping_a_code_folds_the_parcels_it_touched_anew() -> None:
    parcels = [a_parcel("ZQ"), a_parcel("ZQ")]
    other = a_parcel("ZQ", carrier="fedex")
    map_code(CarrierCode.objects.get(carrier="ups"), "delivery_failed", "consignee_refused", actor="ben")
    run_jobs()
    for parcel in parcels:
        assert state(parcel) == ("delivery_failed", "consignee_refused", "consignee")
        assert parcel.events.get(code="ZQ").description == "Parcel was quarkified"
    assert state(other) == ("in_transit", "", "")


def test_customers_do_not_hear_of_what_a_mapping_brings_to_light() -> None:
    a_parcel("ZQ")
    with heard(shipment_moved) as told:
        map_code(CarrierCode.objects.get(), "delivered")
        run_jobs()
    assert told == []


def test_a_scan_that_comes_after_the_mapping_has_its_meaning_at_once() -> None:
    a_parcel("ZQ")
    map_code(CarrierCode.objects.get(), "on_hold", "customs_inspection", actor="ben")
    run_jobs()
    assert state(a_parcel("ZQ")) == ("on_hold", "customs_inspection", "customs")
    assert CarrierCode.objects.get().seen == 2


def test_a_mapping_can_be_changed_and_taken_back() -> None:
    parcel = a_parcel("ZQ")
    for status, expected in (("delivered", "delivered"), ("on_hold", "on_hold"), ("", "in_transit")):
        map_code(CarrierCode.objects.get(), status)
        run_jobs()
        assert state(parcel)[0] == expected


def test_words_without_a_code_are_told_apart_by_the_words() -> None:
    a_parcel("", words="Quarkified")
    parcel = a_parcel("", words="Handed to a neighbour")
    map_code(CarrierCode.objects.get(words="Handed to a neighbour"), "delivered")
    run_jobs()
    assert state(parcel)[0] == "delivered"
    assert CarrierCode.objects.count() == 2


def test_a_mapping_ends_the_problem_that_staff_saw() -> None:
    a_parcel("ZQ")
    assert Problem.objects.filter(kind="status", solved_at=None).count() == 1
    map_code(CarrierCode.objects.get(), "delivered")
    assert not Problem.objects.filter(kind="status", solved_at=None).exists()
    a_parcel("ZQ")
    assert not Problem.objects.filter(kind="status", solved_at=None).exists()


def test_a_carrier_that_makes_up_codes_fills_no_table(monkeypatch: Any) -> None:
    monkeypatch.setattr("fulfillment.services.unknown_codes.MOST_CODES", 3)
    for number in range(6):
        a_parcel(f"C{number}")
    assert CarrierCode.objects.count() == 3 < MOST_CODES
    assert Shipment.objects.filter(events__code="C5").exists(), "the scan itself is kept"


def test_a_code_that_nobody_has_mapped_is_no_work() -> None:
    a_parcel("ZQ")
    assert CarrierCode.objects.get().state == JobState.DONE


def test_staff_map_a_code_in_the_admin(client: Client) -> None:
    client.force_login(User.objects.create_superuser("ben"))
    parcel = a_parcel("ZQ")
    code = CarrierCode.objects.get()
    listed = client.get(reverse("admin:parcelwise_fulfillment_carriercode_changelist"), {"meaning": "missing"})
    assert b"Parcel was quarkified" in listed.content
    page = reverse("admin:parcelwise_fulfillment_carriercode_change", args=[code.pk])
    assert b"UPS" in client.get(page).content
    answer = client.post(page, {"status": "return_to_sender", "reason": "consignee_refused"}, follow=True)
    assert b"1 parcel is looked at anew." in answer.content
    run_jobs()
    assert state(parcel)[0] == "return_to_sender"
    assert CarrierCode.objects.get().mapped_by == "ben"


def test_unknown_is_no_meaning_that_staff_can_choose(client: Client) -> None:
    client.force_login(User.objects.create_superuser("ben"))
    a_parcel("ZQ")
    page = reverse("admin:parcelwise_fulfillment_carriercode_change", args=[CarrierCode.objects.get().pk])
    assert b"Select a valid choice" in client.post(page, {"status": "unknown", "reason": ""}).content
