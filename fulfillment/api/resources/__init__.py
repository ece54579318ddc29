"""What the API can be asked about: each module registers its own."""

from fulfillment.api.resources import carriers, events, exceptions, me, orders, shipments, stores

__all__ = ["carriers", "events", "exceptions", "me", "orders", "shipments", "stores"]
