from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from fulfillment.carriers.gps.points import Point, metres
from fulfillment.carriers.gps.routing import google, osrm, provider_of
from fulfillment.carriers.gps.routing.osrm import Osrm
from fulfillment.models import RoutingService
from fulfillment.services import courier_eta, positions, routes
from fulfillment.testing.routing_twin import RoutingTwin, Traffic, routing_services
from parcelwise.errors import GiveUp, Misconfigured, RetryLater
from parcelwise.models import Problem
from parcelwise.outbound.answer import Answer
from tests.fulfillment.gps.conftest import DEPOT, FIRST, SECOND, ping

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shared():
    with RoutingTwin(Traffic(lambda at: 5.0, detour=1.5)) as twin:
        yield twin


@pytest.fixture
def twin(shared, settings):
    settings.PARCELWISE = {**settings.PARCELWISE, "OUTBOUND": {"ALLOW_PRIVATE": ("127.0.0.1",), "DEADLINE": 1.0}}
    yield shared
    shared.faults.clear()


@pytest.fixture(params=["osrm", "google"])
def service(twin, request):
    return RoutingService.objects.create(**routing_services(twin.url)[request.param])


@pytest.fixture
def driving(tour):
    positions.take(tour.device, [ping(tour.now - timedelta(seconds=20 * n), DEPOT) for n in range(3)])
    return tour


def test_both_wires_say_the_same_of_the_same_roads(service):
    legs = provider_of(service).legs([DEPOT, FIRST, SECOND], timezone.now())
    assert [leg.metres for leg in legs] == pytest.approx([4500, 3750], rel=0.01)
    assert legs[0].seconds == pytest.approx(metres(DEPOT, FIRST) * 1.5 / 5, abs=1)
    later = provider_of(service).legs([DEPOT, FIRST], timezone.now() + timedelta(hours=1))
    assert len(later) == 1


def test_two_points_at_one_place_are_no_way(service):
    assert provider_of(service).legs([DEPOT, DEPOT], timezone.now())[0].metres == 0


@pytest.mark.parametrize("fault", ["hang", "500", "garbage", "truncated", "429", "drip"])
def test_who_does_not_answer_is_asked_later(service, twin, fault, monkeypatch):
    for kind in ("osrm", "google"):
        monkeypatch.setattr(f"fulfillment.carriers.gps.routing.{kind}.DEADLINE", 1.0)
    twin.faults.next(fault, times=None)
    with pytest.raises((RetryLater, GiveUp)):
        provider_of(service).legs([DEPOT, FIRST], timezone.now())


HUGE, NOWHERE = f"1{'0' * 400}", "1e999"
ANSWERS = [
    "[]", "1", '"x"', "null", '{"code": null}', '{"code": "a\\u0000b\\u202e"}', '{"code": "Ok", "routes": []}',
    '{"code": "Ok", "routes": {"0": 1}}', '{"routes": [{"legs": [1]}]}', '{"routes": [{"legs": []}], "code": "Ok"}',
    *(
        template % {"value": value}
        for value in (HUGE, f"-{HUGE}", NOWHERE, "-1", "1e308", '"x"', "null", "[]", "{}")
        for template in (
            '{"code": "Ok", "routes": [{"legs": [{"duration": %(value)s, "distance": 1}]}]}',
            '{"routes": [{"legs": [{"duration": "1s", "distanceMeters": %(value)s}]}]}',
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("said", ANSWERS)
def test_whatever_a_service_says_ends_in_an_answer_or_one_of_three_errors(service, monkeypatch, said):
    answer = Answer(200, httpx.Headers(), said.encode(), "https://routes.example/")
    for provider in (osrm, google):
        monkeypatch.setattr(provider, "request", lambda *_args, **_how: answer)
    for kind in ("osrm", "google"):
        asked = RoutingService(kind=kind, server_url="https://routes.example", credentials={"api_key": "k"})
        try:
            [leg] = provider_of(asked).legs([DEPOT, FIRST], timezone.now())
            assert 0 <= leg.seconds < 86_400 and leg.metres >= 0
        except (RetryLater, GiveUp, Misconfigured) as error:
            assert "\x00" not in str(error)


def test_what_there_is_no_road_to_is_no_failure_of_the_service(twin, driving):
    service = RoutingService.objects.create(**routing_services(twin.url)["osrm"])
    with pytest.raises(GiveUp, match="no way"):
        provider_of(service).legs([DEPOT, Point(0.5, 0.5)], timezone.now())


def test_without_address_or_key_staff_read_what_is_missing(db):
    for kind, words in (("osrm", "address"), ("google", "api_key"), ("pigeon", "no routing service")):
        with pytest.raises(Misconfigured, match=words):
            provider_of(RoutingService(kind=kind)).legs([DEPOT, FIRST], timezone.now())


def test_a_worker_asks_and_pages_only_read(service, driving, twin):
    asked = len(twin.log)
    assert routes.ask_all() == 1
    assert len(twin.log) == asked + 1
    run, now = type(driving.run).objects.select_related("store").get(), timezone.now()
    stops, fix = list(run.stops.all()), courier_eta.last_fix(run, now)
    known = courier_eta.known_of(run.store_id)
    told = courier_eta.expected(run, stops, fix, known, now, route=run.route)
    assert [each.by for each in told.values()] == ["routing", "routing"]
    assert (told[stops[0].pk].arrival - now).total_seconds() == pytest.approx(900, abs=5)
    late = now + timedelta(minutes=5)
    told = courier_eta.expected(run, stops, fix, known, late, route=run.route)
    assert (told[stops[0].pk].arrival - late).total_seconds() == pytest.approx(600, abs=5)
    old = courier_eta.expected(run, stops, fix, known, now + timedelta(minutes=16), route=run.route)
    assert {each.by for each in old.values()} == {"own"}
    assert len(twin.log) == asked + 1


def test_it_is_not_asked_more_often_than_the_settings_say(service, driving, twin):
    assert routes.ask_all() == 1
    assert routes.ask_all() == 0
    assert routes.ask_all(timezone.now() + timedelta(seconds=130)) == 1


def test_a_service_in_trouble_is_left_alone_told_to_staff_and_tried_again(service, driving, twin):
    twin.faults.next("500", times=None)
    now = timezone.now()
    for number in range(3):
        assert routes.ask_all(now + timedelta(seconds=number)) == 0
    asked = len(twin.log)
    assert routes.ask_all(now + timedelta(seconds=4)) == 0
    assert len(twin.log) == asked, "its circuit is open"
    assert "reckoned without it" in Problem.objects.get(kind="routing").sentence
    twin.faults.clear()
    assert routes.ask_all(now + timedelta(seconds=90)) == 1
    service.refresh_from_db()
    assert service.failures == 0 and service.opened_at is None and not service.last_error


def test_a_key_that_is_refused_is_left_alone_at_once(twin, driving):
    columns = {**routing_services(twin.url)["google"], "credentials": {"api_key": "stolen-key-1"}}
    service = RoutingService.objects.create(**columns)
    assert routes.ask_all() == 0
    service.refresh_from_db()
    assert service.opened_at is not None
    assert "stolen-key-1" not in service.last_error


def test_a_project_names_a_routing_service_of_its_own(settings):
    own = {"ROUTING": {"bicycle": "fulfillment.carriers.gps.routing.osrm.Osrm"}}
    settings.PARCELWISE = {**settings.PARCELWISE, "GPS": own}
    assert isinstance(provider_of(RoutingService(kind="bicycle", server_url="https://roads.example")), Osrm)
