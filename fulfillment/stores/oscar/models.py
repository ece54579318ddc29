"""Oscar's order models, wherever the project has forked them to. ImportError says what is missing."""

from __future__ import annotations

from typing import Any

try:
    from oscar.apps.order.signals import order_line_status_changed, order_placed, order_status_changed
    from oscar.core.loading import get_model
except ImportError as error:
    raise ImportError("OscarStore needs django-oscar: pip install 'parcelwise[oscar]'.") from error

__all__ = [
    "Line",
    "Order",
    "PaymentEvent",
    "ShippingAddress",
    "ShippingEvent",
    "ShippingEventQuantity",
    "order_line_status_changed",
    "order_placed",
    "order_status_changed",
]


def _model(name: str) -> Any:
    try:
        return get_model("order", name)
    except LookupError as error:
        raise ImportError("OscarStore needs Oscar's app “order”, or a fork of it, in INSTALLED_APPS.") from error


Order = _model("Order")
Line = _model("Line")
PaymentEvent = _model("PaymentEvent")
ShippingAddress = _model("ShippingAddress")
ShippingEvent = _model("ShippingEvent")
ShippingEventQuantity = _model("ShippingEventQuantity")
