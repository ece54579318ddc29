"""Google Routes: https://developers.google.com/maps/documentation/routes/reference/rest/v2/TopLevel/computeRoutes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from fulfillment.carriers.gps.points import Point
from fulfillment.carriers.gps.routing.base import DEADLINE, Leg, RoutingProvider, told_legs
from parcelwise.errors import Misconfigured, RetryLater
from parcelwise.outbound import request

SERVER = "https://routes.googleapis.com"
FIELDS = "routes.legs.duration,routes.legs.distanceMeters"


class GoogleRoutes(RoutingProvider):
    """``POST /directions/v2:computeRoutes`` with traffic; each point between the ends is an intermediate."""

    most = 27  # 25 intermediates
    knows_traffic = True

    def legs(self, points: Sequence[Point], leaving: datetime) -> list[Leg]:
        key = self.credential("api_key")
        if not key:
            raise Misconfigured('Google Routes needs the credential {"api_key": "…"}.')
        question: dict[str, Any] = {
            "origin": _waypoint(points[0]),
            "destination": _waypoint(points[-1]),
            "intermediates": [_waypoint(point) for point in points[1:-1]],
            "travelMode": "DRIVE",
            "routingPreference": "TRAFFIC_AWARE",
        }
        # A moment that is over is refused; without one it is now.
        if leaving > timezone.now() + timedelta(seconds=30):
            question["departureTime"] = leaving.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        answer = request(
            "POST",
            f"{(self.service.server_url or SERVER).rstrip('/')}/directions/v2:computeRoutes",
            headers={"X-Goog-Api-Key": key, "X-Goog-FieldMask": FIELDS},
            json=question,
            deadline=DEADLINE,
            retries=0,
            idempotent=True,
            secrets=[key],
        )
        try:
            # What is zero is left out, as in all of Google's JSON.
            legs = [
                Leg(float(str(leg.get("duration", "0s")).removesuffix("s")), float(leg.get("distanceMeters", 0)))
                for leg in answer.json()["routes"][0]["legs"]
            ]
        except (AttributeError, KeyError, IndexError, OverflowError, TypeError, ValueError) as error:
            raise RetryLater("The routing service's answer cannot be read.") from error
        return told_legs(legs, points)


def _waypoint(point: Point) -> dict[str, Any]:
    place = {"latitude": round(point.latitude, 6), "longitude": round(point.longitude, 6)}
    return {"location": {"latLng": place}}
