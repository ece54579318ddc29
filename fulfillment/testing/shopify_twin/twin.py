"""The twin itself: a server that answers as the platform does, and the world behind it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, TypedDict, Unpack

from fulfillment.testing.shopify_twin import oauth, proxy, uploads
from fulfillment.testing.shopify_twin.access import SCOPES, Access
from fulfillment.testing.shopify_twin.api import PATH, Api
from fulfillment.testing.shopify_twin.bulk import files
from fulfillment.testing.shopify_twin.bulk.operations import BulkOperation, Desk
from fulfillment.testing.shopify_twin.control import CONTROLS, ShopifyControl
from fulfillment.testing.shopify_twin.graph import answers, versions
from fulfillment.testing.shopify_twin.graph.bucket import Bucket
from fulfillment.testing.shopify_twin.journal import JournalFile
from fulfillment.testing.shopify_twin.snapshot import snapshot
from fulfillment.testing.shopify_twin.uploads import Uploads
from fulfillment.testing.shopify_twin.webhooks.mail import Mail
from fulfillment.testing.shopify_twin.webhooks.payloads.common import moment
from fulfillment.testing.shopify_twin.webhooks.subscriptions import Subscriptions
from fulfillment.testing.shopify_twin.world.day import Day
from fulfillment.testing.shopify_twin.world.keeper import Happening
from fulfillment.testing.shopify_twin.world.places import Shop
from fulfillment.testing.shopify_twin.world.world import World
from fulfillment.testing.twins.clock import TwinClock
from fulfillment.testing.twins.control import Action
from fulfillment.testing.twins.deliveries import Attempt
from fulfillment.testing.twins.retries import SHOPIFY, RetryPolicy
from fulfillment.testing.twins.store import StoreTwin
from fulfillment.testing.twins.wire import Answer, Request


class Running(TypedDict, total=False):
    """How a twin runs."""

    host: str
    #: Webhooks leave by themselves, otherwise at ``post.send_due()`` or ``post.flush()``.
    auto: bool
    #: A file that remembers the shop over a restart, see ``journal.py``.
    state: Path | None


class ShopifyTwin(StoreTwin):
    """See the package."""

    policy: ClassVar[RetryPolicy] = SHOPIFY
    controls: ClassVar[Mapping[tuple[str, str], Action]] = CONTROLS

    def __init__(
        self,
        port: int = 0,
        *,
        shop: str = "nordlicht.myshopify.com",
        client_id: str = "twin-client-id",
        client_secret: str = "shpss_twin-client-secret",
        admin_token: str = "shpat_twin-admin-token",
        clock: TwinClock | None = None,
        **running: Unpack[Running],
    ) -> None:
        super().__init__(port, host=running.get("host", "127.0.0.1"), clock=clock, auto=running.get("auto", False))
        self.shop = shop
        self.world = World(Shop(shop), self.clock)
        self.access = Access(client_id, client_secret, admin_token, self.clock.now, SCOPES)
        self.subscriptions = Subscriptions(self.world.numbers, versions.LATEST)
        self.mail = Mail(self.world.shop, self.subscriptions, self.access, self.post)
        self.world.listeners.append(self.mail.hear)
        self.bulk, self.uploads, self.bucket = Desk(self.world, self._bulk_ended), Uploads(), Bucket()
        self.bulk.url = self.uploads.url = self.url
        self.api = Api(self.world, self.access, self.subscriptions, self.bulk, self.uploads, self.bucket)
        state = running.get("state")
        if state is not None:
            JournalFile(state, self.world, self.subscriptions).open()
            self.mail.series = f"{self.clock.now().isoformat()} "

    @property
    def control(self) -> ShopifyControl:
        return ShopifyControl(self.url)

    def answer(self, request: Request) -> Answer:
        found = PATH.match(request.path)
        if found:
            return self.api.answer(request, found[1])
        if request.path == "/admin/oauth/access_token" and request.method == "POST":
            return oauth.answer(request, self.access, self.shop)
        if request.path.startswith(files.PATH):
            return files.answer(request, self.bulk)
        if request.path.startswith(uploads.PATH):
            return self.uploads.answer(request)
        return Answer.of(answers.NOT_FOUND, 404)

    def refused(self, status: int) -> Answer:
        words = {
            429: "Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service."
        }
        return Answer.of({"errors": words.get(status, "Internal Server Error")}, status)

    def on_attempt(self, attempt: Attempt) -> None:
        self.mail.settle(attempt)

    def stop(self) -> None:
        super().stop()
        self.bulk.stop()

    def subscribe(self, topic: str, uri: str, *, family: int = 1, **columns: Any) -> str:
        """As an app does by mutation, ``topic`` as in ``orders/create``; ``family`` 2 has the headers of Events."""
        enum = topic.replace("/", "_").upper()
        made = self.subscriptions.create(enum, self.world.now(), uri=uri, family=family, **columns)
        return made.gid

    def bump_webhooks(self, version: str) -> None:
        """From now on payloads have another API version."""
        self.subscriptions.bump(version)

    def grant(self, *scopes: str) -> None:
        """The merchant changes what the app may do; ``app/scopes_update`` tells it."""
        previous = sorted(self.access.scopes)
        self.access.grant(*scopes)
        now, shop = self.world.now(), self.world.shop
        told = {"previous": previous, "current": sorted(scopes), "at": now}
        self.mail.hear([Happening("app/scopes_update", shop, now, told)])

    def uninstall(self) -> None:
        """The merchant removes the app: ``app/uninstalled``, and no token and no subscription is left."""
        self.mail.hear([Happening("app/uninstalled", self.world.shop, self.world.now())])
        self.access.uninstall()
        self.subscriptions.clear()

    def day(self, orders: int, seed: int = 0) -> Day:
        """The steps of a day from now on, for tests that look in between: ``for step in twin.day(5): step.run()``."""
        return Day(self.world, orders, seed)

    def live_a_day(self, orders: int = 2000, seed: int = 0) -> int:
        """Let a day go by, with all that happens to so many orders in it. Returns how many things happened."""
        return sum(step.run() for step in self.day(orders, seed))

    def snapshot(self) -> dict[str, dict[str, Any]]:
        """All orders as plain data by number: see ``snapshot.py``. Untouched orders of the history are not in it."""
        return snapshot(self.world)

    def id_token(self) -> str:
        """What an embedded page has to exchange for a token."""
        return oauth.id_token(self.access, self.shop)

    def proxy_url(self, path: str, customer_id: int | str | None = None, *, prefix: str = "/apps/parcelwise") -> str:
        """``path`` (with its query) as the app hears of it when a buyer opens ``prefix`` under the shop's domain."""
        secret, at = self.access.client_secret, int(self.clock.now().timestamp())
        return proxy.signed(path, secret, shop=self.shop, prefix=prefix, timestamp=at, customer_id=customer_id)

    def _bulk_ended(self, operation: BulkOperation) -> None:
        zone = self.world.shop.zone
        told = {
            "admin_graphql_api_id": operation.gid,
            "completed_at": moment(operation.completed_at, zone),
            "created_at": moment(operation.created_at, zone),
            "error_code": operation.error_code.lower() if operation.error_code else None,
            "status": operation.status.lower(),
            "type": "query",
        }
        self.mail.hear([Happening("bulk_operations/finish", operation, self.world.now(), told)])
