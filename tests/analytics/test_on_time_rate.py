from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics.kpi import Question, registry
from fulfillment.models import Order, Shipment
from tests.factories import a_shipment, a_store, an_order

pytestmark = pytest.mark.django_db

PROMISED = date(2026, 3, 6)


@pytest.fixture
def order() -> Order:
    return an_order(promised_on=PROMISED)


def came(order: Order, **columns: Any) -> Shipment:
    """A parcel that came on the promised day, unless the columns say otherwise."""
    return a_shipment(order, **{"status": "delivered", "delivered_on": PROMISED, **columns})


def rate(**where: str) -> tuple[int, int]:
    """On time, and out of how many."""
    kpi = registry["on-time-rate"]
    figure = kpi.figure(kpi.facts(Question(date(2020, 1, 1), date(2030, 1, 1), where)))
    return figure.hits or 0, figure.n


def test_the_promised_day_itself_is_on_time(order: Order) -> None:
    came(order)
    came(order, delivered_on=PROMISED - timedelta(days=3))
    came(order, delivered_on=PROMISED + timedelta(days=1))
    assert rate() == (2, 3)


def test_the_first_attempt_counts(order: Order) -> None:
    came(order, attempted_on=PROMISED, delivered_on=PROMISED + timedelta(days=2))
    came(order, attempted_on=PROMISED + timedelta(days=1), delivered_on=PROMISED + timedelta(days=1))
    assert rate() == (1, 2)


def test_what_is_under_way_is_neither_on_time_nor_late(order: Order) -> None:
    came(order)
    a_shipment(order, status="in_transit", promised_on=date(2020, 1, 1))
    came(order, status="delivery_failed", delivered_on=None, attempted_on=PROMISED)
    assert rate() == (1, 1)


def test_no_promise_no_verdict_and_returns_are_not_deliveries(order: Order) -> None:
    came(order, promised_on=None)
    came(order, direction="back")
    assert rate() == (0, 0)


def test_only_the_chosen_store_is_counted(order: Order) -> None:
    came(order)
    came(an_order(a_store(), promised_on=PROMISED), delivered_on=PROMISED + timedelta(days=1))
    assert rate(store=str(order.store_id)) == (1, 1)
    assert rate() == (1, 2)


def test_days_are_counted_by_carrier(order: Order) -> None:
    came(order, carrier="dhl")
    came(order, carrier="dhl")
    came(order, carrier="ups", delivered_on=PROMISED + timedelta(days=1))
    facts = registry["on-time-rate"].facts(Question(PROMISED, PROMISED + timedelta(days=1)))
    assert sorted(facts) == [(PROMISED, "dhl", 2, 2), (PROMISED + timedelta(days=1), "ups", 1, 0)]


def test_both_ends_of_the_question_are_in(order: Order) -> None:
    for days in (-1, 0, 1, 2):
        came(order, delivered_on=PROMISED + timedelta(days=days))
    facts = registry["on-time-rate"].facts(Question(PROMISED, PROMISED + timedelta(days=1)))
    assert sum(tally.n for tally in facts) == 2


def test_a_typing_error_of_a_far_future_is_not_the_newest_day(order: Order) -> None:
    came(order)
    came(order, delivered_on=date(2099, 1, 1))
    assert registry["on-time-rate"].newest({}) == PROMISED


def test_overdue_and_lost_parcels_stand_beside_the_rate(order: Order) -> None:
    today = timezone.localdate()
    late, due = today - timedelta(days=2), today + timedelta(days=3)
    a_shipment(order, status="in_transit", promised_on=due)
    a_shipment(order, status="in_transit", promised_on=late)
    a_shipment(order, status="in_transit", promised_on=late, reason="carrier_parcel_lost", carrier="dhl")
    a_shipment(order, status="delivery_failed", promised_on=late, attempted_on=late)
    a_shipment(order, status="cancelled", promised_on=late)
    a_shipment(order, status="return_to_sender", promised_on=late)
    came(order, promised_on=late)

    def standing(**where: str) -> dict[str, int]:
        return {str(item.label): item.n for item in registry["on-time-rate"].standing(where)}

    assert standing() == {"Overdue now": 2, "Lost": 1, "Under way": 4}
    assert standing(carrier="dhl") == {"Overdue now": 1, "Lost": 1, "Under way": 1}


def test_a_parcel_promised_for_today_is_not_overdue_in_any_zone(time_machine: Any, order: Order) -> None:
    # 22 November has ended in Berlin and not in Los Angeles.
    a_store(time_zone="America/Los_Angeles")
    time_machine.move_to("2026-11-22T23:30:00Z")
    a_shipment(order, status="in_transit", promised_on=date(2026, 11, 22))
    [overdue, *_rest] = registry["on-time-rate"].standing({})
    assert overdue.n == 0
    [overdue, *_rest] = registry["on-time-rate"].standing({"store": str(order.store_id)})
    assert overdue.n == 1


def test_the_data_base_reads_the_index_and_no_parcel(order: Order) -> None:
    from django.db import connection

    if connection.vendor != "sqlite":
        pytest.skip("reads SQLite's plan")
    kpi = registry["on-time-rate"]
    with connection.execute_wrapper(explained := Plans()):
        list(kpi.facts(Question(PROMISED, PROMISED, {"store": str(order.store_id)})))
    assert any("USING COVERING INDEX pw_shipment_on_time" in plan for plan in explained.plans), explained.plans


class Plans:
    def __init__(self) -> None:
        self.plans: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        cursor = context["connection"].connection.cursor()
        if params is not None:
            self.plans.append(
                str(cursor.execute(f"EXPLAIN QUERY PLAN {sql}" % (("?",) * len(params)), params).fetchall())
            )
        return execute(sql, params, many, context)


def test_a_parcel_that_was_lost_and_sent_again_was_missed_once(order: Order, admin_client: Client) -> None:
    came(order)
    lost = a_shipment(order, status="in_transit", promised_on=PROMISED, reason="carrier_parcel_lost", carrier="dhl")
    came(order, replaces=lost, delivered_on=PROMISED + timedelta(days=9))
    back = a_shipment(order, status="return_to_sender", promised_on=PROMISED, attempted_on=PROMISED, carrier="dhl")
    came(order, replaces=back)
    a_shipment(order, status="return_to_sender", promised_on=PROMISED)
    assert rate() == (1, 3)
    facts = list(registry["on-time-rate"].facts(Question(PROMISED, PROMISED)))
    assert facts[-1] == (PROMISED, "dhl", 2, 0)
    assert listed(admin_client, None) == 3 and listed(admin_client, True) == 1 and listed(admin_client, False) == 2


def test_a_lost_parcel_keeps_its_time_until_its_promise_is_over(order: Order) -> None:
    today = timezone.localdate()
    for days in (0, 5, -2):
        a_shipment(order, status="in_transit", promised_on=today + timedelta(days=days), reason="carrier_parcel_lost")
    assert rate() == (0, 1)
    assert registry["on-time-rate"].newest({}) == registry["on-time-rate"].oldest({}) == today - timedelta(days=2)


def test_a_lost_parcel_that_turns_up_counts_by_its_delivery(order: Order) -> None:
    found = came(order, reason="carrier_parcel_lost", delivered_on=PROMISED - timedelta(days=1))
    came(order, replaces=found, status="cancelled", delivered_on=None)
    assert rate() == (1, 1)


def test_a_replacement_that_was_cancelled_gives_nothing_up(order: Order) -> None:
    stuck = a_shipment(order, status="in_transit", promised_on=PROMISED)
    a_shipment(order, status="cancelled", promised_on=PROMISED, replaces=stuck)
    assert rate() == (0, 0)


def listed(staff: Client, hit: bool | None) -> int:
    """Parcels in the admin list that the number links to."""
    finder = registry["on-time-rate"].row_finder({})
    assert finder
    rows = finder(PROMISED, PROMISED, None, hit)
    assert rows
    return int(staff.get("/admin/parcelwise_fulfillment/shipment/", rows.lookups).context["cl"].result_count)
