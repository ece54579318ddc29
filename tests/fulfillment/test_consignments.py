"""Several orders in one box, several pieces of one shipment, parcels sent again and parcels that come back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from fulfillment.facts import Address, CustomerData, LineData, OrderData, OtherNumber, ParcelData, Scan, TrackingUpdate
from fulfillment.models import Consignment, Order, Shipment, ShipmentChange, Store, TrackingPoll
from fulfillment.notices import OutForDelivery
from fulfillment.packed import packed_pieces
from fulfillment.pages.whereabouts import also_holds, of_order, waiting_pieces
from fulfillment.queries import for_page
from fulfillment.services import again, consignments, legs, pieces, telling_stores
from fulfillment.services.orders import record_order
from fulfillment.services.shipments import apply_update, record_parcel
from fulfillment.statuses import NumberRole, Reason, ShipmentStatus
from fulfillment.testing.carrier_twin import CarrierTwin
from notifications.models import Message
from notifications.services.notify import notify
from parcelwise.errors import GiveUp
from parcelwise.testing import run_jobs
from returns.services.requests import Item, open_return
from tests.factories import HAMBURG, MUNICH, a_contact, a_shipment, a_store, an_order
from tests.fulfillment.test_tracking import an_account, short_deadline, twin  # noqa: F401

pytestmark = pytest.mark.django_db

S = ShipmentStatus
NUMBER = "1Z999AA10123456784"


def stated(key: str, email: str = "ana@example.com", *, number: str = NUMBER, **changes: Any) -> OrderData:
    now = timezone.now()
    packed = changes.pop("packed_at", now - timedelta(hours=5))
    facts: dict[str, Any] = {
        "external_id": key,
        "number": f"#{key}",
        "placed_at": now - timedelta(days=2),
        "currency": "EUR",
        "customer": CustomerData(email, "Ana Souza", email),
        "ship_to": MUNICH,
        "lines": (LineData("l1", "Wool socks", 2),),
        "parcels": (ParcelData("p1", "ups", tracking_number=number, announced_at=packed),),
        "updated_at": now,
    }
    return OrderData(**{**facts, **changes})


def two(store: Store | None = None, **second: Any) -> tuple[Shipment, Shipment]:
    store = store or a_store()
    one = record_order(store, stated("1001")).shipments.get()
    other = record_order(store, stated("1002", **second)).shipments.get()
    one.refresh_from_db()
    return one, other


def test_two_orders_in_one_box_are_joined():
    one, other = two()
    assert one.consignment == other.consignment != None  # noqa: E711
    assert [each.number for each in also_holds(one, one.order)] == ["#1002"]
    assert "it also holds order #1002" in of_order(one.order, for_page(one.order))


def test_the_page_of_one_customer_says_nothing_of_anothers_order():
    one, other = two(email="cleo@example.com")
    assert one.consignment == other.consignment != None  # noqa: E711
    assert also_holds(one, one.order) == []
    assert "1002" not in of_order(one.order, for_page(one.order))


@pytest.mark.parametrize(
    "second",
    [
        {"packed_at": timezone.now() - timedelta(days=200), "placed_at": timezone.now() - timedelta(days=201)},
        {"ship_to": replace(MUNICH, lines=("Gartenallee 7",))},
        {"ship_to": Address(country="DE")},
        {"number": "1Z999AA10987654321"},
    ],
    ids=["a recycled number", "another door", "no address", "another number"],
)
def test_a_number_alone_joins_nothing(second):
    one, other = two(**second)
    assert (one.consignment, other.consignment) == (None, None)


def test_another_shops_parcel_is_not_joined():
    one = record_order(a_store(), stated("1001")).shipments.get()
    other = record_order(a_store(), stated("1002")).shipments.get()
    assert (one.consignment, other.consignment) == (None, None)


def test_the_same_statement_again_joins_nothing_anew():
    store = a_store()
    two(store)
    record_order(store, stated("1002", updated_at=timezone.now() + timedelta(seconds=5), total=1))
    assert Consignment.objects.count() == 1


def test_what_staff_part_stays_apart_and_what_they_join_is_logged_with_their_name():
    store = a_store()
    one, other = two(store)
    consignments.part(other)
    one.refresh_from_db()
    assert (one.consignment, Consignment.objects.count()) == (None, 0)
    record_order(store, stated("1002", updated_at=timezone.now() + timedelta(seconds=5), total=1))
    other.refresh_from_db()
    assert other.consignment is None
    assert consignments.join_by_hand(one, other, "ben").joined_by == "ben"
    with pytest.raises(GiveUp):
        consignments.join_by_hand(one, one, "ben")


def in_the_twin(twin: CarrierTwin, number: str = NUMBER, carrier: str = "ups", **more: Any) -> None:  # noqa: F811
    start = timezone.now() - timedelta(hours=4)
    steps = [{"at": start, "what": "picked_up"}, {"at": start + timedelta(hours=1), "what": "arrived"}]
    places = {"origin": HAMBURG.as_json(), "destination": MUNICH.as_json()}
    twin.control.add_parcel(carrier, number=number, steps=steps, **places, **more)


def test_a_box_is_asked_for_once_and_its_scans_are_every_orders(twin):  # noqa: F811
    an_account(twin)
    in_the_twin(twin)
    two()
    run_jobs()
    asked = [number for call in twin.control.log() if call["where"] == "track" for number in call["numbers"]]
    assert asked == [NUMBER]
    assert [each.events.filter(source="carrier").count() for each in Shipment.objects.all()] == [2, 2]
    assert {each.status for each in Shipment.objects.all()} == {S.IN_TRANSIT}
    assert all(poll.last_asked_at for poll in TrackingPoll.objects.all())


def test_when_the_first_order_leaves_the_box_the_second_is_asked_for(twin):  # noqa: F811
    an_account(twin)
    in_the_twin(twin)
    one, other = two()
    run_jobs()
    Shipment.objects.filter(pk=one.pk).update(status=S.CANCELLED)
    TrackingPoll.objects.update(not_before=timezone.now())
    run_jobs()
    assert TrackingPoll.objects.get(shipment=other).asked == 1


def test_two_orders_of_one_customer_in_one_box_are_one_message(twin):  # noqa: F811
    an_account(twin)
    in_the_twin(twin)
    contact = a_contact()
    store = a_store()
    orders = [an_order(store, contact, number=f"#{key}") for key in (1001, 1002)]
    for order in orders:
        parcel = ParcelData("p1", "ups", tracking_number=NUMBER, announced_at=timezone.now() - timedelta(hours=5))
        shipment = record_parcel(order, parcel)
        consignments.join_found(shipment)
        TrackingPoll.objects.create(shipment=shipment)
    keys = {str(consignments.told_as(each).uuid) for each in Shipment.objects.all()}
    assert keys == {str(Shipment.objects.earliest("pk").uuid)}


def queries_of(order: Order) -> int:
    with CaptureQueriesContext(connection) as asked:
        of_order(order, for_page(order))
    return len(asked)


def test_the_line_asks_as_often_for_five_boxes_with_two_numbers_as_for_one():
    store = a_store()
    one, other = two(store)
    leg = OtherNumber("9400111899223100001014", NumberRole.LAST_MILE, "usps")
    legs.open_leg(one, leg, "staff")
    few = queries_of(Order.objects.select_related("store", "customer__contact").get(pk=one.order_id))
    for _number in range(4):
        more = a_shipment(one.order, carrier="ups", tracking_number=NUMBER, consignment=one.consignment)
        legs.open_leg(more, leg, "staff")
    assert queries_of(Order.objects.select_related("store", "customer__contact").get(pk=one.order_id)) == few


def test_two_orders_in_one_box_get_one_mail():
    store = a_store()
    one, other = two(store)
    scan = Scan(timezone.now(), S.OUT_FOR_DELIVERY, "Out for delivery")
    for shipment in (one, other):
        apply_update(shipment, TrackingUpdate(NUMBER, (scan,)))
    assert {each.status for each in Shipment.objects.all()} == {S.OUT_FOR_DELIVERY}
    for change in ShipmentChange.objects.filter(new=S.OUT_FOR_DELIVERY):
        notify(OutForDelivery(), {"shipment": change.shipment, "change": change})
    assert Message.objects.filter(notice="out_for_delivery").count() == 1


# Pieces


def test_pieces_that_a_carrier_names_are_followed_each_for_itself(twin):  # noqa: F811
    an_account(twin)
    second, third = "1Z999AA10987654321", "1Z5R89390357567127"
    in_the_twin(twin, second)
    in_the_twin(twin, third)
    in_the_twin(twin, pieces=[second, third])
    order = record_order(a_store(), stated("1001"))
    run_jobs()
    rows = list(order.shipments.order_by("pk"))
    assert [row.tracking_number for row in rows] == [NUMBER, second, third]
    assert [row.master for row in rows] == [None, rows[0], rows[0]]
    assert {row.status for row in rows} == {S.IN_TRANSIT}
    assert [row.lines.count() for row in rows] == [1, 0, 0]


def test_a_piece_that_the_store_names_later_is_the_same_row():
    store = a_store()
    order = record_order(store, stated("1001"))
    first = order.shipments.get()
    pieces.open_all(first, [OtherNumber("1Z999AA10987654321", NumberRole.PIECE, "ups")])
    later = (*stated("1001").parcels, ParcelData("p2", "ups", tracking_number="1Z999AA10987654321", contents={},
                                                 piece_of="p1"))  # fmt: skip
    record_order(store, stated("1001", parcels=later, updated_at=timezone.now() + timedelta(seconds=5)))
    assert [(row.external_id, row.master_id) for row in order.shipments.order_by("pk")] == [
        ("p1", None), ("p2", first.pk)]  # fmt: skip


def test_a_piece_that_is_another_orders_parcel_is_left_to_it():
    store = a_store()
    one = record_order(store, stated("1001")).shipments.get()
    record_order(store, stated("1002", number="1Z999AA10987654321"))
    pieces.open_all(one, [OtherNumber("1Z999AA10987654321", NumberRole.PIECE, "ups")])
    assert one.order.shipments.count() == 1


# Sent again


def lost(order: Order, **columns: Any) -> Shipment:
    facts = {"status": S.DELIVERY_FAILED, "reason": Reason.CARRIER_PARCEL_LOST, **columns}
    return a_shipment(order, **facts)


def test_staff_send_a_lost_parcel_again_and_its_pieces_count_once():
    order = an_order(pieces=3)
    before = lost(order)
    fresh = again.send_again(before, {"1": 2}, "ben")
    assert (fresh.replaces, fresh.tracking_number, fresh.status) == (before, "", S.PENDING)
    assert packed_pieces(order.shipments.all()) == {order.lines.get().pk: 3}
    assert (telling_stores.left_over(order), waiting_pieces(order, list(order.shipments.all()))) == ({}, 0)
    assert of_order(order, for_page(order)).endswith("it replaces one that was lost.")


def test_a_parcel_is_sent_again_once_and_only_with_what_was_in_it():
    order = an_order(pieces=2)
    before = lost(order)
    for contents in ({}, {"1": 3}, {"2": 1}):
        with pytest.raises(GiveUp):
            again.send_again(before, contents, "ben")
    again.send_again(before, {"1": 2}, "ben")
    with pytest.raises(GiveUp):
        again.send_again(before, {"1": 2}, "ben")
    with pytest.raises(GiveUp):
        again.send_again(a_shipment(an_order(), status=S.IN_TRANSIT), {"1": 1}, "ben")


def test_the_stores_new_fulfilment_with_the_same_lines_is_the_reshipment():
    order = an_order(pieces=2)
    fresh = again.send_again(lost(order), {"1": 2}, "ben")
    known = record_parcel(order, ParcelData("f2", "dhl", tracking_number="00340434161094042557", contents={"1": 2}))
    assert (known.pk, known.external_id, known.carrier) == (fresh.pk, "f2", "dhl")
    known.refresh_from_db()
    assert known.replaces_id


def test_a_later_fulfilment_of_pieces_that_are_lost_is_recognised():
    store = a_store()
    order = record_order(store, stated("1001"))
    first = order.shipments.get()
    scan = Scan(timezone.now(), S.DELIVERY_FAILED, "Lost", reason=Reason.CARRIER_PARCEL_LOST)
    apply_update(first, TrackingUpdate(NUMBER, (scan,)))
    second = ParcelData("p2", "ups", tracking_number="1Z999AA10987654321", contents={"l1": 2})
    parcels = (replace(stated("1001").parcels[0], contents={"l1": 2}), second)
    record_order(store, stated("1001", parcels=parcels, updated_at=timezone.now() + timedelta(seconds=5)))
    assert order.shipments.get(external_id="p2").replaces == first


def test_a_further_parcel_with_other_pieces_replaces_nothing():
    store = a_store()
    data = stated("1001", lines=(LineData("l1", "Wool socks", 2), LineData("l2", "Cap", 1)))
    first = replace(data.parcels[0], contents={"l1": 2})
    order = record_order(store, replace(data, parcels=(first,)))
    scan = Scan(timezone.now(), S.RETURN_TO_SENDER, "Returned")
    apply_update(order.shipments.get(), TrackingUpdate(NUMBER, (scan,)))
    second = ParcelData("p2", "ups", tracking_number="1Z999AA10987654321", contents={"l2": 1})
    record_order(store, replace(data, parcels=(first, second), updated_at=timezone.now() + timedelta(seconds=5)))
    assert order.shipments.get(external_id="p2").replaces is None


# Coming back


def test_a_return_knows_the_parcel_in_which_its_pieces_went_out():
    now = timezone.now()
    order = an_order()
    out = a_shipment(order, status=S.DELIVERED, handed_over_at=now, delivered_at=now, delivered_on=now.date())
    other = Shipment.objects.create(order=order, external_id="empty")
    open_return(order, [Item(order.lines.get().pk, 1, "other", "")], actor="customer")
    back = order.shipments.get(direction="back")
    assert list(back.returns_of.all()) == [out] and other.ways_back.count() == 0


def test_a_parcel_that_goes_back_under_another_number_is_linked_to_the_one_that_went_out():
    order = an_order()
    out = a_shipment(order, carrier="fedex", tracking_number="986578788855", status=S.RETURN_TO_SENDER)
    (back,) = pieces.open_all(out, [OtherNumber("449044304137821", NumberRole.RETURN, "fedex")])
    assert (back.direction, list(back.returns_of.all())) == ("back", [out])
    assert pieces.open_all(out, [OtherNumber("449044304137821", NumberRole.RETURN, "fedex")]) == []
