"""A carrier that is broken or means ill: what it says is kept small, stays words, and stops nothing."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone as now_in

from fulfillment.carriers.readers import READERS
from fulfillment.facts import ParcelData, Scan, TrackingFailure, TrackingUpdate
from fulfillment.models import CarrierAccount, Order, Shipment, TrackingEvent
from fulfillment.services import carrier_health, scans
from fulfillment.services.shipments import apply_update, record_parcel
from fulfillment.statuses import ShipmentStatus
from parcelwise.errors import RetryLater
from parcelwise.models import Problem
from tests.factories import a_contact, a_shipment, an_order

pytestmark = pytest.mark.django_db

#: Texts that some data base, page or mail stumbles over.
NASTY = [
    "\x00",
    "before\x00after",
    "\ud83d",
    "\udcff\udc00",
    "<script>alert(1)</script>",
    "</title></script><img src=x onerror=alert(1)>",
    "{{ 7|add:7 }}{% debug %}{% load i18n %}",
    '=HYPERLINK("http://evil")',
    "\u202egnp.exe",
    "e" + "\u0301" * 5000,
    "x" * 100_000,
    "\r\nBcc: eve@example.com\r\n\r\n",
    "\x1b[2J\x1b[31m",
    "\ufeff\u200b\u2028\u2029",
    "';DROP TABLE parcelwise_fulfillment_order;--",
    "%s%n{0}%(x)s",
]


def scan(minutes_ago: float = 5, **columns: Any) -> Scan:
    at = now_in.now() - timedelta(minutes=minutes_ago)
    return Scan(**{"occurred_at": at, "status": "in_transit", "description": "Left Kassel", **columns})


def tell(shipment: Shipment, *told: Scan, **columns: Any) -> None:
    apply_update(shipment, TrackingUpdate(shipment.tracking_number, told, **columns))


@pytest.fixture
def order(ana) -> Order:
    return an_order(contact=a_contact(user=ana))


def pages(order: Order, as_ana: Any, admin_client: Any) -> str:
    """The customer's page and the pages of staff, all of which must open."""
    answers = [
        as_ana.get(reverse("account:order", args=[order.uuid])),
        as_ana.get(reverse("account:orders")),
        admin_client.get(reverse("admin:parcelwise_fulfillment_order_change", args=[order.pk])),
        admin_client.get(reverse("admin:parcelwise_fulfillment_trackingevent_changelist")),
        admin_client.get(reverse("admin:parcelwise_problem_changelist")),
        *(
            admin_client.get(reverse("admin:parcelwise_fulfillment_shipment_change", args=[parcel.pk]))
            for parcel in order.shipments.all()
        ),
    ]
    assert {answer.status_code for answer in answers} == {200}
    return "".join(answer.content.decode() for answer in answers)


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_whatever_a_scan_says_it_is_kept_once_as_words_beside_the_others(order, as_ana, admin_client, text):
    parcel = a_shipment(order)
    at = now_in.now()
    nasty = scan(description=text, code=text, location=text, local_time=text, raw={text: [text, {"a": text}]})
    for _ in range(2):
        tell(parcel, replace(nasty, occurred_at=at), replace(scan(60), occurred_at=at - timedelta(hours=1)))
    assert parcel.events.count() == 2
    shown = pages(order, as_ana, admin_client)
    for markup in ("<script>alert(1)", "<img src=x"):
        assert markup not in shown
    assert ("{{ 7|add:7 }}" in shown) == text.startswith("{{ 7"), "a template in it is only words"


@pytest.mark.parametrize(
    "columns",
    [
        {"status": "teleported"},
        {"status": ""},
        {"reason": "aliens"},
        {"latitude": float("nan"), "longitude": float("inf")},
        {"raw": {"weight": float("nan"), "price": float("-inf")}},
        {"raw": {"at": datetime(2026, 1, 1, tzinfo=UTC)}},
        {"raw": {1: {2: (3, 4)}}},
    ],
)
def test_values_that_no_column_takes_cost_the_value_and_not_the_scan(order, as_ana, admin_client, columns):
    parcel = a_shipment(order)
    tell(parcel, scan(**columns), scan(60))
    event = parcel.events.order_by("-occurred_at").first()
    assert event is not None
    assert parcel.events.count() == 2
    assert event.status in ShipmentStatus.values
    pages(order, as_ana, admin_client)


def test_a_scan_as_deep_as_a_well_is_kept_as_text(order):
    deep: Any = "water"
    for _ in range(5000):
        deep = [deep]
    parcel = a_shipment(order)
    tell(parcel, scan(raw={"well": deep}))
    assert list(parcel.events.get().raw) == ["text"]


def test_a_scan_of_megabytes_is_kept_by_its_beginning(order):
    parcel = a_shipment(order)
    tell(parcel, scan(raw={"picture": "x" * 3_000_000}))
    assert len(str(parcel.events.get().raw)) < 2 * scans.RAW_LIMIT


def test_thousands_of_scans_are_neither_all_kept_nor_slow(order, as_ana, admin_client):
    parcel = a_shipment(order)
    told = [scan(number / 10, description=f"Scan {number}") for number in range(20_000)]
    begun = time.monotonic()
    for _ in range(2):
        tell(parcel, *told)
    assert time.monotonic() - begun < 20
    assert parcel.events.count() == scans.MOST_SCANS
    assert parcel.events.filter(description="Scan 0").exists(), "the newest are kept"
    assert "has more than 500 scans" in Problem.objects.get().sentence
    pages(order, as_ana, admin_client)


@pytest.mark.parametrize("how", ["future", "past", "unreadable", "unknown"])
def test_thousands_of_senseless_scans_make_few_problems(order, how):
    parcel = a_shipment(order)
    at = {"future": timedelta(days=9), "past": timedelta(days=-99)}.get(how, timedelta())
    moment, told, unreadable = now_in.now() + at, [], []
    for number in range(400 if how == "unknown" else 3000):
        if how == "unreadable":
            unreadable.append((f"{number}\ud83d", "KeyError"))
        else:
            status = "unknown" if how == "unknown" else "in_transit"
            told.append(Scan(moment, status, f"Scan {number}", code=str(number)))
    for _ in range(2):
        tell(parcel, *told, scan(), unreadable=tuple(unreadable))
    assert parcel.events.filter(description="Left Kassel").exists()
    assert Problem.objects.count() <= 2 * scans.MOST_PROBLEMS + 2


EAST, WEST = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))


@pytest.mark.parametrize(
    "at",
    [
        datetime.min.replace(tzinfo=EAST),
        datetime.min.replace(tzinfo=WEST),
        datetime.max.replace(tzinfo=EAST),
        datetime.max.replace(tzinfo=WEST),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
    ],
)
def test_a_moment_out_of_all_time_is_left_out_and_shown_to_staff(order, as_ana, admin_client, at):
    parcel = a_shipment(order)
    tell(parcel, scan(), Scan(at, "delivered", "Delivered"))
    assert parcel.status == "in_transit"
    assert "It is left out of parcel" in Problem.objects.get().sentence
    pages(order, as_ana, admin_client)


@pytest.mark.parametrize("day", [date.min, date(1970, 1, 1), date(2100, 2, 28), date.max])
def test_an_estimate_out_of_all_time_is_no_estimate(order, as_ana, admin_client, day):
    parcel = a_shipment(order)
    tell(parcel, scan(), estimated_delivery=day)
    assert parcel.carrier_estimate is None
    pages(order, as_ana, admin_client)


def test_a_number_that_was_wrong_leaves_nothing_of_the_other_parcel(order, as_ana, admin_client):
    wrong = ParcelData("1", "ups", tracking_number="1Z999AA10123456784", announced_at=now_in.now() - timedelta(days=1))
    parcel = record_parcel(order, wrong)
    tell(parcel, scan(30, description="Signed by Cleo"), scan(status="delivered", location="Cleo's door"))
    assert parcel.status == "delivered"
    parcel = record_parcel(order, replace(wrong, tracking_number="1Z999AA10123456775"))
    assert (parcel.status, parcel.delivered_at, parcel.handed_over_at) == ("pending", None, None)
    shown = as_ana.get(reverse("account:order", args=[order.uuid])).content.decode()
    assert "Cleo" not in shown
    problem = Problem.objects.get()
    assert "changed from UPS 1Z999AA10123456784 to UPS 1Z999AA10123456775" in problem.sentence
    assert "Cleo" not in problem.sentence
    assert "Signed by Cleo" in problem.raw


def test_the_same_number_written_otherwise_changes_nothing(order):
    data = ParcelData("1", "ups", tracking_number="1Z999AA10123456784")
    parcel = record_parcel(order, data)
    tell(parcel, scan(status="delivered"))
    parcel = record_parcel(order, replace(data, carrier="UPS", tracking_number="1Z 999 AA1 01 2345 6784"))
    assert parcel.status == "delivered"
    assert not Problem.objects.exists()


def test_a_return_is_not_received_by_a_scan_from_before_it_began(order):
    home = a_shipment(order, direction="back")
    tell(home, scan(60 * 48, status="delivered"))
    assert home.status == "pending"
    assert "from before the return" in Problem.objects.get().sentence


@pytest.mark.parametrize("words", ["\x00", "\ud83d", "\x1b[31m" * 1000])
def test_an_account_is_flagged_whatever_its_carrier_says(words):
    account = CarrierAccount.objects.create(carrier="ups")
    carrier_health.failed(account, RetryLater(f"UPS says {words}."))
    account.refresh_from_db()
    assert carrier_health.is_in_trouble(account)
    assert "UPS says" in account.last_error


UPS_EVENT = {"date": "20261102", "time": "103000", "status": {"type": "I", "code": "DP", "statusCode": "005"}}
DHL_EVENT = {"statusCode": "transit", "timestamp": "2026-11-02T10:30:00", "description": "Left"}
USPS_EVENT = {"eventCode": "10", "eventTimestamp": "2026-11-02T10:30:00Z", "eventType": "Left"}


def answer_of(carrier: str, number: str) -> Any:
    """A part of an answer that names ``number``."""
    package = {"trackingNumber": number, "activity": [UPS_EVENT]}
    return {
        "ups": {"trackResponse": {"shipment": [{"inquiryNumber": number, "package": [package]}]}},
        "dhl": {"shipments": [{"id": number, "events": [DHL_EVENT]}]},
        "usps": {"trackingNumber": number, "trackingEvents": [USPS_EVENT]},
    }[carrier]


@pytest.mark.parametrize("carrier", ["ups", "dhl", "usps"])
def test_an_answer_about_another_parcel_is_a_failure(carrier):
    asked, other = "1Z999AA10123456784", "1Z999AA10987654321"
    mixed_up = READERS[carrier].read(asked, answer_of(carrier, other))
    assert isinstance(mixed_up, TrackingFailure)
    assert "another parcel" in mixed_up.sentence
    for written in (asked, asked.lower(), "1Z 999-AA1 01 2345 6784"):
        assert isinstance(READERS[carrier].read(asked, answer_of(carrier, written)), TrackingUpdate)


def test_of_several_parcels_in_one_answer_the_asked_one_is_read():
    asked, other = "1Z999AA10123456784", "1Z999AA10987654321"
    part = answer_of("ups", asked)
    shipment = part["trackResponse"]["shipment"][0]
    delivered = {"date": "20261103", "time": "103000", "status": {"type": "D", "code": "FS", "statusCode": "011"}}
    shipment["package"].insert(0, {"trackingNumber": other, "activity": [delivered]})
    update = READERS["ups"].read(asked, part)
    assert isinstance(update, TrackingUpdate)
    assert [each.status for each in update.scans] == ["in_transit"]


def test_events_of_no_parcel_are_not_told_of(order):
    parcel = a_shipment(order)
    tell(parcel)
    assert not TrackingEvent.objects.exists()


def test_words_of_a_carrier_turn_nothing_around(order, as_ana, admin_client):
    parcel = a_shipment(order)
    tell(parcel, scan(description="\u202edereviled\u2066 \u05e9\u05dc\u05d5\u05dd", location="\u202bCairo\u202c"))
    event = TrackingEvent.objects.get()
    assert (event.description, event.location) == ("dereviled \u05e9\u05dc\u05d5\u05dd", "Cairo")
    assert not set(pages(order, as_ana, admin_client)) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068")


BOMBS = ["9999-12-31T23:59:59", "0001-01-01T00:00:00", "0001-01-01", "9999-12-31", "2026-02-30", "1e9", "-1", ""]


@pytest.mark.parametrize("offset", ["", "+14:00", "-12:00", "Z"])
@pytest.mark.parametrize("written", BOMBS)
def test_a_time_that_no_clock_shows_costs_that_scan_alone(order, written, offset):
    place = {"address": {"addressLocality": "X", "countryCode": "DE"}}
    good = {"timestamp": f"{now_in.now():%Y-%m-%dT%H:%M:%S}", "statusCode": "transit", "status": "y", "location": place}
    part = {"shipments": [{"id": "42", "events": [{**good, "timestamp": written + offset}, good]}]}
    update = READERS["dhl"].read("42", part)
    assert isinstance(update, TrackingUpdate)
    parcel = a_shipment(order, tracking_number="42")
    apply_update(parcel, update)
    assert parcel.events.count() == 1
