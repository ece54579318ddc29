"""A parcel with two numbers: handed over from one carrier to another, asked at both, told as one way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.facts import OtherNumber, Scan, TrackingUpdate
from fulfillment.fold import fold
from fulfillment.legs import in_one, is_hand_over
from fulfillment.models import Shipment, ShipmentNumber, TrackingPoll
from fulfillment.pages.whereabouts import number_before, number_now
from fulfillment.services import legs, shipments
from fulfillment.statuses import NumberRole, ShipmentStatus
from fulfillment.testing.carrier_twin import CarrierTwin
from parcelwise.testing import run_jobs
from tests.factories import HAMBURG, MUNICH, a_shipment
from tests.fulfillment.test_tracking import an_account, short_deadline, twin  # noqa: F401

S = ShipmentStatus
DAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
USPS = "9400111899223100001014"


@dataclass(frozen=True)
class Told:
    """A row as the fold needs it."""

    hour: int
    status: str
    leg_id: int | None = None
    description: str = ""
    reason: str = ""
    source: str = "carrier"

    @property
    def occurred_at(self) -> datetime:
        return DAY + timedelta(hours=self.hour)

    @property
    def fingerprint(self) -> str:
        return f"{self.hour}{self.status}{self.leg_id}{self.description}{self.source}"


@dataclass(frozen=True)
class Leg:
    pk: int = 7
    role: str = NumberRole.LAST_MILE
    is_followed: bool = True


def state(*events: Told, leg: Leg | None = None) -> Any:
    return fold(in_one(events, [leg or Leg()]))


@pytest.mark.parametrize(
    "words", ["Delivered to Agent", "Delivered to local post office", "Package transferred to post office",
              "Tendered to delivery service provider", "Handed over to partner carrier",
              "An den Zustellpartner übergeben"],
)  # fmt: skip
def test_a_first_carriers_delivery_to_a_partner_is_no_delivery(words):
    assert is_hand_over(words)
    for leg in (Leg(), Leg(is_followed=False)):
        known = state(Told(1, S.IN_TRANSIT), Told(5, S.DELIVERED, description=words), leg=leg)
        assert (known.status, known.delivered_at, known.first_attempt_at) == (S.IN_TRANSIT, None, None)


@pytest.mark.parametrize("words", ["Delivered, Front Door/Porch", "Left with neighbour", "DELIVERED", "Zugestellt"])
def test_other_words_hand_nothing_over(words):
    assert not is_hand_over(words)


def test_while_the_last_carrier_is_asked_only_its_own_delivery_counts():
    first = Told(5, S.DELIVERED, description="DELIVERED")
    assert state(first).status == S.IN_TRANSIT
    assert state(first, Told(30, S.DELIVERED, leg_id=7)).delivered_at == Told(30, S.DELIVERED).occurred_at


def test_a_last_carrier_that_nobody_can_ask_leaves_the_first_ones_word():
    first = Told(5, S.DELIVERED, description="DELIVERED")
    assert state(first, leg=Leg(is_followed=False)).status == S.DELIVERED


def test_what_the_first_carrier_repeats_of_the_last_mile_does_not_set_the_parcel_back():
    known = state(Told(1, S.PICKED_UP), Told(20, S.OUT_FOR_DELIVERY, leg_id=7), Told(21, S.IN_TRANSIT))
    assert (known.status, known.last_event_at) == (S.OUT_FOR_DELIVERY, Told(21, S.IN_TRANSIT).occurred_at)


def test_a_parcel_that_comes_back_over_its_first_carrier_comes_back():
    known = state(Told(20, S.DELIVERY_FAILED, leg_id=7), Told(40, S.RETURN_TO_SENDER))
    assert known.status == S.RETURN_TO_SENDER


def test_what_the_shop_says_is_about_the_whole_way():
    assert state(Told(9, S.DELIVERED, source="store")).status == S.DELIVERED


events = st.builds(
    Told,
    hour=st.integers(0, 40),
    status=st.sampled_from(list(S)).map(str),
    leg_id=st.sampled_from([None, 7]),
    description=st.sampled_from(["", "Delivered to agent", "Arrived"]),
    source=st.sampled_from(["carrier", "carrier", "store"]),
)


@given(st.lists(events, max_size=12).flatmap(lambda told: st.tuples(st.just(told), st.permutations(told + told[:4]))))
def test_any_order_and_doubling_of_both_carriers_events_gives_the_same_state(both):
    told, shuffled = both
    assert state(*told) == state(*shuffled)


@given(st.lists(events, max_size=10))
def test_delivered_by_the_last_carrier_survives_whatever_the_first_says(told):
    own = [each for each in told if each.leg_id is None and each.source == "carrier"
           and each.status not in (S.RETURN_TO_SENDER, S.CANCELLED)]  # fmt: skip
    assert state(*own, Told(10, S.DELIVERED, leg_id=7)).status == S.DELIVERED


# With rows and over HTTP


def handed_over(carriers: CarrierTwin, partner_steps: list[str], **columns: Any) -> Shipment:
    """A UPS parcel that says "delivered to post office" and names the number under which USPS has it."""
    start = timezone.now() - timedelta(days=2)
    ups = [
        {"at": start, "what": "picked_up"},
        {"at": start + timedelta(hours=9), "what": "delivered", "words": "Delivered to local post office"},
    ]
    places = {"origin": HAMBURG.as_json(), "destination": MUNICH.as_json()}
    told = carriers.control.add_parcel("ups", serial=77, steps=ups, partner=USPS, **places)
    post = [{"at": start + timedelta(hours=20 + n), "what": what} for n, what in enumerate(partner_steps)]
    carriers.control.add_parcel("usps", number=USPS, steps=post, **places)
    for carrier in ("ups", "usps"):
        an_account(carriers, carrier)
    shipment = a_shipment(carrier="ups", tracking_number=told["number"], **columns)
    TrackingPoll.objects.create(shipment=shipment)
    return shipment


def asked(carriers: CarrierTwin) -> list[str]:
    return [call["carrier"] for call in carriers.control.log() if call["where"] == "track"]


@pytest.mark.django_db
def test_a_carriers_answer_opens_the_last_mile_and_both_are_asked(twin):  # noqa: F811
    shipment = handed_over(twin, ["arrived", "out_for_delivery"])
    run_jobs()
    shipment.refresh_from_db()
    leg = shipment.numbers.get()
    assert (leg.carrier, leg.number, leg.role, leg.is_inferred, leg.is_followed) == (
        "usps", USPS, "last_mile", True, True)  # fmt: skip
    assert (shipment.status, shipment.delivered_at) == (S.OUT_FOR_DELIVERY, None)
    assert number_now(shipment) == ("usps", USPS)
    assert number_before(shipment) == ("ups", shipment.tracking_number)
    assert asked(twin) == ["ups", "usps"]
    assert S.DELIVERED not in shipment.changes.values_list("new", flat=True)  # nobody was told that it had come
    assert set(shipment.events.values_list("leg", flat=True)) == {None, leg.pk}


@pytest.mark.django_db
def test_a_delivery_to_a_partner_is_none_even_before_its_number_is_known():
    shipment = a_shipment(carrier="ups", tracking_number="1Z999AA10123456784")
    for hours, words, status in ((9, "Delivered to local post office", S.IN_TRANSIT), (5, "DELIVERED", S.DELIVERED)):
        scan = Scan(timezone.now() - timedelta(hours=hours), S.DELIVERED, words)
        shipments.apply_update(shipment, TrackingUpdate("", (scan,)))
        assert shipment.status == status


@pytest.mark.django_db
def test_once_the_last_carrier_talks_the_first_is_not_asked_any_more(twin):  # noqa: F811
    shipment = handed_over(twin, ["arrived"])
    run_jobs()
    TrackingPoll.objects.update(not_before=timezone.now())
    run_jobs()
    assert asked(twin) == ["ups", "usps", "usps"]
    assert shipment.numbers.get().heard_at


@pytest.mark.django_db
def test_while_the_last_carrier_knows_nothing_yet_both_are_asked_each_time(twin):  # noqa: F811
    shipment = handed_over(twin, [])
    run_jobs()
    TrackingPoll.objects.update(not_before=timezone.now())
    run_jobs()
    shipment.refresh_from_db()
    assert asked(twin) == ["ups", "usps", "ups", "usps", "ups"]
    assert shipment.status == S.IN_TRANSIT


@pytest.mark.django_db
def test_a_number_that_is_denied_for_days_gives_the_first_carrier_its_word_back(twin):  # noqa: F811
    shipment = handed_over(twin, [])
    run_jobs()
    ShipmentNumber.objects.update(created_at=timezone.now() - legs.DENIED_AFTER - timedelta(hours=1))
    shipment.events.update(description="DELIVERED")
    TrackingPoll.objects.update(not_before=timezone.now())
    run_jobs()
    shipment.refresh_from_db()
    assert (shipment.numbers.get().is_followed, shipment.status) == (False, S.DELIVERED)


@pytest.mark.django_db
def test_a_number_that_is_taken_out_leaves_with_its_scans(twin):  # noqa: F811
    shipment = handed_over(twin, ["arrived", "delivered"])
    run_jobs()
    shipment.refresh_from_db()
    assert shipment.status == S.DELIVERED
    legs.close_leg(shipment.numbers.get())
    shipment.refresh_from_db()
    assert (shipment.last_mile, shipment.events.exclude(leg=None).count()) == (None, 0)
    assert number_now(shipment) == ("ups", shipment.tracking_number)


@pytest.mark.django_db
def test_the_same_words_of_two_carriers_are_two_scans():
    shipment = a_shipment(carrier="ups", tracking_number="1Z999AA10123456784")
    leg = legs.open_leg(shipment, OtherNumber(USPS, NumberRole.LAST_MILE, "usps"), "staff")
    scan = Scan(timezone.now(), S.DELIVERED, "Delivered")
    shipments.apply_update(shipment, TrackingUpdate("", (scan,)))
    shipments.apply_update(shipment, TrackingUpdate("", (scan,)), leg=leg)
    assert shipment.events.count() == 2


@pytest.mark.django_db
def test_a_number_of_nobody_in_particular_is_only_another_name():
    shipment = a_shipment(carrier="dhl", tracking_number="00340434161094042557")
    leg = legs.open_leg(shipment, OtherNumber("H01PQA0010751022", NumberRole.LAST_MILE, inferred=True), "carrier")
    assert (leg.role, leg.is_followed) == ("alternative", False)
    shipment.refresh_from_db()
    assert shipment.last_mile is None


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["", "1Z999AA10123456784", "so what?" * 20])
def test_nonsense_and_its_own_number_open_nothing(number):
    shipment = a_shipment(carrier="ups", tracking_number="1Z999AA10123456784")
    assert legs.open_leg(shipment, OtherNumber(number, NumberRole.LAST_MILE, "usps"), "staff") is None
