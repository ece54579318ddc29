"""Parcels whose store names no carrier, or one that nobody knows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from fulfillment.facts import ParcelData
from fulfillment.models import CarrierAccount, Order, Shipment
from fulfillment.services.shipments import record_parcel
from fulfillment.services.tracking import ensure_poll
from parcelwise.models import Decision, Problem
from tests.factories import an_order

pytestmark = pytest.mark.django_db

UPS, POSTAL, FEDEX = "1Z999AA10123456784", "RA473124829GB", "799531274483"


def stated(order: Order, carrier: str = "", number: str = UPS, **columns) -> Shipment:
    return record_parcel(order, ParcelData(external_id="7", carrier=carrier, tracking_number=number, **columns))


# The order goes from Hamburg to Munich, where the post of the United States has none of its confirmations.
@pytest.mark.parametrize(("number", "carrier"), [(UPS, "ups"), (POSTAL, "royalmail"), ("00340434161094042557", "dhl")])
def test_a_number_that_proves_its_carrier_gives_a_parcel_without_one_its_carrier(number, carrier):
    assert stated(an_order(), number=number).carrier == carrier


def test_it_is_written_down_once_that_the_carrier_was_read_from_the_number():
    order = an_order()
    for _round in range(3):
        parcel = stated(order, "our-van")
    (decision,) = Decision.objects.filter(kind="carrier")
    assert decision.outcome == {"carrier": "ups", "service": "UPS"}
    assert decision.reasons == [
        "The store names the carrier “our-van”, which is not known here.",
        "The number is one of UPS: 1Z and 16 letters or digits; the check digit is right (mod 10, weights 1 and 2).",
    ]
    assert UPS not in str(decision.inputs), "a number may be somebody's; the parcel has it"
    staff = Client()
    staff.force_login(User.objects.create_superuser("ben"))
    page = staff.get(reverse("admin:parcelwise_fulfillment_shipment_change", args=[parcel.pk])).content.decode()
    assert "ups – The store names the carrier “our-van”" in page


def test_such_a_parcel_is_asked_for_like_any_other():
    CarrierAccount.objects.create(carrier="ups", credentials={})
    assert ensure_poll(stated(an_order())) is not None
    assert not Problem.objects.exists()


@pytest.mark.parametrize("number", [FEDEX, "123456789013", "TBA123456789000", "no number", ""])
def test_a_number_that_others_may_have_too_is_not_guessed_at(number):
    assert stated(an_order(), number=number).carrier == ""
    assert stated(an_order(), "our-van", number).carrier == "our-van"
    assert not Decision.objects.filter(kind="carrier").exists()


def test_a_carrier_that_the_store_names_and_that_is_known_holds_whatever_the_number_looks_like():
    assert stated(an_order(), "dpd").carrier == "dpd"
    CarrierAccount.objects.create(carrier="our-van", gateway="manual", credentials={})
    assert stated(an_order(), "our-van").carrier == "our-van"


def test_a_carrier_that_is_known_of_a_parcel_is_kept_when_its_store_names_none():
    order = an_order()
    stated(order, "gls", FEDEX)
    assert stated(order, "", FEDEX).carrier == "gls"
    assert stated(order, "our-van", FEDEX).carrier == "gls"
    assert stated(order, "", "799531274494").carrier == "", "another number is another parcel's"
    assert stated(order, "dpd", FEDEX).carrier == "dpd", "the store has thought better of it"


def test_the_past_is_given_carriers_too_but_no_decisions():
    parcel = ParcelData(external_id="7", tracking_number=UPS)
    assert record_parcel(an_order(), replace(parcel), history=True).carrier == "ups"
    assert not Decision.objects.filter(kind="carrier").exists()


def test_staff_who_hear_of_an_unknown_carrier_hear_whose_number_it_may_be():
    ensure_poll(stated(an_order(), "our-van", "09133131530724"))
    assert Problem.objects.get().sentence == (
        "Parcel 09133131530724 names the carrier “our-van”, which is not known here. It is kept, but nobody can be "
        "asked about it. By its number it may be one of Hermes, DHL, DPD."
    )
