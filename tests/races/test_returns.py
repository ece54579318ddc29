"""Many customers, one last piece: on a file of SQLite, and on PostgreSQL where it answers (``DATABASE_URL``)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from fulfillment.models import Order, OrderLine
from returns.models import ReturnedPieces, ReturnLabel, ReturnLine, ReturnRequest, ReturnStatus
from returns.services import labels, requests
from returns.services.requests import ReturnRefused, open_return
from tests.returns.test_requests import all_of, delivered_order

AT_ONCE = 8


@pytest.mark.usefixtures("shared_database")
class TestReturnsAtOnce:
    def at_once(self, work: Callable[[int], object], threads: int = AT_ONCE) -> list[object]:
        """What ``work(0) … work(n)`` return or raise when all start at the same moment, each on its own connection."""
        gate = Barrier(threads)

        def one(number: int) -> object:
            try:
                connection.ensure_connection()
                gate.wait(30)
                return work(number)
            except ReturnRefused as refusal:
                return refusal
            finally:
                connection.close()

        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(one, range(threads)))

    def check_ledger(self, order: Order) -> None:
        """What the ledger holds is what living returns hold, and never more than was bought."""
        for line in OrderLine.objects.filter(order=order):
            living = ReturnLine.objects.filter(order_line=line).exclude(
                request__status__in=(ReturnStatus.DECLINED, ReturnStatus.CANCELLED)
            )
            held = sum(living.values_list("quantity", flat=True))
            assert ReturnedPieces.objects.get(order_line=line).quantity == held <= line.quantity

    def test_eight_returns_of_the_last_piece_are_one(self):
        order = delivered_order(pieces=2)
        # One piece is returned already: the ledger has its row, so making it does not put the others in a queue.
        open_return(order, all_of(order, 1), actor="Ana")
        answers = self.at_once(lambda _: open_return(Order.objects.get(pk=order.pk), all_of(order, 1), actor="Ana"))
        approved = [a for a in answers if isinstance(a, ReturnRequest) and a.status == ReturnStatus.APPROVED]
        assert len(approved) == 1
        assert order.shipments.filter(direction="back").count() == 2
        assert ReturnLabel.objects.count() == 2
        self.check_ledger(order)

    def test_eight_clicks_on_one_button_are_one_return(self):
        order = delivered_order(pieces=8)
        answers = self.at_once(
            lambda _: open_return(Order.objects.get(pk=order.pk), all_of(order, 1), actor="Ana", form_key="f").pk
        )
        assert len(set(answers)) == 1
        assert ReturnRequest.objects.count() == 1
        self.check_ledger(order)

    def test_returns_of_the_same_lines_in_any_order_do_not_wait_for_each_other_for_ever(self):
        order = delivered_order(pieces=4)
        more = OrderLine.objects.create(order=order, external_id="2", title="Tent", quantity=4)
        order.shipments.get().lines.create(order_line=more, quantity=4)
        items = all_of(order, 1)
        answers = self.at_once(
            lambda number: open_return(
                Order.objects.get(pk=order.pk), items if number % 2 else list(reversed(items)), actor="Ana"
            )
        )
        assert sum(a.status == ReturnStatus.APPROVED for a in answers if isinstance(a, ReturnRequest)) == 4
        self.check_ledger(order)

    def test_pieces_past_their_window_are_not_won_by_being_quick(self):
        order = delivered_order(pieces=1)
        line = order.lines.get()
        OrderLine.objects.filter(pk=line.pk).update(quantity=2)
        long_ago = timezone.now() - timedelta(days=90)
        early = order.shipments.create(
            external_id="early", status="delivered", delivered_at=long_ago, delivered_on=long_ago.date()
        )
        early.lines.create(order_line=line, quantity=1)
        ReturnedPieces.objects.create(order_line=line)
        answers = self.at_once(lambda _: open_return(Order.objects.get(pk=order.pk), all_of(order, 1), actor="Ana"))
        assert sum(a.status == ReturnStatus.APPROVED for a in answers if isinstance(a, ReturnRequest)) == 1
        self.check_ledger(order)

    def test_cancelling_twice_at_once_gives_the_pieces_back_once(self):
        order = delivered_order(pieces=3)
        open_return(order, all_of(order, 2), actor="Ana")
        request = open_return(order, all_of(order, 1), actor="Ana")
        self.at_once(
            lambda _: requests.cancel(ReturnRequest.objects.get(pk=request.pk), at=timezone.now(), actor="Ana")
        )
        self.check_ledger(order)
        assert ReturnedPieces.objects.get().quantity == 2

    def test_a_return_that_is_cancelled_while_it_is_handed_over_is_one_or_the_other(self):
        for number in range(4):
            order = delivered_order()
            request = open_return(order, all_of(order), actor="Ana")

            def step(which: int, pk: int = request.pk, code: str = f"1Z999AA{number}") -> object:
                mine = ReturnRequest.objects.get(pk=pk)
                if which % 2:
                    return requests.cancel(mine, at=timezone.now(), actor="Ana")
                return requests.hand_over(mine, carrier="ups", tracking_number=code, at=timezone.now())

            self.at_once(step, threads=2)
            request.refresh_from_db()
            shipment = order.shipments.get(direction="back")
            assert request.status == ReturnStatus.CANCELLED
            # Handed over first and then cancelled, or not at all: never handed over after it was cancelled.
            last = shipment.events.order_by("recorded_at", "pk").last()
            assert last is not None and last.code == "cancelled"

    def test_two_numbers_at_once_leave_the_parcel_with_one_of_them_and_its_own_story(self):
        order = delivered_order()
        request = open_return(order, all_of(order), actor="Ana")
        self.at_once(
            lambda number: requests.hand_over(
                ReturnRequest.objects.get(pk=request.pk),
                carrier="ups",
                tracking_number=f"1Z999AA{number}",
                at=timezone.now(),
            )
        )
        shipment = order.shipments.get(direction="back")
        told = shipment.events.filter(code="given").order_by("-recorded_at", "-pk").first()
        assert told is not None and shipment.tracking_number in told.description

    def test_one_label_however_many_ask_for_it_at_once(self):
        order = delivered_order()
        request = open_return(order, all_of(order), actor="Ana")
        answers = self.at_once(
            lambda _: labels.label_for(ReturnRequest.objects.get(pk=request.pk), "4x6").sha256, threads=4
        )
        assert len(set(answers)) == 1
        assert ReturnLabel.objects.filter(size="4x6").count() == 1
