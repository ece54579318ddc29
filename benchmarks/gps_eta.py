"""How well arrivals of own couriers are told, and how many positions a second are taken.

    .venv/bin/python -m benchmarks.gps_eta [--days 26] [--seed 1] [--no-api]

**The city is simulated**, and so is everything that is said of errors below: 26 working days of two couriers with 18
stops each. Speeds have two rush hours that nobody tells the program, each day and each leg its own luck, roads are
1.2 to 1.6 times as long as straight lines, doors take 2½ minutes and sometimes ten. Every four minutes each open stop
is expected three ways: at a constant speed, by the profile and windows learned from the days before, and by the legs
of a routing service with traffic (the twin, over HTTP as Google Routes; it knows the usual traffic of the hour and not
the day's luck) with windows learned in the same way. The first ten days only teach.

Positions: gunicorn as the demo runs it, on SQLite, sixteen keep-alive connections, beside a bare Django view that
checks a signature and writes one row (``intake_floor.py``).
"""

from __future__ import annotations

import argparse
import json
import math
import os
import pickle
import random
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

ZONE = ZoneInfo("Europe/Berlin")
FIRST_DAY = datetime(2027, 2, 1, tzinfo=ZONE)  # ahead of now: Google Routes refuses what is over
DEPOT = (53.5436, 9.9886)
COURIERS, STOPS, TEACHING = 2, 18, 10
STEP = timedelta(minutes=4)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--days", type=int, default=26)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--requests", type=int, default=1500, help="of one contender in one round")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--no-api", action="store_true")
    asked = arguments.parse_args()
    os.environ.setdefault("PARCELWISE_VAR", tempfile.mkdtemp(prefix="gps-"))
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.gps_settings"
    import django

    django.setup()
    city(asked.days, asked.seed)
    if not asked.no_api:
        api(asked)


def road_speed(at: datetime) -> float:
    """Metres a second by road: two rush hours, quieter at the weekend."""
    hour = at.hour + at.minute / 60
    rush = math.exp(-((hour - 8.2) ** 2) / 1.2) + 1.2 * math.exp(-((hour - 17.0) ** 2) / 2.2)
    return 9.5 / (1 + (0.5 if at.weekday() >= 5 else 1.1) * rush)


@dataclass
class Day:
    """One courier's day: doors in order, when each was reached and left, and where the courier was."""

    doors: list
    arrived: list[datetime] = field(default_factory=list)
    left: list[datetime] = field(default_factory=list)
    start: datetime = FIRST_DAY

    def place(self, at: datetime):
        """On the straight line between two doors."""
        from fulfillment.carriers.gps.points import Point

        here, since = Point(*DEPOT), self.start
        for door, arrived, left in zip(self.doors, self.arrived, self.left, strict=True):
            if at < arrived:
                share = (at - since) / (arrived - since)
                return Point(
                    here.latitude + share * (door.latitude - here.latitude),
                    here.longitude + share * (door.longitude - here.longitude),
                )
            if at < left:
                return door
            here, since = door, left
        return here


def make_day(number: int, dice: random.Random) -> Day:
    """A tour through doors that lie around the depot, driven with that day's luck."""
    from fulfillment.carriers.gps.points import Point, metres

    base = FIRST_DAY + timedelta(days=number)
    begins = dice.choice([8.0, 9.5, 13.0, 14.5])
    day = Day([], start=base + timedelta(hours=begins))
    left = [Point(DEPOT[0] + dice.gauss(0, 0.02), DEPOT[1] + dice.gauss(0, 0.035)) for _ in range(STOPS)]
    here, at, luck = Point(*DEPOT), day.start, dice.lognormvariate(0, 0.12)
    while left:
        door = min(left, key=lambda each: metres(here, each))
        left.remove(door)
        length = metres(here, door) * dice.uniform(1.2, 1.6)
        while length > 0:  # minute by minute
            step = road_speed(at) / luck * 60
            at += timedelta(seconds=60 * min(1.0, length / step))
            length -= step
        at += timedelta(seconds=max(0.0, dice.gauss(25, 15)))  # lights, parking
        day.doors.append(door)
        day.arrived.append(at)
        at += timedelta(seconds=600 if dice.random() < 0.03 else dice.lognormvariate(math.log(150), 0.4))
        day.left.append(at)
        here = door
    return day


@dataclass
class Way:
    """One way to expect arrivals: what it learned, and how it fared."""

    name: str
    errors: dict = field(default_factory=dict)
    off: list[float] = field(default_factory=list)
    near_off: list[float] = field(default_factory=list)
    held: int = 0
    told: int = 0
    widths: list[float] = field(default_factory=list)
    silent: int = 0

    def learn(self, seen: dict) -> None:
        from fulfillment.carriers.gps.eta import Errors

        for key, pairs in seen.items():
            self.errors[key] = self.errors.get(key, Errors()).after(pairs)


class City:
    """What is known on a day, and how each way of expecting fares."""

    def __init__(self, provider) -> None:
        self.provider, self.calls = provider, 0
        names = ("constant 15 km/h in a straight line", "own profile by hour", "routing, traffic")
        self.ways = [Way(name) for name in names]
        self.hours, self.stops, self.service = {}, 0, 0.0

    def drive(self, day: Day, profile, is_teaching: bool) -> None:
        """Expect all open stops every few minutes, then learn from what came."""
        seen = [{} for _way in self.ways]
        at = day.start + timedelta(seconds=30)
        while at < day.arrived[-1]:
            ahead = [index for index, left in enumerate(day.left) if left > at]
            is_busy = day.arrived[ahead[0]] <= at
            wanted = ahead[1:] if is_busy else ahead
            for way, pairs, told in zip(self.ways, seen, self.expected(day, at, profile, wanted, is_busy), strict=True):
                for index, arrival in zip(wanted, told, strict=True):
                    fare(way, pairs, at, arrival, day.arrived[index], index - ahead[0], is_teaching)
            at += STEP
        for way, pairs in zip(self.ways, seen, strict=True):
            way.learn(pairs)

    def expected(self, day: Day, at: datetime, profile, wanted: list[int], is_busy: bool) -> list[list[datetime]]:
        """Arrivals at the wanted doors, by each way."""
        from fulfillment.carriers.gps.eta import arrivals
        from fulfillment.carriers.gps.speeds import Profile

        here, doors, waits = day.place(at), [day.doors[index] for index in wanted], 0.0
        if not doors:
            return [[] for _way in self.ways]
        if is_busy:
            waits = max(profile.service - (at - day.arrived[wanted[0] - 1]).total_seconds(), 20.0)
        self.calls += 1
        legs = [leg.seconds for leg in self.provider.legs([here, *doors], at)]
        return [
            arrivals(here, at, doors, Profile(), busy=waits),
            arrivals(here, at, doors, profile, busy=waits),
            arrivals(here, at, doors, profile, busy=waits, legs=legs),
        ]

    def teach(self, day: Day) -> None:
        """Add the day's legs and doors to what is known."""
        from fulfillment.carriers.gps.points import Point, metres
        from fulfillment.carriers.gps.speeds import Moved, hour_of_week, is_telling

        here, left = Point(*DEPOT), day.start
        for door, arrived, gone in zip(day.doors, day.arrived, day.left, strict=True):
            seconds, length = (arrived - left).total_seconds(), metres(here, door)
            if is_telling(length, seconds):
                hour = hour_of_week(left + (arrived - left) / 2)
                self.hours[hour] = self.hours.get(hour, Moved()) + Moved(1, length, seconds)
            self.stops, self.service = self.stops + 1, self.service + (gone - arrived).total_seconds()
            here, left = door, gone


def fare(way: Way, pairs: dict, at: datetime, told: datetime, came: datetime, before: int, is_teaching: bool) -> None:
    """Hold one expected arrival against what came."""
    from fulfillment.carriers.gps.eta import Errors, bucket, told_window

    expected, actual = max((told - at).total_seconds(), 1.0), (came - at).total_seconds()
    pairs.setdefault(bucket(before), []).append((expected, actual))
    if is_teaching:
        return
    way.off.append(abs(actual - expected) / 60)
    if before <= 2:
        way.near_off.append(abs(actual - expected) / 60)
    window = told_window(at, told, way.errors.get(bucket(before), Errors()))
    if window is None:
        way.silent += 1
        return
    way.told += 1
    way.held += window[0] <= came <= window[1]
    way.widths.append((window[1] - window[0]).total_seconds() / 60)


def city(days: int, seed: int) -> None:
    """Drive all days, and print how each way fared."""
    from fulfillment.carriers.gps.routing import provider_of
    from fulfillment.carriers.gps.speeds import Profile
    from fulfillment.models import RoutingService
    from fulfillment.testing.routing_twin import RoutingTwin, Traffic, routing_services
    from fulfillment.testing.twins.clock import TwinClock

    dice = random.Random(seed)
    clock = TwinClock(FIRST_DAY - timedelta(days=1), frozen=True)
    with RoutingTwin(Traffic(lambda at: road_speed(at.astimezone(ZONE)), detour=1.4), clock=clock) as twin:
        town = City(provider_of(RoutingService(**routing_services(twin.url)["google"])))
        for number in range(days):
            if (FIRST_DAY + timedelta(days=number)).weekday() == 6:
                continue
            profile = Profile(dict(town.hours), town.stops, town.service)
            driven = [make_day(number, dice) for _courier in range(COURIERS)]
            for day in driven:
                town.drive(day, profile, number < TEACHING)
            for day in driven:
                town.teach(day)
    print(f"\nA simulated city: {days} days, {COURIERS} couriers, {STOPS} stops each; the first {TEACHING} days teach.")
    print(f"{town.calls:,} questions to the routing twin over HTTP. Windows aim at 80 %.\n")
    print(f"{'':38}{'median off':>11}{'mean off':>10}{'next 3':>9}{'held':>8}{'width':>8}{'no window':>11}")
    for way in town.ways:
        share = f"{way.held / way.told:.1%}" if way.told else "–"
        width = f"{statistics.median(way.widths):.0f} min" if way.widths else "–"
        silent = way.silent / (way.silent + way.told)
        print(
            f"{way.name:38}{statistics.median(way.off):7.1f} min{statistics.mean(way.off):6.1f} min"
            f"{statistics.mean(way.near_off):5.1f} min{share:>8}{width:>8}{silent:>11.0%}"
        )


def api(asked: argparse.Namespace) -> None:
    """Time the API through a real server."""
    from benchmarks.webhook_intake import Contender, serving

    folder = Path(tempfile.mkdtemp(prefix="gps-api-"))
    env = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3", "HOOK_SECRET": "floor"}
    env |= {"PARCELWISE_VAR": str(folder), "DEBUG": "0", "PYTHONPATH": str(ROOT), "REDIS_URL": ""}
    env["DJANGO_SETTINGS_MODULE"] = "benchmarks.gps_settings"
    keys = prepare(env)
    bare = {**env, "DJANGO_FLOOR": "1"}
    bare.pop("DJANGO_SETTINGS_MODULE")
    ours = Contender("ours", "demo.wsgi", "/courier/positions/", "", env)
    floor = Contender("bare Django view, one row", "benchmarks.intake_floor:django_app", "/hook/", "", bare)
    figures: dict[tuple[str, int], list[float]] = {}
    with ExitStack() as servers:
        for contender in (ours, floor):
            servers.enter_context(serving(contender, folder))
            send(contender, 100, 1, keys)
        for turn in range(asked.rounds):
            contest = [(ours, 1, asked.requests), (floor, 1, asked.requests), (ours, 50, max(asked.requests // 10, 50))]
            for contender, size, count in contest[turn % 3 :] + contest[: turn % 3]:
                figures.setdefault((contender.name, size), []).append(send(contender, count, size, keys))
    print(f"\nPositions over HTTP: gunicorn 2 × 4, SQLite, 16 connections; medians of {asked.rounds} rounds.\n")
    one = statistics.median(figures[floor.name, 1])
    for (name, size), rates in figures.items():
        rate = statistics.median(rates)
        print(f"{name:28}{size:4} a call{rate:9.0f} calls/s{rate * size:10.0f} pings/s{rate / one:8.2f} of the floor")


def prepare(env: dict[str, str]) -> list[str]:
    """Tables, the floor's table, and eight couriers under way with ten stops each; returns their keys."""
    script = """
from datetime import timedelta
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
call_command("migrate", verbosity=0)
from benchmarks.intake_floor import table
with connection.cursor() as cursor:
    cursor.execute(table())
from fulfillment.models import Courier, CourierRun, RunStop
from fulfillment.services.couriers import issue_key
from tests.factories import a_contact, a_shipment, a_store, an_order
store, now = a_store(), timezone.now()
for number in range(8):
    courier = Courier.objects.create(contact=a_contact(name=f"C{number}"))
    run = CourierRun.objects.create(store=store, courier=courier, day=now.date(), state="under_way",
                                    started_at=now - timedelta(hours=20), latitude=53.54, longitude=9.99)
    for stop in range(10):
        RunStop.objects.create(run=run, shipment=a_shipment(an_order(store), carrier=""), position=stop + 1,
                               latitude=53.6 + stop / 100, longitude=10.0)
    print(issue_key(courier, "", "bench")[1])
"""
    command = [sys.executable, "-m", "django", "shell", "-v0", "-c", script]
    made = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    if made.returncode:
        sys.exit(made.stderr)
    return [line for line in made.stdout.split() if line.startswith("pwc_")]


def send(contender, count: int, size: int, keys: list[str]) -> float:
    """Calls a second."""
    from benchmarks.intake_client import Plan

    requests = [_request(contender, contender.sent + number, size, keys) for number in range(count)]
    contender.sent += count
    client = subprocess.run(
        [sys.executable, "-m", "benchmarks.intake_client"],
        input=pickle.dumps(Plan(contender.port, requests)),
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if client.returncode:
        sys.exit(client.stderr.decode())
    result = pickle.loads(client.stdout)
    if set(result.statuses) != {"200"}:
        sys.exit(f"{contender.name} answered {dict(result.statuses)}")
    return len(result.took) / result.seconds


def _request(contender, number: int, size: int, keys: list[str]) -> bytes:
    import base64
    import hashlib
    import hmac

    began = datetime.now(UTC) - timedelta(hours=10)
    turn = number // len(keys)
    pings = [
        {
            "id": f"{contender.port}-{number}-{each}",
            "at": (began + timedelta(seconds=5 * (turn * size + each))).isoformat(),
            "lat": 53.54 + (turn * size + each) % 900 / 10_000,
            "lon": 9.99,
            "accuracy": 8,
        }
        for each in range(size)
    ]
    body = json.dumps({"positions": pings} if size > 1 else pings[0]).encode()
    head = [f"POST {contender.path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    if contender.path == "/hook/":
        signed = base64.b64encode(hmac.new(b"floor", body, hashlib.sha256).digest()).decode()
        head += [f"X-Shopify-Hmac-Sha256: {signed}", f"X-Shopify-Webhook-Id: {number}-{contender.port}"]
        head += ["X-Shopify-Topic: ping"]
    else:
        head += [f"Authorization: Bearer {keys[number % len(keys)]}"]
    return "\r\n".join([*head, f"Content-Length: {len(body)}", "", ""]).encode() + body


if __name__ == "__main__":
    main()
