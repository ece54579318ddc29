"""Staff pages: every table with filters and search, and one page that tells an order's whole story."""

from fulfillment.admin import forecasts, inbox, orders, shipments, stores

__all__ = ["forecasts", "inbox", "orders", "shipments", "stores"]
