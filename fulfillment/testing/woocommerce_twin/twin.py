"""The twin itself: key check, routing, and what the platform says when something is wrong."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, TypedDict, Unpack

from fulfillment.testing.twins.clock import TwinClock
from fulfillment.testing.twins.deliveries import Attempt
from fulfillment.testing.twins.mishaps import PAGE
from fulfillment.testing.twins.retries import WOOCOMMERCE
from fulfillment.testing.twins.store import StoreTwin
from fulfillment.testing.twins.wire import Answer, Request
from fulfillment.testing.woocommerce_twin import trackings
from fulfillment.testing.woocommerce_twin.auth import Key, Keys, bears_key
from fulfillment.testing.woocommerce_twin.control import CONTROLS, WooCommerceControl
from fulfillment.testing.woocommerce_twin.encoding import dumps
from fulfillment.testing.woocommerce_twin.errors import Refused
from fulfillment.testing.woocommerce_twin.hooks import Habits, Hooks
from fulfillment.testing.woocommerce_twin.records import PLUGINS, Site
from fulfillment.testing.woocommerce_twin.routes import OPEN, UNLOCKED, Call, find
from fulfillment.testing.woocommerce_twin.shapes import customer_json, fulfillment_json, order_json, refund_json
from fulfillment.testing.woocommerce_twin.shop import Shop
from fulfillment.testing.woocommerce_twin.state import StateFile
from fulfillment.testing.woocommerce_twin.world import World

ROOT = "/wp-json"


class Running(TypedDict, total=False):
    """How a twin runs."""

    host: str
    #: Webhooks leave by themselves, otherwise at ``post.send_due()`` or ``post.flush()``.
    auto: bool
    #: A file that remembers the site over a restart, see ``state.py``.
    state: Path | None


class WooCommerceTwin(StoreTwin):
    """A WooCommerce site on loopback; ``url`` is the store's address.

    ``plugins`` says which places for tracking numbers there are: ``core`` (order fulfilments), ``shipment_tracking``,
    ``ast``. ``zone`` is the site's, in which its times are written that do not end in ``_gmt``. ``site.currency``,
    ``site.version`` and ``site.tax_percent`` may be set before the first order.
    """

    policy = WOOCOMMERCE
    controls = CONTROLS

    def __init__(
        self,
        port: int = 0,
        key: str = "ck_twin",
        secret: str = "cs_twin",
        zone: str = "Europe/Berlin",
        clock: TwinClock | None = None,
        *,
        plugins: tuple[str, ...] = PLUGINS,
        **running: Unpack[Running],
    ) -> None:
        clock = clock or TwinClock()
        self.site = Site(clock, zone=zone, plugins=plugins)
        super().__init__(port, host=running.get("host", "127.0.0.1"), clock=clock, auto=running.get("auto", False))
        self.site.url = self.url
        self.keys = Keys(Key(key, secret))
        self.hooks = Hooks(self.site, self.post)
        self.shop = Shop(self.site, self.hooks)
        self.world = World(self.shop, self.post)
        path = running.get("state")
        self._state = StateFile(path, self.site) if path is not None else None
        if self._state is not None:
            self._state.open()

    @property
    def habits(self) -> Habits:
        """How the site's queue of webhooks behaves."""
        return self.hooks.habits

    @property
    def control(self) -> WooCommerceControl:
        return WooCommerceControl(self.url)

    def snapshot(self) -> dict[int, dict[str, Any]]:
        """Every order as the API shows it, by id, with ``refund_objects``, ``fulfillments`` and ``trackings``."""
        with self.site.lock:
            return {
                order.id: {
                    **order_json(self.site, order),
                    "refund_objects": [refund_json(self.site, refund) for refund in order.refunds],
                    "fulfillments": [
                        fulfillment_json(self.site, parcel) for parcel in order.fulfillments if parcel.deleted is None
                    ],
                    "trackings": trackings.items(order),
                }
                for order in self.site.orders.values()
            }

    def customers(self) -> dict[int, dict[str, Any]]:
        """Every customer as the API shows them, by id."""
        with self.site.lock:
            return {each.id: customer_json(self.site, each) for each in self.site.customers.values()}

    def on_attempt(self, attempt: Attempt) -> None:
        self.hooks.settled(attempt)
        if self._state is not None:
            self._state.touch()

    def stop(self) -> None:
        super().stop()
        self.keep()

    def keep(self) -> None:
        """Write the state file for the last time."""
        if self._state is not None:
            self._state.close()

    def _route(self, request: Request) -> Answer:
        answered = super()._route(request)
        if self._state is not None and request.method != "GET":
            self._state.touch()
        return answered

    def answer(self, request: Request) -> Answer:
        path = request.path
        if path in ("/", "/index.php") and "rest_route" in request.query:  # how a site without permalinks is asked
            path = ROOT + request.query["rest_route"]
        if path != ROOT and not path.startswith(f"{ROOT}/"):
            return Answer(404, PAGE, content_type="text/html; charset=UTF-8")
        try:
            return self._serve(request, path.removeprefix(ROOT))
        except Refused as refused:
            return _answer(refused.content, refused.status)

    def _serve(self, request: Request, path: str) -> Answer:
        try:
            handler, args = find(request.method, path, self.site.plugins)
        except Refused:
            if bears_key(request):  # keys are looked at before routes
                self.keys.check(request, self.site.url)
            raise
        if handler not in OPEN:
            self.keys.check(request, self.site.url)
        with contextlib.nullcontext() if handler in UNLOCKED else self.site.lock:
            reply = handler(Call(self.shop, request, args))
            return _answer(reply.content, reply.status, dict(reply.headers))

    def refused(self, status: int) -> Answer:
        """What stands in front of the site says it: a host's limit of requests, a failing PHP."""
        if status == 429:
            return Answer(429, b"Too Many Requests", content_type="text/plain")
        if status == 500:
            return _answer(
                {
                    "code": "internal_server_error",
                    "message": "<p>There has been a critical error on this website.</p>",
                    "data": {"status": 500},
                },
                500,
            )
        return Answer(status, PAGE, content_type="text/html; charset=UTF-8")


def _answer(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    allowed = {"Access-Control-Expose-Headers": "X-WP-Total, X-WP-TotalPages, Link", "X-Robots-Tag": "noindex"}
    return Answer(status, dumps(content), {**allowed, **(headers or {})}, "application/json; charset=UTF-8")
