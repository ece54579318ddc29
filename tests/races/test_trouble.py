"""Many who find the same trouble at the same moment: one exception, told once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Lock

import pytest
from django.db import connection, transaction
from django.utils import timezone

from fulfillment.models import Shipment, ShipmentException, TrackingEvent, TrackingPoll
from fulfillment.services import exceptions, trouble
from fulfillment.signals import exception_closed, exception_opened
from tests.factories import a_shipment, an_order

AT_ONCE = 6
NOW = timezone.now()


def a_silent_parcel(**columns: object) -> Shipment:
    order = an_order(placed_at=NOW - timedelta(days=12), promised_on=None)
    last = NOW - timedelta(days=8)
    parcel = a_shipment(
        order,
        **{"status": "in_transit", "handed_over_at": last, "last_event_at": last, "created_at": last, **columns},
    )
    TrackingEvent.objects.create(shipment=parcel, fingerprint="1", occurred_at=last, status=parcel.status)
    TrackingPoll.objects.create(shipment=parcel, last_asked_at=NOW)
    return parcel


@pytest.mark.usefixtures("shared_database")
class TestTroubleAtOnce:
    def at_once(self, work: Callable[[int], object], threads: int = AT_ONCE) -> list[object]:
        gate = Barrier(threads)

        def one(number: int) -> object:
            try:
                connection.ensure_connection()
                gate.wait(30)
                return work(number)
            finally:
                connection.close()

        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(one, range(threads)))

    @pytest.fixture
    def told(self) -> Iterator[list[str]]:
        """What is told while the test runs, by whichever thread."""
        words: list[str] = []
        lock = Lock()

        def opened(exception: ShipmentException, **_: object) -> None:
            with lock:
                words.append(f"opened {exception.kind}")

        def closed(exception: ShipmentException, **_: object) -> None:
            with lock:
                words.append(f"closed {exception.kind}")

        exception_opened.connect(opened)
        exception_closed.connect(closed)
        yield words
        exception_opened.disconnect(opened)
        exception_closed.disconnect(closed)

    def test_sweeps_and_folds_at_once_open_one_exception_and_tell_it_once(self, told):
        parcels = [a_silent_parcel() for _ in range(3)]

        def look(number: int) -> int:
            if number % 2:
                return trouble.sweep(NOW).opened
            with transaction.atomic():
                return trouble.look_at(parcels[number % 3], NOW).opened

        opened = self.at_once(look)
        assert ShipmentException.objects.count() == 3
        assert sum(count for count in opened if isinstance(count, int)) == 3
        assert told == ["opened silent"] * 3

    def test_sweeps_at_once_close_an_exception_once(self, told):
        parcel = a_silent_parcel()
        trouble.sweep(NOW)
        Shipment.objects.filter(pk=parcel.pk).update(status="delivered")
        self.at_once(lambda _: trouble.sweep(NOW).closed)
        assert told == ["opened silent", "closed silent"]

    def test_one_of_two_who_resolve_it_at_once_is_who_did(self, told):
        parcel = a_silent_parcel()
        trouble.sweep(NOW)
        key = parcel.exceptions.get().pk
        answers = self.at_once(lambda number: exceptions.resolve([key], "replaced", f"staff {number}"))
        assert sum(bool(answer) for answer in answers) == 1
        assert told == ["opened silent", "closed silent"]
        assert parcel.exceptions.get().notes.count() == 1

    def test_a_dispute_that_is_stated_many_times_at_once_is_one(self, told):
        parcel = a_silent_parcel(status="delivered", delivered_at=NOW)
        self.at_once(lambda number: exceptions.dispute(Shipment.objects.get(pk=parcel.pk), f"customer {number}").pk)
        assert ShipmentException.objects.count() == 1
        assert told == ["opened disputed"]
