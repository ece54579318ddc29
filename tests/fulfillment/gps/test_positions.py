from __future__ import annotations

import json
import random
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from fulfillment.models import CourierPosition, RunStop, TrackingEvent
from fulfillment.services import courier_runs, couriers, positions
from fulfillment.services.courier_runs import Proof
from fulfillment.statuses import ShipmentStatus
from tests.fulfillment.gps.conftest import DEPOT, FIRST, SECOND, drive, moved, ping

pytestmark = pytest.mark.django_db

POSITIONS = "/courier/positions/"


def post(client, key, body, **more):
    text = body if isinstance(body, (str, bytes)) else json.dumps(body)
    return client.post(POSITIONS, text, "application/json", headers={"Authorization": f"Bearer {key}"}, **more)


def events(tour):
    """Code, without the number of its stop, and moment of each event of both parcels."""
    rows = TrackingEvent.objects.filter(source="gps").order_by("shipment", "occurred_at", "pk")
    return [(row.shipment_id, row.code.rpartition("-")[0], row.occurred_at) for row in rows]


def test_the_api_stands_where_the_docs_say():
    assert reverse("parcelwise_gps:positions") == POSITIONS


def test_one_ping_is_taken(tour, client):
    answer = post(client, tour.key, ping(tour.began + timedelta(minutes=1), DEPOT, "a"))
    assert answer.json() == {"results": [{"id": "a", "status": "accepted"}]}
    assert CourierPosition.objects.get().run == tour.run


def test_a_drive_makes_departed_near_and_arrived_of_each_stop_at_their_own_times(tour, client):
    post(client, tour.key, {"positions": drive(tour.began, [FIRST, SECOND])})
    names = [(parcel, name) for parcel, name, _at in events(tour)]
    codes = ["gps-loaded", "gps-departed", "gps-near", "gps-arrived"]
    assert names == [(parcel.pk, code) for parcel in tour.parcels for code in codes]
    arrived = RunStop.objects.get(pk=tour.stops[0].pk).arrived_at
    assert abs((arrived - tour.began).total_seconds() - 3000 / 8) < 20
    tour.parcels[0].refresh_from_db()
    assert tour.parcels[0].status == ShipmentStatus.OUT_FOR_DELIVERY


@pytest.mark.parametrize("seed", range(4))
def test_any_order_batches_and_repetitions_give_the_same_events(tour, client, seed):
    whole = drive(tour.began, [FIRST, SECOND], every=25)
    positions.take(tour.device, whole)
    expected = events(tour)
    CourierPosition.objects.all().delete()
    TrackingEvent.objects.exclude(code__startswith="gps-loaded").delete()
    RunStop.objects.update(near_at=None, arrived_at=None)
    type(tour.run).objects.update(departed_at=None)

    chance = random.Random(seed)
    mixed = [*whole, *chance.sample(whole, len(whole) // 3)]
    chance.shuffle(mixed)
    while mixed:
        size = chance.choice([1, 2, 7, 30])
        post(client, tour.key, {"positions": mixed[:size]})
        del mixed[:size]
    assert events(tour) == expected
    assert CourierPosition.objects.count() == len(whole)


def test_what_was_buffered_offline_is_placed_at_its_own_time(tour, client):
    whole = drive(tour.began, [FIRST])
    late, early = whole[len(whole) // 2 :], whole[: len(whole) // 2]
    positions.take(tour.device, late[-6:])  # the phone is back on line while it is at the door
    first = RunStop.objects.get(pk=tour.stops[0].pk).arrived_at
    positions.take(tour.device, [*early, *late])
    found = RunStop.objects.get(pk=tour.stops[0].pk)
    assert found.arrived_at < first
    event = TrackingEvent.objects.get(code=f"gps-arrived-{found.pk}")
    assert event.occurred_at == found.arrived_at
    assert event.recorded_at > event.occurred_at + timedelta(minutes=30)


def test_a_repeated_ping_is_called_a_duplicate_and_makes_nothing(tour, client):
    said = ping(tour.began, DEPOT, "a")
    post(client, tour.key, said)
    again = post(client, tour.key, {"positions": [said, {**said, "id": "b"}, {**said, "id": "b"}]}).json()["results"]
    assert [each["status"] for each in again] == ["duplicate", "accepted", "duplicate"]
    nameless = ping(tour.began, DEPOT)
    assert [each.status for each in positions.take(tour.device, [nameless, nameless])] == ["accepted", "duplicate"]


def test_a_batch_with_bad_pings_loses_only_those(tour, client):
    good, began = ping(tour.began, DEPOT, "good"), tour.began
    batch = [
        "nonsense",
        None,
        {**good, "id": ["x"]},
        {**good, "id": "t", "at": "yesterday"},
        {**good, "id": "z", "at": "2026-01-01T10:00:00"},
        {**good, "id": "p", "lat": "53"},
        {**good, "id": "n", "lat": 0, "lon": 0},
        {**good, "id": "e", "lat": 95},
        {**good, "id": "c", "accuracy": 4000},
        ping(timezone.now() + timedelta(hours=1), DEPOT, "f"),
        ping(began - timedelta(days=3), DEPOT, "o"),
        ping(began - timedelta(minutes=5), DEPOT, "r"),
        good,
    ]
    told = post(client, tour.key, {"positions": batch}).json()["results"]
    assert [(each.get("id"), each["status"], each.get("why")) for each in told] == [
        (None, "refused", "not_an_object"),
        (None, "refused", "not_an_object"),
        (None, "refused", "bad_id"),
        ("t", "refused", "bad_time"),
        ("z", "refused", "bad_time"),
        ("p", "refused", "bad_place"),
        ("n", "refused", "null_island"),
        ("e", "refused", "not_on_earth"),
        ("c", "refused", "inaccurate"),
        ("f", "refused", "future"),
        ("o", "refused", "too_old"),
        ("r", "refused", "no_run"),
        ("good", "accepted", None),
    ]


def test_nobody_is_followed_before_or_after_a_run(tour, client):
    courier_runs.end(tour.run)
    late = post(client, tour.key, ping(timezone.now() + timedelta(seconds=30), DEPOT, "after")).json()
    assert late["results"][0]["why"] == "no_run"
    buffered = post(client, tour.key, ping(tour.began, DEPOT, "during")).json()
    assert buffered["results"][0]["status"] == "accepted"


@pytest.mark.parametrize("key", ["", "nonsense", "pwc_aaaaaaaaaaaa_secret", "pwc__", "pwc_a%_b"])
def test_a_wrong_key_opens_nothing(tour, client, key):
    answer = post(client, key, ping(tour.began, DEPOT))
    assert answer.status_code == 401
    assert not CourierPosition.objects.exists()


def test_the_right_device_with_another_secret_opens_nothing(tour, client):
    assert post(client, tour.key[:-1] + ("a" if tour.key[-1] != "a" else "b"), {}).status_code == 401


def test_a_withdrawn_key_and_a_courier_who_left_open_nothing(tour, client):
    assert couriers.withdraw(tour.device)
    assert not couriers.withdraw(tour.device)
    assert post(client, tour.key, ping(tour.began, DEPOT)).status_code == 401
    _device, other = couriers.issue_key(tour.device.courier, "other", "ben")
    assert post(client, other, ping(tour.began, DEPOT)).status_code == 200
    type(tour.device.courier).objects.update(is_active=False)
    assert post(client, other, ping(tour.began, DEPOT)).status_code == 401


def test_the_key_is_nowhere_in_the_data_base(tour):
    secret = tour.key.split("_", 2)[2]
    assert all(secret not in str(value) for value in type(tour.device).objects.values().get().values())


def test_another_couriers_phone_gives_this_run_nothing(tour, client, mia):
    from fulfillment.models import Courier
    from tests.factories import a_contact

    noah = Courier.objects.create(contact=a_contact(name="Noah", email="noah@example.com"))
    _device, key = couriers.issue_key(noah, "", "ben")
    assert post(client, key, ping(tour.began, FIRST, "x")).json()["results"][0]["why"] == "no_run"


@pytest.mark.parametrize("body", ["", "{", "7", '"x"', '{"positions": 7}', b"\xff", "[" * 100_000])
def test_what_is_no_json_of_pings_is_refused(tour, client, body):
    assert post(client, tour.key, body).status_code == 400


def test_too_much_is_refused(tour, client, settings):
    assert post(client, tour.key, {"positions": [0] * 501}).status_code == 413
    assert post(client, tour.key, "[" + " " * 140_000 + "]").status_code == 413
    settings.PARCELWISE = {**settings.PARCELWISE, "GPS": {"PINGS_PER_MINUTE": 3}}
    assert post(client, tour.key, {"positions": [1, 2]}).status_code == 200
    refused = post(client, tour.key, {"positions": [1, 2]})
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 60
    assert post(client, tour.key, {"positions": [1]}).status_code == 200


def test_only_posting_is_taken_and_no_cookie_is_needed(tour):
    client = Client(enforce_csrf_checks=True)
    assert client.get(POSITIONS).status_code == 405
    assert post(client, tour.key, ping(tour.began, DEPOT)).status_code == 200


def test_a_ping_needs_few_queries(tour, client, django_assert_max_num_queries):
    positions.take(tour.device, drive(tour.began, [FIRST, SECOND]))
    with django_assert_max_num_queries(11):
        post(client, tour.key, ping(tour.began + timedelta(minutes=20), moved(SECOND, 900), "one"))
    with django_assert_max_num_queries(11):
        batch = [ping(tour.began + timedelta(minutes=21, seconds=n), moved(SECOND, 900 + n), f"{n}") for n in range(50)]
        post(client, tour.key, {"positions": batch})


def test_passing_by_again_after_the_delivery_is_no_event(tour):
    positions.take(tour.device, drive(tour.began, [FIRST]))
    courier_runs.deliver(tour.stops[0], Proof(name="Ana"), tour.began + timedelta(minutes=10))
    before = events(tour)
    back = [ping(tour.began + timedelta(minutes=30, seconds=10 * n), FIRST) for n in range(10)]
    positions.take(tour.device, back)
    mine = [event for event in events(tour) if event[0] == tour.parcels[0].pk]
    assert mine == [event for event in before if event[0] == tour.parcels[0].pk]


def test_old_positions_are_deleted_and_young_ones_are_not(tour):
    positions.take(tour.device, [ping(tour.began, DEPOT), ping(tour.began + timedelta(minutes=1), DEPOT)])
    CourierPosition.objects.filter(at=tour.began).update(at=timezone.now() - timedelta(hours=25))
    assert positions.forget_old() == 1
    assert CourierPosition.objects.count() == 1
