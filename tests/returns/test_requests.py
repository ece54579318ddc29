"""Returns from the wish to the end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from fulfillment.facts import Scan, TrackingUpdate
from fulfillment.models import CarrierAccount, Order, Shipment, TrackingPoll
from fulfillment.services.shipments import apply_update
from fulfillment.signals import shipment_moved
from fulfillment.statuses import ShipmentStatus
from parcelwise.models import Problem
from parcelwise.testing import heard
from returns.models import ReturnedPieces, ReturnRequest, ReturnStatus
from returns.policy import PolicyFacts, ReturnFacts, decide
from returns.services import requests
from returns.services.opening import MOST_A_DAY
from returns.services.requests import Item, ReturnRefused, open_return, returnable
from returns.signals import return_moved
from tests.factories import a_shipment, an_order

pytestmark = pytest.mark.django_db


def delivered_order(days_ago: int = 2, pieces: int = 2) -> Order:
    now = timezone.now()
    order = an_order(pieces=pieces, placed_at=now - timedelta(days=days_ago + 3))
    # Days on the shop's calendar: twice a year one has not 24 hours.
    moment = now.astimezone(order.store.zone) - timedelta(days=days_ago)
    a_shipment(
        order,
        status=ShipmentStatus.DELIVERED,
        handed_over_at=moment - timedelta(days=1),
        delivered_at=moment,
        delivered_on=moment.date(),
    )
    return order


def all_of(order: Order, quantity: int | None = None) -> list[Item]:
    return [Item(line.pk, quantity or line.quantity, "too_small") for line in order.lines.all()]


def pieces_of(order: Order) -> int:
    return ReturnedPieces.objects.get(order_line__order=order).quantity


def test_a_return_in_time_is_approved_with_a_parcel_home_and_a_label_to_be_drawn():
    order = delivered_order()
    request = open_return(order, all_of(order), actor="Ana")
    assert request.status == ReturnStatus.APPROVED
    assert request.shipment.direction == "back"
    assert request.shipment.carrier == "ups"
    assert request.shipment.origin == order.ship_to
    assert request.shipment.destination == order.store.address
    assert [(line.order_line_id, line.quantity) for line in request.shipment.lines.all()] == [(order.lines.get().pk, 2)]
    assert [(label.size, label.state) for label in request.labels.all()] == [("a4", "waiting")]
    assert pieces_of(order) == 2
    assert request.decision.version == "window@1:30d"
    assert "In time" in request.decision.reasons[0]


def test_a_decision_can_be_recomputed_from_its_record():
    order = delivered_order()
    inputs = open_return(order, all_of(order), actor="Ana").decision.inputs
    today = timezone.datetime.fromisoformat(inputs["today"]).date()
    verdict = decide(ReturnFacts.from_json(inputs["facts"]), PolicyFacts(inputs["window_days"]), today)
    assert verdict.approved


def test_a_return_after_the_window_is_declined_with_the_day_in_words_and_holds_no_pieces():
    order = delivered_order(days_ago=31)
    request = open_return(order, all_of(order), actor="Ana")
    assert request.status == ReturnStatus.DECLINED
    assert request.shipment is None
    assert not request.labels.exists()
    assert pieces_of(order) == 0
    assert "It could be returned until" in request.decision.reasons[0]


def test_the_last_day_of_the_window_still_counts():
    order = delivered_order(days_ago=30)
    assert open_return(order, all_of(order), actor="Ana").status == ReturnStatus.APPROVED


def test_a_parcel_on_its_way_cannot_be_returned_yet():
    order = an_order()
    a_shipment(order, status=ShipmentStatus.IN_TRANSIT, handed_over_at=timezone.now(), last_event_at=timezone.now())
    (line,) = returnable(order)
    assert line.available == 0
    assert line.why_not == "It is still on its way. You can return it once it has arrived."
    request = open_return(order, all_of(order), actor="Ana")
    assert request.status == ReturnStatus.DECLINED
    assert request.decision.outcome["rule"] == "on_its_way"


def test_a_parcel_whose_last_scan_never_came_can_be_returned():
    order = an_order(placed_at=timezone.now() - timedelta(days=30), promised_on=(timezone.now() - timedelta(20)).date())
    left = timezone.now() - timedelta(days=25)
    a_shipment(order, status=ShipmentStatus.IN_TRANSIT, handed_over_at=left, last_event_at=left)
    (line,) = returnable(order)
    assert (line.available, line.until) == (2, order.promised_on + timedelta(days=30))


@pytest.mark.parametrize("quantity", [0, -1, 3, 10**9, True, 1.0, "1"])
def test_impossible_quantities_are_refused_with_a_sentence_and_leave_nothing(quantity):
    order = delivered_order()
    with pytest.raises(ReturnRefused, match="Wool socks"):
        open_return(order, [Item(order.lines.get().pk, quantity, "too_small")], actor="Ana")
    assert not ReturnRequest.objects.exists()


def test_lines_of_another_order_doubled_lines_and_unknown_reasons_are_refused():
    order, foreign = delivered_order(), delivered_order()
    pk = order.lines.get().pk
    for items, sentence in [
        ([Item(foreign.lines.get().pk, 1, "too_small")], "not part of this order"),
        ([Item(pk, 1, "too_small"), Item(pk, 1, "damaged")], "chosen once"),
        ([Item(pk, 1, "<script>")], "why you return"),
        ([], "at least one item"),
    ]:
        with pytest.raises(ReturnRefused, match=sentence):
            open_return(order, items, actor="Ana")
    assert not ReturnRequest.objects.exists()


def test_the_same_form_twice_is_one_return():
    order = delivered_order()
    first = open_return(order, all_of(order), actor="Ana", form_key="f1")
    assert open_return(order, all_of(order), actor="Ana", form_key="f1") == first
    assert pieces_of(order) == 2
    with pytest.raises(ReturnRefused, match="another order"):
        open_return(delivered_order(), [], actor="Cleo", form_key="f1")


def test_pieces_in_a_return_cannot_be_returned_again_until_it_is_cancelled():
    order = delivered_order()
    first = open_return(order, all_of(order, 1), actor="Ana")
    assert open_return(order, all_of(order, 2), actor="Ana").status == ReturnStatus.DECLINED
    assert returnable(order)[0].available == 1
    requests.cancel(first, at=timezone.now(), actor="Ana")
    assert requests.cancel(first, at=timezone.now(), actor="Ana") is None
    assert pieces_of(order) == 0
    assert first.labels.get().state == "cancelled"
    assert Shipment.objects.get(pk=first.shipment_id).status == ShipmentStatus.CANCELLED
    assert open_return(order, all_of(order, 2), actor="Ana").status == ReturnStatus.APPROVED


def test_staff_can_overrule_the_rule_and_it_is_written_down():
    order = delivered_order(days_ago=90)
    request = open_return(order, all_of(order), actor="Ana")
    requests.overrule(request, at=timezone.now(), actor="Ben", why="Regular customer")
    request.refresh_from_db()
    assert request.status == ReturnStatus.APPROVED
    assert pieces_of(order) == 2
    assert request.shipment is not None
    assert request.decision.came_true["overruled_by"] == "Ben"
    assert [(change.new, change.actor) for change in request.changes.all()] == [
        ("declined", "window@1:30d"),
        ("approved", "Ben"),
    ]


def test_two_declined_returns_of_one_piece_cannot_both_be_overruled():
    order = delivered_order(days_ago=90, pieces=1)
    first, second = (open_return(order, all_of(order), actor="Ana") for _ in range(2))
    assert requests.overrule(first, at=timezone.now(), actor="Ben", why="kind")
    with pytest.raises(ReturnRefused):
        requests.overrule(second, at=timezone.now(), actor="Ben", why="kind")
    second.refresh_from_db()
    assert (second.status, pieces_of(order)) == (ReturnStatus.DECLINED, 1)


def test_a_return_follows_its_parcel_home(django_capture_on_commit_callbacks):
    order = delivered_order()
    request = open_return(order, all_of(order), actor="Ana")
    shipment = requests.hand_over(request, carrier="UPS", tracking_number="1z 999 aa1", at=timezone.now())
    assert (shipment.carrier, shipment.tracking_number) == ("ups", "1Z999AA1")
    for status, becomes in [
        (ShipmentStatus.PENDING, ReturnStatus.APPROVED),
        (ShipmentStatus.IN_TRANSIT, ReturnStatus.IN_TRANSIT),
        (ShipmentStatus.DELIVERED, ReturnStatus.RECEIVED),
        (ShipmentStatus.IN_TRANSIT, ReturnStatus.RECEIVED),
        (ShipmentStatus.DELIVERED, ReturnStatus.RECEIVED),
    ]:
        change = shipment.changes.create(new=status, occurred_at=timezone.now(), actor="ups")
        with heard(return_moved), django_capture_on_commit_callbacks(execute=True):
            shipment_moved.send(sender=Shipment, shipment=shipment, change=change)
        request.refresh_from_db()
        assert request.status == becomes
    assert request.received_at
    assert requests.close(request, at=timezone.now(), actor="Ben", why="Refunded in the shop")
    assert requests.close(request, at=timezone.now(), actor="Ben", why="again") is None
    assert [change.new for change in request.changes.all()] == ["approved", "in_transit", "received", "closed"]


def test_steps_cannot_be_skipped():
    order = delivered_order()
    request = open_return(order, all_of(order), actor="Ana")
    assert requests.close(request, at=timezone.now(), actor="Ben", why="money first") is None
    requests.cancel(request, at=timezone.now(), actor="Ana")
    assert requests.receive(request, at=timezone.now(), actor="Ben") is None
    with pytest.raises(ReturnRefused, match="cancelled"):
        requests.hand_over(request, carrier="ups", tracking_number="1Z999AA1", at=timezone.now())
    assert not TrackingPoll.objects.filter(shipment=request.shipment).exists()


def test_a_stale_copy_still_receives_when_somebody_else_took_the_step_before():
    order = delivered_order()
    request = open_return(order, all_of(order), actor="Ana")
    stale = ReturnRequest.objects.get(pk=request.pk)
    change = request.shipment.changes.create(new=ShipmentStatus.IN_TRANSIT, occurred_at=timezone.now(), actor="ups")
    assert requests.follow_parcel(request.shipment, change).new == ReturnStatus.IN_TRANSIT
    assert requests.receive(stale, at=timezone.now(), actor="ups")


@pytest.mark.parametrize("number", ["", "1Z", "<script>alert(1)</script>", "../../etc/passwd", "1" * 41])
def test_what_is_no_tracking_number_is_refused(number):
    order = delivered_order()
    request = open_return(order, all_of(order), actor="Ana")
    with pytest.raises(ReturnRefused, match="not a tracking number"):
        requests.hand_over(request, carrier="ups", tracking_number=number, at=timezone.now())


def test_a_return_does_not_arrive_by_the_number_of_a_parcel_that_has_arrived(django_capture_on_commit_callbacks):
    """The trick of the false number: that of the parcel with which the order came, or of somebody else's."""
    order, somebody_elses = delivered_order(), delivered_order()
    request = open_return(order, all_of(order), actor="Ana")
    for parcel in (order.shipments.get(direction="out"), somebody_elses.shipments.get()):
        for written in (parcel.tracking_number, parcel.tracking_number.lower(), f" {parcel.tracking_number} "):
            with pytest.raises(ReturnRefused, match="not a tracking number"):
                requests.hand_over(request, carrier="", tracking_number=written, at=timezone.now())
    # A number that the shop cannot know of: its parcel has arrived before the return began.
    shipment = requests.hand_over(request, carrier="", tracking_number="1Z999AA1", at=timezone.now())
    arrived = Scan(timezone.now() - timedelta(days=2), ShipmentStatus.DELIVERED, "Delivered to somebody")
    with django_capture_on_commit_callbacks(execute=True):
        apply_update(shipment, TrackingUpdate("1Z999AA1", (arrived,)), forecast=False)
    request.refresh_from_db()
    assert request.status == ReturnStatus.APPROVED
    assert "from before the return" in Problem.objects.get().sentence


def test_two_returns_of_one_customer_may_come_in_one_box():
    order = delivered_order(pieces=2)
    first, second = (open_return(order, all_of(order, 1), actor="Ana") for _ in range(2))
    for request in (first, second):
        assert requests.hand_over(request, carrier="ups", tracking_number="1Z999AA1", at=timezone.now())


def test_a_number_put_right_takes_what_was_told_of_the_wrong_one_out():
    order = delivered_order()
    request = open_return(order, all_of(order), actor="Ana")
    shipment = requests.hand_over(request, carrier="ups", tracking_number="1Z999AA1", at=timezone.now())
    label = Scan(timezone.now(), ShipmentStatus.PENDING, "Label of Cleo")
    apply_update(shipment, TrackingUpdate("1Z999AA1", (label,)), forecast=False)
    shipment = requests.hand_over(request, carrier="ups", tracking_number="1Z999AA2", at=timezone.now())
    assert not shipment.events.filter(description="Label of Cleo").exists()


def test_asking_and_calling_off_in_a_circle_ends(time_machine):
    order = delivered_order()
    for _turn in range(MOST_A_DAY):
        requests.cancel(open_return(order, all_of(order), actor="Ana"), at=timezone.now(), actor="Ana")
    with pytest.raises(ReturnRefused, match="Please write to us"):
        open_return(order, all_of(order), actor="Ana")
    other = delivered_order()
    assert open_return(other, all_of(other), actor="Ana"), "other orders are none of it"
    time_machine.move_to(timezone.now() + timedelta(days=1, minutes=1))
    assert open_return(order, all_of(order), actor="Ana").status == ReturnStatus.APPROVED


@pytest.mark.parametrize("comment", ["\ud83d", "a\x00b", "x" * 10_000, "\u202egnp.exe", "<script>"])
def test_whatever_a_comment_is_made_of_it_is_kept(comment):
    order = delivered_order()
    items = [Item(order.lines.get().pk, 1, "other", comment)]
    kept = open_return(order, items, actor="chat").lines.get().comment
    assert len(kept) <= 500
    assert "\x00" not in kept


def test_a_number_can_be_put_right_until_the_carrier_has_the_parcel():
    order = delivered_order()
    CarrierAccount.objects.create(carrier="ups")
    request = open_return(order, all_of(order), actor="Ana")
    for number in ("1Z999AA1", "1Z999AA2", "1Z999AA2"):
        shipment = requests.hand_over(request, carrier="ups", tracking_number=number, at=timezone.now())
    assert shipment.tracking_number == "1Z999AA2"
    assert TrackingPoll.objects.filter(shipment=shipment).count() == 1
    scan = Scan(timezone.now(), ShipmentStatus.IN_TRANSIT, "Departed", code="D")
    apply_update(shipment, TrackingUpdate("1Z999AA2", (scan,)), forecast=False)
    with pytest.raises(ReturnRefused, match="on its way already"):
        requests.hand_over(request, carrier="ups", tracking_number="1Z999AA3", at=timezone.now())


def test_a_parcel_that_comes_although_its_return_was_cancelled_is_shown_to_staff(django_capture_on_commit_callbacks):
    order = delivered_order()
    request = open_return(order, all_of(order), actor="Ana")
    shipment = requests.hand_over(request, carrier="ups", tracking_number="1Z999AA1", at=timezone.now())
    requests.cancel(request, at=timezone.now(), actor="Ana")
    shipment.refresh_from_db()
    scan = Scan(timezone.now() + timedelta(minutes=1), ShipmentStatus.IN_TRANSIT, "Departed", code="D")
    with django_capture_on_commit_callbacks(execute=True):
        apply_update(shipment, TrackingUpdate("1Z999AA1", (scan,)), forecast=False)
    assert request.number in Problem.objects.get(kind="return").sentence
    assert pieces_of(order) == 0
