"""django-oscar: the stories of a shop of its own process, and what notes of shipping events say."""

from __future__ import annotations

from importlib.util import find_spec

import pytest
from django.test import override_settings

from fulfillment.checks import stores_can_be_loaded
from fulfillment.stores.notes import carrier_and_number
from tests.projects import tell_stories

needs_oscar = pytest.mark.skipif(find_spec("oscar") is None, reason="django-oscar is not installed")


@needs_oscar
@pytest.mark.slow
def test_the_stories_of_an_oscar_shop_hold():
    tell_stories("oscar_project")


@needs_oscar
@pytest.mark.slow
def test_a_shop_whose_requests_are_no_transactions_sells_as_well():
    tell_stories("oscar_project", "-k", "checkout or breaks or guest", OSCAR_ATOMIC_REQUESTS="0")


def test_without_oscars_apps_a_check_says_what_is_missing():
    with override_settings(PARCELWISE={"FULFILLMENT": {"STORES": ("fulfillment.stores.oscar.OscarStore",)}}):
        [found] = stores_can_be_loaded(None)
    assert found.id == "parcelwise_fulfillment.E001"
    assert "OscarStore needs" in found.msg


@pytest.mark.parametrize(
    ("notes", "carrier", "number"),
    [
        ("1Z999AA10123456784", "ups", "1Z999AA10123456784"),
        ("1Z 999 AA1 01 2345 6784", "ups", "1Z999AA10123456784"),
        ("UPS: 1z999aa10123456784", "ups", "1Z999AA10123456784"),
        ("RR123456785GB", "royalmail", "RR123456785GB"),
        ("Royal Mail tracking number RR123456785GB", "royalmail", "RR123456785GB"),
        ("DHL 00340434161094042557", "dhl", "00340434161094042557"),
        ("Tracking no.: 00340434161094042557", "", "00340434161094042557"),
        ("sent by GLS", "gls", ""),
        ("00340434161094042557", "", ""),
        ("dispatch 20931", "", ""),
        ("RR123456784GB", "", ""),
        ("UPS or DHL 00340434161094042557", "", ""),
        ("DHL 00340434161094042557 and 00340434161094042558", "dhl", ""),
        ("gave it to the neighbour at number 12", "", ""),
        ("DHL, two bags of 12 and 14 kg, call 0171 2345678", "dhl", ""),
        ("cups and saucers", "", ""),
        ("", "", ""),
    ],
)
def test_notes_are_read_where_they_leave_no_doubt(notes, carrier, number):
    assert carrier_and_number(notes) == (carrier, number)


def test_a_shop_with_one_carrier_need_not_name_it():
    assert carrier_and_number("00340434161094042557", "dhl") == ("dhl", "00340434161094042557")
    assert carrier_and_number("second bag", "dhl") == ("", "")
