"""Further numbers and pieces that come in from tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from fulfillment.models import Shipment, ShipmentNumber, TrackingPoll
from fulfillment.signals import shipment_moved
from parcelwise.testing import heard
from tests.fulfillment.importing import MARKET, ORDERS, rejects, run, tables

pytestmark = pytest.mark.django_db

MAPPING = MARKET.replace(
    """per = "seller"
""",
    """per = "seller"
tracking_number = "items.number"
carrier = "items.by"
last_mile_number = "items.second"
last_mile_carrier = "items.last"
master_number = "items.master"
""",
)
ITEMS = ("order", "item", "product", "seller", "pieces", "price", "freight", "number", "by", "second", "last", "master")
FIRST, SECOND, LAST = "1Z999AA10123456784", "1Z999AA10123456795", "00340434161094042557"
DONE = ("A1", "b1", "done", "2017-11-24 10:00:00", "2017-11-25 09:00:00", "2017-12-01 23:30:00", "2017-12-01 00:00:00")


def parcels(tmp_path: Path, second: str = LAST, master: str = FIRST) -> dict[str, Shipment]:
    rows = [
        ("A1", "1", "Rede", "s1", "2", "19.90", "5.10", FIRST, "ups", "", "", master),
        ("A1", "2", "Cuia", "s2", "1", "7.5", "2", SECOND, "ups", second, "dhl" if second else "", master),
    ]
    run(tmp_path, tables(orders=[ORDERS, DONE], items=[ITEMS, *rows]), MAPPING)
    return {row.external_id: row for row in Shipment.objects.select_related("last_mile", "master")}


def test_the_last_mile_and_the_first_piece_are_known_and_nobody_is_asked_or_told(tmp_path: Path) -> None:
    with heard(shipment_moved) as moved:
        found = parcels(tmp_path)
    first, second = found["s1"], found["s2"]
    assert (first.last_mile, first.master) == (None, None)
    assert second.last_mile is not None and second.master == first
    leg = second.last_mile
    assert (leg.carrier, leg.number, leg.role, leg.source, leg.since) == ("dhl", LAST, "last_mile", "import", None)
    assert second.status == first.status == "delivered"
    assert not TrackingPoll.objects.exists() and not moved


def test_a_second_run_changes_nothing_and_a_corrected_number_takes_the_place_of_the_first(tmp_path: Path) -> None:
    parcels(tmp_path)
    [key] = ShipmentNumber.objects.values_list("pk", flat=True)
    parcels(tmp_path)
    assert list(ShipmentNumber.objects.values_list("pk", flat=True)) == [key]
    parcels(tmp_path, second="00340434161094042564")
    assert list(ShipmentNumber.objects.values_list("number", flat=True)) == ["00340434161094042564"]
    assert parcels(tmp_path, second="")["s2"].last_mile is None
    assert not ShipmentNumber.objects.exists()


def test_a_master_that_is_no_parcel_of_the_order_is_left_out_and_reported(tmp_path: Path) -> None:
    found = parcels(tmp_path, master="1ZNOBODYS")
    assert {row.master for row in found.values()} == {None}
    assert {row["reason"] for row in rejects(tmp_path)} == {"no such master"}
