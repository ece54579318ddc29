"""How long it takes by road, as somebody else knows it: one interface, a class for each service."""

from __future__ import annotations

from fulfillment.carriers.gps.routing.base import Leg, RoutingProvider
from fulfillment.conf import gps as conf
from fulfillment.models import RoutingService
from parcelwise.providers import Registry

providers = Registry(
    "routing service",
    {
        "osrm": "fulfillment.carriers.gps.routing.osrm.Osrm",
        "google": "fulfillment.carriers.gps.routing.google.GoogleRoutes",
    },
    lambda: conf.ROUTING,
)


def provider_of(service: RoutingService) -> RoutingProvider:
    """Who speaks to ``service``; Misconfigured when there is nobody of that kind."""
    provider: RoutingProvider = providers.load(service.kind)(service)
    return provider


__all__ = ["Leg", "RoutingProvider", "provider_of", "providers"]
