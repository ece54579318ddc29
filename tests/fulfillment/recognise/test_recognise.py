"""From a tracking number to the carriers it may belong to."""

from __future__ import annotations

import time

import pytest

from fulfillment.carriers.names import is_known
from fulfillment.carriers.recognise import (
    CHECKED,
    FORMATS,
    PROOF,
    SHAPE,
    Candidate,
    courier_codes,
    recognise,
    sole,
)
from fulfillment.carriers.recognise.posts import POSTS
from tests.fulfillment.recognise.published import needs_numbers, numbers

UPS = "1Z999AA10123456784"


def carriers(number: object, **known) -> list[str]:
    return [candidate.carrier for candidate in recognise(number, **known)]


def only(number: str) -> Candidate:
    (candidate,) = recognise(number)
    return candidate


# Each number is the example of the carrier's own documents, or of who describes its check digit.


@pytest.mark.parametrize(
    ("number", "carrier", "service"),
    [
        (UPS, "ups", "UPS"),
        ("00340433836442636597", "dhl", "DHL Paket"),
        ("563102430313", "dhl", "DHL Paket Identcode"),
        ("JJD1410302937991", "dhl", "DHL parcel licence plate"),
        ("09133131530724", "hermes", "Hermes"),
        ("123456785", "tnt", "TNT consignment"),
        ("GD123456785WW", "tnt", "TNT consignment"),
        ("8L01234567895", "colissimo", "Colissimo"),
        ("3SABCD1234567", "postnl", "PostNL 3S"),
        ("LP00724622449605", "cainiao", "Cainiao"),
        ("123456789013", "yamato", "Yamato"),
        ("47312482 9 GB", "", ""),
        ("RA473124829GB", "royalmail", "S10 registered letter"),
    ],
)
def test_what_carriers_document_is_recognised(number, carrier, service):
    found = recognise(number)
    assert [(each.carrier, each.service) for each in found[:1]] == ([(carrier, service)] if carrier else [])


@needs_numbers
def test_nearly_every_published_number_is_recognised_and_no_wrong_one():
    valid = [(courier_codes(recognise(number)), courier) for number, courier in numbers("valid")]
    assert len(valid) > 80
    assert sum(courier in codes for codes, courier in valid) >= 0.98 * len(valid)
    assert sum(codes[:1] == [courier] for codes, courier in valid) >= 0.85 * len(valid)
    accepted = [number for number, courier in numbers("invalid") if courier in courier_codes(recognise(number))]
    assert accepted == []


def test_a_candidate_says_why():
    candidate = only(UPS)
    assert candidate.confidence == CHECKED
    assert candidate.why == "1Z and 16 letters or digits; the check digit is right (mod 10, weights 1 and 2)"
    assert only("TBA123456789000").why == "TBA, TBC or TBM and 12 digits; it has no check digit"
    assert only("TBA123456789000").confidence == SHAPE


def test_every_carrier_is_one_that_stores_name_too():
    assert [each.carrier for each in FORMATS if not is_known(each.carrier)] == []


def test_a_postal_number_is_the_posts_of_its_country():
    assert carriers("RR473124829DE") == ["dhl"]
    assert carriers("RR473124829TH") == ["thailand-post"]
    assert carriers("EE473124829GB") == ["royalmail", "parcelforce"], "both take numbers from this range"
    assert carriers("RR473124829XX") == [], "no country"
    assert carriers("RR473124828DE") == [], "a wrong check digit"
    assert len(POSTS) > 190


# Ranking


def test_more_proof_comes_first():
    found = recognise("00340433836442636597")
    assert found[0].carrier == "dhl"
    assert [each.evidence for each in found] == sorted((each.evidence for each in found), reverse=True)


def test_one_carrier_is_one_candidate_however_many_of_its_formats_fit():
    for number in ("00340433836442636597", UPS, "61299998820821171811", "123456789013"):
        assert len(carriers(number)) == len(set(carriers(number)))


def test_a_carrier_that_the_caller_works_with_comes_first_where_the_number_does_not_decide():
    assert carriers("14 digits") == []
    assert carriers("09133131530724", known=["dpd-uk"])[0] == "dpd"
    assert carriers(UPS, known=["fedex"]) == ["ups"], "what does not fit stays out"


def test_the_parcels_way_rules_out_networks_that_do_not_serve_it():
    assert carriers("123456789013", origin="JP", destination="JP")[:2] == ["yamato", "sagawa"]
    assert "yamato" not in carriers("123456789013", origin="US", destination="us")
    assert "yamato" in carriers("123456789013", destination="US"), "it may come from Japan"


def test_a_number_alone_is_proof_only_when_one_check_digit_fits_and_nothing_else_is_as_likely():
    assert sole(recognise(UPS), proof=PROOF) == only(UPS)
    assert sole(recognise("123456789013")) is None, "three carriers of Japan"
    assert sole(recognise("TBA123456789000")) is None, "nothing was checked"
    weak = recognise("123456785")
    assert sole(weak) == weak[0]
    assert sole(weak, proof=PROOF) is None, "one in ten numbers of nine digits"
    assert sole([]) is None


# What people type


@pytest.mark.parametrize(
    "typed",
    [
        "1z 999 aa1 01 2345 6784",
        " 1Z-999-AA1-01-2345-6784\n",
        "１Ｚ９９９ＡＡ１０１２３４５６７８４",
        "1Z\u2009999\u00a0AA1\u200b0123456784",
        "\u202a1Z999AA10123456784\u202c",
        "1Z999AA1–0123−456784",
        "'1Z999AA10123456784",
        "1Z999AA1٠١٢٣٤٥٦٧٨٤",
    ],
)
def test_how_a_number_is_typed_changes_nothing(typed):
    assert recognise(typed) == recognise(UPS) != []


@pytest.mark.parametrize(
    "hostile",
    [
        None,
        12,
        b"1Z999AA10123456784",
        "",
        " ",
        "-" * 40,
        "1Z999AA1\x000123456784",
        "1Z999AA1\x1b[31m0123456784",
        "1Z999AA1\n0123456784",
        "1Z999AA1<script>",
        "１" * 500,
        "1Z999AA10123456784; DROP TABLE",
        "\ud800",
        "ſ" * 18,
        "9.4E+21",
    ],
)
def test_what_cannot_be_a_number_is_nobodys(hostile):
    assert recognise(hostile) == []


def test_ten_megabytes_are_answered_at_once():
    begun = time.process_time()
    for filling in ("1", "1Z", " ", "A", "\u0301", "(" * 3):
        assert recognise(filling * (10_000_000 // len(filling))) == []
    assert time.process_time() - begun < 1
