"""Pages stay true while rows come in, and nothing that changes is missed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as some
from hypothesis.extra.django import TestCase

from fulfillment.facts import Scan, TrackingUpdate
from fulfillment.models import Order, Shipment, ShipmentException
from fulfillment.services.shipments import apply_update
from returns.models import ReturnRequest
from returns.services.progress import cancel
from tests.api.conftest import VIEW, Program, of_staff, of_store
from tests.factories import a_shipment, a_store, an_order


def walk(shop: Program, path: str, query: dict[str, Any], between: Any = lambda: None) -> list[str]:
    """Ids of all pages, with something happening between two of them."""
    seen: list[str] = []
    answer = shop.get(path, query).json()
    while True:
        seen += [each["id"] for each in answer["results"]]
        if answer["next_cursor"] is None:
            return seen
        between()
        answer = shop.get(path, {**query, "cursor": answer["next_cursor"]}).json()


@pytest.mark.django_db
@pytest.mark.parametrize("ordering", ["placed_at", "-placed_at", "updated_at", "-updated_at"])
def test_orders_that_come_in_while_pages_are_read_move_no_row(ordering: str):
    store, now = a_store(), timezone.now()
    # Ties on purpose: shops place several orders in one second.
    there = [an_order(store, placed_at=now - timedelta(hours=n // 3)) for n in range(10)]
    Order.objects.update(updated_at=now)

    def more() -> None:
        if store.orders.count() < 30:  # or those that changed last would never come to an end
            an_order(store, placed_at=now + timedelta(hours=1))
            an_order(store, placed_at=now - timedelta(hours=1))

    seen = walk(of_store(store), "/orders/", {"limit": 2, "ordering": ordering}, more)
    assert len(seen) == len(set(seen))
    assert {str(order.uuid) for order in there} <= set(seen)


@pytest.mark.django_db
def test_the_next_address_leads_on(anas: Order):
    shop = of_store(anas.store)
    an_order(anas.store)
    first = shop.get("/orders/", {"limit": 1, "status": "open"}).json()
    second = shop.get(first["next"].partition("testserver")[2]).json()
    assert second["next"] is None
    assert first["results"][0]["id"] != second["results"][0]["id"]


@pytest.mark.django_db
def test_a_cursor_is_of_one_question_and_one_caller(anas: Order):
    shop = of_store(anas.store)
    an_order(anas.store)
    cursor = shop.get("/orders/", {"limit": 1}).json()["next_cursor"]
    refused = [
        shop.get("/orders/", {"limit": 1, "cursor": cursor, "status": "open"}),
        of_store(anas.store).get("/orders/", {"limit": 1, "cursor": cursor}),
        shop.get("/orders/", {"limit": 1, "cursor": f"{cursor}x"}),
        shop.get("/orders/", {"limit": 1, "cursor": "WyJhIl0"}),
    ]
    assert [answer.status_code for answer in refused] == [400] * 4
    assert shop.get("/orders/", {"limit": 2, "cursor": cursor}).status_code == 200


@pytest.mark.django_db
def test_an_exception_has_changed_whatever_staff_did_with_it(anas: Order, time_machine):
    row = ShipmentException.objects.create(
        shipment=anas.shipments.get(), kind="disputed", episode="1", since=timezone.now()
    )
    ben = of_staff(*VIEW, "parcelwise_fulfillment.change_shipmentexception")
    for act, said in (
        ("notes", {"words": "Called"}),
        ("assign", {"owner": None}),
        ("resolve", {"resolution": "other"}),
    ):
        time_machine.move_to(timezone.now() + timedelta(days=1))
        since = timezone.now().isoformat()
        assert ben.get("/exceptions/", {"updated_since": since}).json()["results"] == []
        assert ben.post(f"/exceptions/{row.uuid}/{act}/", said).status_code == 200
        assert [each["id"] for each in ben.get("/exceptions/", {"updated_since": since}).json()["results"]] == [
            str(row.uuid)
        ]


@pytest.mark.django_db
def test_a_return_has_changed_when_it_moved(anas: Order, time_machine):
    row = ReturnRequest.objects.create(order=anas, number="R-1")
    shop = of_store(anas.store)
    time_machine.move_to(timezone.now() + timedelta(days=1))
    since = timezone.now().isoformat()
    assert shop.get("/returns/", {"updated_since": since}).json()["results"] == []
    cancel(row, at=timezone.now(), actor="ben")
    told = shop.get("/returns/", {"updated_since": since}).json()["results"]
    assert [(each["number"], each["status"]) for each in told] == [("R-1", "cancelled")]


@pytest.mark.django_db
def test_stores_come_page_by_page_by_their_names(db: None):
    for name in ("Nord", "2026-01-31", "Süd"):
        a_store(kind="api", name=name)
    staff, names, cursor = of_staff("parcelwise_fulfillment.view_store"), [], ""
    for _ in range(3):
        page = staff.get("/stores/", {"limit": 1, **({"cursor": cursor} if cursor else {})}).json()
        names += [each["name"] for each in page["results"]]
        cursor = page["next_cursor"]
    assert names == ["2026-01-31", "Nord", "Süd"]


@pytest.mark.django_db
@pytest.mark.parametrize("limit", ["0", "-1", "201", "ten", "", "1e2", "²"])
def test_a_limit_that_there_is_not_is_refused(anas: Order, limit: str):
    assert of_store(anas.store).get("/orders/", {"limit": limit}).status_code == 400


@pytest.mark.django_db
def test_what_was_still_being_written_when_a_list_was_read_is_in_the_next_one(anas: Order, time_machine):
    """A row whose transaction began before the reading and ended after it has an older ``updated_at``."""
    shop, now = of_store(anas.store), timezone.now()
    as_of = shop.get("/orders/").json()["as_of"]
    late = an_order(anas.store)
    Order.objects.filter(pk=late.pk).update(updated_at=now - timedelta(seconds=120))
    time_machine.move_to(now + timedelta(hours=1))
    assert str(late.uuid) in [each["id"] for each in shop.get("/orders/", {"updated_since": as_of}).json()["results"]]
    later = shop.get("/orders/").json()["as_of"]
    assert shop.get("/orders/", {"updated_since": later}).json()["results"] == []


@pytest.mark.django_db
def test_a_parcel_has_changed_when_a_scan_came_or_its_window_moved(anas: Order, time_machine):
    shop, parcel = of_store(anas.store), anas.shipments.get()
    time_machine.move_to(timezone.now() + timedelta(days=1))
    since = timezone.now().isoformat()
    assert shop.get("/shipments/", {"updated_since": since}).json()["results"] == []
    # Older than what is known, so that neither status nor last event change.
    old = Scan(parcel.last_event_at - timedelta(minutes=5), "unknown", "Somewhere on the way")
    apply_update(parcel, TrackingUpdate(parcel.tracking_number, (old,)), forecast=False)
    assert len(shop.get("/shipments/", {"updated_since": since}).json()["results"]) == 1


class Walks(TestCase):
    """Any rows, any page size, any order: each row once."""

    @given(
        hours=some.lists(some.integers(0, 3), min_size=1, max_size=9),
        limit=some.integers(1, 4),
        ordering=some.sampled_from(["created_at", "-created_at", "updated_at", "-updated_at"]),
    )
    @hypothesis(max_examples=15)
    def test_every_row_comes_once(self, hours: list[int], limit: int, ordering: str) -> None:
        order, now = an_order(), timezone.now()
        for hour in hours:
            parcel = a_shipment(order)
            moment = now - timedelta(hours=hour)
            Shipment.objects.filter(pk=parcel.pk).update(created_at=moment, updated_at=moment)
        column, sign = ordering.lstrip("-"), "-" if ordering.startswith("-") else ""
        wanted = order.shipments.order_by(ordering, f"{sign}uuid").values_list("uuid", flat=True)
        assert column
        seen = walk(of_store(order.store), "/shipments/", {"limit": limit, "ordering": ordering})
        assert seen == [str(each) for each in wanted]
