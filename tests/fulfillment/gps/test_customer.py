from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.contrib.auth.models import User
from django.urls import reverse

from fulfillment.access import link_to, shared_link
from fulfillment.models import CourierPosition, RunStop, SpeedStatistics
from fulfillment.services import courier_runs, couriers, positions
from fulfillment.services.courier_runs import Proof
from tests.fulfillment.gps.conftest import DEPOT, FIRST, SECOND, drive, moved, ping

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(tour):
    """The second parcel's customer."""
    user = User.objects.create_user("ana", password="ana")
    contact = tour.parcels[1].order.contact
    contact.user = user
    contact.save()
    return user


@pytest.fixture
def page(client, ana, tour):
    client.force_login(ana)
    address = reverse("parcelwise_fulfillment:order", args=[tour.parcels[1].order.uuid])
    return lambda: client.get(address).content.decode()


def under_way(tour, metres=1500.0):
    """The courier so far north of the depot, just now."""
    at = tour.now - timedelta(minutes=2)
    said = [ping(at + timedelta(seconds=10 * n), moved(DEPOT, metres + 40 * n)) for n in range(6)]
    assert {each.status for each in positions.take(tour.device, said)} == {"accepted"}


def test_the_customer_sees_the_courier_on_a_map_while_they_bring_the_parcel(tour, page):
    under_way(tour)
    text = page()
    assert "Your courier" in text
    assert "1 stop before yours." in text
    assert "not a street map" in text


def test_the_courier_is_not_shown_before_or_after(tour, page):
    under_way(tour)
    courier_runs.deliver(tour.stops[1], Proof(name="Ana"))
    assert "Your courier" not in page()


def test_another_parcels_customer_and_a_parcel_that_is_not_on_the_run_show_no_courier(tour, client, cleo):
    from tests.factories import a_contact, a_shipment, an_order

    under_way(tour)
    order = an_order(tour.run.store, a_contact(user=cleo))
    a_shipment(order, status="out_for_delivery")
    client.force_login(cleo)
    mine = client.get(reverse("parcelwise_fulfillment:order", args=[order.uuid])).content.decode()
    assert "Your courier" not in mine
    hers = client.get(reverse("parcelwise_fulfillment:order", args=[tour.parcels[1].order.uuid]))
    assert hers.status_code == 404


def test_the_orders_own_link_shows_the_courier_and_a_shared_one_does_not(tour, client):
    under_way(tour)
    order = tour.parcels[1].order
    own = link_to(order).split("127.0.0.1:8000")[-1]
    assert "Your courier" in client.get(own).content.decode()
    order.share_id = uuid4()
    order.save()
    shared = client.get(shared_link(order).split("127.0.0.1:8000")[-1])
    assert shared.status_code == 200
    assert "courier" not in shared.content.decode().replace("Our courier", "")


def test_nobody_learns_where_others_live(tour, page):
    at = tour.now - timedelta(minutes=2)
    positions.take(tour.device, [ping(at + timedelta(seconds=n * 10), moved(FIRST, 100)) for n in range(5)])
    text = page()
    assert "Their place is not shown there." in text
    assert "Your courier" not in text
    assert str(FIRST.latitude)[:7] not in text


def test_the_position_is_coarse_and_has_its_time(tour, page):
    under_way(tour)
    exact = CourierPosition.objects.order_by("-at").first()
    text = page()
    assert f"{exact.latitude:.5f}" not in text
    assert "As of " in text


def test_an_old_position_is_not_shown(tour, page):
    under_way(tour)
    with time_machine.travel(tour.now + timedelta(minutes=25), tick=False):
        text = page()
    assert "We do not know where the courier is just now." in text
    assert "Your courier" not in text


def test_no_hour_is_told_before_windows_were_seen_to_hold(tour, page):
    under_way(tour)
    assert "Expected between" not in page()
    through = {"store": tour.run.store, "part": "errors", "key": "own:1", "through": tour.now}
    figures = {"bins": {"-1": 300, "0": 300, "1": 300}, "told": 800, "held": 500, "runs": 40}
    row = SpeedStatistics.objects.create(**through, count=900, figures=figures)
    assert "Expected between" not in page(), "they held too seldom"
    row.figures = {**figures, "held": 660}
    row.save()
    assert "Expected between" in page()


def test_a_parcel_without_a_courier_costs_no_query_more(tour, client, ana, django_assert_num_queries):
    from fulfillment.pages.courier import show_couriers
    from fulfillment.pages.order import OrderView
    from fulfillment.queries import for_page

    order = tour.parcels[1].order
    view = OrderView(order, for_page(order))
    for parcel in view.parcels:
        parcel.shipment.status = "in_transit"
    with django_assert_num_queries(0):
        show_couriers(view)


def test_the_page_is_fresh_when_the_courier_has_moved(tour, client, ana):
    client.force_login(ana)
    address = reverse("parcelwise_fulfillment:now", args=[tour.parcels[1].order.uuid])
    under_way(tour)
    first = client.get(address)
    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304
    positions.take(tour.device, [ping(tour.now - timedelta(seconds=5), moved(DEPOT, 1900), "later")])
    assert client.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_at_the_door_the_customer_reads_so(tour, page):
    positions.take(tour.device, drive(tour.now - timedelta(minutes=14), [FIRST, SECOND], wait=120))
    courier_runs.deliver(tour.stops[0], Proof(name="Bo"))
    assert RunStop.objects.get(pk=tour.stops[1].pk).arrived_at
    assert "The courier is at your door." in page()


def test_while_anothers_door_is_not_known_the_courier_is_shown_at_the_readers_alone(tour, page):
    RunStop.objects.filter(pk=tour.stops[0].pk).update(latitude=None, longitude=None)
    under_way(tour)
    text = page()
    assert "The courier is shown once they are near you." in text
    assert "Your courier" not in text
    said = [ping(tour.now - timedelta(seconds=9 - n), moved(SECOND, 60 + 8 * n), f"n{n}") for n in range(3)]
    CourierPosition.objects.all().delete()
    positions.take(tour.device, said)
    assert "Your courier" in page()


def test_what_a_withdrawn_device_said_is_not_believed_any_more(tour, page):
    under_way(tour)
    couriers.withdraw(tour.device)
    text = page()
    assert "We do not know where the courier is just now." in text
    assert "Your courier" not in text
