"""OSRM and what is compatible with it: https://project-osrm.org/docs/v5.24.0/api/#route-service.

It knows the roads and no traffic, unless whoever runs it feeds it speeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from fulfillment.carriers.gps.points import Point
from fulfillment.carriers.gps.routing.base import DEADLINE, Leg, RoutingProvider, told_legs
from parcelwise.errors import GiveUp, Misconfigured, RetryLater
from parcelwise.outbound import request
from parcelwise.storable import one_line


class Osrm(RoutingProvider):
    """``GET /route/v1/driving/{lon},{lat};{lon},{lat}…``"""

    def legs(self, points: Sequence[Point], leaving: datetime) -> list[Leg]:
        if not self.service.server_url:
            raise Misconfigured("An OSRM has an address of its own: fill in the server.")
        way = ";".join(f"{point.longitude:.5f},{point.latitude:.5f}" for point in points)
        key = self.credential("api_key")
        answer = request(
            "GET",
            f"{self.service.server_url.rstrip('/')}/route/v1/driving/{way}",
            params={"overview": "false", "steps": "false", **({"api_key": key} if key else {})},
            deadline=DEADLINE,
            retries=0,
            expect={400},
            secrets=[key] if key else [],
        )
        try:
            said = answer.json()
            if said["code"] in ("NoRoute", "NoSegment"):
                raise GiveUp("There is no way by road between these places.")
            if said["code"] != "Ok":
                raise GiveUp(f"The routing service says {one_line(str(said['code']))[:40]}.")
            legs = [Leg(float(leg["duration"]), float(leg["distance"])) for leg in said["routes"][0]["legs"]]
        except (KeyError, IndexError, OverflowError, TypeError, ValueError) as error:
            raise RetryLater("The routing service's answer cannot be read.") from error
        return told_legs(legs, points)
