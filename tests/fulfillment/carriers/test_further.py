"""Further numbers in carriers' answers: pieces, partners' numbers, the way back. Fields as carriers document them."""

from __future__ import annotations

from typing import Any

import pytest

from fulfillment.carriers.readers import further
from fulfillment.facts import OtherNumber
from fulfillment.statuses import NumberRole

UPS = "1Z999AA10123456784"


def ups(*packages: dict[str, Any]) -> dict[str, Any]:
    return {"trackResponse": {"shipment": [{"inquiryNumber": UPS, "package": list(packages)}]}}


def fedex(*identifiers: dict[str, Any]) -> dict[str, Any]:
    return {"trackResults": [{"additionalTrackingInfo": {"packageIdentifiers": list(identifiers)}}]}


def test_ups_names_the_posts_number_and_the_other_packages():
    own = {"trackingNumber": UPS, "alternateTrackingNumber": [{"number": "9261290100130438011232", "type": "?"}, {}]}
    assert list(further.of_ups(ups(own, {"trackingNumber": "1Z999AA10987654321"}), UPS)) == [
        OtherNumber("9261290100130438011232", NumberRole.LAST_MILE, inferred=True),
        OtherNumber("1Z999AA10987654321", NumberRole.PIECE, "ups"),
    ]


@pytest.mark.parametrize(
    ("kind", "role", "carrier"),
    [
        ("STANDARD_MPS", NumberRole.PIECE, "fedex"),
        ("PARTNER_CARRIER_NUMBER", NumberRole.LAST_MILE, ""),
        ("RETURNED_TO_SHIPPER_TRACKING_NUMBER", NumberRole.RETURN, "fedex"),
    ],
)
def test_fedex_says_what_a_number_is(kind, role, carrier):
    part = fedex({"type": kind, "values": ["449044304137821"]})
    assert list(further.of_fedex(part, "1")) == [OtherNumber("449044304137821", role, carrier, inferred=not carrier)]


@pytest.mark.parametrize("kind", ["CUSTOMER_REFERENCE", "INVOICE", "PURCHASE_ORDER", "SHIPPER_REFERENCE", None])
def test_a_reference_of_the_shops_is_no_parcel(kind):
    assert list(further.of_fedex(fedex({"type": kind, "values": ["1001"]}), "1")) == []


def test_dhl_ecommerce_names_the_number_of_who_delivers():
    references = [
        {"number": "GM2951173225174494", "type": "customer-reference"},
        {"number": "H01PQA0010751022", "type": "local-tracking-number"},
    ]
    part = {
        "shipments": [{"id": "1", "details": {"references": references, "pieceIds": ["1", "JD014600006281230704"]}}]
    }
    assert [(each.number, each.role) for each in further.of_dhl(part, "1")] == [
        ("H01PQA0010751022", "last_mile"), ("JD014600006281230704", "alternative")]  # fmt: skip


def test_aftership_names_both_miles_and_not_the_tracking_itself():
    miles = {"first_mile": {"tracking_number": "LX1", "slug": "yunexpress"},
             "last_mile": {"tracking_number": "9400111899223100001014", "slug": "usps"}}  # fmt: skip
    assert list(further.of_aftership(miles, "LX1")) == [
        OtherNumber("9400111899223100001014", NumberRole.LAST_MILE, "usps")]  # fmt: skip
    assert list(further.of_aftership({"first_mile": None, "last_mile": {}}, "LX1")) == []
