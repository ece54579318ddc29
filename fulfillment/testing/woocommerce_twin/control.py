"""The control API of the WooCommerce twin, for tests and demonstrations in another process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fulfillment.testing.twins.control import Action, StoreControl
from fulfillment.testing.woocommerce_twin.auth import Key
from fulfillment.testing.woocommerce_twin.hooks import Habits
from fulfillment.testing.woocommerce_twin.shapes import order_json


class WooCommerceControl(StoreControl):
    """``control.world("place_order", status="processing")``: every deed of :class:`World` by its name."""

    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = self.call("GET", "status")
        return status

    def world(self, deed: str, *args: Any, **columns: Any) -> Any:
        """What it made or changed: an order as the API shows it, a number, or nothing."""
        return self.call("POST", "world", {"deed": deed, "args": args, "columns": columns})

    def snapshot(self) -> dict[int, dict[str, Any]]:
        """Every order by its id: see ``WooCommerceTwin.snapshot``."""
        return {int(key): order for key, order in self.call("GET", "snapshot").items()}

    def webhooks(self) -> list[dict[str, Any]]:
        """``id``, ``topic``, ``delivery_url``, ``status`` and what the API hides: ``failures``."""
        hooks: list[dict[str, Any]] = self.call("GET", "webhooks")
        return hooks

    def gateway_refunds(self) -> list[tuple[int, int]]:
        return [(order, amount) for order, amount in self.call("GET", "gateway-refunds")]

    def add_key(self, key: str, secret: str, permissions: str = "read_write", manager: bool = True) -> None:
        self.call("POST", "keys", {"key": key, "secret": secret, "permissions": permissions, "manager": manager})

    def habits(self, **habits: Any) -> None:
        """See ``hooks.Habits``."""
        self.call("POST", "habits", habits)


#: The deeds that may be asked for from outside.
DEEDS = (
    "place_order", "change_status", "edit_order", "add_tracking", "refund", "trash", "restore", "delete",
    "add_customer", "update_customer", "history", "live_a_day",
)  # fmt: skip


def _deed(twin: Any, body: Mapping[str, Any]) -> Any:
    if body["deed"] not in DEEDS:
        raise ValueError(f"no such deed; known: {', '.join(DEEDS)}")
    columns = {name: _numbered(value) for name, value in body.get("columns", {}).items()}
    made = getattr(twin.world, body["deed"])(*body.get("args", []), **columns)
    if body["deed"] == "place_order":
        return order_json(twin.site, made)
    return made.id if hasattr(made, "id") else made


def _numbered(value: Any) -> Any:
    """JSON has no numbers for keys: ``{"3": 1}`` means line 3."""
    if isinstance(value, dict) and value and all(key.isdigit() for key in value):
        return {int(key): each for key, each in value.items()}
    return value


def _add_key(twin: Any, body: Mapping[str, Any]) -> Any:
    twin.keys.add(Key(**body))
    return {}


def _habits(twin: Any, body: Mapping[str, Any]) -> Any:
    twin.hooks.habits = Habits(**body)
    return body


def _webhooks(twin: Any, _: Any) -> Any:
    names = ("id", "topic", "delivery_url", "status", "failures")
    return [{name: getattr(hook, name) for name in names} for hook in twin.site.webhooks.values()]


def _status(twin: Any, _: Any) -> Any:
    return {
        "url": twin.url,
        "orders": len(twin.site.orders),
        "customers": len(twin.site.customers),
        "webhooks": len(twin.site.webhooks),
        "waiting": len(twin.post.pending()),
        "clock": twin.clock.as_json(),
        "plugins": sorted(twin.site.plugins),
        "deeds": list(DEEDS),
    }


CONTROLS: dict[tuple[str, str], Action] = {
    ("GET", "/twin/status"): _status,
    ("POST", "/twin/world"): _deed,
    ("GET", "/twin/snapshot"): lambda twin, _: twin.snapshot(),
    ("GET", "/twin/webhooks"): _webhooks,
    ("GET", "/twin/gateway-refunds"): lambda twin, _: twin.world.gateway_refunds,
    ("POST", "/twin/keys"): _add_key,
    ("POST", "/twin/habits"): _habits,
}
