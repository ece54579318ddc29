"""Staff pages: every table with filters and search, and one page that tells an order's whole story."""

from fulfillment.admin import (
    accounts,
    api_keys,
    codes,
    courier_tables,
    couriers,
    deliveries,
    exceptions,
    forecasts,
    inbox,
    legs,
    orders,
    planner,
    shipments,
    stores,
    writes,
)

__all__ = [
    "accounts",
    "api_keys",
    "codes",
    "courier_tables",
    "couriers",
    "deliveries",
    "exceptions",
    "forecasts",
    "inbox",
    "legs",
    "orders",
    "planner",
    "shipments",
    "stores",
    "writes",
]
