"""The control API of the Shopify twin, for tests and demonstrations in another process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fulfillment.testing.shopify_twin.snapshot import of_order
from fulfillment.testing.shopify_twin.world.ids import Thing
from fulfillment.testing.shopify_twin.world.orders import Order
from fulfillment.testing.shopify_twin.world.refusals import Refused
from fulfillment.testing.twins.control import Action, StoreControl

#: What may be done to the world from outside.
ACTS = (
    "history", "place_order", "pay", "edit_order", "cancel_order", "close_order", "delete_order", "refund", "fulfill",
    "update_tracking", "cancel_fulfillment", "add_event", "delete_event", "hold", "release", "request_return",
    "create_return", "approve_return", "decline_return", "cancel_return", "close_return", "reopen_return",
    "process_return", "remove_from_return", "dispose", "refund_return", "ship_back", "update_way_back", "add_customer",
    "update_customer", "set_consent", "merge_customers", "delete_customer", "request_customer_data", "redact_customer",
    "redact_shop",
)  # fmt: skip


class ShopifyControl(StoreControl):
    """``control.world("place_order", lines=[…])``: every act of :class:`World` by its name, things by global id."""

    def status(self) -> dict[str, Any]:
        status: dict[str, Any] = self.call("GET", "status")
        return status

    def world(self, act: str, *args: Any, **more: Any) -> Any:
        """What it made or changed: an order as in :meth:`snapshot`, else ``gid``, ``type`` and the order's ``order``.
        What the shop refuses raises ``urllib.error.HTTPError``."""
        return self.call("POST", "world", {"act": act, "args": args, "more": more})

    def live_a_day(self, orders: int = 2000, seed: int = 0) -> int:
        return int(self.call("POST", "day", {"orders": orders, "seed": seed}))

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """Every order by its number: see ``ShopifyTwin.snapshot``."""
        found: dict[str, dict[str, Any]] = self.call("GET", "snapshot")
        return found

    def order(self, name: str) -> dict[str, Any]:
        """One order by its name (``#1001``), number or global id, also of the history."""
        found: dict[str, Any] = self.call("POST", "order", {"ref": name})
        return found

    def subscriptions(self) -> list[dict[str, Any]]:
        """``gid``, ``topic``, ``uri``, ``family``, ``name``."""
        found: list[dict[str, Any]] = self.call("GET", "subscriptions")
        return found

    def subscribe(self, topic: str, uri: str, *, family: int = 1) -> str:
        return str(self.call("POST", "subscriptions", {"topic": topic, "uri": uri, "family": family}))

    def bump_webhooks(self, version: str) -> None:
        self.call("POST", "version", {"version": version})

    def rotate(self, secret: str, seconds: float = 3600.0) -> None:
        self.call("POST", "secret", {"secret": secret, "seconds": seconds})

    def mandatory_uri(self, uri: str) -> None:
        """Where ``customers/redact`` and its like go."""
        self.call("POST", "mandatory", {"uri": uri})

    def expire_tokens(self) -> None:
        self.call("POST", "tokens/expire")

    def proxy_url(self, path: str, customer_id: str | int | None = None) -> str:
        return str(self.call("POST", "proxy", {"path": path, "customer_id": customer_id}))


def _act(twin: Any, body: Mapping[str, Any]) -> Any:
    if body["act"] not in ACTS:
        raise ValueError(f"no such act; known: {', '.join(ACTS)}")
    try:
        made = getattr(twin.world, body["act"])(*body.get("args", []), **body.get("more", {}))
    except Refused as refused:
        raise ValueError(f"refused: {refused.message}") from refused
    return _told(twin, made)


def _told(twin: Any, made: Any) -> Any:
    if isinstance(made, Order):
        return of_order(made)
    if isinstance(made, list):
        return [_told(twin, one) for one in made]
    if not isinstance(made, Thing):
        return None
    order = getattr(made, "order", None)
    return {"gid": made.gid, "type": made.type_name, "order": order.gid if order is not None else None}


def _order(twin: Any, body: Mapping[str, Any]) -> Any:
    found = twin.world.node(str(body["ref"]))
    order = found if isinstance(found, Order) else None
    if order is None:
        try:
            order = twin.world.get(Order, body["ref"])
        except Refused as refused:
            raise ValueError(refused.message) from refused
    return of_order(order)


def _status(twin: Any, _: Any) -> Any:
    past = twin.world.past
    return {
        "shop": twin.shop,
        "orders": len(twin.world.orders),
        "history": past.count if past else 0,
        "calls": len(twin.log),
        "clock": twin.clock.as_json(),
        "waiting": len(twin.post.pending()),
        "subscriptions": len(twin.subscriptions.all()),
        "webhook_version": twin.subscriptions.version,
        "given_up": twin.mail.given_up,
    }


def _subscriptions(twin: Any, _: Any) -> Any:
    columns = ("gid", "topic", "uri", "family", "name")
    return [{column: getattr(one, column) for column in columns} for one in twin.subscriptions.all()]


def _bump(twin: Any, body: Mapping[str, Any]) -> Any:
    twin.bump_webhooks(body["version"])
    return {}


def _rotate(twin: Any, body: Mapping[str, Any]) -> Any:
    twin.access.rotate(body["secret"], seconds=body["seconds"])
    return {}


def _mandatory(twin: Any, body: Mapping[str, Any]) -> Any:
    twin.mail.mandatory_uri = body["uri"]
    return {}


def _expire(twin: Any, _: Any) -> Any:
    twin.access.expire()
    return {}


CONTROLS: dict[tuple[str, str], Action] = {
    ("GET", "/twin/status"): _status,
    ("POST", "/twin/world"): _act,
    ("POST", "/twin/day"): lambda twin, body: twin.live_a_day(**body),
    ("GET", "/twin/snapshot"): lambda twin, _: twin.snapshot(),
    ("POST", "/twin/order"): _order,
    ("GET", "/twin/subscriptions"): _subscriptions,
    ("POST", "/twin/subscriptions"): lambda twin, body: twin.subscribe(**body),
    ("POST", "/twin/version"): _bump,
    ("POST", "/twin/secret"): _rotate,
    ("POST", "/twin/mandatory"): _mandatory,
    ("POST", "/twin/tokens/expire"): _expire,
    ("POST", "/twin/proxy"): lambda twin, body: twin.proxy_url(**body),
}
