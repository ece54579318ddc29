"""What the REST API says when it refuses, in the words of WordPress and WooCommerce."""

from __future__ import annotations

from typing import Any


class Refused(Exception):
    """Answered as ``{"code", "message", "data": {"status"}}``."""

    def __init__(self, status: int, code: str | int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.content = {"code": code, "message": message, "data": {"status": status, **more}}


def no_route() -> Refused:
    return Refused(404, "rest_no_route", "No route was found matching the URL and request method.")


def invalid_order(status: int = 404) -> Refused:
    """For the order itself; an update of a missing order is a 400."""
    return Refused(status, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")


def no_such_order(code: str = "woocommerce_rest_order_invalid_id") -> Refused:
    """For what hangs below an order: refunds, notes, parcels."""
    return Refused(404, code, "Invalid order ID.")


def invalid_parameter(name: str, why: str) -> Refused:
    return Refused(
        400, "rest_invalid_param", f"Invalid parameter(s): {name}", params={name: why}, details=dict[str, Any]()
    )


def unauthorized(message: str) -> Refused:
    return Refused(401, "woocommerce_rest_authentication_error", message)
