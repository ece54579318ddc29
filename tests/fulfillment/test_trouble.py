"""Exceptions: opened once, closed by themselves when the parcel moves on, worked off by staff."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from fulfillment.facts import Scan, TrackingUpdate
from fulfillment.models import (
    CarrierAccount,
    DelayEpisode,
    ExceptionNote,
    Forecast,
    Shipment,
    ShipmentException,
    TrackingPoll,
)
from fulfillment.services import exceptions, trouble
from fulfillment.services.shipments import apply_update, refold
from fulfillment.signals import exception_closed, exception_opened
from fulfillment.trouble import Resolution, Severity
from parcelwise.errors import GiveUp
from parcelwise.testing import heard
from tests.factories import a_shipment, an_order

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(microsecond=0)


def days_ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def a_parcel(*, age: float = 20, asked: datetime | None = NOW, **columns: Any) -> Shipment:
    """A parcel ordered ``age`` days ago, of which the carrier was asked last at ``asked``."""
    order = an_order(placed_at=days_ago(age), promised_on=None, is_history=columns.pop("is_history", False))
    shipment = a_shipment(order, created_at=days_ago(age), **columns)
    if asked:
        TrackingPoll.objects.create(shipment=shipment, last_asked_at=asked)
    return shipment


def scanned(shipment: Shipment, *scans: tuple[float, str] | tuple[float, str, str], place: str = "") -> Shipment:
    """The parcel after scans, each so many days ago with a status and maybe a reason."""
    told = tuple(
        Scan(days_ago(days), status, f"{status} {days}", reason=reason[0] if reason else "", location=place)
        for days, status, *reason in scans
    )
    apply_update(shipment, TrackingUpdate(shipment.tracking_number, told), forecast=False)
    shipment.refresh_from_db()
    return shipment


def kinds(shipment: Shipment, *, closed: bool = False) -> list[str]:
    return sorted(shipment.exceptions.filter(closed_at__isnull=not closed).values_list("kind", flat=True))


def sweep(days_later: float = 0) -> trouble.Looked:
    return trouble.sweep(NOW + timedelta(days=days_later))


class TestOpening:
    def test_silence_opens_one_exception_however_often_it_is_swept(self):
        parcel = scanned(a_parcel(asked=None), (9, "picked_up"), (8, "in_transit"))
        ShipmentException.objects.all().delete()
        assert sweep().opened == 1
        assert sweep().opened == 0
        found = parcel.exceptions.get()
        assert (found.kind, found.since) == ("silent", days_ago(8))
        assert "192 hours" in found.why

    def test_a_carrier_that_was_not_asked_is_not_silent(self):
        parcel = scanned(a_parcel(asked=days_ago(7.9)), (9, "picked_up"), (8, "in_transit"))
        sweep()
        assert kinds(parcel) == []

    def test_a_carrier_account_that_does_not_work_makes_no_parcel_silent(self):
        account = CarrierAccount.objects.create(carrier="ups", last_ok_at=days_ago(7), opened_at=days_ago(7))
        parcel = scanned(a_parcel(), (9, "picked_up"), (8, "in_transit"))
        sweep()
        assert kinds(parcel) == []
        CarrierAccount.objects.filter(pk=account.pk).update(last_ok_at=NOW, opened_at=None)
        sweep()
        assert kinds(parcel) == ["silent"]

    def test_a_parcel_that_waits_at_the_pickup_point_is_stuck_and_not_silent(self):
        parcel = scanned(a_parcel(), (12, "picked_up"), (11, "ready_for_pickup"))
        sweep()
        assert kinds(parcel) == ["stuck"]

    def test_a_parcel_that_is_silent_because_it_is_held_is_stuck_alone(self):
        parcel = scanned(a_parcel(), (16, "in_transit"), (15, "on_hold"))
        sweep()
        assert kinds(parcel) == ["stuck"]

    def test_the_same_way_twice_is_a_loop(self):
        parcel = a_parcel()
        for day, place in ((8, "Leipzig"), (7, "Köln"), (6, "LEIPZIG"), (5, "Köln")):
            scanned(parcel, (day, "in_transit"), place=place)
        assert "loop" in kinds(parcel)
        assert "LEIPZIG" in parcel.exceptions.get(kind="loop").why

    def test_there_and_back_once_is_no_loop(self):
        parcel = a_parcel()
        for day, place in ((8, "Leipzig"), (7, "Köln"), (6, "Leipzig")):
            scanned(parcel, (day, "in_transit"), place=place)
        assert "loop" not in kinds(parcel)

    def test_a_parcel_that_turns_back_is_in_the_queue_at_once(self):
        parcel = scanned(a_parcel(), (3, "in_transit"), (2, "return_to_sender"))
        assert kinds(parcel) == ["returning"]

    def test_damage_is_urgent(self):
        parcel = scanned(a_parcel(), (1, "in_transit"), (0.5, "on_hold", "carrier_damaged_parcel"))
        assert parcel.exceptions.get().kind == "damaged"
        assert parcel.exceptions.get().severity == Severity.HIGH

    def test_a_lost_parcel_is_in_the_queue(self):
        parcel = scanned(a_parcel(), (1, "in_transit"), (0.5, "on_hold", "carrier_parcel_lost"))
        assert kinds(parcel) == ["lost"]

    def test_an_address_that_was_not_found_is_in_the_queue_with_what_to_do(self):
        parcel = scanned(a_parcel(), (1, "in_transit"), (0.5, "delivery_failed", "carrier_address_not_found"))
        assert parcel.exceptions.get().kind == "address"
        assert "UPS" in parcel.exceptions.get().suggestion

    def test_a_label_that_nobody_handed_over_is_found_after_two_working_days(self):
        fresh, old = a_parcel(age=1), a_parcel(age=8)
        sweep()
        assert (kinds(fresh), kinds(old)) == ([], ["not_handed_over"])

    def test_a_delay_that_is_expected_is_an_exception(self):
        parcel = scanned(a_parcel(), (0.2, "in_transit"))
        forecast = Forecast.objects.create(shipment=parcel, moment="scan", p10=NOW, p50=NOW, p90=NOW, version="x")
        episode = DelayEpisode.objects.create(shipment=parcel, forecast=forecast)
        sweep()
        assert kinds(parcel) == ["late"]
        DelayEpisode.objects.filter(pk=episode.pk).update(closed_at=NOW)
        sweep()
        assert kinds(parcel, closed=True) == ["late"]

    def test_imported_history_and_cancelled_orders_are_nobodys_work(self):
        past = scanned(a_parcel(is_history=True), (9, "in_transit"))
        cancelled = scanned(a_parcel(), (9, "in_transit"))
        type(cancelled.order).objects.filter(pk=cancelled.order_id).update(status="cancelled")
        sweep()
        assert kinds(past) == kinds(cancelled) == []

    def test_a_return_parcel_needs_no_hand_over_in_time(self):
        parcel = a_parcel(direction="back")
        sweep()
        assert kinds(parcel) == []

    def test_a_fault_in_looking_does_not_stop_the_tracking(self, monkeypatch):
        monkeypatch.setattr(trouble, "findings", lambda *_: 1 / 0)
        parcel = scanned(a_parcel(), (1, "in_transit"))
        assert parcel.status == "in_transit"


class TestClosing:
    def test_it_closes_itself_when_the_parcel_moves_on(self):
        parcel = scanned(a_parcel(), (9, "picked_up"), (8, "in_transit"))
        sweep()
        with heard(exception_closed) as calls:
            scanned(parcel, (0.1, "in_transit"))
        found = parcel.exceptions.get()
        assert (found.resolution, found.closed_by) == (Resolution.MOVED_ON, "")
        assert calls == []  # told after the commit, and the test's transaction does not commit

    @pytest.mark.django_db(transaction=True)
    def test_opening_and_closing_are_told_once_after_the_commit(self):
        parcel = a_parcel()
        with heard(exception_opened) as opened, heard(exception_closed) as closed:
            scanned(parcel, (9, "picked_up"), (8, "in_transit"))
            sweep()
            scanned(parcel, (0.1, "in_transit"))
            sweep()
        assert [call["exception"].kind for call in opened] == ["silent"]
        assert [call["exception"].kind for call in closed] == ["silent"]

    def test_a_scan_that_comes_in_late_from_before_changes_nothing(self):
        parcel = scanned(a_parcel(), (9, "picked_up"), (8, "in_transit"))
        sweep()
        scanned(parcel, (8.5, "in_transit"))
        assert kinds(parcel) == ["silent"]

    def test_a_second_silence_is_another_exception(self):
        parcel = scanned(a_parcel(), (11, "picked_up"), (10, "in_transit"))
        scanned(parcel, (5, "in_transit"))
        assert (kinds(parcel), kinds(parcel, closed=True)) == (["silent"], ["silent"])

    @pytest.mark.parametrize("reason", ["carrier_parcel_lost", "carrier_address_not_found", ""])
    def test_delivery_ends_what_kept_it_from_being_delivered(self, reason):
        parcel = scanned(a_parcel(), (9, "in_transit"), (8, "on_hold", reason))
        sweep()
        assert kinds(parcel) != []
        scanned(parcel, (0.1, "delivered"))
        assert kinds(parcel) == []

    def test_what_was_damaged_is_not_whole_because_it_was_delivered(self):
        parcel = scanned(a_parcel(), (3, "in_transit"), (2, "on_hold", "carrier_damaged_parcel"))
        scanned(parcel, (0.1, "delivered"))
        assert kinds(parcel) == ["damaged"]
        at_once = scanned(a_parcel(), (2, "on_hold", "carrier_damaged_parcel"), (0.1, "delivered"))
        assert kinds(at_once) == ["damaged"]
        exceptions.resolve([parcel.exceptions.get().pk], "replaced", "ben")
        sweep(1)
        assert kinds(parcel) == []

    def test_silence_that_is_explained_says_so(self):
        parcel = scanned(a_parcel(), (9, "picked_up"), (8, "in_transit"))
        sweep()
        scanned(parcel, (7.9, "on_hold", "carrier_parcel_lost"))
        sweep()
        assert kinds(parcel) == ["lost"]
        parcel = scanned(a_parcel(age=40), (20, "in_transit"))
        sweep()
        assert parcel.exceptions.get(kind="stuck")
        assert kinds(parcel) == ["stuck"]

    def test_statistics_that_are_learned_anew_end_no_silence(self, monkeypatch):
        parcel = scanned(a_parcel(), (9, "picked_up"), (8, "in_transit"))
        sweep()
        assert kinds(parcel) == ["silent"]
        monkeypatch.setattr("fulfillment.ml.silence.Listener.patience", lambda *_: 10_000.0)
        sweep()
        assert kinds(parcel) == ["silent"]
        assert parcel.exceptions.count() == 1

    def test_a_parcel_that_is_back_at_the_shop_is_over(self):
        parcel = scanned(a_parcel(), (3, "in_transit"), (2, "return_to_sender"))
        scanned(parcel, (0.1, "delivered"))
        assert (parcel.status, kinds(parcel)) == ("return_to_sender", [])

    def test_the_same_trouble_in_another_run_of_scans_is_another_episode(self):
        parcel = scanned(a_parcel(), (9, "in_transit"), (8, "on_hold", "consignee_incorrect_address"))
        scanned(parcel, (7, "in_transit"))
        scanned(parcel, (6, "on_hold", "consignee_incorrect_address"))
        found = parcel.exceptions.filter(kind="address").order_by("since")
        assert [row.closed_at is None for row in found] == [False, True]

    def test_an_exception_gets_more_urgent_when_the_promise_is_over(self):
        parcel = scanned(a_parcel(), (9, "picked_up"), (8, "in_transit"))
        sweep()
        assert parcel.exceptions.get().severity == Severity.MEDIUM
        Shipment.objects.filter(pk=parcel.pk).update(promised_on=days_ago(3).date())
        sweep()
        assert parcel.exceptions.get().severity == Severity.HIGH


class TestOnce:
    def test_the_data_base_takes_no_second_open_one(self):
        parcel, columns = a_parcel(), {"kind": "silent", "since": NOW}
        ShipmentException.objects.create(shipment=parcel, episode="1", **columns)
        with pytest.raises(IntegrityError), transaction.atomic():
            ShipmentException.objects.create(shipment=parcel, episode="2", **columns)

    def test_the_data_base_takes_no_episode_twice(self):
        parcel, columns = a_parcel(), {"kind": "silent", "since": NOW, "episode": "1"}
        ShipmentException.objects.create(shipment=parcel, closed_at=NOW, **columns)
        with pytest.raises(IntegrityError), transaction.atomic():
            ShipmentException.objects.create(shipment=parcel, **columns)

    def test_a_scan_that_says_it_again_after_staff_resolved_it_is_a_new_one_that_names_the_old(self):
        parcel = scanned(a_parcel(), (2, "on_hold", "carrier_damaged_parcel"))
        first = parcel.exceptions.get()
        exceptions.resolve([first.pk], Resolution.OTHER, "ben")
        ShipmentException.objects.filter(pk=first.pk).update(closed_at=days_ago(1.5))
        scanned(parcel, (1.8, "in_transit", "carrier_damaged_parcel"))
        assert kinds(parcel) == [], "learned late, and from before"
        scanned(parcel, (1, "in_transit", "carrier_damaged_parcel"))
        again = parcel.exceptions.get(closed_at=None)
        assert (again.previous, again.since) == (first, days_ago(1))
        assert sweep().opened == 0

    def test_what_was_not_over_after_all_is_the_same_exception_again(self):
        parcel = scanned(a_parcel(), (3, "in_transit"), (2, "on_hold", "carrier_address_not_found"))
        first = parcel.exceptions.get()
        mistaken = Scan(days_ago(1), "in_transit", "of another parcel")
        apply_update(parcel, TrackingUpdate(parcel.tracking_number, (mistaken,)), forecast=False)
        assert kinds(parcel) == []
        parcel.events.get(description="of another parcel").delete()
        refold(parcel, announce=True)
        assert parcel.exceptions.get() == first
        assert kinds(parcel) == ["address"]

    def test_what_staff_resolved_is_not_opened_again_while_it_lasts(self):
        parcel = scanned(a_parcel(), (9, "picked_up"), (8, "in_transit"))
        sweep()
        exceptions.resolve([parcel.exceptions.get().pk], Resolution.CLAIMED, "ben")
        assert sweep(1).opened == 0
        assert kinds(parcel) == []


class TestStaff:
    @pytest.fixture
    def ben(self) -> User:
        return User.objects.create_user("ben", is_staff=True)

    @pytest.fixture
    def silence(self) -> ShipmentException:
        parcel = scanned(a_parcel(), (9, "picked_up"), (8, "in_transit"))
        sweep()
        return parcel.exceptions.get()

    def test_every_act_leaves_a_note(self, silence, ben):
        exceptions.assign([silence.pk], ben, "ben")
        exceptions.snooze([silence.pk], NOW + timedelta(days=1), "ben")
        exceptions.resolve([silence.pk], "replaced", "ben", "by express")
        notes = list(silence.notes.values_list("author", "words"))
        assert notes[0] == ("ben", "Taken by ben.")
        assert notes[2] == ("ben", "Resolved: Sent again. by express")

    def test_an_act_is_undone(self, silence, ben):
        exceptions.assign([silence.pk], ben, "ben")
        before = exceptions.resolve([silence.pk], "replaced", "ben")
        assert exceptions.undo(before, "ben") == 1
        silence.refresh_from_db()
        assert (silence.closed_at, silence.resolution, silence.owner) == (None, "", ben)

    def test_an_act_that_somebody_else_built_on_is_not_undone(self, silence, ben):
        before = exceptions.assign([silence.pk], ben, "ben")
        exceptions.resolve([silence.pk], "replaced", "cleo")
        assert exceptions.undo(before, "ben") == 0
        silence.refresh_from_db()
        assert silence.resolution == "replaced"

    def test_resolving_twice_counts_once(self, silence):
        assert len(exceptions.resolve([silence.pk], "replaced", "ben")) == 1
        assert exceptions.resolve([silence.pk], "refunded", "cleo") == []

    def test_what_staff_reopened_stays_open_until_the_next_scan(self, silence):
        parcel = silence.shipment
        scanned(parcel, (0.5, "in_transit"))
        assert len(exceptions.reopen([silence.pk], "ben")) == 1
        sweep()
        assert kinds(parcel) == ["silent"]
        reopened_at = parcel.exceptions.get().reopened_at
        scan = Scan(reopened_at + timedelta(minutes=1), "in_transit", "moved")
        apply_update(parcel, TrackingUpdate(parcel.tracking_number, (scan,)), forecast=False)
        assert kinds(parcel) == []

    def test_one_whose_kind_is_open_already_cannot_be_reopened(self, silence):
        exceptions.resolve([silence.pk], "other", "ben")
        ShipmentException.objects.create(shipment=silence.shipment, kind="silent", episode="2", since=NOW)
        assert exceptions.reopen([silence.pk], "ben") == []

    def test_a_delivered_parcel_can_be_disputed_once(self):
        parcel = scanned(a_parcel(), (2, "in_transit"), (1, "delivered"))
        first = exceptions.dispute(parcel, "customer", "There was nothing at the door.")
        again = exceptions.dispute(parcel, "customer")
        assert first.pk == again.pk
        assert kinds(parcel) == ["disputed"]
        assert first.notes.first().words == "There was nothing at the door."

    def test_a_dispute_outlives_sweeps_and_comes_back_when_it_is_stated_again(self):
        parcel = scanned(a_parcel(), (2, "in_transit"), (1, "delivered"))
        found = exceptions.dispute(parcel, "ben")
        sweep()
        assert kinds(parcel) == ["disputed"]
        exceptions.resolve([found.pk], "arrived", "ben")
        again = exceptions.dispute(parcel, "customer")
        assert kinds(parcel) == ["disputed"]
        assert again.previous == found

    def test_who_took_a_dispute_back_and_states_it_again_opens_the_same_one(self):
        parcel = scanned(a_parcel(), (2, "in_transit"), (1, "delivered"))
        found = exceptions.dispute(parcel, "customer")
        exceptions.resolve([found.pk], "arrived", "customer")
        assert exceptions.dispute(parcel, "customer") == found

    def test_a_parcel_that_is_not_delivered_cannot_be_disputed(self):
        with pytest.raises(GiveUp):
            exceptions.dispute(scanned(a_parcel(), (2, "in_transit")), "customer")

    def test_a_note_without_words_is_none(self, silence):
        assert exceptions.add_note(silence, "  ", "ben") is None
        assert ExceptionNote.objects.count() == 0


def test_a_sweep_asks_the_data_base_as_often_for_many_parcels_as_for_few(django_assert_num_queries):
    for count in (3, 12):
        for _ in range(count):
            scanned(a_parcel(), (9, "picked_up"), (8, "in_transit"))
        ShipmentException.objects.all().delete()
        with django_assert_num_queries(12):  # two of them the savepoint's
            assert sweep().opened in (3, 15)
