"""How the watchdog judges, by a clock in our hands and with a harmless process for a cluster."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import timezone
from django_q.models import OrmQ, Schedule

from parcelwise import background
from parcelwise.models import Heartbeat, Problem
from parcelwise.watchdog import Cluster, Watchdog
from tests.faults.conftest import alive, until

pytestmark = pytest.mark.django_db


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dog(clock, settings):
    if not (connection.vendor == "sqlite" and connection.is_in_memory_db()):
        pytest.skip("the watchdog closes connections, which would end the test's transaction")
    settings.PARCELWISE = {**settings.PARCELWISE, "JOBS": {"PULSE": 5.0, "STALE": 60.0}}
    cluster = Cluster(["sleep", "600"])
    cluster.start()
    yield Watchdog(cluster, clock=clock)
    cluster.kill()


def beat(name: str = "worker") -> None:
    columns = {"beat_at": timezone.now() + timedelta(microseconds=Heartbeat.objects.count() + OrmQ.objects.count())}
    Heartbeat.objects.update_or_create(name=name, defaults=columns)


def look_after(dog: Watchdog, clock: Clock, seconds: float) -> int | None:
    clock.now += seconds
    dog.look()
    return dog.cluster.pid


def test_a_cluster_that_beats_is_left_alone_and_one_that_stops_is_replaced(dog, clock):
    first = dog.cluster.pid
    for _ in range(5):
        beat()
        assert look_after(dog, clock, 50) == first
    assert look_after(dog, clock, 59) == first
    assert look_after(dog, clock, 2) != first
    assert not alive(first)
    assert dog.replaced == 1
    assert "no sign of life for 61 s" in Problem.objects.get(solved_at=None).sentence
    beat()
    look_after(dog, clock, 1)
    assert not Problem.objects.filter(solved_at=None).exists()


def test_a_cluster_that_ended_by_itself_is_started_again(dog, clock):
    first = dog.cluster.pid
    dog.cluster._process.terminate()
    until(lambda: not alive(first), 5, "it has ended")
    assert look_after(dog, clock, 1) != first
    assert "ended by themselves" in Problem.objects.get().sentence


def test_while_the_data_base_is_away_nobody_is_judged(dog, clock):
    first = dog.cluster.pid
    beat()
    look_after(dog, clock, 1)

    def away(*_):
        raise OperationalError("server closed the connection unexpectedly")

    with connection.execute_wrapper(away):
        for _ in range(10):
            assert look_after(dog, clock, 60) == first
    assert look_after(dog, clock, 59) == first
    assert look_after(dog, clock, 61) != first


def test_while_the_queue_is_away_nobody_is_judged(dog, clock, monkeypatch):
    first = dog.cluster.pid

    def away(*_, **__):
        raise ConnectionError("no broker")

    monkeypatch.setattr("django_q.tasks.async_task", away)
    for _ in range(5):
        assert look_after(dog, clock, 60) == first


def test_pulses_do_not_pile_up_in_a_queue_that_stands_still(dog, clock):
    for _ in range(20):
        look_after(dog, clock, 1)
    assert OrmQ.objects.count() == 1
    look_after(dog, clock, 11)
    assert OrmQ.objects.count() == 2
    beat(background.PULSE)
    look_after(dog, clock, 1)
    look_after(dog, clock, 5)
    assert OrmQ.objects.count() == 3


def test_the_schedule_is_written_once_and_forgets_what_is_gone(dog, clock):
    Schedule.objects.create(name="parcelwise:gone.task", func="gone.task")
    Schedule.objects.create(name="the shop's own", func="shop.task")
    look_after(dog, clock, 1)
    names = set(Schedule.objects.values_list("name", flat=True))
    assert names == {"the shop's own"} | {f"parcelwise:{order.path}" for order in background.standing_orders()}


def test_a_worker_that_nobody_wakes_says_what_to_do(settings):
    settings.PARCELWISE = {**settings.PARCELWISE, "JOBS": {"RUNNER": "manual"}}
    with pytest.raises(CommandError, match="--once"):
        call_command("parcelwise_worker")
