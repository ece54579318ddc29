"""Forecasts, delay episodes, and what became of them."""

from __future__ import annotations

import threading
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections
from django.utils import timezone

from fulfillment.facts import Address
from fulfillment.ml.features import place
from fulfillment.models import DelayEpisode, Forecast, LaneStatistics, Order, Shipment, Store, TrackingPoll
from fulfillment.services import delays, forecasts
from fulfillment.services.forecasts import (
    announce_pending_delays,
    forecast_open,
    make_forecast,
    refresh_lanes,
    settle_forecasts,
)
from fulfillment.signals import arrival_forecast, delay_expected
from parcelwise.models import Decision, Problem
from parcelwise.panels import reference
from parcelwise.testing import heard
from tests.factories import HAMBURG, MUNICH, a_shipment, a_store, an_order, utc

pytestmark = pytest.mark.django_db

NOW = utc(2025, 12, 1, 12)
#: When the sweep comes by.
SOON = utc(2025, 12, 1, 12, 2)
BERLIN = {**MUNICH.as_json(), "region": "BE", "city": "Berlin", "postcode": "10115"}


def arrived(store: Store, days: float, *, count: int = 1, before: datetime = NOW, **columns: Any) -> None:
    """``count`` parcels that took ``days`` from the order and one less from hand-over, all done before ``before``."""
    for number in range(count):
        placed_at = before - timedelta(days=days + 1 + number % 20)
        a_shipment(
            an_order(
                store, placed_at=placed_at, promised_on=None, ship_to=columns.get("destination", MUNICH.as_json())
            ),
            status="delivered",
            handed_over_at=placed_at + timedelta(days=1),
            delivered_at=placed_at + timedelta(days=days),
            **columns,
        )


def on_its_way(store: Store, *, since: float = 0.0, promised_in: int | None = 5, **columns: Any) -> Shipment:
    """A parcel ordered ``since`` days before NOW, to be there ``promised_in`` days after it."""
    promised_on = None if promised_in is None else NOW.date() + timedelta(days=promised_in)
    order = an_order(
        store,
        placed_at=NOW - timedelta(days=since),
        promised_on=promised_on,
        is_history=columns.pop("is_history", False),
        ship_to=columns.get("destination", MUNICH.as_json()),
    )
    return a_shipment(order, **{"created_at": NOW, **columns})


@pytest.fixture
def store() -> Store:
    return a_store()


@pytest.fixture
def experienced(store: Store) -> Store:
    """A shop whose parcels take four days, give or take one."""
    for days in (3.1, 4.1, 5.1):
        arrived(store, days, count=20)
    refresh_lanes(store, NOW)
    return store


def days_after(moment: datetime, start: datetime = NOW) -> float:
    return (moment - start).total_seconds() / 86_400


def test_a_shop_predicts_from_its_own_history(experienced):
    forecast = make_forecast(on_its_way(experienced), now=NOW)
    assert 2.5 < days_after(forecast.p10) < 3.4
    assert 3.8 < days_after(forecast.p50) < 4.5
    assert 4.9 < days_after(forecast.p90) < 6
    assert forecast.moment == "purchase"
    assert forecast.version == "lanes@1"
    assert forecast.p_late < 0.1


def test_the_reasons_are_sentences_with_the_figures(experienced):
    shipment = on_its_way(experienced, since=2, handed_over_at=NOW - timedelta(days=1))
    decision = make_forecast(shipment, now=NOW).decision
    assert decision.kind == "arrival"
    assert decision.subject == reference(shipment)
    assert decision.reasons == [
        "60 parcels from DE-HH to DE-BY by UPS took 2 to 4 days, half of them 3 or less (from hand-over).",
        "Handed to the carrier 1 day ago.",
        "Promised by 6 December: hardly any such parcel comes later.",
    ]
    assert decision.inputs["leg"] == "handover"
    assert decision.inputs["parcels"]["DE-HH>DE-BY|ups|"] == 60


def test_a_slow_lane_is_told_from_a_quick_one(experienced):
    arrived(experienced, 9.1, count=40, destination=BERLIN)
    refresh_lanes(experienced, NOW)
    to_munich = make_forecast(on_its_way(experienced), now=NOW)
    to_berlin = make_forecast(on_its_way(experienced, destination=BERLIN), now=NOW)
    assert days_after(to_berlin.p50) > days_after(to_munich.p50) + 3


def test_a_carrier_that_is_quicker_on_the_lane_is_predicted_quicker(experienced):
    arrived(experienced, 2.1, count=60, carrier="dhl")
    refresh_lanes(experienced, NOW)
    by_ups = make_forecast(on_its_way(experienced), now=NOW)
    by_dhl = make_forecast(on_its_way(experienced, carrier="dhl"), now=NOW)
    assert days_after(by_dhl.p50) < days_after(by_ups.p50) - 1


def test_what_happens_after_now_is_not_seen(experienced):
    before = make_forecast(on_its_way(experienced), now=NOW)
    arrived(experienced, 30, count=50, before=NOW + timedelta(days=60))  # ordered 9 to 29 days after NOW
    refresh_lanes(experienced, NOW)
    after = make_forecast(on_its_way(experienced), now=NOW)
    assert (after.p10, after.p50, after.p90) == (before.p10, before.p50, before.p90)


def test_a_delivery_after_now_is_a_parcel_still_on_its_way(store):
    arrived(store, 3.1, count=30)
    still_out = [on_its_way(store, since=4) for _ in range(10)]
    refresh_lanes(store, NOW)
    before = LaneStatistics.objects.get(store=store, leg="purchase", level="store").histogram
    Shipment.objects.filter(pk__in=[parcel.pk for parcel in still_out]).update(
        status="delivered", delivered_at=NOW + timedelta(days=1)
    )
    refresh_lanes(store, NOW)
    again = LaneStatistics.objects.get(store=store, leg="purchase", level="store")
    assert again.histogram == before
    assert again.parcels == 30


def test_a_hand_over_after_now_is_not_known_yet(experienced):
    shipment = on_its_way(experienced, handed_over_at=NOW + timedelta(hours=5))
    assert make_forecast(shipment, now=NOW).moment == "purchase"


def test_no_window_names_a_day_on_which_nobody_delivers(store):
    for days in range(1, 15):  # from a Monday on; what would come on a Sunday comes on Monday
        day = NOW - timedelta(days=days)
        for number in range(10 if day.weekday() != 6 else 0):
            placed_at = day - timedelta(days=3, hours=number)
            a_shipment(an_order(store, placed_at=placed_at, promised_on=None), status="delivered", delivered_at=day)
    refresh_lanes(store, NOW)
    on_thursday = utc(2025, 12, 4, 12)  # three days to Sunday
    order = an_order(store, placed_at=on_thursday, promised_on=None)
    forecast = make_forecast(a_shipment(order), now=on_thursday)
    said = forecasts.window(forecast, store)
    assert said.likely == date(2025, 12, 8)
    assert said.first.weekday() != 6 and said.last.weekday() != 6


def test_cancelled_parcels_and_returns_teach_nothing(experienced):
    before = LaneStatistics.objects.get(store=experienced, leg="purchase", level="store").histogram
    on_its_way(experienced, since=20, status="cancelled")
    on_its_way(experienced, since=20, direction="back")
    refresh_lanes(experienced, NOW)
    assert LaneStatistics.objects.get(store=experienced, leg="purchase", level="store").histogram == before


def test_parcels_lost_long_ago_do_not_stretch_the_windows_of_those_on_their_way(experienced):
    for _ in range(10):
        on_its_way(experienced, since=120, last_event_at=NOW - timedelta(days=117), status="in_transit")
    refresh_lanes(experienced, NOW)
    forecast = make_forecast(on_its_way(experienced, since=5, promised_in=-1), now=NOW)
    assert days_after(forecast.p90) < 21


def test_a_refresh_drops_lanes_that_are_gone(experienced):
    arrived(experienced, 2.0, count=3, destination=BERLIN)
    refresh_lanes(experienced, NOW)
    assert LaneStatistics.objects.filter(key__contains="BE").exists()
    Shipment.objects.filter(destination__region="BE").delete()
    refresh_lanes(experienced, NOW + timedelta(days=1))
    assert LaneStatistics.objects.exists()
    assert not LaneStatistics.objects.filter(key__contains="BE").exists()


def test_what_an_old_history_taught_stays_when_nothing_newer_is_there(experienced):
    lanes = LaneStatistics.objects.count()
    assert refresh_lanes(experienced, NOW + timedelta(days=3000)) == 0
    assert LaneStatistics.objects.count() == lanes > 0


def test_without_history_the_usual_serves_and_is_named(store):
    forecast = make_forecast(on_its_way(store), now=NOW)
    assert 1 < days_after(forecast.p10) < days_after(forecast.p90) < 9
    assert "usual within a country" in forecast.decision.reasons[0]


def test_without_history_the_carriers_estimate_comes_before_the_usual(store):
    shipment = on_its_way(store, promised_in=10, carrier_estimate=date(2025, 12, 9))
    forecast = make_forecast(shipment, now=NOW)
    assert forecasts.window(forecast, store).likely == date(2025, 12, 9)
    assert "carrier's own estimate" in forecast.decision.reasons[0]


def test_without_history_and_without_places_nothing_is_said(store):
    shipment = on_its_way(store, origin={}, destination={})
    assert make_forecast(shipment, now=NOW) is None
    assert not Forecast.objects.exists()


def test_without_a_promise_there_is_a_window_and_no_chance_of_being_late(experienced):
    forecast = make_forecast(on_its_way(experienced, promised_in=None), now=NOW)
    assert forecast.p_late is None
    assert not DelayEpisode.objects.exists()


def test_the_promise_ends_with_its_day_where_the_shop_is(store):
    one, other = (on_its_way(store, promised_in=0, handed_over_at=NOW) for _ in range(2))
    midnight_in_berlin = utc(2025, 12, 1, 23)
    assert make_forecast(one, now=midnight_in_berlin - timedelta(minutes=1)).p_late < 1
    assert make_forecast(other, now=midnight_in_berlin).p_late == 1


def test_the_day_with_an_hour_less_ends_an_hour_earlier(store):
    order = an_order(store, placed_at=utc(2025, 3, 28), promised_on=date(2025, 3, 30))
    one, other = (a_shipment(order, handed_over_at=utc(2025, 3, 28)) for _ in range(2))
    assert make_forecast(one, now=utc(2025, 3, 30, 21, 59)).p_late < 1
    assert make_forecast(other, now=utc(2025, 3, 30, 22)).p_late == 1


def test_a_parcel_out_for_delivery_is_hours_away(experienced):
    shipment = on_its_way(experienced, since=3, handed_over_at=NOW - timedelta(days=2))
    shipment.events.create(
        fingerprint="ofd", occurred_at=NOW - timedelta(hours=1), status="out_for_delivery", recorded_at=NOW
    )
    Shipment.objects.filter(pk=shipment.pk).update(status="out_for_delivery")
    shipment.refresh_from_db()
    forecast = make_forecast(shipment, now=NOW)
    assert forecast.moment == "scan"
    assert NOW <= forecast.p10 < forecast.p50 < NOW + timedelta(hours=12)


def test_a_longer_wait_raises_the_chance_of_being_late(experienced):
    shipment = on_its_way(experienced, promised_in=4)
    chances = [make_forecast(shipment, now=NOW + timedelta(days=days)).p_late for days in range(6)]
    assert chances == sorted(chances)
    assert chances[0] < 0.5
    assert chances[5] == 1


def test_a_new_row_is_written_only_when_something_changed(experienced):
    shipment = on_its_way(experienced)
    first = make_forecast(shipment, now=NOW)
    with heard(arrival_forecast) as told:
        assert make_forecast(shipment, now=NOW + timedelta(minutes=5)) == first
        assert told == []
    Shipment.objects.filter(pk=shipment.pk).update(handed_over_at=NOW + timedelta(days=2))
    shipment.refresh_from_db()
    second = make_forecast(shipment, now=NOW + timedelta(days=2))
    assert second != first
    assert Forecast.objects.get(shipment=shipment, is_current=True) == second
    assert Forecast.objects.filter(shipment=shipment).count() == Decision.objects.filter(kind="arrival").count() == 2


def test_a_new_forecast_is_told_after_commit(experienced, django_capture_on_commit_callbacks):
    shipment = on_its_way(experienced)
    with heard(arrival_forecast) as told:
        with django_capture_on_commit_callbacks() as callbacks:
            forecast = make_forecast(shipment, now=NOW)
        assert told == []
        for callback in callbacks:
            callback()
    assert [(call["shipment"], call["forecast"], call["previous"]) for call in told] == [(shipment, forecast, None)]


def test_silent_work_and_history_tell_nobody(experienced, django_capture_on_commit_callbacks):
    listening = heard(arrival_forecast), heard(delay_expected)
    with listening[0] as arrivals, listening[1] as delays_told, django_capture_on_commit_callbacks(execute=True):
        make_forecast(on_its_way(experienced, since=9, promised_in=-1), now=NOW, announce=False)
        make_forecast(on_its_way(experienced, since=9, promised_in=-1, is_history=True), now=NOW)
        announce_pending_delays()
    assert arrivals == delays_told == []


def test_returns_and_finished_parcels_get_no_forecast(experienced):
    for columns in ({"direction": "back"}, {"status": "delivered"}, {"status": "cancelled"}):
        assert make_forecast(on_its_way(experienced, **columns), now=NOW) is None
    assert not Forecast.objects.exists()


def test_a_parcel_that_goes_back_loses_its_window(experienced):
    shipment = on_its_way(experienced, since=5, promised_in=-1)
    make_forecast(shipment, now=NOW)
    Shipment.objects.filter(pk=shipment.pk).update(status="return_to_sender")
    shipment.refresh_from_db()
    assert make_forecast(shipment, now=NOW) is None
    assert not Forecast.objects.filter(is_current=True).exists()
    assert not DelayEpisode.objects.filter(closed_at=None).exists()


def test_a_delay_is_told_once_and_again_only_after_it_was_over(experienced, django_capture_on_commit_callbacks):
    shipment = on_its_way(experienced, promised_in=1)

    def learn(promised_in: int) -> None:
        Shipment.objects.filter(pk=shipment.pk).update(promised_on=NOW.date() + timedelta(days=promised_in))
        shipment.refresh_from_db()
        with django_capture_on_commit_callbacks(execute=True):
            make_forecast(shipment, now=NOW)

    with heard(delay_expected) as told:
        learn(1)
        learn(2)
        assert len(told) == 1
        assert told[0]["episode"] == DelayEpisode.objects.get()
        assert DelayEpisode.objects.get().announced_at
        learn(9)
        assert DelayEpisode.objects.get().closed_at == NOW
        learn(1)
    assert len(told) == 2
    assert DelayEpisode.objects.filter(shipment=shipment).count() == 2


def test_a_parcel_that_is_new_here_is_not_called_late_before_its_carrier_was_asked(experienced):
    """A first sync brings in parcels that have long arrived: nobody is told of a delay that is none."""
    shipment = on_its_way(experienced, since=9, promised_in=-1, tracking_number="1Z1", created_at=timezone.now())
    poll = TrackingPoll.objects.create(shipment=shipment)
    make_forecast(shipment, now=NOW)
    assert Forecast.objects.get().p_late == 1
    assert not DelayEpisode.objects.exists()
    TrackingPoll.objects.filter(pk=poll.pk).update(last_asked_at=timezone.now())
    make_forecast(shipment, now=NOW)
    assert Forecast.objects.count() == DelayEpisode.objects.count() == 1, "asked, and it stands"


def test_a_parcel_whose_carrier_cannot_be_asked_is_called_late_two_hours_later(experienced):
    shipment = on_its_way(experienced, since=9, promised_in=-1, tracking_number="1Z1", created_at=timezone.now())
    make_forecast(shipment, now=NOW)
    assert not DelayEpisode.objects.exists()
    shipment.created_at -= delays.FIRST_ANSWER
    shipment.save()
    make_forecast(shipment, now=NOW)
    assert DelayEpisode.objects.exists()


def test_between_the_two_lines_an_open_delay_stays_open(experienced):
    shipment = on_its_way(experienced, promised_in=1)
    make_forecast(shipment, now=NOW)
    Shipment.objects.filter(pk=shipment.pk).update(promised_on=NOW.date() + timedelta(days=4))
    shipment.refresh_from_db()
    assert 0.3 < make_forecast(shipment, now=NOW).p_late < 0.6
    assert DelayEpisode.objects.get().closed_at is None


def test_a_delay_whose_process_died_is_told_by_the_sweep(experienced):
    shipment = on_its_way(experienced, promised_in=-1, since=6)
    with heard(delay_expected) as told:
        make_forecast(shipment, now=NOW)  # the test's transaction never commits, as if the process had died
        assert told == []
        assert announce_pending_delays(now=SOON) == 1
        assert announce_pending_delays(now=SOON) == 0
    assert len(told) == 1


def test_a_delay_of_last_week_is_left_to_staff(experienced):
    make_forecast(on_its_way(experienced, promised_in=-1, since=6), now=NOW)
    assert announce_pending_delays(now=NOW + timedelta(days=3)) == 0


def test_a_delay_stays_unannounced_when_a_receiver_failed(experienced):
    make_forecast(on_its_way(experienced, promised_in=-1, since=6), now=NOW)

    def fail(**_: Any) -> None:
        raise RuntimeError("the mail server is away")

    delay_expected.connect(fail)
    try:
        assert announce_pending_delays(now=SOON) == 0
        assert "the mail server is away" in Problem.objects.get(kind="announcement", solved_at=None).sentence
    finally:
        delay_expected.disconnect(fail)
    assert announce_pending_delays(now=SOON) == 1
    assert not Problem.objects.filter(solved_at=None).exists()


def test_delivery_settles_the_decisions_and_ends_the_delay(experienced):
    shipment = on_its_way(experienced, promised_in=1)
    make_forecast(shipment, now=NOW)
    delivered_at = NOW + timedelta(days=4)
    Shipment.objects.filter(pk=shipment.pk).update(status="delivered", delivered_at=delivered_at)
    shipment.refresh_from_db()
    assert make_forecast(shipment, now=delivered_at) is None
    decision = Decision.objects.get(kind="arrival")
    assert decision.came_true["inside_window"] is True
    assert decision.came_true["late"] is True
    assert abs(decision.came_true["off_days"]) < 1
    assert decision.came_true_at == delivered_at
    assert DelayEpisode.objects.get().closed_at == delivered_at
    assert settle_forecasts(shipment) == 0


def test_an_import_of_open_orders_gets_its_forecasts_in_batches(experienced, django_assert_max_num_queries):
    for number in range(30):
        on_its_way(experienced, since=number % 5)
    on_its_way(experienced, status="delivered")
    on_its_way(a_store())
    with django_assert_max_num_queries(14):
        assert forecast_open(experienced, now=NOW) == 30
    assert forecast_open(experienced, now=NOW) == 0
    assert Forecast.objects.filter(is_current=True).count() == 30


def test_a_forecast_costs_a_fixed_number_of_queries(experienced, django_assert_num_queries):
    parcels = [on_its_way(experienced) for _ in range(3)]
    with django_assert_num_queries(10):
        make_forecast(parcels[0], now=NOW)
    arrived(experienced, 7, count=20)
    arrived(experienced, 8, count=20, destination=BERLIN)
    refresh_lanes(experienced, NOW)
    with django_assert_num_queries(10):
        make_forecast(parcels[1], now=NOW)


@pytest.mark.django_db(transaction=True)
def test_eight_workers_with_the_same_news_open_one_delay():
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("threads share one connection's cache in memory")
    store = a_store()
    shipment = on_its_way(store, promised_in=-1, since=6)
    gate, errors = threading.Barrier(8), []

    def work() -> None:
        try:
            mine = Shipment.objects.select_related("order__store").get(pk=shipment.pk)
            gate.wait()
            make_forecast(mine, now=NOW)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    with heard(delay_expected) as told:
        workers = [threading.Thread(target=work) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    assert errors == []
    assert len(told) == 1
    assert DelayEpisode.objects.count() == Forecast.objects.count() == 1


def test_the_same_delay_cannot_be_opened_twice(experienced):
    shipment = on_its_way(experienced, promised_in=-1, since=6)
    forecast = make_forecast(shipment, now=NOW)
    delays.watch([forecast], {}, announce=True)
    assert DelayEpisode.objects.count() == 1


def test_places_are_regions_or_the_head_of_the_postcode():
    assert place(HAMBURG) == "DE-HH"
    assert place(Address(postcode="20457", country="de")) == "DE 20"
    assert place(Address(region="US-CA", country="US")) == "US-CA"
    assert place(Address(country="FR")) == "FR"
    assert place(Address()) == "??"


def test_the_clock_of_the_machine_is_the_default(experienced):
    order = an_order(experienced, placed_at=timezone.now() - timedelta(hours=1), promised_on=None)
    forecast = make_forecast(a_shipment(order))
    assert forecast.p10 > timezone.now()


def test_a_year_that_nobody_means_costs_the_other_parcels_nothing(experienced):
    odd = on_its_way(experienced, promised_in=None)
    Order.objects.filter(pk=odd.order_id).update(placed_at=utc(9999, 12, 31, 23), promised_on=date.max)
    never = on_its_way(experienced)
    Shipment.objects.filter(pk=never.pk).update(promised_on=date.max, carrier_estimate=date.max)
    usual = on_its_way(experienced)
    forecast_open(experienced, now=NOW)
    told = {row.shipment_id: row for row in Forecast.objects.all()}
    assert set(told) == {never.pk, usual.pk}
    assert told[never.pk].p50 == told[usual.pk].p50
