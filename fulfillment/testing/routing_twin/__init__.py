"""A routing service on loopback that speaks as OSRM and as Google Routes do::

    with RoutingTwin(Traffic(lambda at: 6.0)) as twin:
        RoutingService.objects.create(kind="osrm", server_url=twin.url)

Roads are straight lines made longer by ``detour``; how fast one gets on is a function of the moment. ``twin.faults``
has it misbehave, ``twin.log`` holds what was asked. It checks requests as the real ones do.
"""

from fulfillment.testing.routing_twin.server import GOOGLE_KEY, RoutingTwin, Traffic, routing_services

__all__ = ["GOOGLE_KEY", "RoutingTwin", "Traffic", "routing_services"]
