"""The twin's two wires over one model of traffic."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fulfillment.carriers.gps.points import Point, metres
from fulfillment.testing.twins.clock import TwinClock
from fulfillment.testing.twins.server import TwinServer
from fulfillment.testing.twins.wire import Answer, Request

#: The key that the twin takes for Google's.
GOOGLE_KEY = "twin-routes-key"
_OSRM = re.compile(r"/route/v1/(?:driving|car)/(?P<way>[-\d.,;]+)")
_INTERMEDIATES = 25
#: Kilometres beside every road at which OSRM finds no segment; the twin has no roads in the sea off Ghana.
_SEA = 2.0


@dataclass(frozen=True, slots=True)
class Traffic:
    """How roads are: metres a second by road at a moment, and how much longer roads are than straight lines."""

    speed: Callable[[datetime], float]
    detour: float = 1.35

    def leg(self, one: Point, other: Point, leaving: datetime) -> tuple[float, float]:
        """Seconds and metres by road, minute by minute."""
        length = left = metres(one, other) * self.detour
        at = leaving
        while left > 0:
            step = self.speed(at) * 60
            if step >= left:
                at += timedelta(seconds=60 * left / step)
                break
            left, at = left - step, at + timedelta(seconds=60)
        return (at - leaving).total_seconds(), length


class RoutingTwin(TwinServer):
    """OSRM below ``/route/v1/``, Google Routes at ``/directions/v2:computeRoutes``."""

    def __init__(self, traffic: Traffic, port: int = 0, *, host: str = "127.0.0.1", clock: TwinClock | None = None):
        super().__init__(self._answer, port, host=host, clock=clock)
        self.traffic = traffic

    def _answer(self, request: Request) -> Answer:
        if match := _OSRM.fullmatch(request.path):
            return self._osrm(match["way"])
        if request.path == "/directions/v2:computeRoutes":
            return self._google(request)
        return Answer.of({"message": "no such service"}, 404)

    def _osrm(self, way: str) -> Answer:
        pairs = [pair.split(",") for pair in way.split(";")]
        points = [Point(float(latitude), float(longitude)) for longitude, latitude in pairs]
        if len(points) < 2:
            return Answer.of({"code": "InvalidQuery", "message": "Query string malformed"}, 400)
        if any(abs(point.latitude) < _SEA and abs(point.longitude) < _SEA for point in points):
            return Answer.of({"code": "NoSegment", "message": "Could not find a matching segment"}, 400)
        legs = [
            {"duration": round(seconds, 1), "distance": round(length, 1), "steps": [], "summary": "", "weight": seconds}
            for seconds, length in self._drive(points, self.clock.now())
        ]
        total = {name: sum(leg[name] for leg in legs) for name in ("duration", "distance")}  # type: ignore[misc]
        return Answer.of({"code": "Ok", "routes": [{"legs": legs, **total}], "waypoints": []})

    def _google(self, request: Request) -> Answer:
        if request.headers.get("x-goog-api-key") != GOOGLE_KEY:
            return _refusal(403, "PERMISSION_DENIED", "API key not valid.")
        if not request.headers.get("x-goog-fieldmask"):
            return _refusal(400, "INVALID_ARGUMENT", "FieldMask is a required parameter.")
        said = request.json()
        between = said.get("intermediates", [])
        if len(between) > _INTERMEDIATES:
            return _refusal(400, "INVALID_ARGUMENT", "Too many intermediate waypoints.")
        leaving = datetime.fromisoformat(said["departureTime"]) if "departureTime" in said else self.clock.now()
        if leaving < self.clock.now() - timedelta(seconds=5):
            return _refusal(400, "INVALID_ARGUMENT", "Timestamp must be set to a future time.")
        points = [_point(waypoint) for waypoint in (said["origin"], *between, said["destination"])]
        legs = [
            # Zeros are left out, as proto3's JSON does.
            {"duration": f"{round(seconds)}s", **({"distanceMeters": round(length)} if round(length) else {})}
            for seconds, length in self._drive(points, leaving)
        ]
        return Answer.of({"routes": [{"legs": legs}]})

    def _drive(self, points: Sequence[Point], leaving: datetime) -> list[tuple[float, float]]:
        found, at = [], leaving
        for one, other in zip(points, points[1:], strict=False):
            leg = self.traffic.leg(one, other, at)
            found.append(leg)
            at += timedelta(seconds=leg[0])
        return found


def routing_services(url: str) -> dict[str, dict[str, Any]]:
    """Columns of a ``RoutingService`` for each wire of the twin."""
    return {
        "osrm": {"kind": "osrm", "server_url": url},
        "google": {"kind": "google", "server_url": url, "credentials": {"api_key": GOOGLE_KEY}},
    }


def _point(waypoint: dict[str, Any]) -> Point:
    place = waypoint["location"]["latLng"]
    return Point(place["latitude"], place["longitude"])


def _refusal(code: int, status: str, message: str) -> Answer:
    return Answer.of({"error": {"code": code, "message": message, "status": status}}, code)
